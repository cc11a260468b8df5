"""Put sample events on a bus, and match each alert that arrives to the event it is about."""

import contextlib
import time
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from notifier.batch.failure import LogStream
from workbench.local.aws import LocalAws
from workbench.local.samples import Sample
from workbench.local.subscriber import Delivery, Subscriber

LOG_BATCH = 1_000  # PutLogEvents takes 10,000 events or 1 MiB in a call; samples stay far below


@dataclass(slots=True)
class Outcome:
    """What became of one event."""

    name: str
    event_id: str
    sent: float
    """Seconds of ``time.perf_counter`` just before the event was put on the bus."""
    deliveries: list[Delivery] = field(default_factory=list)

    @property
    def told_once(self) -> bool:
        """Whether exactly one alert arrived."""
        return len(self.deliveries) == 1

    @property
    def milliseconds(self) -> float | None:
        """Time from bus to subscriber."""
        return (self.deliveries[0].arrived - self.sent) * 1000 if self.deliveries else None

    @property
    def cause(self) -> dict[str, Any]:
        """The cause that the alert names."""
        return self.deliveries[0].document.get("cause", {}) if self.deliveries else {}


class Drill:
    """Events on their way, one at a time, so that a time is that of one event alone."""

    def __init__(self, aws: LocalAws, subscriber: Subscriber) -> None:
        self._aws = aws
        self._subscriber = subscriber
        self.outcomes: list[Outcome] = []
        self.strays: list[Delivery] = []
        """Alerts about no event that was sent from here."""

    def send(self, sample: Sample, seconds: float) -> Outcome:
        """Put ``sample`` on the bus and wait for its alert."""
        outcome = put(self._aws, sample)
        self.outcomes.append(outcome)
        deadline = outcome.sent + seconds
        while not outcome.deliveries and (left := deadline - time.perf_counter()) > 0:
            self.listen(left)
        return outcome

    def listen(self, seconds: float) -> Delivery | None:
        """Wait for one delivery and file it under its event."""
        delivery = self._subscriber.next(seconds)
        if delivery is not None:
            of = [each for each in self.outcomes if each.event_id == delivery.event_id]
            (of[0].deliveries if of else self.strays).append(delivery)
        return delivery

    def settle(self, seconds: float) -> None:
        """Take in what still arrives, until nothing has for ``seconds``."""
        while self.listen(seconds) is not None:
            pass


def put(aws: LocalAws, sample: Sample) -> Outcome:
    """Write the log lines of ``sample`` where its job would have, then put it on the bus."""
    seed_log(aws, sample)
    events = aws.client("events")
    sent = time.perf_counter()
    answer = events.put_events(Entries=[sample.as_drill()])
    entry = answer["Entries"][0]
    if "EventId" not in entry:
        raise ClientError({"Error": {"Code": entry["ErrorCode"], "Message": ""}}, "PutEvents")
    return Outcome(sample.name, entry["EventId"], sent)


def seed_log(aws: LocalAws, sample: Sample) -> None:
    """Write the log lines of ``sample``; a sample without lines leaves no stream behind."""
    place = sample.log_place()
    if place is None or not sample.lines:
        return
    logs = aws.client("logs", place.region)
    if not _new_stream(logs, place):
        return  # this sample was sent before
    lines = sample.log_events()
    for start in range(0, len(lines), LOG_BATCH):
        logs.put_log_events(
            logGroupName=place.group,
            logStreamName=place.stream,
            logEvents=lines[start : start + LOG_BATCH],
        )


def _new_stream(logs: Any, place: LogStream) -> bool:
    """Create the stream, and its group where needed; False when it was there already."""
    exists = logs.exceptions.ResourceAlreadyExistsException
    with contextlib.suppress(exists):
        logs.create_log_group(logGroupName=place.group)
    try:
        logs.create_log_stream(logGroupName=place.group, logStreamName=place.stream)
    except exists:
        return False
    return True
