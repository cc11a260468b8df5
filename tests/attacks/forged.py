"""What an attacker or a noisy neighbour can send: events made to order, and logs that lie."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from notifier.batch.failure import LogStream
from notifier.joblog.excerpt import LogLine
from tests.simulation import START_MS, Simulation, Told, failed

Event = dict[str, Any]
DAY = 86_400
CHANNELS = ("email", "sms", "chat", "subject")
JOB = "7a71c9a0-5d3e-4c0f-9d0e-9c1f6a3b2d10"
MUTE = {"notify:mute-until": "9999-12-31"}
CRITICAL = {"notify:severity": "critical"}


def real(job_id: str = "real", *, second: float = 0, **more: Any) -> Event:
    """Make a critical failure that somebody has to hear about: the pay run is out of memory."""
    settings: dict[str, Any] = {
        "name": "payroll",
        "queue": "prod",
        "definition": "pay:1",
        "exit_code": 137,
        "reason": "OutOfMemoryError: Container killed due to memory usage",
        "tags": CRITICAL,
    }
    return failed(job_id, second=second, **(settings | more))


def drill(event: Event, event_id: str, tags: Mapping[str, str] | None = None) -> Event:
    """Make a drill of an event, as anyone who may call PutEvents can."""
    made = copy.deepcopy(event) | {"source": "batch-notifier.drill", "id": event_id}
    if tags is not None:
        made["detail"]["tags"] = dict(tags)
    return made


def log(world: Simulation, event: Event, lines: Sequence[str]) -> Event:
    """Give the job of an event a log."""
    stream = event["detail"]["container"]["logStreamName"]
    found = LogStream("/aws/batch/job", stream, "us-east-1")
    world.logs.streams[found] = [LogLine(START_MS + n, line) for n, line in enumerate(lines)]
    return event


def of_failures(world: Simulation) -> list[Told]:
    """Return the messages that are not about drills."""
    return [one for one in world.told if not one.subject.startswith("DRILL")]


def of_drills(world: Simulation) -> list[Told]:
    """Return the others."""
    return [one for one in world.told if one.subject.startswith("DRILL")]


def named_after(world: Simulation, name: str, second: float, channel: str = "email") -> float:
    """Return how many seconds after a moment a channel named a job for the first time."""
    times = [
        (one.at - START_MS) / 1_000 - second
        for one in of_failures(world)
        if name in text_of(one, channel)
    ]
    return min((at for at in times if at >= 0), default=float("inf"))


def text_of(told: Told, channel: str) -> str:
    """Return what a channel shows; a phone shows nothing once its limit is reached."""
    if channel == "sms":
        is_sent = told.document["severity"] == "critical" and "sms" not in told.attributes
        return told.texts["sms"] if is_sent else ""
    if channel == "chat":
        return f"{told.chat['content']['title']} {told.chat['content']['description']}"
    return told.texts[channel]
