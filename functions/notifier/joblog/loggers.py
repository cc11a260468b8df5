"""Strip what common loggers put around a message, as text or JSON.

One line may contain several messages: an exception in a JSON log has many lines.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

ERROR_NUMBER = 50  # pino and bunyan: 50 is an error, 60 is fatal
MOST_LINES = 100  # of the stack trace in one JSON line


@dataclass(frozen=True, slots=True)
class LogMessage:
    """One line without its logger's prefix.

    `level` is `error`, `info` (anything below an error) or empty if the line names none.
    `nested` marks a line of an exception group or of one of several processes.
    """

    text: str
    level: str = ""
    nested: bool = False


_ERROR_LEVELS = frozenset(
    ("error", "err", "fatal", "critical", "crit", "severe", "panic", "dpanic", "alert", "emergency")
)
_INFO_LEVELS = frozenset(
    ("trace", "debug", "info", "information", "notice", "warn", "warning", "verbose", "success")
)
_TIME = re.compile(
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
_EXCEPTION_GROUP = re.compile(r"[ +|-]{0,60}\|[ ]?")  # the left border of a Python exception group
_LEVEL = re.compile(
    r"(?:\[[^\]\n]{1,80}\] ){0,2}[\[<(]?(?P<level>TRACE|DEBUG|INFO|NOTICE|WARN(?:ING)?|ERROR|"
    r"ERR|FATAL|"
    r"CRITICAL|SEVERE|PANIC|E|F)[\])>]?(?::|\s-|\s\||(?=\s))\s{0,8}"
)
_NESTED_SOURCES = ("E", "[rank")  # pytest's lines of one failure, torch's ranks
_GLOG = re.compile(r"([EWIF])\d{4} \d")
# Thread and class between level and message, with a dash or colon after the class.
_ORIGIN = re.compile(
    r"(?:\d{1,9} )?(?:-{3} )?(?:\[[^\]\n]{0,80}\] ?){0,2}"
    r"(?:(?:[A-Za-z_][\w$]{0,60}\.){1,12}[\w$]{1,60}(?::\d{1,6})?(?: {0,12}-| {0,12}:(?!:)|"
    r": -) )?"
    r"(?:[a-z_]\w{0,60}(?:::\w{1,60}){0,8}: )?(?:[A-Za-z_][\w$]{2,40}: (?=[A-Z]))?"
)
_MESSAGE_KEYS = (
    "message", "msg", "event", "@m", "@mt", "Message", "MessageTemplate", "error_message", "log",
)  # fmt: skip
_LEVEL_KEYS = ("level", "levelname", "severity", "log.level", "@l", "lvl", "Level", "log_level")
# Stack traces before exception texts: a trace contains the text and the cause.
_EXCEPTION_KEYS = (
    "exc_info", "stack_trace", "exception", "traceback", "@x", "Exception", "error.stack_trace",
    "err", "error", "exc_text", "stacktrace", "stack", "errorVerbose", "thrown", "cause",
)  # fmt: skip
_TRUNCATED_FIELD = re.compile(
    r'"(exc_info|stack_trace|exception|traceback|@x|message|msg|event)"'
    r' ?: ?"((?:[^"\\]|\\.){1,1900})'
)
_LOGFMT_LEVEL = re.compile(r"(?:time|ts|level)=\S.{0,200}?\b(?:msg|message)=|.{0,60}\blevel=\w")
_LOGFMT = re.compile(r'\b(level|msg|message|err|error)=("(?:[^"\\]|\\.){0,1900}"|\S{1,1900})')


def parse_messages(line: str) -> Iterator[LogMessage]:
    """Parse a log line: usually one message, more if JSON contains a stack trace.

    Examples
    --------
    >>> line = "2026-11-20 09:58:11,369 ERROR [main] ValueError: bad row"
    >>> [one.text for one in parse_messages(line)]
    ['ValueError: bad row']
    """
    messages = _parse_json(line) if line.startswith("{") else None
    if messages is not None:
        yield from messages
    else:
        yield _parse_logfmt(line) if _LOGFMT_LEVEL.match(line) else strip_prefix(line)


def _parse_logfmt(line: str) -> LogMessage:
    """Parse `level=error msg="x" err=y`, as Go's slog and logrus write it."""
    fields = {name: value.strip('"') for name, value in _LOGFMT.findall(line)}
    texts = (fields.get("msg") or fields.get("message"), fields.get("err") or fields.get("error"))
    text = ": ".join(dict.fromkeys(filter(None, texts)))
    return LogMessage(text, _level_of(fields.get("level", ""))) if text else strip_prefix(line)


