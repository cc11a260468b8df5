"""The root line: the one line of a log that says why, such as `ValueError: bad row 17`.

Every line is stripped of what carries it (`joblog/loggers.py`) and weighed
(`joblog/error_patterns.py`). Exceptions count more than logged errors, those more than words of
failure; wrappers of another program's error and what an error led to count least. The last failing
episode counts: of several exceptions the last, and in a chain its cause; of logged errors close
together the first, because the others follow from it; of mere hints the last.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from notifier.joblog.error_patterns import Weight, is_retried
from notifier.joblog.root_text import indented_below, text_of_root
from notifier.joblog.weak_lines import (
    ABOVE,
    last_copied_error,
    last_hint,
    last_of,
    last_unlogged_failure,
    printed_above,
)
from notifier.joblog.weighed_lines import (
    FAR,
    MOST_TRACE_LINES,
    WeighedLine,
    start_of_stack,
    weigh_lines,
)
from notifier.joblog.weight import EXCEPTION_NAME
from notifier.joblog.wrapper_patterns import DEATH

LINES_READ = 400  # lines from the end that are examined: masking a thousand takes too long
NEAR = 10  # lines between errors of which the first led to the others
MOST_OTHERS = 20
MOST_NUMBERS = 3  # lines that explain a root line with sizes and limits

_FRAME = re.compile(
    r"\s{1,40}at |Calls: |Execution halted|\s{0,8}#\d|\s{1,8}\S{1,300}:\d|goroutine \d"
    r"|stack backtrace|note: "
)
_SHUTDOWN = re.compile(
    r"\b(?:shut|stop|clos|flush|exit|clean|terminat|upload|finish)", re.IGNORECASE
)
# The exception below another one led to it.
_DEEPER = re.compile(r"\s{0,40}(?:Caused by|nested task error|---> |\[cause\]|! )")
_SIZES = re.compile(
    r"\b(?:limits?|RLIMIT\w{0,20}|memory|heap|quota|allocat\w{0,10}|free|available|usage|exceed\w{0,5})"
    r"\b.{0,80}\d|\d ?(?:[KMGT]i?B|bytes|%)(?!\w)",
    re.IGNORECASE,
)
_RAISED = re.compile(rf"{EXCEPTION_NAME}: \S")
_DIRECT_CAUSE = "The above exception was the direct cause"


@dataclass(frozen=True, slots=True)
class RootLine:
    """The root line: its text, its row, and how much it tells.

    `others` are the other errors of its episode, those that tell more first, and `rows` the rows
    that explain it.
    """

    text: str
    row: int
    weight: Weight
    others: tuple[str, ...] = ()
    rows: tuple[int, ...] = ()


NOT_SEARCHED = RootLine("", -1, Weight.NO_ERROR)  # stands for a root line that is not known yet


def root_line_text(safe: Sequence[str]) -> str:
    """Return the text of the root line, or an empty text if no line says why.

    Examples
    --------
    >>> root_line_text(["reading", "ValueError: bad row 17", "done"])
    'ValueError: bad row 17'
    """
    found = find_root_line(safe)
    return found.text if found else ""


def find_root_line(safe: Sequence[str], secrets: Sequence[str] = ()) -> RootLine | None:
    """Find the root line among the last 400 lines, which `text.lines` has made safe.

    `secrets` are masked in what JSON lines hold, because escapes can hide them.
    """
    start = max(0, len(safe) - LINES_READ)
    lines = [one for one in weigh_lines(safe[start:], secrets) if one.text.strip()]
    root = _find_in_nextflow(lines) or _find_root(lines)
    if root is None:
        root = last_unlogged_failure(lines)
    if root is None:
        return None
    text, used = text_of_root(lines, root)
    explained = (*used, *_numbers_near(lines, root))
    rows = tuple(dict.fromkeys(start + lines[n].row for n in explained))
    others = _other_errors(lines, root)
    return RootLine(text, start + lines[root].row, lines[root].weight, others, rows)


def _numbers_near(lines: Sequence[WeighedLine], root: int) -> list[int]:
    """Return the lines near the root line that give sizes and limits, the nearest first."""
    near = range(max(0, root - NEAR), min(len(lines), root + 1 + NEAR))
    found = [n for n in near if n != root and _SIZES.search(lines[n].text, 0, 300)]
    return sorted(found, key=lambda n: abs(n - root))[:MOST_NUMBERS]


def _other_errors(lines: Sequence[WeighedLine], root: int) -> tuple[str, ...]:
    """Return what belongs to the root line: what follows it, and what stands directly above.

    Where the root line tells little, every line of the log that tells something counts.
    """
    if lines[root].weight >= Weight.ERROR:
        start = start_of_stack(lines, root)
        above = [
            one for one in lines[max(0, start - ABOVE) : start] if one.weight < lines[root].weight
        ]
        around = [*lines[root + 1 : root + 1 + FAR], *lines[start:root], *reversed(above)]
    else:
        around = [*reversed(lines[:root]), *lines[root + 1 :]]
    # A wrapper names the program or container, which may be called like a cause.
    least = Weight.HINT if lines[root].weight >= Weight.ERROR else Weight.FOLLOWER
    others = [one for one in around if one.weight >= least and not is_retried(one.text)]
    others.sort(key=lambda one: -one.weight)
    return tuple(dict.fromkeys(one.text.strip() for one in others))[:MOST_OTHERS]


def _find_root(lines: Sequence[WeighedLine]) -> int | None:
    exception = last_of(lines, Weight.EXCEPTION)
    error = last_of(lines, Weight.ERROR)
    if exception is not None and (error is None or error - exception <= FAR):
        return printed_above(lines, _first_of_episode(lines, exception))
    if error is not None:
        return printed_above(lines, _first_of_episode(lines, error))
    hint, wrapper = last_hint(lines), last_of(lines, Weight.WRAPPER)
    death = wrapper is not None and DEATH.match(lines[wrapper].text)
    if hint is not None and not death and (wrapper is None or wrapper - hint <= FAR):
        return hint
    if wrapper is not None:
        copied = None if death else last_copied_error(lines, wrapper)
        return _first_wrapper(lines, wrapper) if copied is None else copied
    return last_of(lines, Weight.FOLLOWER)


def _first_of_episode(lines: Sequence[WeighedLine], last: int) -> int:
    """Return the first exception of the episode that ends with a line, else its first error.

    An exception with its stack needs no other: what stands before it was handled.
    """
    first = last
    if _DEEPER.match(lines[last].text):
        return _find_cause(lines, last)
    for n in range(last, -1, -1):
        if first - n > NEAR or _went_on(lines[n]):
            break
        if lines[n].weight is Weight.EXCEPTION and _has_stack(lines, n):
            return _find_cause(lines, n)
        if lines[n].weight >= lines[last].weight:
            first = n
    return first


def _went_on(line: WeighedLine) -> bool:
    """Return whether a line shows that the program went on after an error."""
    is_working = line.message.level == "info" and not _SHUTDOWN.search(line.text, 0, 200)
    return is_working or (line.weight < Weight.ERROR and is_retried(line.text))


def _has_stack(lines: Sequence[WeighedLine], exception: int) -> bool:
    below = lines[exception + 1 : exception + 2]
    if lines[exception].text.endswith(":"):  # its message is the next line
        below = lines[exception + 1 : exception + 3]
    is_above = start_of_stack(lines, exception) < exception
    return is_above or any(_FRAME.match(one.text) for one in below)


def _first_wrapper(lines: Sequence[WeighedLine], last: int) -> int:
    """Return the first wrapper near the last one, rather an exception than a headline above it."""
    first = last
    for n in range(last - 1, -1, -1):
        if first - n > NEAR:
            break
        if lines[n].weight is Weight.WRAPPER:
            first = n
    end = next((n for n in range(first + 1, last + 1) if _is_raised(lines[n])), first)
    return end if lines[first].message.level and not _is_raised(lines[first]) else first


def _is_raised(line: WeighedLine) -> bool:
    return line.weight is Weight.WRAPPER and bool(_RAISED.match(line.text))


def _find_cause(lines: Sequence[WeighedLine], exception: int) -> int:
    """Follow a chain of exceptions to its first, if the language states the cause."""
    floor = max(0, exception - MOST_TRACE_LINES)
    n = exception
    while (before := last_of(lines[floor:n], Weight.EXCEPTION)) is not None:
        before += floor
        between = [one.text for one in lines[before + 1 : n]]
        is_direct = any(text.lstrip(" |+-").startswith(_DIRECT_CAUSE) for text in between)
        # The first exception of a group led to the others.
        is_same_group = lines[before].message.nested and lines[n].message.nested
        is_same_group = is_same_group and not any("Group Traceback" in text for text in between)
        if not is_direct and not is_same_group:
            break
        n = before
    return n


def _find_in_nextflow(lines: Sequence[WeighedLine]) -> int | None:
    """Find the root line in Nextflow's copy of the failed command's output, or in its own text."""
    headings = {one.text.strip(): n for n, one in enumerate(lines) if one.text.endswith(":")}
    is_nextflow = any("Error executing process" in one.text for one in lines)
    if "Caused by:" not in headings or not is_nextflow:
        return None
    block = indented_below(lines, headings.get("Command error:"))
    if not block:
        return next(iter(indented_below(lines, headings["Caused by:"])), None)
    copied = weigh_lines([lines[n].text.removeprefix("  ") for n in block])
    root = _find_root(copied)
    return block[-1 if root is None else copied[root].row]
