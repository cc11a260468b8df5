"""The lines of a log without their prefixes, each with how much it tells."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from notifier.joblog.error_patterns import Weight, is_follower, is_retried, weigh_line
from notifier.joblog.loggers import LogMessage
from notifier.joblog.structured import parse_messages

FAR = 40  # lines: an error and what it led to are nearer to each other
MOST_TRACE_LINES = 300  # of one chain of exceptions

_TRACEBACK = re.compile(r"(\W{0,12})(?:Exception Group )?Traceback \(most recent call last\)")
_IGNORED = re.compile(r"Exception ignored in|--- Logging error ---")
_BARE = re.compile(r"(?:ERROR|Error|FATAL|Fatal)[:!] {0,3}")
_ORIGIN_ONLY = re.compile(r"(?:[a-z_]\w{0,60}\.){1,12}\w{1,60} {0,60}:")
_NO_MESSAGE = re.compile(r":?\s{0,3}[=\-*#~_^]{4,}$")
# The last line of a traceback: the name of any class, whatever it ends in.
_CLASS_NAME = re.compile(
    r"\s{0,40}[A-Za-z_][\w$]{0,80}(?:[.:]{1,2}[A-Za-z_][\w$]{0,80}){0,13}(?:\(\w{0,80}\))?(?::|$)"
)
# The line below has the message of the program that failed.
_HEADING = re.compile(
    r"(?:Log|Error|Failure|Exception) (?:message|details?|text|reason):|(?:Error|Failure) output:"
    r"|Reason for failure:|Root cause:|Failure reason:|rake aborted!|stderr:|Description:",
    re.IGNORECASE,
)
# What a parent logs as an error only because its child wrote it to stderr.
_PROGRESS = re.compile(
    r"(?:writing|reading|loading|loaded|starting|started|done|finished|processing|processed"
    r"|dumping|copying|uploading|downloading|creating|created|connecting|connected|\d{1,3} ?%)\b",
    re.IGNORECASE,
)
_MARKED = re.compile(r"\s{0,200}[~^][~^ ]{0,200}")
_RULE = re.compile("-{50,}")
_OF_MPI = re.compile(
    r"(?:ORTE|PRTE|MPI_\w|Open MPI|PMIX|mpirun|mpiexec|prterun|A process or daemon|An ORTE|A system"
    r" call|There are not enough|By default|WARNING: |No OpenFabrics|It looks like MPI|The call to)"
)
MOST_NOTICE_LINES = 40
_THROWN = re.compile("terminate called after throwing")  # its message is the next line
# What tells although it is indented: the causes of an exception and of a nested task.
_INDENTED = re.compile(
    r"\[cause\]|diagnostics: |---> |what\(\)|nested task error|Caused by|traceback : Signal"
    r"|\[E::|\S{1,80}: cannot open shared object|error: |ERROR: |FATAL|\*\* \("
    r"|[\w.]{1,200}(?:Error|Exception): \S|SQLSTATE\[|\S{1,30}(?: violation|\(\))? detected at "
)


_JOINT = re.compile(r"During handling of|The above exception|-- Process \d")
_INSIDE = re.compile(
    r"\s|During handling of|The above exception|-- Process \d|File \"|Traceback \(most recent"
    r"|at \S{1,300}[:(]"
)


@dataclass(frozen=True, slots=True)
class WeighedLine:
    """One message of a log: its row, its text, and how much it tells."""

    row: int
    message: LogMessage
    weight: Weight

    @property
    def text(self) -> str:
        """The message without its prefixes."""
        return self.message.text


def weigh_lines(safe: Sequence[str], secrets: Sequence[str] = ()) -> list[WeighedLine]:
    """Weigh the messages of lines that `text.lines` has made safe."""
    lines = [
        WeighedLine(row, message, _weigh(message))
        for row, text in enumerate(safe)
        for message in parse_messages(text, secrets)
    ]
    _weigh_tracebacks(lines)
    _weigh_bare_headings(lines)
    _weigh_below_headings(lines)
    _weigh_notices(lines)
    _weigh_followers(lines)
    return lines


def _weigh(message: LogMessage) -> Weight:
    text = message.text
    if message.level == "info" or not text or text.isspace() or _says_nothing(text):
        return Weight.NO_ERROR
    if message.level == "warn":
        is_told = not is_retried(text) and weigh_line(text) >= Weight.ERROR
        return Weight.HINT if is_told else Weight.NO_ERROR
    if message.is_headline or is_retried(text):
        return min(weigh_line(text), Weight.HINT)
    is_indented = text[0] == " " and not message.nested
    if is_indented:
        text = text.lstrip()
        weight = weigh_line(text)
        # A frame, a quoted source line, a suppressed exception tell little.
        return weight if _INDENTED.match(text) else min(weight, Weight.HINT)
    weight = weigh_line(text)
    if _NO_MESSAGE.search(text):
        return min(weight, Weight.WRAPPER)
    is_weak = weight in (Weight.NO_ERROR, Weight.HINT) and "Traceback" not in text
    is_weak = is_weak and not (weight is Weight.NO_ERROR and _PROGRESS.match(text))
    return Weight.ERROR if is_weak and message.level == "error" else weight


def _says_nothing(text: str) -> bool:
    return bool(_NO_MESSAGE.fullmatch(text) or _ORIGIN_ONLY.fullmatch(text))


def _weigh_notices(lines: list[WeighedLine]) -> None:
    """Let the first paragraph of a notice of MPI, between two rules, speak for all of it."""
    rules = [n for n, line in enumerate(lines) if _RULE.fullmatch(line.text)]
    for start, end in itertools.pairwise(rules):
        if end - start > MOST_NOTICE_LINES or not _OF_MPI.match(lines[start + 1].text):
            continue
        is_first = True
        for n in range(start + 2, end):
            is_first = is_first and bool(lines[n].text.strip())
            if not is_first and lines[n].weight < Weight.EXCEPTION:
                lines[n] = replace(lines[n], weight=Weight.NO_ERROR)


def _weigh_bare_headings(lines: list[WeighedLine]) -> None:
    """Lower `ERROR:` alone on a line to what the line below tells, if that is a wrapper."""
    for n, line in enumerate(lines[:-1]):
        if _BARE.fullmatch(line.text) and lines[n + 1].weight is Weight.WRAPPER:
            lines[n] = replace(line, weight=Weight.WRAPPER)


def _weigh_below_headings(lines: list[WeighedLine]) -> None:
    """Raise the first line below a heading such as `Log message:`, with which tools quote."""
    for n, line in enumerate(lines):
        if not line.text.endswith((":", "!")) or not _HEADING.fullmatch(line.text.strip()):
            continue
        below = (k for k in range(n + 1, min(len(lines), n + 3)) if lines[k].text.strip())
        first = next(below, n)
        # What a description describes is an error only if it says so.
        least = Weight.HINT if "escription" in line.text else Weight.NO_ERROR
        if first != n and least <= lines[first].weight < Weight.ERROR:
            lines[first] = replace(lines[first], weight=Weight.ERROR)


def _weigh_tracebacks(lines: list[WeighedLine]) -> None:
    """Weigh the last line of each Python traceback: an exception, unless it was ignored."""
    for n, line in enumerate(lines):
        if "Traceback (most" not in line.text:
            continue  # quicker than the pattern
        end = _end_of_traceback(lines, n) if _TRACEBACK.match(line.text) else None
        if end is None:
            continue
        weight = weigh_line(lines[end].text.lstrip())
        if n and _IGNORED.match(lines[n - 1].text):
            weight = Weight.NO_ERROR
        elif weight is not Weight.WRAPPER:
            weight = Weight.EXCEPTION
        lines[end] = replace(lines[end], weight=weight)
        if line.message.level == "info":
            _weigh_copied(lines, end + 1)


def _weigh_copied(lines: list[WeighedLine], start: int) -> None:
    """Weigh what follows a traceback that a parent logs as information: its child's output."""
    for n in range(start, min(len(lines), start + FAR)):
        if lines[n].message.level == "info" and lines[n].weight is Weight.NO_ERROR:
            lines[n] = replace(lines[n], weight=weigh_line(lines[n].text))


