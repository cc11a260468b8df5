"""Puts sample events on a bus, and matches each alert to its event."""

import contextlib
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from notifier.batch.failure import LogStream
from workbench.local.aws import LocalAws
from workbench.local.samples import Sample
from workbench.local.subscriber import Delivery, Subscriber

LOG_BATCH = 1_000  # PutLogEvents takes 10,000 events or 1 MiB in a call; samples are far below


@dataclass(slots=True)
class Outcome:
    """One event that was sent, and its alerts."""

    name: str
    event_id: str
    sent: float
    """Seconds of ``time.perf_counter`` just before the event was put on the bus."""
    deliveries: list[Delivery] = field(default_factory=list)

    @property
    def is_reported_once(self) -> bool:
        """Whether exactly one alert arrived."""
        return len(self.deliveries) == 1

    @property
    def milliseconds(self) -> float | None:
        """Time from bus to subscriber; None without an alert."""
        return (self.deliveries[0].arrived - self.sent) * 1000 if self.deliveries else None

    @property
    def cause(self) -> dict[str, Any]:
        """The cause in the alert."""
        return self.deliveries[0].document.get("cause", {}) if self.deliveries else {}


class SampleRunner:
    """Sends events one at a time, so that each time is that of one event."""

    def __init__(self, aws: LocalAws, subscriber: Subscriber) -> None:
        self._aws = aws
        self._subscriber = subscriber
        self.outcomes: list[Outcome] = []
        self.unmatched: list[Delivery] = []
        """Alerts about other events."""

    def send(self, sample: Sample, seconds: float) -> Outcome:
        """Put ``sample`` on the bus and wait for its alert."""
        outcome = put(self._aws, sample)
        self.outcomes.append(outcome)
        deadline = outcome.sent + seconds
        while not outcome.deliveries and (left := deadline - time.perf_counter()) > 0:
            self.listen(left)
        return outcome

    def listen(self, seconds: float) -> Delivery | None:
        """Wait for one delivery and add it to its event."""
        delivery = self._subscriber.next(seconds)
        if delivery is not None:
            matches = [each for each in self.outcomes if each.event_id == delivery.event_id]
            (matches[0].deliveries if matches else self.unmatched).append(delivery)
        return delivery

    def settle(self, seconds: float) -> None:
        """Receive deliveries until none arrives for ``seconds``."""
        while self.listen(seconds) is not None:
            pass


def put(aws: LocalAws, sample: Sample) -> Outcome:
    """Write the log of ``sample``, then put the event on the bus."""
    write_log(aws, sample)
    events = aws.client("events")
    sent = time.perf_counter()
    answer = events.put_events(Entries=[sample.as_drill()])
    entry = answer["Entries"][0]
    if "EventId" not in entry:
        raise ClientError({"Error": {"Code": entry["ErrorCode"], "Message": ""}}, "PutEvents")
    return Outcome(sample.name, entry["EventId"], sent)


def write_log(aws: LocalAws, sample: Sample) -> None:
    """Write the log of ``sample``; without lines no stream is created."""
    stream = sample.log_stream()
    if stream is None or not sample.lines:
        return
    logs = aws.client("logs", stream.region)
    if not _create_stream(logs, stream):
        return  # the sample was sent before
    lines = sample.log_events()
    for start in range(0, len(lines), LOG_BATCH):
        logs.put_log_events(
            logGroupName=stream.group,
            logStreamName=stream.stream,
            logEvents=lines[start : start + LOG_BATCH],
        )


def _create_stream(logs: Any, stream: LogStream) -> bool:
    """Create the stream, and its group if needed; False if the stream existed."""
    exists = logs.exceptions.ResourceAlreadyExistsException
    with contextlib.suppress(exists):
        logs.create_log_group(logGroupName=stream.group)
    try:
        logs.create_log_stream(logGroupName=stream.group, logStreamName=stream.stream)
    except exists:
        return False
    return True


def timing_table(outcomes: Sequence[Outcome]) -> str:
    """Return one line per event: event, cause, certainty, milliseconds from bus to subscriber."""
    rows = [("event", "cause", "certainty", "ms"), *map(_timing_row, outcomes)]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    lines = ["  ".join([*map(str.ljust, row, widths), row[3].rjust(5)]) for row in rows]
    times = [each.milliseconds for each in outcomes if each.milliseconds is not None]
    if times:
        lines.append(f"median {statistics.median(times):.0f} ms, slowest {max(times):.0f} ms")
    return "\n".join(lines)


def _timing_row(outcome: Outcome) -> tuple[str, str, str, str]:
    return (
        outcome.name,
        str(outcome.cause.get("id", "-")),
        str(outcome.cause.get("certainty", "-")),
        "none" if outcome.milliseconds is None else f"{outcome.milliseconds:.0f}",
    )
