"""Why a job failed, how sure we are, and what to do: `Failure` and log lines → `Diagnosis`.

The order of evidence is the design. What Batch and the ECS agent state outright comes first,
then the exit code, then the log; a text that a person wrote decides nothing. A wrong cause stated
as certain is the worst this module could do, so `certain` is given only where AWS's own words
stand at the beginning of a text, or where the exit code itself is the statement.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from notifier.batch.failure import Failure, Kind
from notifier.diagnosis import catalogue, evidence, sigkill, stuck_jobs
from notifier.diagnosis.catalogue import Certainty, Class, Says, Severity
from notifier.diagnosis.evidence import EVIDENCE_LIMIT, REQUEST, STATUS, Diagnosis, Evidence, Source
from notifier.joblog import root_line
from notifier.text import units

__all__ = [
    "Certainty", "Class", "Diagnosis", "Evidence", "Severity", "Source", "diagnose", "explain",
]  # fmt: skip

SIGKILL, SIGTERM = 137, 143  # 128 + signal number

_LOG, _LONE_LOG = frozenset({"log"}), frozenset({"log", "lone-log"})
_CAUSE, _AREA, _NOTHING = (Says.CAUSE,), (Says.AREA,), (Says.NOTHING,)
_EXIT_IN_TEXT = re.compile(
    r"\b(?:exit(?:ed|ing)?(?: with)?(?: an?)?(?: non-zero)?(?: error)?(?: exit)? "
    r"(?:code|status)|exitCode|returned non-zero exit status)[\"']?\s{0,3}[:=(]?\s{0,3}(\d{1,3})\b",
    re.IGNORECASE,
)


def diagnose(failure: Failure, log: Sequence[str] = (), root: str | None = None) -> Diagnosis:
    """Tell why a job failed.

    Parameters
    ----------
    failure
        The event, read.
    log
        Lines of the job's log, oldest first, made safe by `text.lines`.
    root
        Their root line; looked for where it is None.
    """
    texts, code = tuple(_texts(failure)), _exit_code(failure)
    if failure.is_unusable and failure.status == "DISABLED":
        return stuck_jobs.switched_off(failure)
    more = REQUEST if failure.kind is Kind.ENVIRONMENT else frozenset()
    found = (
        _stopped(failure, texts)
        or stuck_jobs.waits(failure, texts)
        or evidence.first_match(texts, _CAUSE, more)
        or evidence.first_match(texts, _AREA, more)
        or _by_kind(failure, texts)
        or _free_text(failure, log)
        or _inferred(failure, _by_exit(code, log))
        or evidence.first_match(texts, _NOTHING, more)
        or _unknown(texts, code, log)
    )
    return _with_context(found, failure, log, root)


def explain(text: str, exit_code: int | None = None) -> Diagnosis:
    """Tell the cause of a string pasted from the console, of which the field is not known.

    Examples
    --------
    >>> explain("Job attempt duration exceeded timeout").cause
    'job-timeout'
    """
    texts = (Evidence(Source.TEXT, text[: catalogue.TEXT_LIMIT]),)
    return (
        evidence.first_match(texts, _CAUSE + _AREA)
        or _by_exit(exit_code, text.splitlines() or [text], Source.TEXT)
        or _by_exit_in(text)
        or evidence.first_match(texts, _NOTHING)
        or _unknown(texts, exit_code, ())
    )


def _texts(failure: Failure) -> Iterator[Evidence]:
    """Yield what Batch and the agent said, status first, each text once."""
    last = failure.attempts[-1:]
    statuses = [failure.status_reason, *(attempt.status_reason for attempt in last)]
    reasons = [*failure.reasons, *(attempt.reason for attempt in last)]
    for text in dict.fromkeys(filter(None, statuses)):
        yield Evidence(Source.STATUS, text)
    for text in dict.fromkeys(filter(None, reasons)):
        if text not in statuses:
            yield Evidence(Source.REASON, text)


def _stopped(failure: Failure, texts: Iterable[Evidence]) -> Diagnosis | None:
    """Somebody asked for the end: only Batch's own words may say more, never a person's."""
    if not failure.stopped_by_request:
        return None
    statuses = [each for each in texts if each.source is Source.STATUS]
    for each in statuses:
        hit = catalogue.load().recognise(each.text, STATUS, _CAUSE)
        if hit and hit[0].system and hit[1] is Certainty.CERTAIN:
            return evidence.diagnosis_of(*hit, each)
    flag = Evidence(Source.FLAG, "Batch marks the job as cancelled or terminated by request")
    return evidence.diagnosis_of("terminated-by-user", Certainty.CERTAIN, flag, *statuses)


def _by_kind(failure: Failure, texts: Sequence[Evidence]) -> Diagnosis | None:
    if failure.kind is Kind.ARRAY_PARENT:
        return evidence.diagnosis_of("array-child-failed", Certainty.LIKELY, *texts)
    if failure.kind is Kind.QUEUE_BLOCKED:
        return evidence.diagnosis_of("queue-blocked-undetermined", Certainty.GUESS, *texts)
    if failure.is_unusable:
        cause = "queue-invalid" if failure.is_queue else "ce-client-error-other"
        return evidence.diagnosis_of(cause, Certainty.LIKELY, *texts)
    return None


def _free_text(failure: Failure, log: Sequence[str]) -> Diagnosis | None:
    """Guess a request where a job was killed under a status that Batch would not write.

    It is not sourced that events carry isTerminated, so a person's text may come without it.
    """
    code = _exit_code(failure)
    status = Evidence(Source.STATUS, failure.status_reason)
    if (
        code is None
        or code not in (SIGKILL, SIGTERM)
        or not status.text
        or "EKS" in failure.platform.upper()
    ):
        return None
    if evidence.first_match((status,), tuple(Says)) or _from_log(log, _LOG):
        return None
    return evidence.diagnosis_of("terminated-by-user", Certainty.GUESS, status, _exit(code))


def _by_exit(code: int | None, log: Sequence[str], source: Source = Source.LOG) -> Diagnosis | None:
    """Read the exit code; where it says little, let the log say more."""
    if not code:
        return _from_log(log, _LONE_LOG, source)
    cause = catalogue.load().of_exit(code) or catalogue.load().cause("app-exit-nonzero")
    refined = _from_log(log, _LOG, source, runtime_only=cause.says is not Says.NOTHING)
    if refined:
        return replace(refined, evidence=(*refined.evidence, _exit(code)))
    return evidence.diagnosis_of(cause, cause.exit_certainty, _exit(code))


def _inferred(failure: Failure, found: Diagnosis | None) -> Diagnosis | None:
    """Where a job was killed and nobody says why, see what its attempts say."""
    hint = sigkill.inferred(failure) if found and found.cause == "sigkill-137" else None
    if hint is None:
        return found
    cause, told = hint
    return evidence.diagnosis_of(
        cause, Certainty.LIKELY, Evidence(Source.ATTEMPTS, told), _exit(SIGKILL)
    )


def _from_log(
    log: Sequence[str],
    places: frozenset[str],
    source: Source = Source.LOG,
    *,
    runtime_only: bool = False,
) -> Diagnosis | None:
    """Read the log from its last line; `runtime_only` hears the container runtime alone."""
    for line in reversed(log[-root_line.LINES_READ :]):
        plain = catalogue.plain(line)
        for cause, match in catalogue.load().matches(places, tuple(Says), plain):
            heard = not runtime_only or "reason" in match.where
            if heard and match.at(plain) is not None:
                certainty = min(match.certainty, Certainty.LIKELY)
                return evidence.diagnosis_of(cause, certainty, Evidence(source, line.strip()))
    return None


def _unknown(texts: Sequence[Evidence], code: int | None, log: Sequence[str]) -> Diagnosis:
    lines = [Evidence(Source.LOG, line.strip()) for line in log if line.strip()]
    shown = [*texts[:2], *([_exit(code)] if code is not None else ()), *lines[-1:]]
    return evidence.diagnosis_of("unknown", Certainty.GUESS, *shown)


def _with_context(
    found: Diagnosis, failure: Failure, log: Sequence[str], root: str | None
) -> Diagnosis:
    """Add what helps to believe a cause: children, lost attempts, exception, exit code."""
    more = [*found.evidence[:2]] if found.cause != "unknown" else [*found.evidence]
    if failure.kind is Kind.ARRAY_PARENT and failure.array_failed:
        of = f" of {failure.array_size}" if failure.array_size else ""
        more.append(Evidence(Source.CHILDREN, f"{failure.array_failed}{of} children failed"))
    if found.class_ is Class.SPOT and len(failure.attempts) > 1:
        lost = sum(_is_lost(attempt.status_reason) for attempt in failure.attempts)
        told = f"{lost} of {len(failure.attempts)} attempts lost their host or capacity"
        more.append(Evidence(Source.ATTEMPTS, told))
    if found.blames_program and (said := root_line.root_line_text(log) if root is None else root):
        more.append(Evidence(Source.LOG, said))
    code = _exit_code(failure)
    more += [_exit(code)] if code else []
    nothing = Evidence(Source.STATUS, "Batch gave no reason and no exit code")
    return replace(found, evidence=tuple(dict.fromkeys(more or [nothing]))[:EVIDENCE_LIMIT])


def _is_lost(status_reason: str) -> bool:
    hit = catalogue.load().recognise(status_reason, STATUS, _CAUSE)
    return hit is not None and hit[0].class_ is Class.SPOT


def _exit_code(failure: Failure) -> int | None:
    if failure.exit_code is None and failure.attempts:
        return failure.attempts[-1].exit_code
    return failure.exit_code


def _by_exit_in(text: str) -> Diagnosis | None:
    """Read an exit code that a tool wrote into its text."""
    found = _EXIT_IN_TEXT.search(text[: catalogue.TEXT_LIMIT])
    told = _by_exit(int(found[1]), (), Source.TEXT) if found else None
    return replace(told, certainty=min(told.certainty, Certainty.LIKELY)) if told else None


def _exit(code: int) -> Evidence:
    return Evidence(Source.EXIT, units.exit_code(code))
