"""Read the messages of structured log lines: JSON and logfmt.

One line may contain several messages: an exception in a JSON log has many lines. What is decoded
is made safe again, because escapes can hide controls, marks and secrets from the first pass.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from notifier.joblog.loggers import LogMessage, level_of, strip_prefix
from notifier.joblog.weight import EXCEPTION_NAME
from notifier.text import untrusted

MOST_LINES = 100  # of the stack trace in one JSON line
DEEPEST = 6  # levels of nested values that are looked at
SYSLOG_ERROR = 3  # of GELF and journald, where 0 is the worst

_MESSAGE_KEYS = (
    "message", "msg", "event", "@m", "RenderedMessage", "@mt", "Message", "MessageTemplate",
    "short_message", "MESSAGE", "textPayload", "error_message", "log", "text", "body",
)  # fmt: skip
LEVEL_KEYS = (
    "level", "levelname", "severity", "log.level", "@l", "lvl", "Level", "log_level", "loglevel",
    "LogLevel", "severity_text", "PRIORITY",
)  # fmt: skip
# Stack traces before exception texts: a trace contains the text and the cause.
_EXCEPTION_KEYS = (
    "exc_info", "stack_trace", "exception", "traceback", "error_detail", "@x", "Exception",
    "error.stack_trace", "err", "error", "exc_text", "stacktrace", "stack", "errorVerbose",
    "thrown", "cause", "full_message", "error.message",
)  # fmt: skip
_RUNTIME_KEYS = ("stream", "kubernetes", "docker")  # beside a line of a container
_TRUNCATED_FIELD = re.compile(
    r'"(exc_info|stack_trace|exception|traceback|@x|message|msg|event|error)"'
    r' ?: ?"((?:[^"\\]|\\.){1,1900})'
)
_TRUNCATED_EXCEPTION = re.compile(
    r'"exc_type" ?: ?"((?:[^"\\]|\\.){1,200})", ?"exc_value" ?: ?"((?:[^"\\]|\\.){1,1900})'
)
_TRUNCATED_LEVEL = re.compile(r'"(?:level|severity|levelname|log\.level)" ?: ?"?(\w{1,20})')
_LOGFMT = re.compile(r'([A-Za-z_][\w.]{0,60})=("(?:[^"\\]|\\.){0,1900}"|[^\s"]{0,1900})')
_IS_LOGFMT = re.compile(r"(?:time|ts|t|level|lvl)=\S.{0,200}?\b(?:msg|message|err|error)=")
_FRAMES_ONLY = re.compile(r"\s{0,8}(?:[\w./()*-]{1,300}\n\t|goroutine |at )")
_IS_EXCEPTION = re.compile(rf"{EXCEPTION_NAME}(?::|$)")
_TEMPLATE = re.compile(r"\{[@$]?(\w{1,60})(?:[,:][^{}]{0,40})?\}")


def parse_messages(line: str, secrets: Sequence[str] = ()) -> Iterator[LogMessage]:
    """Parse a safe log line: usually one message, more if JSON contains a stack trace.

    Parameters
    ----------
    line
        A log line that `text.lines` has made safe.
    secrets
        Values to mask in what is decoded.

    Examples
    --------
    >>> line = '2026-11-20 09:58:11 {"level": "error", "msg": "stopped", "error": "bad row 17"}'
    >>> [one.text for one in parse_messages(line)]
    ['stopped: bad row 17']
    """
    outer = strip_prefix(line)
    found = (
        _parse(outer.text, 0)
        if outer.level not in ("info", "warn") or outer.text.startswith("{")
        else None
    )
    if found is None:
        yield outer
        return
    for one in found:
        level = one.level or outer.level
        for text in _safe_lines(one.text, line, secrets):
            nested = one.nested or outer.nested
            yield LogMessage(text, level, nested, is_headline=one.is_headline)


def _safe_lines(text: str, line: str, secrets: Sequence[str]) -> list[str]:
    if "\\" not in line:
        return [text]
    parts = [part for part in text.splitlines()[:MOST_LINES] if part.strip()]
    return untrusted.lines(parts, secrets)


def _parse(text: str, depth: int) -> list[LogMessage] | None:
    """Return the messages of a structured text; None if it is a plain one."""
    if text.startswith("{"):
        return _parse_json(text, depth)
    if _IS_LOGFMT.match(text):
        return _parse_logfmt(text)
    if text.endswith("}") and '{"' in text:
        return _parse_json_at_the_end(text)
    return None


def _parse_logfmt(text: str) -> list[LogMessage] | None:
    """Parse `level=error msg="x" err=y`, as Go's slog and logrus write it."""
    fields = {name: _unquote(value) for name, value in _LOGFMT.findall(text)}
    texts = [first_text(fields, "msg", "message"), first_text(fields, "err", "error")]
    joined = ": ".join(dict.fromkeys(filter(None, texts)))
    level = level_of(first_text(fields, "level", "lvl"))
    return [LogMessage(part, level) for part in joined.splitlines()] if joined else None


def _unquote(value: str) -> str:
    return re.sub(r"\\(.)", _unescape, value[1:-1]) if value.startswith('"') else value


def _unescape(found: re.Match[str]) -> str:
    return {"n": "\n", "t": " ", "r": "\n"}.get(found[1], found[1])


