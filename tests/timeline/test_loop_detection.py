"""Incidents of days under Lambda's loop detection, with the setting that the template has."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from samtranslator.yaml_helper import yaml_parse

from tests.simulation import START_MS, Simulation, failed

HOUR, DAY = 3_600, 86_400
ROOT = Path(__file__).parents[2]
FUNCTIONS = {"failures": "OnFailureFunction", "follow-ups": "OnFollowUpFunction"}
DETECTED = frozenset(FUNCTIONS)


def stopped_by_the_template() -> frozenset[str]:
    """Name the queues whose function the template leaves to the loop detection."""
    resources = yaml_parse((ROOT / "template.yaml").read_text(encoding="utf-8"))["Resources"]
    return frozenset(
        queue
        for queue, function in FUNCTIONS.items()
        if resources[function]["Properties"].get("RecursiveLoop") != "Allow"
    )


def one_an_hour(world: Simulation) -> None:
    """Fail for 14 days, then succeed."""
    for n in range(14 * 24):
        world.put(failed(f"job-{n}", second=n * HOUR), n * HOUR)
    world.succeed("nightly", 14 * DAY)


def nightly(world: Simulation) -> None:
    """Fail once a night, and be closed before the next."""
    for n in range(14):
        world.put(failed(f"job-{n}", second=n * DAY), n * DAY)


def alone(world: Simulation) -> None:
    """Fail once, and recover twenty hours later."""
    world.put(failed("a"), 0)
    world.succeed("nightly", 20 * HOUR)


STORIES = [one_an_hour, nightly, alone]
Story = Callable[[Simulation], None]


def run(story: Story, stopping: frozenset[str]) -> Simulation:
    world = Simulation(stopping=stopping)
    story(world)
    world.run_until(29 * DAY)
    return world


def told(world: Simulation) -> list[tuple[int, str]]:
    """List when each message was sent, and its outcome."""
    return [((one.at - START_MS) // 1000, one.outcome) for one in world.told]


@pytest.mark.parametrize("story", STORIES)
def test_with_the_template_every_digest_recovery_and_closing_comes(story: Story) -> None:
    world, undisturbed = run(story, stopped_by_the_template()), run(story, frozenset())
    assert (world.refused, world.dead) == (0, [])
    assert told(world) == told(undisturbed)
    assert world.follow_ups == []  # every incident is over
    assert all(incident.is_over for incident in world.ledger.incidents.values())


@pytest.mark.parametrize(
    ("story", "lost"), [(one_an_hour, 39), (nightly, 14), (alone, 1)], ids=["hour", "night", "once"]
)
def test_without_the_setting_follow_ups_are_lost(story: Story, lost: int) -> None:
    """This is what `RecursiveLoop: Allow` is for; without it, this simulation shows the loss."""
    world, undisturbed = run(story, DETECTED), run(story, frozenset())
    assert world.refused > 0
    assert len(world.dead) == lost
    first = min((parcel.visible_at - START_MS) / 1000 / HOUR for parcel in world.dead)
    assert 3 < first < 5  # 16 hops of 15 minutes, and five receives
    if story is not nightly:  # its incidents stay open, and its failures are still reported
        assert len(world.told) < len(undisturbed.told)
    assert any(not incident.is_over for incident in world.ledger.incidents.values())


def test_a_stream_of_dependents_makes_a_long_chain() -> None:
    """One trace header for a batch hands the count on from message to message."""

    def stream(world: Simulation) -> None:
        for n in range(600):  # one a second for ten minutes, each waits for a job never seen
            world.put(failed(f"d{n}", depends_on=[f"never-{n}"], second=n), n)

    stopped, allowed = run(stream, DETECTED), run(stream, stopped_by_the_template())
    assert max(allowed.waited) == 3
    assert (allowed.refused, allowed.dead) == (0, [])
    assert stopped.refused > 0  # although no message waited more than three times
