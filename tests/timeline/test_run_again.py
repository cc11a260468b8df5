"""Which messages have a link that runs a job again, and which job it is."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from notifier.alert.facts import Pairs
from notifier.diagnosis.catalogue import Severity
from notifier.ports.reporting import Options
from tests.simulation import Simulation, array_parent, failed

EVENTS = Path(__file__).parents[2] / "events"
NIGHT = 24 * 3600.0  # seconds


@dataclass
class Signed:
    """Signs nothing, and notes the job that each message would link to."""

    jobs: list[str] = field(default_factory=list)

    def sign(self, incident: str, now: int, job: str) -> Pairs:
        self.jobs.append(job)
        return ()


def sample(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text(encoding="utf-8"))
    return found


def one(world: Simulation) -> None:
    world.put(failed("a"), 0)


def one_with_dependents(world: Simulation) -> None:
    world.put(failed("a"), 0)
    world.put(failed("b", name="report", depends_on=["a"]), 1)


def four_at_once(world: Simulation) -> None:
    for job in "abcd":
        world.put(failed(job), 0)


def the_same_a_night_later(world: Simulation) -> None:
    world.put(failed("a"), 0)
    world.put(failed("b", second=NIGHT), NIGHT)


def another_job_of_the_incident(world: Simulation) -> None:
    world.put(failed("a", name="load"), 0)
    world.put(failed("b", name="align", second=30), 30)


def an_array(world: Simulation) -> None:
    world.put(failed("7a71", index=3), 0)
    world.put(array_parent("7a71", 10, 1, second=900), 900)


def a_drill(world: Simulation) -> None:
    """It names a job that may exist."""
    world.put(failed("a") | {"source": "batch-notifier.drill"}, 0)


def a_service_job(world: Simulation) -> None:
    world.put(sample("service-job"), 0)


def a_blocked_queue(world: Simulation) -> None:
    world.put(sample("queue-blocked"), 0)


def an_odd_id(world: Simulation) -> None:
    """Only what is the id of a job goes into a link."""
    world.put(failed("a b~c"), 0)


@pytest.mark.parametrize(
    ("story", "jobs"),
    [
        (one, ["a"]),
        (one_with_dependents, ["a"]),
        (four_at_once, [""]),
        (the_same_a_night_later, ["a", "b"]),
        (another_job_of_the_incident, ["a", ""]),
        (an_array, ["", "7a71"]),
        (a_drill, [""]),
        (a_service_job, [""]),
        (a_blocked_queue, [""]),
        (an_odd_id, [""]),
    ],
)  # fmt: skip
def test_a_message_links_to_the_one_job_that_can_run_again(
    story: Callable[[Simulation], None], jobs: list[str]
) -> None:
    signed = Signed()
    world = Simulation(Options(minimum=Severity.INFO))
    world.wrap = lambda ports: replace(ports, actions=signed)
    story(world)
    world.settle(days=2)
    assert signed.jobs == jobs
