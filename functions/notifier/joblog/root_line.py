"""The root line: the one line of a log that says why, such as `ValueError: bad row 17`.

Every line is weighed (`joblog/error_patterns.py`) without what its logger put around it
(`joblog/loggers.py`). What was raised counts more than what was called an error, that more than
words of failure, and what only wraps another program's error counts last. Of what was raised the
last counts, and of a chain its cause; of errors that follow each other closely the first, because
the others follow from it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from notifier.joblog.error_patterns import EXCEPTION, Weight, weigh
from notifier.joblog.loggers import Entry, entries

LINES_READ = 400  # lines from the end that are looked at: masking a thousand takes too long
NEAR = 10  # lines between errors of which the first led to the others
FAR = 40  # lines after an exception, beyond which another error is the newer story
TRACE_LONG = 300  # lines that a chain of exceptions may take
JOINED = 3  # lines looked at for the message of an exception that stands below its name

_TRACEBACK = re.compile(r"(\W{0,12})(?:Exception Group )?Traceback \(most recent call last\)")
_DIRECT_CAUSE = "The above exception was the direct cause"
_IGNORED = re.compile(r"Exception ignored in|--- Logging error ---")
_NO_MESSAGE = re.compile(r":?\s{0,3}[=\-*#~_^]{4,}$")
_OPEN_END = re.compile(r"(?: :|:)$")
# The last line of a traceback: any class may be raised, whatever its name ends in.
_NAMED = re.compile(
    r"\s{0,40}[A-Za-z_][\w$]{0,80}(?:\.[A-Za-z_][\w$]{0,80}){0,12}(?:\(\w{0,80}\))?(?::|$)"
)
# What stands before the message without saying anything.
_STRIP = re.compile(
    rf"(?:Exception: |ERROR: |FATAL: )(?={EXCEPTION}:)|\s{{0,9}}diagnostics: (?=\S)|! (?=\S)"
)


@dataclass(frozen=True, slots=True)
class RootLine:
    """The root line: its text, the row it stands in, and how much it tells."""

    text: str
    row: int
    weight: Weight


@dataclass(frozen=True, slots=True)
class _Line:
    row: int
    entry: Entry
    weight: Weight


def root_line(safe: Sequence[str]) -> str:
    """Give the text of the root line, or an empty one where no line says why.

    Examples
    --------
    >>> root_line(["reading", "ValueError: bad row 17", "done"])
    'ValueError: bad row 17'
    """
    found = find(safe)
    return found.text if found else ""


def find(safe: Sequence[str]) -> RootLine | None:
    """Find the root line among the last 400 lines, which `text.lines` has made safe."""
    start = max(0, len(safe) - LINES_READ)
    rows = _weighed(safe[start:])
    chosen = _nextflow(rows) or _chosen(rows)
    if chosen is None:
        return None
    return RootLine(_worded(rows, chosen), start + rows[chosen].row, rows[chosen].weight)


def _weighed(lines: Sequence[str]) -> list[_Line]:
    rows: list[_Line] = []
    for row, line in enumerate(lines):
        for entry in entries(line):
            rows.append(_Line(row, entry, _weight(line, entry)))
    _structure(rows)
    return rows


def _weight(line: str, entry: Entry) -> Weight:
    text = entry.text
    if entry.level == "calm" or not text or text.isspace() or _NO_MESSAGE.fullmatch(text):
        return Weight.NOTHING
    if (
        text[0] == " "
        and not entry.nested
        and not text.lstrip().startswith(("[cause]", "---> ", "what()"))
    ):
        # Indented below something else: a frame, a quoted source line, a suppressed exception.
        found = weigh(text.lstrip())
        return min(found, Weight.HINTED)
    found = weigh(text)
    if _NO_MESSAGE.search(text):
        return min(found, Weight.WRAPPED)
    if found in (Weight.NOTHING, Weight.HINTED) and entry.level == "error":
        return Weight.SAID if "Traceback" not in text else found
    return found


def _structure(rows: list[_Line]) -> None:
    """Weigh what its place tells: the end of a Python traceback, and what was ignored."""
    for n, line in enumerate(rows):
        if not line.entry.text.startswith(("Traceback", "Exception Group", "  ", "+", " ")):
            continue
        if not _TRACEBACK.match(line.entry.text):
            continue
        ignored = any(_IGNORED.match(one.entry.text) for one in rows[max(0, n - 1) : n])
        end = _end_of_traceback(rows, n)
        if end is None:
            continue
        weight = weigh(rows[end].entry.text.lstrip())
        if ignored:
            weight = Weight.NOTHING
        elif weight is not Weight.WRAPPED:
            weight = Weight.RAISED
        rows[end] = _Line(rows[end].row, rows[end].entry, weight)


def _end_of_traceback(rows: Sequence[_Line], head: int) -> int | None:
    margin = len(rows[head].entry.text) - len(rows[head].entry.text.lstrip())
    for n in range(head + 1, min(len(rows), head + TRACE_LONG)):
        text = rows[n].entry.text
        if text.strip() and len(text) - len(text.lstrip()) <= margin:
            is_name = re.match(
                r"\s{0,40}(?:[A-Za-z_][\w$]{0,80}[.:]{0,2}){1,14}(?:\(\w{0,80}\))?(?::|$)", text
            )
            return n if is_name else None
    return None


def _chosen(rows: Sequence[_Line]) -> int | None:
    raised = _last(rows, Weight.RAISED)
    said = _last(rows, Weight.SAID)
    if raised is not None and (said is None or said - raised <= FAR):
        return _cause_of(rows, raised)
    for weight in (Weight.SAID, Weight.HINTED, Weight.WRAPPED):
        if (last := _last(rows, weight)) is not None:
            return _first_near(rows, last, weight)
    return None


def _last(rows: Sequence[_Line], weight: Weight) -> int | None:
    return next((n for n in range(len(rows) - 1, -1, -1) if rows[n].weight is weight), None)


def _first_near(rows: Sequence[_Line], last: int, weight: Weight) -> int:
    first = last
    for n in range(last - 1, -1, -1):
        if first - n > NEAR:
            break
        if rows[n].weight is weight:
            first = n
    return first


def _cause_of(rows: Sequence[_Line], raised: int) -> int:
    """Follow a chain to what it began with, where its language says so."""
    floor = max(0, raised - TRACE_LONG)
    n = raised
    while (before := _raised_before(rows, n, floor)) is not None:
        between = [one.entry.text for one in rows[before + 1 : n]]
        direct = any(text.lstrip(" |+-").startswith(_DIRECT_CAUSE) for text in between)
        if not direct and not _same_group(rows, before, n):
            break
        n = before
    return n


def _raised_before(rows: Sequence[_Line], n: int, floor: int) -> int | None:
    return next((m for m in range(n - 1, floor - 1, -1) if rows[m].weight is Weight.RAISED), None)


def _same_group(rows: Sequence[_Line], before: int, n: int) -> bool:
    """Say whether both were raised in one exception group: the first of them led."""
    both = rows[before].entry.nested and rows[n].entry.nested
    return both and not any("Group Traceback" in one.entry.text for one in rows[before + 1 : n])


def _nextflow(rows: Sequence[_Line]) -> int | None:
    """Look where Nextflow repeats what the failed command wrote, or else says why by itself."""
    heads = {
        one.entry.text.strip(): n for n, one in enumerate(rows) if one.entry.text.endswith(":")
    }
    if "Caused by:" not in heads or not any(
        "Error executing process" in r.entry.text for r in rows
    ):
        return None
    block = _block(rows, heads.get("Command error:"))
    if block:
        inner = [
            _Line(0, Entry(rows[n].entry.text.strip()), weigh(rows[n].entry.text.strip()))
            for n in block
        ]
        found = _chosen(inner)
        return block[found] if found is not None else block[-1]
    return next(iter(_block(rows, heads["Caused by:"])), None)


def _block(rows: Sequence[_Line], head: int | None) -> list[int]:
    """Give the indented lines below a heading."""
    found: list[int] = []
    for n in range((len(rows) if head is None else head) + 1, len(rows)):
        text = rows[n].entry.text
        if text.strip() and not text.startswith("  "):
            break
        if text.strip() and text.strip() != "(empty)":
            found.append(n)
    return found


def _worded(rows: Sequence[_Line], chosen: int) -> str:
    """Give the text, with the message where that stands below."""
    text = rows[chosen].entry.text
    strip = _STRIP.match(text)
    text = " ".join(text[strip.end() if strip else 0 :].split())
    below = [one.entry.text.strip() for one in rows[chosen + 1 : chosen + 1 + JOINED]]
    if "Caused by:" in below[:2] and text.startswith("Error: "):  # anyhow
        causes = _block(rows, chosen + 1 + below.index("Caused by:"))
        last = rows[causes[-1]].entry.text.strip() if causes else ""
        return f"{text}: {re.sub(r'^[0-9]{1,3}: ', '', last)}".removesuffix(": ")
    more = next((one for one in below if one), "")
    return f"{text} {more.removeprefix('! ')}" if _OPEN_END.search(text) and more else text
