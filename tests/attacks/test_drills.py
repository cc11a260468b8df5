"""Drills name whatever their sender likes; none of it touches a real failure."""

from __future__ import annotations

import pytest

from notifier.incident.counts import fold
from notifier.incident.sweep_position import Progress, SweepPosition
from notifier.ports.sweeping import SweepOptions, SweepPorts
from notifier.workflows.sweeping import sweep
from tests.attacks.forged import (
    CHANNELS,
    CRITICAL,
    DAY,
    JOB,
    MUTE,
    drill,
    named_after,
    of_drills,
    of_failures,
    real,
)
from tests.fakes import FakeBatch, FakeOutbox, FakePulse
from tests.simulation import START_MS, Simulation, array_parent, failed
from workbench.local.job_events import ARN


@pytest.mark.parametrize("tags", [None, MUTE, CRITICAL, {"notify:after": "99999"}], ids=str)
@pytest.mark.parametrize("index", [None, 7])
def test_the_job_that_a_drill_named_is_reported_when_it_fails(
    tags: dict[str, str] | None, index: int | None
) -> None:
    world = Simulation()
    world.put(drill(failed(JOB, index=index), "d", tags), 0)
    world.run_until(60)
    world.put(failed(JOB, index=index, second=100), 100)
    world.run_until(120)
    [told] = of_failures(world)
    assert told.document["counts"] is None or told.document["counts"]["failed"] == 1
    assert "DRILL" not in told.texts["email"]


def test_a_muted_drill_of_a_child_does_not_mute_its_array() -> None:
    world = Simulation()
    world.put(drill(failed(JOB, index=7), "d", MUTE), 0)
    for index in range(50):
        world.put(failed(JOB, index=index, second=100), 100)
    world.put(array_parent(JOB, 50, 50, second=130), 130)
    world.run_until(DAY)
    assert named_after(world, "nightly", 100) < 60
    assert of_failures(world)[-1].document["counts"]["failed"] == 50


def test_drilled_children_are_not_counted_in_a_real_array_nor_it_in_them() -> None:
    world = Simulation()
    world.put(failed(JOB, index=0), 0)
    for index in range(2_000, 2_100):
        world.put(drill(failed(JOB, index=index), f"d{index}"), 60)
    world.run_until(DAY)
    assert [one.document["counts"] for one in of_failures(world)] == [None]
    assert all("DRILL" in one.subject for one in of_drills(world))
    assert of_drills(world)[0].document["incident"] != of_failures(world)[0].document["incident"]


def test_a_job_that_depends_on_a_drilled_one_waits_for_the_real_one() -> None:
    world = Simulation()
    world.put(drill(failed("a"), "d"), 0)
    world.put(failed("b", name="load", definition="load:9", depends_on=["a"], second=20), 20)
    world.run_until(DAY)
    [told] = of_failures(world)
    assert told.document["job"]["name"] == "load"


def test_a_drill_of_a_dependent_is_not_counted_in_the_real_incident() -> None:
    world = Simulation()
    world.put(failed("a"), 0)
    world.put(drill(failed("b", name="fake", depends_on=["a"]), "d"), 20)
    world.run_until(DAY)
    [told] = of_failures(world)
    assert "fake" not in told.texts["email"]
    assert of_drills(world)


@pytest.mark.parametrize("index", [None, 3])
def test_the_sweep_finds_the_failure_of_a_job_that_a_drill_named(index: int | None) -> None:
    world = Simulation()
    world.put(drill(failed(JOB, index=index), "d"), 0)
    if index is not None:
        world.put(drill(array_parent(JOB, 5, 1), "p"), 0)
    world.run_until(60)
    outbox, batch = FakeOutbox(), FakeBatch()
    batch.queue_list = [{"jobQueueArn": f"{ARN}:job-queue/etl"}]
    missed = [failed(JOB, index=index)] + ([array_parent(JOB, 5, 1)] if index is not None else [])
    batch.jobs = {one["detail"]["jobId"]: one["detail"] for one in missed}
    world.ledger.save_sweep_position(_began_long_ago())
    ports = SweepPorts(
        batch, world.ledger, outbox, FakePulse(), world.journal, lambda: 120_000,
        lambda: START_MS + 3_600_000,
    )  # fmt: skip
    sweep.run(ports, SweepOptions())
    assert {one["detail"]["jobId"] for one in outbox.sent} == set(batch.jobs)


def _began_long_ago() -> SweepPosition:
    start = START_MS - 3_600_000
    return SweepPosition({f"{ARN}:job-queue/etl": Progress(watched=start, since=start)})


def test_a_storm_of_drills_takes_no_room_and_no_text_from_a_failure() -> None:
    world = Simulation()
    for n in range(500):
        made = drill(failed(f"d{n}", name="fake", definition=f"f{n}:1"), f"d{n}", CRITICAL)
        world.put(made, n * 2)
    world.put(real(second=600), 600)
    world.run_until(DAY)
    for channel in CHANNELS:
        assert named_after(world, "payroll", 600, channel) <= 30, channel
    assert all("payroll" not in one.texts["email"] for one in of_drills(world))
    texts = [one for one in of_drills(world) if "sms" not in one.attributes]
    assert len(texts) == 1
    names = {one.document["cause"]["id"] for one in of_drills(world)}
    assert "storm" in names
    assert all(one.document["status"].startswith("DRILL") for one in of_drills(world))


def test_every_drill_of_a_storm_is_reported_or_named_as_one() -> None:
    world = Simulation()
    for n in range(60):
        world.put(drill(failed(f"d{n}", name=f"fake-{n:02}", definition=f"f{n}:1"), f"d{n}"), n)
    world.settle()
    mails = "\n".join(one.texts["email"] for one in world.told)
    assert [n for n in range(60) if f"fake-{n:02}" not in mails] == []
    assert of_failures(world) == []
    assert world.ledger.held(is_drill=True) == world.ledger.held() == ()


def test_no_incident_has_both_drills_and_failures() -> None:
    world = Simulation()
    for n, made in enumerate((failed(JOB), failed(JOB, index=1), array_parent(JOB, 3, 1))):
        world.put(made, n)
        world.put(drill(made, f"d{n}"), n)
    world.settle()
    for incident in world.ledger.incidents.values():
        ids = {one.job_id for one in fold(world.ledger.members(incident.place)).every}
        assert {one.startswith("drill-") for one in ids} == {incident.first.is_drill}
