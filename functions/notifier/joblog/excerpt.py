"""The log lines that an alert shows: the root line with its traceback, and the last lines."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from notifier.joblog.display import show_line
from notifier.joblog.root_line import RootLine
from notifier.joblog.weight import Weight
from notifier.text import untrusted

CONTEXT_BEFORE = 2  # lines above an error that has no traceback
CONTEXT_AFTER = 6  # lines below an error, if there is room
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
    exists but has no lines yet. `secrets` are values of the job's settings to mask in the lines,
    where they were fetched with the log.
    """

    lines: tuple[LogLine, ...] = ()
    complete: bool = True
    unavailable: str = ""
    is_stream_empty: bool = False
    secrets: tuple[str, ...] = field(default=(), repr=False)

    def recent(self, limit: int) -> list[str]:
        """Return the last texts as a terminal shows them: progress bars write over a line."""
        return [_last_written(line.text) for line in self.lines[-limit:]]


def _last_written(text: str) -> str:
    if "\r" not in text:
        return text
    whole = text.rstrip("\r\n ")
    return whole[whole.rfind("\r") + 1 :]


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


def excerpt_of(
    log: LogRead,
    safe: Sequence[str],
    limit: int,
    root: RootLine | None,
    secrets: Sequence[str] = (),
) -> Excerpt:
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
    secrets
        Values to mask in what JSON lines hold.
    """
    is_sure = root is not None and root.weight >= Weight.ERROR
    tail_size = max(1, limit // (3 if is_sure else 2)) if len(safe) > limit else limit
    tail = range(max(0, len(safe) - tail_size), len(safe))
    block = _error_block(safe, max(limit - len(tail), limit // 2), root)
    # The end of the log gives way first: it is more often shutdown than reason.
    kept = sorted(set(tail) - set(block))[-max(1, limit - len(block)) :] if block else tail
    chosen = _add_context(sorted({*block, *kept})[-limit:], block, limit)
    if len(chosen) < limit and not _has_gaps(chosen):
        # The tail contains the error: show more of what led to it.
        chosen = list(range(max(0, len(safe) - limit), len(safe)))
    return Excerpt(
        lines=tuple(_with_gaps(chosen, safe, secrets)),
        shown=len(chosen),
        total=len(log.lines),
        complete=log.complete,
        first_at=log.lines[0].at if log.lines else 0,
        last_at=log.lines[-1].at if log.lines else 0,
    )


def _add_context(chosen: list[int], block: Sequence[int], limit: int) -> list[int]:
    """Add some lines below the error, and lines above it while there is room."""
    if not block or not _has_gaps(chosen):
        return chosen
    room = limit - len(chosen)
    below = range(block[-1] + 1, min(chosen[-1], block[-1] + 1 + min(room, CONTEXT_AFTER)))
    chosen = sorted({*chosen, *below})
    room = limit - len(chosen)
    return sorted({*chosen, *range(max(0, block[0] - room), block[0])})


def _has_gaps(chosen: Sequence[int]) -> bool:
    return bool(chosen) and chosen[-1] - chosen[0] + 1 != len(chosen)


def _error_block(safe: Sequence[str], room: int, root: RootLine | None) -> list[int]:
    """Return the rows of the error and its traceback, cut in the middle if there is no room."""
    last = next((n for n in range(len(safe) - 1, -1, -1) if _is_error(safe[n])), None)
    error = root.row if root else last
    if error is None or room < 1:
        return []
    start, end = _traceback_of(safe, error)
    block = sorted({*range(start, end + 1), *(root.rows if root else ())})
    if len(block) <= room:
        return block
    needed = list(dict.fromkeys((error, *root.rows) if root else (error,)))[:room]
    others = [n for n in block if n not in needed]
    spare = room - len(needed)
    head = spare // 3
    return sorted({*needed, *others[:head], *others[len(others) - (spare - head) :]})


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


def _with_gaps(chosen: Sequence[int], safe: Sequence[str], secrets: Sequence[str]) -> list[str]:
    shown: list[str] = []
    for before, n in zip([None, *chosen], chosen, strict=False):
        if before is not None and n - before > 1:
            shown.append(f"[{n - before - 1:,} lines left out]")
        shown.append(untrusted.defang(show_line(safe[n], secrets)))
    return shown
