"""What common loggers put around a message: taken off again, text or JSON.

A line becomes the lines that its program meant (an exception in a JSON log has many), each with
the severity that the logger gave it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

ERROR_NUMBER = 50  # pino and bunyan: 50 is an error, 60 is fatal
LINES_OF_ONE = 100  # that one JSON line may hold as a stack trace


@dataclass(frozen=True, slots=True)
class Entry:
    """One line without its logger's words; `level` is `error`, `calm` or empty where none is named.

    `nested` marks what stood in an exception group or in a log of several processes.
    """

    text: str
    level: str = ""
    nested: bool = False


_ERROR_LEVELS = frozenset(
    ("error", "err", "fatal", "critical", "crit", "severe", "panic", "dpanic", "alert", "emergency")
)
_CALM_LEVELS = frozenset(
    ("trace", "debug", "info", "information", "notice", "warn", "warning", "verbose", "success")
)
_STAMP = re.compile(
    r"\[?(?:\d{4}[-/]\d\d[-/]\d\d|\d\d[-/]\d\d[-/]\d\d(?:\d\d)?|\d\d-\w{3}-\d{4})[T ]?"
    r"(?:\d\d:\d\d(?::\d\d)?(?:[.,]\d{1,9})?)?(?: ?(?:Z|UTC|[+-]\d\d:?\d\d))?\]?[:,]?\s{0,4}"
    r"|\[?\d\d:\d\d:\d\d(?:[.,]\d{1,9})?\]?\s{1,4}"
    r"|[EWIF]\d{4} \d\d:\d\d:\d\d\.\d{1,6} {1,8}\d{1,9} [\w./-]{1,80}:\d{1,6}\] "  # glog, klog
    r"|\w{3} {1,2}\d{1,2} \d\d:\d\d:\d\d (?:[\w.-]{1,80} )?"  # syslog
)
_SOURCE = re.compile(
    r"(?:\[(?:rank ?)?\d{1,6}\]: ?|\[rank\d{1,6}\]: ?|\[\d{1,4},\d{1,6}\]<std(?:err|out)>: ?"
    r"|\(\w[^()]{0,60}pid=\d{1,9}[^)]{0,60}\) ?|E {3,7}(?=\S)|│ ?|\[\d{1,6}\] (?=[A-Z]))"
)
_GROUP = re.compile(r"[ +|-]{0,60}\|[ ]?")  # what an exception group of Python draws on its left
_LEVEL = re.compile(
    r"(?:\[[^\]\n]{1,80}\] ){0,2}[\[<(]?(?P<level>TRACE|DEBUG|INFO|NOTICE|WARN(?:ING)?|ERROR|"
    r"ERR|FATAL|"
    r"CRITICAL|SEVERE|PANIC|E|F)[\])>]?(?::|\s-|\s\||(?=\s))\s{0,8}"
)
_SEVERAL = ("E", "[rank")  # pytest's lines of one failure, torch's ranks
_GLOG = re.compile(r"([EWIF])\d{4} \d")
# What stands between the level and the message: a thread, a class with a dash or colon after it.
_ORIGIN = re.compile(
    r"(?:\d{1,9} )?(?:-{3} )?(?:\[[^\]\n]{0,80}\] ?){0,2}"
    r"(?:(?:[A-Za-z_][\w$]{0,60}\.){1,12}[\w$]{1,60}(?::\d{1,6})?(?: {0,12}-| {0,12}:(?!:)|"
    r": -) )?"
    r"(?:[a-z_]\w{0,60}(?:::\w{1,60}){0,8}: )?(?:[A-Za-z_][\w$]{2,40}: (?=[A-Z]))?"
)
_MESSAGES = (
    "message",
    "msg",
    "event",
    "@m",
    "@mt",
    "Message",
    "MessageTemplate",
    "error_message",
    "log",
)
_LEVELS = ("level", "levelname", "severity", "log.level", "@l", "lvl", "Level", "log_level")
# Stack traces before exception texts: the trace holds the text, and what caused it.
_TRACES = (
    "exc_info", "stack_trace", "exception", "traceback", "@x", "Exception", "error.stack_trace",
    "err", "error", "exc_text", "stacktrace", "stack", "errorVerbose", "thrown", "cause",
)  # fmt: skip
_CUT_FIELD = re.compile(
    r'"(exc_info|stack_trace|exception|traceback|@x|message|msg|event)"'
    r' ?: ?"((?:[^"\\]|\\.){1,1900})'
)


_LOGFMT_LEVEL = re.compile(r"(?:time|ts|level)=\S.{0,200}?\b(?:msg|message)=|.{0,60}\blevel=\w")
_LOGFMT = re.compile(r'\b(level|msg|message|err|error)=("(?:[^"\\]|\\.){0,1900}"|\S{1,1900})')


def entries(line: str) -> Iterator[Entry]:
    """Give what a line says: nearly always one entry, more where JSON holds a stack trace.

    Examples
    --------
    >>> [one.text for one in entries("2026-11-20 09:58:11,369 ERROR [main] ValueError: bad row")]
    ['ValueError: bad row']
    """
    if line.startswith("{"):
        found = _parsed(line)
        if found is not None:
            yield from found
            return
    yield _logfmt(line) if _LOGFMT_LEVEL.match(line) else bare(line)


def _logfmt(line: str) -> Entry:
    """Read `level=error msg="x" err=y`, as Go's slog and logrus write it."""
    fields = {name: value.strip('"') for name, value in _LOGFMT.findall(line)}
    said = (fields.get("msg") or fields.get("message"), fields.get("err") or fields.get("error"))
    text = ": ".join(dict.fromkeys(filter(None, said)))
    return Entry(text, _level_of(fields.get("level", ""))) if text else bare(line)


