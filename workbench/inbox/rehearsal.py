"""A bad night, rehearsed: the notifier itself, in memory, over failures made to order.

Some jobs fail one after another, then a storm comes, then everything at once. What is told, and
what is counted, held or mended, is what the deployed functions would tell.
"""

from __future__ import annotations

import heapq
import json
from datetime import UTC, datetime
from typing import Any

from notifier.incident.recovery import Success
from notifier.ports.reporting import Options
from notifier.text.units import MINUTE_MS, iso
from notifier.workflows import delivery, follow_up
from notifier.workflows.records import Record
from workbench.inbox.mailbox import Mailbox
from workbench.inbox.messages import MailboxMessage
from workbench.inbox.simulation import Later, World
from workbench.local import samples, storm
from workbench.local.samples import Sample

START_MS = int(datetime(2026, 11, 18, 1, 30, tzinfo=UTC).timestamp() * 1_000)
EVENING = {  # jobs that fail by themselves, minutes after the start
    "spot-reclaimed-three-times": 4,
    "image-not-found": 11,
    "access-denied-in-log": 17,
    "out-of-memory-fargate": 29,
    "queue-blocked": 43,
}
STORM_MINUTE = 60
MENDED = {"nightly-load": 63, "feature-matrix-2026-11-17": 75}  # when they were begun again
RUN_MS = 2 * MINUTE_MS  # how long those took
ALL_AT_ONCE_MINUTE = 90
BACK_MINUTE = 170  # and yet it fails once more
END_MINUTE = 6 * 60
DELIVERY = 100  # events of one invocation, as template.yaml has it
_REAL_MS = 1_000_000_000_000  # numbers from here on are times in epoch milliseconds


def rehearsed(start: int = START_MS) -> Mailbox:
    """Let the night pass, and give what was told.

    Parameters
    ----------
    start
        When it begins, in epoch milliseconds.
    """
    world, mailbox = World(start), Mailbox()
    for at, sample in _night(start):
        world.queues.put(json.dumps(sample.event), at)
        if (place := sample.log_place()) and sample.lines:
            world.logs.streams[place.stream] = sample.lines
    for name, minute in MENDED.items():
        began = start + minute * MINUTE_MS
        world.jobs.succeeded.append(Success(name, began, began + RUN_MS))
    while world.queues.later and world.queues.later[0].at <= start + END_MINUTE * MINUTE_MS:
        _deliver(world)
        _collect(world, mailbox)
    return mailbox


def _night(start: int) -> list[tuple[int, Sample]]:
    """Give all that fails, each with the time at which its event comes."""
    every = {sample.name: sample for sample in samples.load_all()}
    alone = [(start + minute * MINUTE_MS, every.pop(name)) for name, minute in EVENING.items()]
    at = start + STORM_MINUTE * MINUTE_MS
    stormy = [(at, Sample("storm", event, storm.log_of(event))) for event in storm.events(at)]
    at = start + ALL_AT_ONCE_MINUTE * MINUTE_MS
    rest = [(at, sample) for sample in every.values() if sample.event["source"] == "aws.batch"]
    at = start + BACK_MINUTE * MINUTE_MS
    back = storm.nightly_load(at, 0)
    moved_there = [(at, moved(sample, at)) for at, sample in alone + rest]
    return [*moved_there, *stormy, (at, Sample("back", back, storm.log_of(back)))]


def moved(sample: Sample, at: int) -> Sample:
    """Give a sample as if its job had ended at another time."""
    by = at - (sample.detail.get("stoppedAt") or _newest(sample.detail) or at)
    event = _shifted(sample.event, by)
    event["time"] = iso(at)
    lines = tuple(type(line)(line.at + by if line.at else 0, line.text) for line in sample.lines)
    return Sample(sample.name, event, lines)


def _newest(value: Any) -> int:
    if isinstance(value, dict | list):
        inside = value.values() if isinstance(value, dict) else value
        return max(map(_newest, inside), default=0)
    return value if type(value) is int and value >= _REAL_MS else 0


def _shifted(value: Any, by: int) -> Any:
    if isinstance(value, dict):
        return {key: _shifted(each, by) for key, each in value.items()}
    if isinstance(value, list):
        return [_shifted(each, by) for each in value]
    return value + by if type(value) is int and value >= _REAL_MS else value


def _deliver(world: World) -> None:
    """Deliver what comes next; events that are there at the same time come together."""
    queues = world.queues
    first = heapq.heappop(queues.later)
    queues.now = max(queues.now, first.at)
    if first.due:
        body = json.dumps({"incident": first.body, "due": first.due})
        left = follow_up.run([follow_up.FollowUp("follow-up", body)], world.ports(), Options())
        if left:  # another invocation would hold it; here it is a claim that has not run out
            queues.put(first.body, queues.now + MINUTE_MS, due=first.due)
        return
    batch = [first]
    while len(batch) < DELIVERY and _is_along(queues.later, first.at):
        batch.append(heapq.heappop(queues.later))
    records = [Record(str(one.number), one.body, waits=one.waits) for one in batch]
    again = delivery.run(records, world.ports(), Options())
    for one in batch:
        if str(one.number) in again:
            queues.put(one.body, queues.now + MINUTE_MS, waits=one.waits)


def _is_along(later: list[Later], at: int) -> bool:
    return bool(later) and later[0].at <= at and not later[0].due


def _collect(world: World, mailbox: Mailbox) -> None:
    for shown in world.topic.messages:
        texted = shown["attributes"].get("sms") != "held"
        mailbox.put(
            MailboxMessage(world.queues.now, shown["webhook"], shown["chat"], texted=texted)
        )
    world.topic.messages.clear()
