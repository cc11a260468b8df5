"""The text of a root line: without words that say nothing, with the message that stands near it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from notifier.joblog.weighed_lines import WeighedLine
from notifier.joblog.weight import EXCEPTION_NAME

LINES_BELOW = 3  # that may hold the message of an exception
MOST_CAUSES = 20

_OPEN_END = re.compile(r"(?: :|:|\($)$")
_FRAME = re.compile(r'\s{1,8}File "')
# Ray names the task, and the error below it.
_RAY = r"(?:ray\.exceptions\.)?RayTaskError(?:\([\w.]{1,80}\))?: ray::\S{1,200}\(\) \([^)]{1,200}\)"
# A headline whose message is the next line, although it does not end in a colon.
_HEADLINE = re.compile(
    r"(?:Error: )?P\d{4}:?$|.{1,200}\b\d{1,4} validation errors? for \S{1,80}$"
    r"|(?:Error|FATAL|ERROR)[:!]?$|fail: \S{1,120}\[\d{1,6}\]$"
    r"|(?:Runtime|Database|Compilation) Error in model .{1,300}$|(?:[\w.]{1,200}(?:Error"
    r"|Exception))$"
    r"|={0,1} {0,4}BAD TERMINATION.{1,60}PROCESSES$|={1} {1,4}PID .{1,60} RUNNING AT .{1,80}$"
    r"|--> FOAM FATAL (?:IO )?ERROR:? {0,2}(?:\([\w.-]{1,30}\))?|\{?Error using .{1,200}"
    rf"|{_RAY}"
    r"|.{1,200} panicked at [^'\s]{1,300}:\d{1,6}:\d{1,6}:?$|\S{0,200}error\.cc?:\d{1,6}$"
)
# Words before the message that say nothing.
_PREFIX = re.compile(
    rf"(?:(?:Exception|ERROR|FATAL): (?={EXCEPTION_NAME}:)"
    r"|PHP Fatal error: {1,2}Uncaught (?:[A-Za-z_]\w{0,60}\\){0,8}(?=[A-Z]\w{1,80}: \S)"
    rf"|\s{{0,9}}---> (?={EXCEPTION_NAME})"
    rf"|Unhandled [Ee]xception[.:] (?={EXCEPTION_NAME})|\s{{0,9}}diagnostics: (?=\S)"
    r"|! (?:[A-Z][\w ]{4,60}: (?=[A-Z]\w{1,60}(?:::[A-Z]\w{1,60}){1,6}: \S))?(?=\S)"
    r"|Workflow [\w-]{1,60} failed \(during \w{1,60}\): (?=\S)"
    r"|what\(\): {1,2}(?=\S)|nested task error: (?=\S)|traceback : (?=Signal)|: (?=\S)"
    r"|\S{30,200}\.rb:\d{1,6}:in [`'].{1,120}?': (?=\S)"
    r"|# {1,3}(?=\S)|Terminating due to (?=\S)|\[First \d{1,6} bytes\]: ?(?=\S)"
    r"|#{2,8} ERROR MESSAGE: |\(node:\d{1,9}\) UnhandledPromiseRejectionWarning: (?=\S)"
    r"|\['[^\]]{30,1500}'\] (?=\S)"
    r"|.{1,80}?\.\.\. ?(?=(?:\w{1,30}: )?(?:[Ee]rror|ERROR|[Ff]ailed|unable to|[Cc]annot)\b)"
    r"|.{0,1200}\bExecutorLostFailure \(.{1,120}\) Reason: (?=\S)"
    r"|.{0,400}\bmost recent failure: Lost task [^:]{1,160}: (?=\S)"
    r"|(?:Exception in thread \"[^\"]{1,80}\" )?(?:[\w.]{1,80}\.)?SparkException: Job aborted"
    r"(?: due to stage failure)?: (?=\S))"
)
# A headline that was joined with its message, and says nothing.
_HEAD = re.compile(
    r"^(?:--> FOAM FATAL (?:IO )?ERROR:? {0,2}(?:\([\w.-]{1,30}\))? {0,2}"
    r"|\{?Error using \S{1,80} |Error in .{48,600}? : "  # R, with a long call
    r"|Collective WorkNCCL\(.{1,200}?\) raised the following async"
    rf" exception: |{_RAY} (?:At least one of the input arguments for this task could not be"
    r" computed: )?)(?=\S)"
)
# Java writes the cause behind what wraps it: `a.b.FirstException: text: c.d.CauseException: text`.
_WRAPPED = re.compile(
    r".{0,1500}(?:: |; nested exception is )"
    r"(?=(?:[a-z_]\w{0,60}\.){2,12}[A-Z]\w{0,80}(?:Exception|Error)\b)"
)
# TensorFlow writes the node and where it was defined between the exception and its message.
_GRAPH, _GRAPH_NODE, MOST_GRAPH_LINES = "Graph execution error:", re.compile(r"Node: '"), 80
_NUMBERED = re.compile(r"\s{1,8}\d{1,2}: (?=\S)")
_RUST_RESULT = re.compile(r"called `(?:Result|Option)::\w{1,20}\(\)` on an? `\w{1,10}` value: ")
_WHAT = re.compile(r"\s{0,4}what\(\): {1,2}(\S.{0,600})")
_THROWING = re.compile(r"terminate called after throwing an instance of '([^']{1,200})'")


def text_of_root(lines: Sequence[WeighedLine], root: int) -> tuple[str, list[int]]:
    """Return the text of the root line, and the numbers of the lines that it was made of."""
    text = _without_prefix(lines[root].text)
    below = range(root + 1, min(len(lines), root + 1 + LINES_BELOW))
    if thrown := _join_thrown(lines, root):
        return thrown
    if graph := _join_graph(lines, root, text):
        return graph
    if numbered := _join_numbered(lines, root, text):  # eyre
        return numbered
    heading = next((n for n in (*below,)[:2] if lines[n].text.strip() == "Caused by:"), None)
    if heading is not None and text.startswith("Error: "):  # anyhow
        causes = indented_below(lines, heading)
        last = lines[causes[-1]].text.strip() if causes else ""
        text = f"{text}: {re.sub(r'^[0-9]{1,3}: ', '', last)}".removesuffix(": ")
        return text, [root, *causes]
    used, last = [root], text
    while len(used) <= LINES_BELOW and (_OPEN_END.search(last) or _HEADLINE.fullmatch(last)):
        n = used[-1] + 1
        if n >= len(lines) or not lines[n].text.strip() or _FRAME.match(lines[n].text):
            break
        last = _without_prefix(lines[n].text.strip())
        text = f"{text} {last}"
        used.append(n)
    return _RUST_RESULT.sub("", _HEAD.sub("", text, count=1), count=1), used


def _join_graph(lines: Sequence[WeighedLine], root: int, text: str) -> tuple[str, list[int]] | None:
    if not text.endswith(_GRAPH):
        return None
    below = range(root + 1, min(len(lines) - 1, root + MOST_GRAPH_LINES))
    message = next((n + 1 for n in below if _GRAPH_NODE.match(lines[n].text)), None)
    if message is None or not lines[message].text.strip():
        return None
    name = text.removesuffix(_GRAPH).rpartition(".")[2]
    return f"{name}{lines[message].text.strip()}", [root, message]


def _join_numbered(
    lines: Sequence[WeighedLine], root: int, text: str
) -> tuple[str, list[int]] | None:
    """Join `Error:` with the first and the last of the numbered causes below."""
    n = root + 1
    while n < len(lines) and n <= root + MOST_CAUSES and _NUMBERED.match(lines[n].text):
        n += 1
    if text != "Error:" or n == root + 1:
        return None
    used = list(dict.fromkeys((root + 1, n - 1)))
    causes = [_NUMBERED.sub("", lines[k].text, count=1).strip() for k in used]
    return ": ".join(("Error", *causes)), [root, *used]


def _without_prefix(text: str) -> str:
    text = " ".join(text.split())
    prefix = _PREFIX.match(text)
    text = text[prefix.end() :] if prefix else text
    wrapped = _WRAPPED.match(text)
    return text[wrapped.end() :] if wrapped and not text.startswith("Caused by: ") else text


def _join_thrown(lines: Sequence[WeighedLine], root: int) -> tuple[str, list[int]] | None:
    """Join the class and the message of an uncaught C++ exception."""
    for n in (root, root - 1):
        thrown = _THROWING.search(lines[n].text) if n >= 0 else None
        if thrown is None:
            continue
        what = _WHAT.match(lines[n + 1].text) if n + 1 < len(lines) else None
        if what is None or what[1].strip() == thrown[1]:
            return thrown[0], [n]
        return " ".join(f"{thrown[1]}: {what[1]}".split()), [n, n + 1]
    return None


def indented_below(lines: Sequence[WeighedLine], heading: int | None) -> list[int]:
    """Return the numbers of the indented lines below a heading."""
    found: list[int] = []
    for n in range((len(lines) if heading is None else heading) + 1, len(lines)):
        text = lines[n].text
        if text.strip() and not text.startswith("  "):
            break
        if text.strip() and text.strip() != "(empty)":
            found.append(n)
    return found
