"""The root line: the one line of a log that says why, such as `ValueError: bad row 17`.

Every line is weighed (`joblog/error_patterns.py`) without its logger's prefix
(`joblog/loggers.py`). Exceptions count more than logged errors, those more than words of failure,
and wrappers of another program's error count least. Of several exceptions the last counts, and in
a chain its cause. Of errors close together the first counts, because the others follow from it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from notifier.joblog.error_patterns import EXCEPTION_NAME, Weight, weigh_line
from notifier.joblog.loggers import LogMessage, parse_messages

LINES_READ = 400  # lines from the end that are examined: masking a thousand takes too long
NEAR = 10  # lines between errors of which the first led to the others
FAR = 40  # an error that is more lines after an exception replaces it
MOST_TRACE_LINES = 300  # of one chain of exceptions
LINES_BELOW = 3  # that may hold the message of an exception

_TRACEBACK = re.compile(r"(\W{0,12})(?:Exception Group )?Traceback \(most recent call last\)")
_DIRECT_CAUSE = "The above exception was the direct cause"
_IGNORED = re.compile(r"Exception ignored in|--- Logging error ---")
_NO_MESSAGE = re.compile(r":?\s{0,3}[=\-*#~_^]{4,}$")
_OPEN_END = re.compile(r"(?: :|:)$")
# The last line of a traceback: the name of any class, whatever it ends in.
_CLASS_NAME = re.compile(r"\s{0,40}(?:[A-Za-z_][\w$]{0,80}[.:]{0,2}){1,14}(?:\(\w{0,80}\))?(?::|$)")
# Words before the message that say nothing.
_PREFIX = re.compile(
    rf"(?:Exception: |ERROR: |FATAL: )(?={EXCEPTION_NAME}:)|\s{{0,9}}diagnostics: (?=\S)|! (?=\S)"
)


@dataclass(frozen=True, slots=True)
class RootLine:
    """The root line: its text, its row, and how much it tells.

    `others` are the other errors of its episode, those that tell more first.
    """

    text: str
    row: int
    weight: Weight
    others: tuple[str, ...] = ()


NOT_SEARCHED = RootLine("", -1, Weight.NO_ERROR)  # stands for a root line that is not known yet


@dataclass(frozen=True, slots=True)
class _Line:
    row: int
    message: LogMessage
    weight: Weight

    @property
    def text(self) -> str:
        return self.message.text


def root_line_text(safe: Sequence[str]) -> str:
    """Return the text of the root line, or an empty text if no line says why.

    Examples
    --------
    >>> root_line_text(["reading", "ValueError: bad row 17", "done"])
    'ValueError: bad row 17'
    """
    found = find_root_line(safe)
    return found.text if found else ""


def find_root_line(safe: Sequence[str]) -> RootLine | None:
    """Find the root line among the last 400 lines, which `text.lines` has made safe."""
    start = max(0, len(safe) - LINES_READ)
    lines = _weigh_lines(safe[start:])
    root = _find_in_nextflow(lines) or _find_root(lines)
    if root is None:
        return None
    text = _text_of_root(lines, root)
    return RootLine(text, start + lines[root].row, lines[root].weight, _other_errors(lines, root))


def _other_errors(lines: Sequence[_Line], root: int) -> tuple[str, ...]:
    near = [*lines[max(0, root - NEAR) : root], *lines[root + 1 : root + 1 + NEAR]]
    others = (one for one in near if one.weight >= Weight.HINT)
    return tuple(one.text for one in sorted(others, key=lambda one: -one.weight))


def _weigh_lines(safe: Sequence[str]) -> list[_Line]:
    lines = [
        _Line(row, message, _weigh(message))
        for row, text in enumerate(safe)
        for message in parse_messages(text)
    ]
    _weigh_tracebacks(lines)
    return lines


def _weigh(message: LogMessage) -> Weight:
    text = message.text
    if message.level == "info" or not text or text.isspace() or _NO_MESSAGE.fullmatch(text):
        return Weight.NO_ERROR
    is_indented = text[0] == " " and not message.nested
    if is_indented and not text.lstrip().startswith(("[cause]", "---> ", "what()")):
        # A frame, a quoted source line, a suppressed exception.
        return min(weigh_line(text.lstrip()), Weight.HINT)
    weight = weigh_line(text)
    if _NO_MESSAGE.search(text):
        return min(weight, Weight.WRAPPER)
    is_weak = weight in (Weight.NO_ERROR, Weight.HINT) and "Traceback" not in text
    return Weight.ERROR if is_weak and message.level == "error" else weight


def _weigh_tracebacks(lines: list[_Line]) -> None:
    """Weigh the last line of each Python traceback: an exception, unless it was ignored."""
    for n, line in enumerate(lines):
        if not line.text.startswith(("Traceback", "Exception Group", "  ", "+", " ")):
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


def _end_of_traceback(lines: Sequence[_Line], head: int) -> int | None:
    margin = len(lines[head].text) - len(lines[head].text.lstrip())
    for n in range(head + 1, min(len(lines), head + MOST_TRACE_LINES)):
        text = lines[n].text
        if text.strip() and len(text) - len(text.lstrip()) <= margin:
            return n if _CLASS_NAME.match(text) else None
    return None


def _find_root(lines: Sequence[_Line]) -> int | None:
    exception = _last(lines, Weight.EXCEPTION)
    error = _last(lines, Weight.ERROR)
    if exception is not None and (error is None or error - exception <= FAR):
        return _find_cause(lines, exception)
    for weight in (Weight.ERROR, Weight.HINT, Weight.WRAPPER):
        if (last := _last(lines, weight)) is not None:
            return _first_near(lines, last, weight)
    return None


def _last(lines: Sequence[_Line], weight: Weight) -> int | None:
    return next((n for n in range(len(lines) - 1, -1, -1) if lines[n].weight is weight), None)


def _first_near(lines: Sequence[_Line], last: int, weight: Weight) -> int:
    first = last
    for n in range(last - 1, -1, -1):
        if first - n > NEAR:
            break
        if lines[n].weight is weight:
            first = n
    return first


def _find_cause(lines: Sequence[_Line], exception: int) -> int:
    """Follow a chain of exceptions to its first, if the language states the cause."""
    floor = max(0, exception - MOST_TRACE_LINES)
    n = exception
    while (before := _last(lines[floor:n], Weight.EXCEPTION)) is not None:
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


def _find_in_nextflow(lines: Sequence[_Line]) -> int | None:
    """Find the root line in Nextflow's copy of the failed command's output, or in its own text."""
    headings = {one.text.strip(): n for n, one in enumerate(lines) if one.text.endswith(":")}
    is_nextflow = any("Error executing process" in one.text for one in lines)
    if "Caused by:" not in headings or not is_nextflow:
        return None
    block = _indented_below(lines, headings.get("Command error:"))
    if not block:
        return next(iter(_indented_below(lines, headings["Caused by:"])), None)
    texts = [lines[n].text.strip() for n in block]
    root = _find_root([_Line(0, LogMessage(text), weigh_line(text)) for text in texts])
    return block[-1 if root is None else root]


def _indented_below(lines: Sequence[_Line], heading: int | None) -> list[int]:
    found: list[int] = []
    for n in range((len(lines) if heading is None else heading) + 1, len(lines)):
        text = lines[n].text
        if text.strip() and not text.startswith("  "):
            break
        if text.strip() and text.strip() != "(empty)":
            found.append(n)
    return found


def _text_of_root(lines: Sequence[_Line], root: int) -> str:
    """Return the text without its prefix, with the message if that stands below."""
    text = lines[root].text
    prefix = _PREFIX.match(text)
    text = " ".join(text[prefix.end() if prefix else 0 :].split())
    below = [one.text.strip() for one in lines[root + 1 : root + 1 + LINES_BELOW]]
    if "Caused by:" in below[:2] and text.startswith("Error: "):  # anyhow
        causes = _indented_below(lines, root + 1 + below.index("Caused by:"))
        last = lines[causes[-1]].text.strip() if causes else ""
        return f"{text}: {re.sub(r'^[0-9]{1,3}: ', '', last)}".removesuffix(": ")
    more = next((one for one in below if one), "")
    return f"{text} {more.removeprefix('! ')}" if _OPEN_END.search(text) and more else text
