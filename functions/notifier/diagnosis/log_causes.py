"""The cause that a log states: of its root line first, then of the lines that belong to it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from notifier.diagnosis import catalogue, evidence
from notifier.diagnosis.catalogue import Certainty, Class, Specificity
from notifier.diagnosis.evidence import Diagnosis, Evidence, Source
from notifier.joblog.root_line import LINES_READ, RootLine

CHILD_KILLED = "app-child-killed"


def diagnose_log(
    log: Sequence[str],
    root: RootLine | None,
    places: frozenset[str],
    source: Source = Source.LOG,
    *,
    runtime_only: bool = False,
) -> Diagnosis | None:
    """Return the cause that the log states; `runtime_only` accepts only what a runtime writes.

    An error that the program overcame does not decide: where the log has a root line, only that
    line and the other errors of its episode count. Without one, the last line that states a cause
    counts.
    """
    crash: Diagnosis | None = None
    for line in _lines_that_count(log, root):
        text = catalogue.normalise(line)
        for cause, match in catalogue.load().candidates(places, tuple(Specificity), text):
            is_allowed = not runtime_only or "reason" in match.where
            if not is_allowed or match.position_in(text) is None:
                continue
            certainty = min(match.certainty, Certainty.LIKELY)
            found = evidence.diagnosis_of(cause, certainty, Evidence(source, line.strip()))
            if crash and crash.cause == CHILD_KILLED and cause.class_ is not Class.MEMORY:
                break
            if not cause.exit and cause.id != CHILD_KILLED:
                return found
            # It says how the program ended; another line may say why: for a child only memory.
            crash = found if cause.id == CHILD_KILLED else crash or found
            break
    return crash


def _lines_that_count(log: Sequence[str], root: RootLine | None) -> Iterator[str]:
    if root is None:
        yield from reversed(log[-LINES_READ:])
    else:
        yield root.text
        yield from root.others