def _parse_json_at_the_end(text: str) -> list[LogMessage] | None:
    """Join a message with the error in its fields, as zap's console and Laravel write them."""
    head, _, fields = text.partition('{"')
    body = load_object('{"' + fields)
    if body is None or not head.strip():
        return None
    keys = ("error", "err", "exception", "message", "msg")
    values = (exception_in(body.get(key), DEEPEST) for key in keys)
    value = next((one for one in values if one.strip()), "")
    first = next(iter(value.strip().splitlines()), "")
    return [LogMessage(f"{head.strip(' :')}: {first}")] if first else None


def load_object(text: str) -> dict[str, Any] | None:
    """Return the JSON object in a text; None if it holds none, or is nested too deeply."""
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None


def _parse_json(line: str, depth: int) -> list[LogMessage] | None:
    body = load_object(line)
    if body is None:
        return _parse_truncated_json(line)
    if isinstance(fields := body.get("fields"), dict):  # Rust's tracing
        body = {**fields, **body}
    level, text = _level(body), message_in(body)
    is_copy = isinstance(body.get("log"), str) or not body.keys().isdisjoint(_RUNTIME_KEYS)
    if depth < 1 and text and is_copy:
        inner = strip_prefix(text)  # a container's line inside its runtime's
        nested = _parse(inner.text, depth + 1) or [inner]
        return [one if one.level else replace(one, level=level) for one in nested]
    if level in ("info", "warn"):
        return [LogMessage(text, level)] if text else []
    return _join(text, _findexception_in(body), level)


def _join(text: str, trace: str, level: str) -> list[LogMessage]:
    """Return one message if the exception is one line, else the message and the trace."""
    lines = [one for one in trace.splitlines()[:MOST_LINES] if one.strip()]
    if text and len(lines) == 1 and "\n" not in text and not _IS_EXCEPTION.match(lines[0]):
        known = lines[0] in text or text in lines[0]
        joined = max(text, lines[0], key=len) if known else f"{text}: {lines[0].strip()}"
        return [LogMessage(joined, level)]
    first = [
        LogMessage(part, level, is_headline=bool(lines))
        for part in text.splitlines()[:MOST_LINES]
        if part.strip()
    ]
    return [*first, *(strip_prefix(one) for one in lines)]


def _level(body: Mapping[str, Any]) -> str:
    if isinstance(log := body.get("log"), dict) and "level" in log:  # Elastic Common Schema
        return level_of(log["level"])
    value = next((body[key] for key in LEVEL_KEYS if key in body), "")
    if isinstance(value, int) and ("short_message" in body or value < SYSLOG_ERROR * 3):
        return "error" if value <= SYSLOG_ERROR else "info"
    return level_of(value)


def message_in(body: Mapping[str, Any]) -> str:
    """Return the message of a log record."""
    key = next((key for key in _MESSAGE_KEYS if isinstance(body.get(key), str)), "")
    text = str(body.get(key, "")).strip()
    if key in ("@mt", "MessageTemplate"):
        held = body.get("Properties")
        values = {**body, **held} if isinstance(held, dict) else body
        text = _TEMPLATE.sub(lambda found: str(values.get(found[1], found[0])), text)
    return text


def _findexception_in(body: Mapping[str, Any]) -> str:
    texts = (exception_in(body.get(key), DEEPEST) for key in _EXCEPTION_KEYS)
    return next((one for one in texts if one and not _FRAMES_ONLY.match(one)), "")


def exception_in(value: Any, depth: int) -> str:
    """Return an exception as its language would print it."""
    if isinstance(value, str) or depth == 0:
        return value if isinstance(value, str) else ""
    if isinstance(value, list):
        return exception_in(_root_of(value), depth - 1)
    if not isinstance(value, dict):
        return ""
    for key in ("stack", "stack_trace", "stackTrace", "exception", "extendedStackTrace"):
        if isinstance(value.get(key), str) and not _FRAMES_ONLY.match(value[key]):
            return str(value[key])
    kind = first_text(value, "exc_type", "type", "name", "class", "code")
    message = first_text(value, "exc_value", "message", "reason", "value", "msg", "error")
    return f"{kind}: {message}" if kind and message and kind not in message else message or kind


def _root_of(chain: list[Any]) -> Any:
    """Return the direct cause in a chain of exceptions, which starts with the last one raised."""
    root = next((one for one in chain if one), None)
    for one in chain[1:MOST_LINES]:
        if not isinstance(one, dict) or not one.get("is_cause"):
            break
        root = one
    return root


def first_text(body: Mapping[str, Any], *keys: str) -> str:
    """Return the first of these fields that is a text or a number."""
    return next((str(body[key]) for key in keys if isinstance(body.get(key), str | int)), "")


def _parse_truncated_json(line: str) -> list[LogMessage] | None:
    """Return the first trace or message in a JSON line that was cut at its end."""
    fields = dict(_TRUNCATED_FIELD.findall(line))
    detail = _TRUNCATED_EXCEPTION.search(line)
    if not fields and not detail:
        return None
    named = _TRUNCATED_LEVEL.search(line)
    level = level_of(named[1]) if named else ""
    text = _decode(first_text(fields, *_MESSAGE_KEYS))
    trace = f"{detail[1]}: {detail[2]}" if detail else first_text(fields, *_EXCEPTION_KEYS)
    return _join(text, "" if level in ("info", "warn") else _decode(trace), level)


def _decode(text: str) -> str:
    return re.sub(r"\\(.)", _unescape, text)
