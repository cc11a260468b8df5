"""A simulated night of failures, reported by the notifier itself, in memory.

Some jobs fail one after another, then there is a storm, then everything fails at once. The alerts,
counts, digests and recoveries are those of the deployed functions.
"""

from __future__ import annotations

import heapq
import json
import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from notifier.incident.recovery import Success
from notifier.ports.reporting import Options
from notifier.text.units import MINUTE_MS, iso
from notifier.workflows import delivery, follow_up
from notifier.workflows.records import Record
from workbench.inbox.mailbox import Mailbox
from workbench.inbox.message import MailboxMessage
from workbench.inbox.simulation import QueuedMessage, Simulation
from workbench.local import samples, storm
from workbench.local.job_events import Event
from workbench.local.samples import Sample

START_MS = int(datetime(2026, 11, 18, 1, 30, tzinfo=UTC).timestamp() * 1_000)
SINGLE_FAILURES = {  # samples that fail by themselves, minutes after the start
    "spot-reclaimed-three-times": 4,
    "image-not-found": 11,
    "access-denied-in-log": 17,
    "out-of-memory-fargate": 29,
    "queue-blocked": 43,
}
STORM_MINUTE = 60
RETRIES = {"nightly-load": 63, "feature-matrix-2026-11-17": 75}  # jobs that start again and succeed
RETRY_MS = 2 * MINUTE_MS  # how long those run
ALL_AT_ONCE_MINUTE = 90
RELAPSE_MINUTE = 170  # the nightly load fails again
END_MINUTE = 6 * 60
BATCH_SIZE = 100  # events of one invocation, as in template.yaml
_MIN_EPOCH_MS = 1_000_000_000_000  # numbers from here on are times in epoch milliseconds


def last_night() -> int:
    """Return when to begin, so that the night ends now; to the minute."""
    now = time.time_ns() // 1_000_000
    return now - now % MINUTE_MS - END_MINUTE * MINUTE_MS


def rehearse(start: int = START_MS) -> Mailbox:
    """Simulate the night, and return its alerts.

    Parameters
    ----------
    start
        When it begins, in epoch milliseconds.
    """
    simulation, mailbox = Simulation(start), Mailbox()
    queues = simulation.queues
    for at, sample in _failures(start):
        queues.put(json.dumps(sample.event), at)
        if (stream := sample.log_stream()) and sample.lines:
            simulation.logs.streams[stream.stream] = sample.lines
    for name, minute in RETRIES.items():
        started = start + minute * MINUTE_MS
        simulation.jobs.succeeded.append(Success(name, started, started + RETRY_MS))
    while queues.messages and queues.messages[0].at <= start + END_MINUTE * MINUTE_MS:
        _deliver_next(simulation)
        _collect_alerts(simulation, mailbox)
    return mailbox


def _failures(start: int) -> list[tuple[int, Sample]]:
    """Return all failures, each with the time of its event."""

    def minute(number: int) -> int:
        return start + number * MINUTE_MS

    by_name = {sample.name: sample for sample in samples.load_all()}
    single = [(minute(number), by_name.pop(name)) for name, number in SINGLE_FAILURES.items()]
    at_once = [
        (minute(ALL_AT_ONCE_MINUTE), sample)
        for sample in by_name.values()
        if sample.event["source"] == "aws.batch"
    ]
    at = minute(STORM_MINUTE)
    stormy = [(at, _told("storm", event, at)) for event in storm.events(at)]
    at = minute(RELAPSE_MINUTE)
    relapse = storm.nightly_load(at, minutes_ago=0)
    moved = [(at, move_to(sample, at)) for at, sample in single + at_once]
    return [*moved, *stormy, (at, _told("relapse", relapse, at))]


def _told(name: str, event: Event, at: int) -> Sample:
    """Return an event of the storm with its log, sent when its job ended."""
    return Sample(name, event | {"time": iso(at)}, storm.log_of(event))


def move_to(sample: Sample, at: int) -> Sample:
    """Return a sample as if its job had ended at another time."""
    shift = at - (sample.detail.get("stoppedAt") or _latest_time(sample.detail) or at)
    event = _shift_times(sample.event, shift)
    event["time"] = iso(at)
    lines = tuple(replace(line, at=line.at + shift if line.at else 0) for line in sample.lines)
    return Sample(sample.name, event, lines)


def _latest_time(value: Any) -> int:
    if isinstance(value, dict | list):
        children = value.values() if isinstance(value, dict) else value
        return max(map(_latest_time, children), default=0)
    return value if _is_time(value) else 0


def _shift_times(value: Any, shift: int) -> Any:
    if isinstance(value, dict):
        return {key: _shift_times(each, shift) for key, each in value.items()}
    if isinstance(value, list):
        return [_shift_times(each, shift) for each in value]
    return value + shift if _is_time(value) else value


def _is_time(value: Any) -> bool:
    return type(value) is int and value >= _MIN_EPOCH_MS


def _deliver_next(simulation: Simulation) -> None:
    """Deliver the next message; events that are visible at the same time come together."""
    queues = simulation.queues
    first = heapq.heappop(queues.messages)
    queues.now = max(queues.now, first.at)
    if first.due:
        _follow_up(simulation, first)
        return
    batch = [first]
    while len(batch) < BATCH_SIZE and _is_event_by(queues.messages, first.at):
        batch.append(heapq.heappop(queues.messages))
    records = [Record(str(each.number), each.body, waits=each.waits) for each in batch]
    failed = delivery.run(records, simulation.ports(), Options())
    for each in batch:
        if str(each.number) in failed:
            queues.put(each.body, queues.now + MINUTE_MS, waits=each.waits)


def _follow_up(simulation: Simulation, message: QueuedMessage) -> None:
    body = json.dumps({"incident": message.body, "due": message.due})
    follow_ups = [follow_up.FollowUp("follow-up", body)]
    if follow_up.run(follow_ups, simulation.ports(), Options()):
        # Another invocation holds the claim of the incident: retry later.
        queues = simulation.queues
        queues.put(message.body, queues.now + MINUTE_MS, due=message.due)


def _is_event_by(messages: list[QueuedMessage], at: int) -> bool:
    return bool(messages) and messages[0].at <= at and not messages[0].due


def _collect_alerts(simulation: Simulation, mailbox: Mailbox) -> None:
    now = simulation.queues.now
    for alert in simulation.topic.messages:
        is_texted = alert["attributes"].get("sms") != "held"
        message = MailboxMessage(now, alert["webhook"], alert["chat"], is_texted=is_texted)
        mailbox.put(message)
    simulation.topic.messages.clear()
