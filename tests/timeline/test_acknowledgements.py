"""An incident that somebody has acknowledged: quiet until it recovers or grows tenfold."""

from __future__ import annotations

import pytest

from actions import silencing
from tests.simulation import Simulation, failed

MINUTE, HOUR, DAY = 60, 3_600, 86_400


def acknowledged(second: float = 60) -> Simulation:
    """One failure was reported, and acknowledged at a second."""
    world = Simulation()
    world.put(failed("job-0", name="nightly"), 0)
    world.run_until(second)
    [incident] = world.ledger.incidents.values()
    members = world.ledger.members(incident.place)
    world.ledger.silences = (silencing.acknowledge(incident, members, "Ada", world.now),)
    return world


def fail(world: Simulation, jobs: range, second: float) -> None:
    for n in jobs:
        world.put(failed(f"job-{n}", name="nightly", second=second), second)


def outcomes(world: Simulation) -> list[str]:
    return [one.outcome for one in world.told]


def test_up_to_nine_more_are_counted_and_the_tenth_is_reported_with_all() -> None:
    world = acknowledged()
    fail(world, range(1, 9), 2 * HOUR)
    world.run_until(2 * DAY)
    assert outcomes(world) == ["first"]
    fail(world, range(9, 10), 2 * DAY)
    world.run_until(2 * DAY + MINUTE)
    assert len(world.told) == 2
    assert world.told[1].document["counts"]["failed"] == 10
    assert "acknowledged by Ada" in " ".join(world.told[1].texts["email"].split())


def test_the_recovery_is_reported_and_what_fails_after_it_at_once() -> None:
    world = acknowledged()
    fail(world, range(1, 3), HOUR)
    world.succeed("nightly", 2 * HOUR)
    world.run_until(9 * HOUR)
    assert outcomes(world) == ["first", "recovered"]
    fail(world, range(3, 4), 10 * HOUR)
    world.run_until(10 * HOUR + MINUTE)
    assert outcomes(world) == ["first", "recovered", "repeat"]


def test_another_incident_of_the_same_queue_is_reported() -> None:
    world = acknowledged()
    world.put(failed("x", name="other", definition="other:1", second=HOUR), HOUR)
    world.run_until(HOUR + MINUTE)
    assert outcomes(world) == ["first", "first"]


@pytest.mark.parametrize("count", [1, 8])
def test_nothing_is_forgotten_when_it_ends_after_two_weeks(count: int) -> None:
    world = acknowledged()
    fail(world, range(1, 1 + count), HOUR)
    world.settle(days=20)
    assert len(world.told) == 2
    assert world.told[1].document["counts"]["failed"] == 1 + count
