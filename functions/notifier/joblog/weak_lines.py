"""Lines that tell little, of which one is the root line where no line tells more."""

from __future__ import annotations

import re
from collections.abc import Sequence

from notifier.joblog.error_patterns import Weight, is_follower, is_retried, weigh_line
from notifier.joblog.weighed_lines import FAR, WeighedLine, start_of_stack

ABOVE = 3  # lines above an error that may say more about it

# Without a message: what was printed above says why.
_BARE = re.compile(
    r"panic: runtime error: invalid memory address or nil pointer dereference"
    r"|terminate called after throwing an instance of '(?:unsigned )?(?:int|char const\*|char\*)'"
    r"|.{0,40}application called MPI_Abort"
)
_MISSING = re.compile(r"FileNotFoundError: \[Errno 2\]")


def last_of(lines: Sequence[WeighedLine], weight: Weight) -> int | None:
    """Return the number of the last line of a weight."""
    return next((n for n in range(len(lines) - 1, -1, -1) if lines[n].weight is weight), None)


def last_hint(lines: Sequence[WeighedLine]) -> int | None:
    """Return the last line with words of failure, rather one that no other led to."""
    last = last_of(lines, Weight.HINT)
    if last is None or not is_follower(lines[last].text):
        return last
    others = (n for n in range(last - 1, max(-1, last - FAR), -1) if _is_own_hint(lines[n]))
    return next(others, last)


def _is_own_hint(line: WeighedLine) -> bool:
    return line.weight is Weight.HINT and not is_follower(line.text)


def last_copied_error(lines: Sequence[WeighedLine], wrapper: int) -> int | None:
    """Return the last error of a child whose output its parent logs as information."""
    for n in range(wrapper - 1, max(-1, wrapper - FAR), -1):
        if lines[n].message.level == "info" and weigh_line(lines[n].text) >= Weight.ERROR:
            return n
    return None


def last_unlogged_failure(lines: Sequence[WeighedLine]) -> int | None:
    """Return the last line logged as information or warning whose words report a failure."""
    for n in range(len(lines) - 1, max(-1, len(lines) - 1 - FAR), -1):
        text = lines[n].text
        if lines[n].message.level and not is_retried(text) and weigh_line(text) >= Weight.HINT:
            return n
    return None


def printed_above(lines: Sequence[WeighedLine], root: int) -> int:
    """Return the error that was printed before an error that it led to, else `root`.

    Programs print an error and use a nil pointer; a child fails and its parent misses its file.
    """
    if _MISSING.match(lines[root].text):
        return _failed_above(lines, root)
    if not _BARE.match(lines[root].text):
        return root
    above = range(root - 1, max(-1, root - 1 - ABOVE), -1)
    return next((n for n in above if _is_printed(lines[n])), root)


def _failed_above(lines: Sequence[WeighedLine], root: int) -> int:
    """Return the first error of those directly above the traceback of `root`, else `root`."""
    first, n = root, start_of_stack(lines, root) - 1
    while n >= 0 and lines[n].weight >= Weight.WRAPPER and not is_retried(lines[n].text):
        first = n if lines[n].weight >= Weight.ERROR else first
        n -= 1
    return first


def _is_printed(line: WeighedLine) -> bool:
    return line.weight >= Weight.HINT and not is_follower(line.text) and not is_retried(line.text)