def _end_of_traceback(lines: Sequence[WeighedLine], head: int) -> int | None:
    margin = len(lines[head].text) - len(lines[head].text.lstrip())
    if head + 1 < len(lines) and lines[head + 1].text.startswith('File "'):
        return _end_without_indentation(lines, head + 1)
    for n in range(head + 1, min(len(lines), head + MOST_TRACE_LINES)):
        text = lines[n].text
        if text.strip() and len(text) - len(text.lstrip()) <= margin:
            return n if _CLASS_NAME.match(text) else None
    return None


def _end_without_indentation(lines: Sequence[WeighedLine], start: int) -> int | None:
    """Find the end of a traceback whose frames a logger has moved to the margin."""
    n = start
    while n < min(len(lines), start + MOST_TRACE_LINES):
        if not lines[n].text.startswith('File "'):
            return n if _CLASS_NAME.match(lines[n].text) else None
        n += 1
        if n < len(lines) and not lines[n].text.startswith('File "'):
            n += 1  # the quoted source line, and what is marked in it
        while n < len(lines) and _MARKED.fullmatch(lines[n].text):
            n += 1
    return None


def _weigh_followers(lines: list[WeighedLine]) -> None:
    """Lower what an earlier error led to, where that error is near."""
    last = -FAR - 1
    for n, line in enumerate(lines):
        if line.weight < Weight.ERROR:
            continue
        thrown = _THROWN.match(line.text) and n + 1 < len(lines)
        text = lines[n + 1].text if thrown else line.text
        if n - last <= FAR and is_follower(text):
            lines[n] = replace(line, weight=Weight.FOLLOWER)
        else:
            last = n


def start_of_stack(lines: Sequence[WeighedLine], exception: int) -> int:
    """Return the number of the first line of an exception's stack."""
    n = exception
    while n and exception - n < MOST_TRACE_LINES:
        is_chained = n < exception and _JOINT.match(lines[n].text)
        if not is_chained and not _INSIDE.match(lines[n - 1].text):
            break
        n -= 1
    return n
