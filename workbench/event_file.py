"""An event file and its log file, read as the alert they become. Needs no AWS."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from notifier.alert.alert import Alert, compose, compose_unreadable
from notifier.batch.event import parse_event
from notifier.batch.failure import Unreadable
from notifier.batch.labels.labels import with_labels
from notifier.joblog.excerpt import LogLine, LogRead
from workbench.errors import InputError
from workbench.recorded_tags import load_tags

LOG_LINES = 25  # as the template's default


def alert_from_file(event_file: Path, log_file: Path | None = None) -> Alert | None:
    """Compose the alert of an event file; None when the event reports no failure.

    Parameters
    ----------
    event_file
        One EventBridge event in JSON. Its labels are those in `tags/NAME.json` beside it, if that
        file exists.
    log_file
        The job's log, with or without an ISO time at the start of each line. The default is
        `logs/NAME.txt` beside the event, if it exists.

    Raises
    ------
    InputError
        When a file cannot be read or is not JSON.
    """
    failure = parse_event(_read_event(event_file))
    if failure is None:
        return None
    if isinstance(failure, Unreadable):
        return compose_unreadable(failure)
    recorded = load_tags([event_file.parent / "tags" / event_file.name]).read([failure])
    failure = with_labels(failure, recorded[failure.job_id], names=())
    beside = event_file.parent / "logs" / f"{event_file.stem}.txt"
    chosen = log_file or (beside if beside.is_file() else None)
    if chosen is None:
        return compose(failure, LogRead(unavailable="no log file was given"), LOG_LINES)
    return compose(failure, LogRead(tuple(read_log_lines(chosen))), LOG_LINES)


def _read_event(file: Path) -> dict[str, Any]:
    try:
        document = json.loads(read_text(file))
    except (ValueError, RecursionError) as error:
        raise InputError(f"{file} is not JSON: {error}") from error
    if not isinstance(document, dict) or not {"source", "detail-type"} & document.keys():
        raise InputError(f"{file} is not an EventBridge event")
    return document


def read_text(file: Path) -> str:
    """Read a UTF-8 file; raises `InputError` when that is not possible."""
    try:
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(f"cannot read {file}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"cannot read {file}: not UTF-8 text") from error


def read_log_lines(file: Path) -> list[LogLine]:
    """Read a log file, oldest line first."""
    # Only a newline ends a line: the output of a job may contain other breaks.
    return [_log_line(line) for line in read_text(file).split("\n") if line]


def _log_line(line: str) -> LogLine:
    timestamp, _, message = line.partition(" ")
    try:
        moment = datetime.fromisoformat(timestamp)
    except ValueError:
        return LogLine(0, line)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return LogLine(int(moment.timestamp() * 1000), message)
