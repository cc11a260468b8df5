"""Lines that tell little, of which one is the root line where no line tells more."""

from __future__ import annotations

from collections.abc import Sequence

from notifier.joblog.error_patterns import Weight, is_follower, is_retried, weigh_line
from notifier.joblog.weighed_lines import FAR, WeighedLine


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