def strip_prefix(line: str) -> LogMessage:
    """Strip time, level, thread and class from a line."""
    rest, nested = _strip_source_and_time(line)
    if glog := _GLOG.match(line):
        return LogMessage(rest, "error" if glog[1] in "EF" else "info", nested)
    found, is_first = _LEVEL.match(rest), rest == line
    # Without a time before it, a single letter is no level.
    if not found or (is_first and found["level"] in ("E", "F")):
        return LogMessage(rest, "", nested)
    level, after = _level_of(found["level"]), rest[found.end() :]
    if is_first and level == "error" and found[0].rstrip().endswith(":"):
        return LogMessage(rest, level, nested)  # the program itself writes `ERROR: x`
    origin = _ORIGIN.match(after)
    start = origin.end() if origin and origin.end() < len(after) else 0
    return LogMessage(after[start:], level, nested)


def _strip_source_and_time(line: str) -> tuple[str, bool]:
    """Return the rest of a line, and whether it is nested."""
    rest, nested = line, False
    for pattern in (_SOURCE, _TIME, _SOURCE):
        if found := pattern.match(rest):
            rest = rest[found.end() :]
            nested = nested or (pattern is _SOURCE and found[0].startswith(_NESTED_SOURCES))
    if (found := _EXCEPTION_GROUP.match(rest)) and found.end() > 2:
        return rest[found.end() :], True
    return rest, nested


def _level_of(value: object) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return "error" if value >= ERROR_NUMBER else "info"
    name = str(value).lower()
    if name in _ERROR_LEVELS or name in ("e", "f"):
        return "error"
    return "info" if name in _INFO_LEVELS else ""


def _parse_json(line: str) -> list[LogMessage] | None:
    try:
        body = json.loads(line)
    except (ValueError, RecursionError):
        return _parse_truncated_json(line)
    if not isinstance(body, dict):
        return None
    level = _json_level(body)
    text = next((body[key] for key in _MESSAGE_KEYS if isinstance(body.get(key), str)), "").strip()
    messages = [LogMessage(text, level)] if text else []
    if level == "info":
        return messages
    trace = next((found for key in _EXCEPTION_KEYS if (found := _exception(body.get(key)))), "")
    if text and trace and trace == body.get("error"):  # zap, logrus
        return [LogMessage(text if trace in text else f"{text}: {trace}", level)]
    return messages + _split_trace(trace)


def _json_level(body: dict[str, Any]) -> str:
    if isinstance(log := body.get("log"), dict) and "level" in log:  # Elastic Common Schema
        return _level_of(log["level"])
    return next((_level_of(body[key]) for key in _LEVEL_KEYS if key in body), "")


def _split_trace(trace: str) -> list[LogMessage]:
    return [strip_prefix(one) for one in trace.splitlines()[:MOST_LINES] if one.strip()]


def _exception(value: Any) -> str:
    """Return an exception as its language would print it."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return next((text for one in value if (text := _exception(one))), "")
    if not isinstance(value, dict):
        return ""
    for key in ("stack", "stack_trace", "stackTrace", "exception"):
        if isinstance(value.get(key), str):
            return str(value[key])
    kind = _first_value(value, "exc_type", "type", "name", "class")
    message = _first_value(value, "exc_value", "message", "value")
    return f"{kind}: {message}" if kind and message else str(message or kind)


def _first_value(body: dict[str, Any], *keys: str) -> Any:
    return next((body[key] for key in keys if key in body), "")


def _parse_truncated_json(line: str) -> list[LogMessage] | None:
    """Return the first trace or message in a JSON line that was cut at its end."""
    fields = dict(_TRUNCATED_FIELD.findall(line))
    if not fields:
        return None
    text = _first_value(fields, *_EXCEPTION_KEYS) or _first_value(fields, *_MESSAGE_KEYS)
    return _split_trace(text.replace("\\n", "\n").replace("\\t", " ").replace('\\"', '"'))
