"""The story of one delivery, in order: parse, fold, read the log, tell, report what is left."""

from __future__ import annotations

import json
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from notifier.channels import message
from notifier.channels.message import Message
from notifier.core import event, text
from notifier.core.alert import Alert, compose, unreadable
from notifier.core.diagnosis import Severity
from notifier.core.excerpt import LogRead
from notifier.core.failure import Failure, LogStream, Unreadable
from notifier.core.trouble import ServiceError, Trouble

# One failure costs at most one log read (11 s with time-outs, tries and waits) and one publish
# (21 s); with less time left than both, the record waits for the next delivery.
RESERVE_MS = 35_000
# Two invocations run at once, and SNS deactivates a mail subscription above 10 messages a second.
# https://docs.aws.amazon.com/general/latest/gr/sns.html
PUBLISH_INTERVAL_S = 0.25


class JobLogs(Protocol):
    """Reads the newest lines of a log stream; what cannot be read is said in the result."""

    def read(self, stream: LogStream) -> LogRead:
        """Read a stream."""
        ...


class Topic(Protocol):
    """Publishes one message."""

    def publish(self, message: Message) -> str:
        """Publish and give the message id; raises `ServiceError`."""
        ...


class Journal(Protocol):
    """Writes what happened: one line in the function's log, one count in its metrics."""

    def note(self, happened: str, count: str, facts: Mapping[str, str]) -> None:
        """Write one entry."""
        ...


@dataclass(frozen=True, slots=True)
class Ports:
    """What the story needs of the world."""

    logs: JobLogs
    topic: Topic
    journal: Journal
    remaining_ms: Callable[[], int]
    pause: Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Record:
    """One event as it was delivered: `body` is its JSON text, or the event itself."""

    message_id: str
    body: object


@dataclass(slots=True)
class _Work:
    """One failure, and every message that told of it."""

    told: Failure | Unreadable
    message_ids: list[str] = field(default_factory=list)


def run(
    records: Sequence[Record], ports: Ports, log_lines: int, minimum: Severity
) -> tuple[str, ...]:
    """Tell of every failure in a delivery, at most once each.

    Parameters
    ----------
    records
        The delivery, in any order, duplicates and rubbish included.
    ports
        The world.
    log_lines
        Most log lines to show; 0 reads no logs.
    minimum
        Alerts below this severity are noted, not published.

    Returns
    -------
    tuple[str, ...]
        Ids of the messages that must be delivered again.
    """
    failed: list[str] = []
    for number, work in enumerate(_fold(records, ports.journal)):
        pause = PUBLISH_INTERVAL_S if number else 0
        if not _finished(work, ports, log_lines, minimum, pause):
            failed += work.message_ids
    text.forget_secrets()
    return tuple(failed)


def _finished(work: _Work, ports: Ports, log_lines: int, minimum: Severity, pause: float) -> bool:
    """Tell of one failure; False when it must be delivered again."""
    if ports.remaining_ms() < RESERVE_MS:
        ports.journal.note("out of time, left for the next delivery", "OutOfTime", {})
        return False
    if pause:
        ports.pause(pause)
    try:
        return _tell(work.told, ports, log_lines, minimum)
    except Exception as error:  # noqa: BLE001  # what breaks on one failure must not hold the rest
        ports.journal.note("crashed", "Crashed", {"problem": _where(error)})
        return False


def _where(error: Exception) -> str:
    """Name an error and its place; its message may quote the job."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} at {Path(last.filename).name}:{last.lineno}"


def _fold(records: Sequence[Record], journal: Journal) -> list[_Work]:
    """Read all records; deliveries of one failure become one piece of work."""
    works: dict[tuple[str, ...], _Work] = {}
    for record in records:
        read = _read(record.body)
        if read is None:
            journal.note("not a failure", "NotAFailure", {"message_id": record.message_id})
            continue
        works.setdefault(_key(read, record), _Work(read)).message_ids.append(record.message_id)
    return list(works.values())


def _key(read: Failure | Unreadable, record: Record) -> tuple[str, ...]:
    """Tell failures apart: FAILED is final for a job, event and message ids change on the way."""
    if isinstance(read, Failure):
        return (read.kind, read.status, read.job_id)
    return ("unreadable", read.job_id or read.event_id or record.message_id)


def _read(body: object) -> Failure | Unreadable | None:
    if not isinstance(body, str):
        return event.read(body)
    try:
        return event.read(json.loads(body))
    except (ValueError, RecursionError):  # not JSON; JSON nested too deep to be a Batch event
        return Unreadable("the message is not JSON")


def _tell(told: Failure | Unreadable, ports: Ports, log_lines: int, minimum: Severity) -> bool:
    """Publish one alert; False when it must be tried again."""
    alert = _alert(told, ports, log_lines)
    facts = _facts(alert)
    if alert.severity < minimum and not alert.always_told:
        ports.journal.note("below the minimum severity", "AlertsBelowMinimum", facts)
        return True
    written = message.write(alert)
    try:
        message_id = ports.topic.publish(written)
    except ServiceError as error:
        # Whatever the trouble, the queue keeps the failure: a person may mend a permission or a key
        # meanwhile, and what stays rejected ends in the dead-letter queue, where the alarm is.
        count = "PublishRetried" if error.trouble is Trouble.RETRYABLE else "PublishRejected"
        ports.journal.note("not published", count, facts | {"problem": error.says})
        return False
    ports.journal.note("alert published", "AlertsPublished", facts | {"sns_message": message_id})
    return True


def _alert(told: Failure | Unreadable, ports: Ports, log_lines: int) -> Alert:
    if isinstance(told, Unreadable):
        ports.journal.note("unreadable event", "UnreadableEvents", {"problem": told.problem})
        return unreadable(told)
    log: LogRead | None = None
    if told.log is not None and log_lines:
        log = ports.logs.read(told.log)
        if log.unavailable:
            ports.journal.note("log unavailable", "LogUnavailable", {"problem": log.unavailable})
    return compose(told, log, log_lines)


def _facts(alert: Alert) -> dict[str, str]:
    """Name the alert for the function's own log: ids and the verdict, never texts of the job."""
    return {
        "event_id": alert.event_id,
        "job_id": alert.job_id,
        "cause": alert.diagnosis.cause,
        "certainty": str(alert.diagnosis.certainty),
        "severity": str(alert.severity),
        "incident": alert.incident,
    }
