"""The log lines that an alert shows: the root line with its traceback, and the last lines."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from notifier.joblog.root_line import RootLine
from notifier.text import untrusted

CONTEXT_BEFORE = 2  # lines above an error that has no traceback
TRACE_AFTER = 8  # stack frames below an error line (Java prints them there)
TRACE_BEFORE = 60  # lines above an error line where its traceback may begin


@dataclass(frozen=True, slots=True)
class LogLine:
    """One log event: its time (epoch milliseconds) and its raw text."""

    at: int
    text: str


@dataclass(frozen=True, slots=True)
class LogRead:
    """The newest lines of a log, oldest first, or why there are none.

    `complete` is False if the stream has older lines. `is_stream_empty` is True if the stream
    exists but has no lines yet.
    """

    lines: tuple[LogLine, ...] = ()
    complete: bool = True
    unavailable: str = ""
    is_stream_empty: bool = False


@dataclass(frozen=True, slots=True)
class Excerpt:
    """The lines to show, safe and in order, and how many lines were read."""

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
# Lines inside a traceback: indented ones, frames, and those that join two tracebacks.
_INSIDE = re.compile(
    r"\s+\S|at \S+\(|\.\.\. \d+ more|Caused by:|Traceback \(most recent|goroutine \d"
    r"|During handling of the above|The above exception was|stack backtrace:"
)


def excerpt_of(log: LogRead, safe: Sequence[str], limit: int, root: RootLine | None) -> Excerpt:
    """Choose at most `limit` lines to show.

    Parameters
    ----------
    log
        The log as it was read.
    safe
        Its last lines, each made safe by `text.lines`.
    limit
        Lines to show, at least 1.
    root
        Their root line, from `find_root_line`.
    """
    tail_size = max(1, limit // 2) if len(safe) > limit else limit
    tail = range(max(0, len(safe) - tail_size), len(safe))
    chosen = sorted({*_error_block(safe, limit - len(tail), root), *tail})
    if len(chosen) < limit and not _has_gaps(chosen):
        # The tail contains the error: show more of what led to it.
        chosen = list(range(max(0, len(safe) - limit), len(safe)))
    return Excerpt(
        lines=tuple(_with_gaps(chosen, safe)),
        shown=len(chosen),
        total=len(log.lines),
        complete=log.complete,
        first_at=log.lines[0].at if log.lines else 0,
        last_at=log.lines[-1].at if log.lines else 0,
    )


def _has_gaps(chosen: Sequence[int]) -> bool:
    return bool(chosen) and chosen[-1] - chosen[0] + 1 != len(chosen)


def _error_block(safe: Sequence[str], room: int, root: RootLine | None) -> list[int]:
    """Return the rows of the error and its traceback, cut in the middle if there is no room."""
    last = next((n for n in range(len(safe) - 1, -1, -1) if _is_error(safe[n])), None)
    error = root.row if root else last
    if error is None or room < 1:
        return []
    start, end = _traceback_of(safe, error)
    block = list(range(start, end + 1))
    if len(block) <= room:
        return block
    return block[: room // 3] + block[len(block) - (room - room // 3) :]


def _is_error(line: str) -> bool:
    return bool(_ERROR.search(line)) and not _FRAME.match(line)


def _traceback_of(safe: Sequence[str], error: int) -> tuple[int, int]:
    """Return the first and last row of the traceback that an error line belongs to."""
    floor = max(0, error - TRACE_BEFORE)
    start = end = error
    while start > floor and _INSIDE.match(safe[start - 1]):
        start -= 1
    inside = start < error or bool(_INSIDE.match(safe[error]))
    if start > floor and inside and _is_error(safe[start - 1]):
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
