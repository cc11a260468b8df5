"""An event file and its log file read as the alert they become, with no AWS."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from notifier.alert.alert import Alert, compose, compose_unreadable
from notifier.batch.event import parse_event
from notifier.batch.failure import Unreadable
from notifier.joblog.excerpt import LogLine, LogRead

LOG_LINES = 25  # as the template's default


class InputError(Exception):
    """What a person gave cannot be used; the message is one line."""


def alert_of(event_file: Path, logs_file: Path | None = None) -> Alert | None:
    """Compose the alert of an event file; None when the event reports no failure.

    Parameters
    ----------
    event_file
        One EventBridge event in JSON.
    logs_file
        The job's log, a line each, with or without an ISO time in front. By default
        `logs/NAME.txt` beside the event, if there is one.

    Raises
    ------
    InputError
        When a file cannot be read or is not JSON.
    """
    try:
        given = json.loads(text_of(event_file))
    except (ValueError, RecursionError) as error:
        raise InputError(f"{event_file} is not JSON: {error}") from error
    if not isinstance(given, dict) or not {"source", "detail-type"} & given.keys():
        raise InputError(f"{event_file} is not an EventBridge event")
    read = parse_event(given)
    if read is None:
        return None
    if isinstance(read, Unreadable):
        return compose_unreadable(read)
    beside = event_file.parent / "logs" / f"{event_file.stem}.txt"
    chosen = logs_file or (beside if beside.is_file() else None)
    if chosen is None:
        return compose(read, LogRead(unavailable="no log file was given"), LOG_LINES)
    return compose(read, LogRead(tuple(log_lines(chosen))), LOG_LINES)


def text_of(file: Path) -> str:
    """Read a UTF-8 file, or say in one line why not."""
    try:
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(f"cannot read {file}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"cannot read {file}: not UTF-8 text") from error


def log_lines(file: Path) -> list[LogLine]:
    """Read a log file, oldest line first."""
    # Only a newline ends a line: a job's output may hold other breaks.
    return [_log_line(line) for line in text_of(file).split("\n") if line]


def _log_line(line: str) -> LogLine:
    when, _, message = line.partition(" ")
    try:
        moment = datetime.fromisoformat(when)
    except ValueError:
        return LogLine(0, line)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return LogLine(int(moment.timestamp() * 1000), message)
