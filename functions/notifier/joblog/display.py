"""Show a JSON log line as a person would write it."""

from __future__ import annotations

from collections.abc import Sequence

from notifier.joblog.structured import (
    DEEPEST,
    LEVEL_KEYS,
    exception_in,
    first_text,
    load_object,
    message_in,
)
from notifier.text import untrusted

SHOWN_VALUE = 120  # characters of a field
SHOWN_FIELDS = 8
TIME_KEYS = ("time", "timestamp", "ts", "@timestamp", "@t", "Timestamp", "asctime", "datetime")


def show_line(line: str, secrets: Sequence[str] = ()) -> str:
    """Show a JSON line as `time level message key=value`; any other line as it is.

    Examples
    --------
    >>> show_line('{"time": "09:58", "level": "error", "msg": "stopped", "row": 17}')
    '09:58 error stopped row=17'
    """
    body = load_object(line) if line.startswith("{") and line.endswith("}") else None
    if not body or not message_in(body):
        return line
    named = (*TIME_KEYS, *LEVEL_KEYS)
    text = message_in(body)
    head = [first_text(body, *TIME_KEYS), first_text(body, *LEVEL_KEYS), text]
    rest = [
        (key, value if isinstance(value, str | int | float) else exception_in(value, DEEPEST))
        for key, value in body.items()
        if key not in named and value not in (None, "", text)
    ]
    fields = [f"{key}={_shorten(str(value))}" for key, value in rest if value][:SHOWN_FIELDS]
    return untrusted.one_line(" ".join(filter(None, (*head, *fields))), secrets)


def _shorten(value: str) -> str:
    return untrusted.truncate(" ".join(value.split()), SHOWN_VALUE)
