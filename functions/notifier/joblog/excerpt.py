"""Which log lines matter: the last error with what led to it, then the tail."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from notifier.joblog.root_line import RootLine
from notifier.text import untrusted

CONTEXT_BEFORE = 2  # lines kept above an error that has no traceback of its own
TRACE_AFTER = 8  # stack frames kept below an error line (Java prints them after it)
TRACE_BEFORE = 60  # how far above an error line its traceback may begin


@dataclass(frozen=True, slots=True)
class LogLine:
    """One log event: when it was written (epoch milliseconds) and its raw text."""

    at: int
    text: str


@dataclass(frozen=True, slots=True)
class LogRead:
    """What reading a log gave: lines oldest first, or why there are none.

    `complete` is False when the stream holds older lines than those read. `pending` is whether a
    stream is there that holds none yet.
    """

    lines: tuple[LogLine, ...] = ()
    complete: bool = True
    unavailable: str = ""
    pending: bool = False


@dataclass(frozen=True, slots=True)
class Excerpt:
    """The lines worth showing, safe and in order, and how many they were taken from."""

    lines: tuple[str, ...]
    shown: int
    total: int
    complete: bool
    first_at: int
    last_at: int


_ERROR = re.compile(
    r"\b(?:error|exception|fatal|panic(?:ked)?|critical|killed|aborted|segmentation fault"
    r"|out of memory|oom|no space left|permission denied|access denied|accessdenied"
    r"|command not found|no such file|cannot|failed|failure)\b"
    r"|\w(?:Error|Exception)\b",
    re.IGNORECASE,
)
_FRAME = re.compile(r"^\s+at |^\s*File \"|^\s+\.\.\. \d+ more|^Caused by:")
# A line that belongs to the traceback around it: indented, a frame, or what joins two of them.
_INSIDE = re.compile(
    r"\s+\S|at \S+\(|\.\.\. \d+ more|Caused by:|Traceback \(most recent|goroutine \d"
    r"|During handling of the above|The above exception was|stack backtrace:"
)


def pick(log: LogRead, safe: Sequence[str], limit: int, root: RootLine | None) -> Excerpt:
    """Choose at most `limit` lines.

    Parameters
    ----------
    log
        What was read.
    safe
        Its last lines made safe by `text.lines`, one for one.
    limit
        Lines to show, at least 1.
    root
        Their root line, as `rootline.find` gives it.
    """
    tail_size = max(1, limit // 2) if len(safe) > limit else limit
    tail = range(max(0, len(safe) - tail_size), len(safe))
    chosen = sorted({*_block(safe, limit - len(tail), root), *tail})
    if len(chosen) < limit and not _apart(chosen):
        # The error stands in the tail already: show more of what led to it.
        chosen = list(range(max(0, len(safe) - limit), len(safe)))
    return Excerpt(
        lines=tuple(_with_gaps(chosen, safe)),
        shown=len(chosen),
        total=len(log.lines),
        complete=log.complete,
        first_at=log.lines[0].at if log.lines else 0,
        last_at=log.lines[-1].at if log.lines else 0,
    )


def _apart(chosen: Sequence[int]) -> bool:
    return bool(chosen) and chosen[-1] - chosen[0] + 1 != len(chosen)


def _block(safe: Sequence[str], room: int, root: RootLine | None) -> list[int]:
    """Give the last error line with its traceback, cut in the middle to the room there is."""
    words = next((n for n in range(len(safe) - 1, -1, -1) if _tells(safe[n])), None)
    error = root.row if root else words
    if error is None or room < 1:
        return []
    start, end = _trace(safe, error)
    block = list(range(start, end + 1))
    if len(block) <= room:
        return block
    return block[: room // 3] + block[len(block) - (room - room // 3) :]


def _tells(line: str) -> bool:
    return bool(_ERROR.search(line)) and not _FRAME.match(line)


def _trace(safe: Sequence[str], error: int) -> tuple[int, int]:
    """Give first and last line of the traceback that an error line belongs to."""
    floor = max(0, error - TRACE_BEFORE)
    start = end = error
    while start > floor and _INSIDE.match(safe[start - 1]):
        start -= 1
    inside = start < error or bool(_INSIDE.match(safe[error]))
    if start > floor and inside and _tells(safe[start - 1]):
        start -= 1  # the line that announces it
    while end + 1 < len(safe) and end - error < TRACE_AFTER and _INSIDE.match(safe[end + 1]):
        end += 1
    return (start if inside else max(0, error - CONTEXT_BEFORE)), end


def _with_gaps(chosen: Sequence[int], safe: Sequence[str]) -> list[str]:
    shown: list[str] = []
    for before, n in zip([None, *chosen], chosen, strict=False):
        if before is not None and n - before > 1:
            shown.append(f"[{n - before - 1:,} lines left out]")
        shown.append(untrusted.defang(safe[n]))
    return shown