def bare(line: str) -> Entry:
    """Take time, level, thread and class off a line."""
    rest, nested = line, False
    glog = _GLOG.match(line)
    for pattern in (_SOURCE, _STAMP, _SOURCE):
        if found := pattern.match(rest):
            rest = rest[found.end() :]
            nested = nested or (pattern is _SOURCE and found[0].startswith(_SEVERAL))
    if (found := _GROUP.match(rest)) and found.end() > 2:
        rest, nested = rest[found.end() :], True
    if glog:
        return Entry(rest, "error" if glog[1] in "EF" else "calm", nested)
    if not (found := _LEVEL.match(rest)):
        return Entry(rest, "", nested)
    level = _level_of(found["level"])
    short = found["level"] in ("E", "F")
    if short and rest == line:  # a lone letter is no level where no time stands before it
        return Entry(rest, "", nested)
    after = rest[found.end() :]
    if rest == line and found[0].rstrip().endswith(":") and level == "error":
        return Entry(rest, level, nested)  # `ERROR: x` is how the program itself says it
    return Entry(after[_origin_end(after) :], level, nested)


def _origin_end(after: str) -> int:
    found = _ORIGIN.match(after)
    return found.end() if found and found.end() < len(after) else 0


def _level_of(value: object) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return "error" if value >= ERROR_NUMBER else "calm"
    name = str(value).lower()
    if name in _ERROR_LEVELS or name in ("e", "f"):
        return "error"
    return "calm" if name in _CALM_LEVELS else ""


def _parsed(line: str) -> list[Entry] | None:
    try:
        body = json.loads(line)
    except (ValueError, RecursionError):
        return _cut(line)
    if not isinstance(body, dict):
        return None
    level = next((_level_of(body[name]) for name in _LEVELS if name in body), "")
    if isinstance(nested := body.get("log"), dict) and "level" in nested:  # Elastic Common Schema
        level = _level_of(nested["level"])
    message = next((body[name] for name in _MESSAGES if isinstance(body.get(name), str)), "")
    message = message.strip()
    said = [Entry(message, level)] if message else []
    if level == "calm":
        return said
    trace = next((text for name in _TRACES if (text := _trace(body.get(name)))), "")
    if isinstance(body.get("error"), str) and trace == body["error"] and message:  # zap, logrus
        return [Entry(message if trace in message else f"{message}: {trace}", level)]
    return said + [bare(one) for one in trace.splitlines()[:LINES_OF_ONE] if one.strip()]


def _trace(value: Any) -> str:
    """Give an exception as the lines that its language would print."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return next((text for one in value if (text := _trace(one))), "")
    if not isinstance(value, dict):
        return ""
    for name in ("stack", "stack_trace", "stackTrace", "exception"):
        if isinstance(value.get(name), str):
            return str(value[name])
    kind = next((value[n] for n in ("exc_type", "type", "name", "class") if n in value), "")
    said = next((value[n] for n in ("exc_value", "message", "value") if n in value), "")
    return f"{kind}: {said}" if kind and said else str(said or kind)


def _cut(line: str) -> list[Entry] | None:
    """Read a JSON line that was too long and lost its end: the first trace or message in it."""
    fields = dict(_CUT_FIELD.findall(line))
    if not fields:
        return None
    trace = next((fields[name] for name in _TRACES if name in fields), "")
    message = next((fields[name] for name in _MESSAGES if name in fields), "")
    text = (trace or message).replace("\\n", "\n").replace("\\t", " ").replace('\\"', '"')
    return [bare(one) for one in text.splitlines()[:LINES_OF_ONE] if one.strip()]
