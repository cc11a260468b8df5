"""What people get, and when: events at given seconds, and the messages that must come of them."""

from __future__ import annotations

from itertools import pairwise

import pytest

from notifier.incident.rate_limit import Limits
from notifier.ports.reporting import Options
from notifier.text.units import MINUTE_MS
from tests.simulation import START_MS, Simulation, array_parent, failed

MINUTE, HOUR, DAY = 60, 3_600, 86_400


def outcomes(world: Simulation, start: float = 0, end: float = 30 * DAY) -> list[str]:
    return [one.outcome for one in world.between(start, end)]


def test_one_failure_is_reported_at_once_and_then_there_is_silence() -> None:
    world = Simulation()
    world.put(failed("a"), 1)
    world.run_until(15 * DAY)
    assert outcomes(world, 1, 12) == ["first"]
    assert len(world.told) == 1
    assert world.follow_ups == []


def test_more_failures_of_the_same_kind_wait_for_the_digest() -> None:
    world = Simulation()
    for n in range(5):
        world.put(failed(f"job-{n}", second=n * 15), 1 + n * 15)
    world.run_until(3 * DAY)
    assert outcomes(world, 1, 20) == ["first"]
    assert outcomes(world, 20, 300) == []
    assert outcomes(world, 300, 330) == ["grew"]
    assert world.told[1].document["counts"]["failed"] == 5
    assert len(world.told) == 2


def test_the_intervals_between_digests_double_up_to_four_hours() -> None:
    world = Simulation()
    for n in range(24 * 60):
        world.put(failed(f"job-{n}", second=n * MINUTE), n * MINUTE)
    world.run_until(DAY)
    minutes = [round((one.at - START_MS) / MINUTE_MS) for one in world.told]
    assert minutes[:8] == [0, 5, 15, 35, 75, 155, 315, 555]
    assert {after - before for before, after in pairwise(minutes[6:])} == {240}


def test_a_failure_after_a_quiet_interval_is_reported_at_once() -> None:
    world = Simulation()
    world.put(failed("a"), 0)
    world.put(failed("b", second=2 * HOUR), 2 * HOUR)
    world.run_until(2 * HOUR + 15)
    assert outcomes(world) == ["first", "repeat"]
    assert world.told[1].document["novelty"] == "2nd in a row"


def test_a_success_of_the_same_job_is_reported_as_recovery() -> None:
    world = Simulation()
    for n in range(5):
        world.put(failed(f"job-{n}", second=n * 20 * MINUTE), n * 20 * MINUTE)
    world.succeed("nightly", 3 * HOUR, took=10 * MINUTE)
    world.run_until(8 * HOUR)
    recovered = world.told[-1]
    assert recovered.outcome == "recovered"
    assert recovered.subject.startswith("RECOVERED nightly: after 3 h 10 min, 5 failed runs")
    world.settle()
    assert world.told[-1] is recovered


def test_a_success_under_another_name_is_no_recovery() -> None:
    world = Simulation()
    world.put(failed("a"), 0)
    world.succeed("other", HOUR)
    world.settle()
    assert outcomes(world) == ["first"]


def test_a_failure_after_a_recovery_is_back_again() -> None:
    world = Simulation()
    world.put(failed("a"), 0)
    world.succeed("nightly", MINUTE)
    world.put(failed("b", second=12 * HOUR), 12 * HOUR)
    world.run_until(12 * HOUR + 15)
    assert outcomes(world) == ["first", "recovered", "repeat"]
    assert world.told[-1].document["novelty"] == "back again"


def test_a_job_that_fails_and_succeeds_in_turns_is_not_reported_each_time() -> None:
    world = Simulation()
    for n in range(60):
        world.put(failed(f"job-{n}", second=n * MINUTE), n * MINUTE)
        world.succeed("nightly", n * MINUTE + 30)
    world.run_until(2 * HOUR)
    minutes = [(one.at - START_MS) / MINUTE_MS for one in world.told]
    gaps = [after - before for before, after in pairwise(minutes)]
    assert min(gaps) >= 4.9
    assert world.told[-1].outcome == "recovered"


def test_a_nightly_failure_is_reported_every_night_with_its_place_in_the_row() -> None:
    world = Simulation()
    for night in range(100):
        world.put(failed(f"job-{night}", second=night * DAY), night * DAY)
    world.run_until(101 * DAY)
    assert len(world.told) == 100
    assert [one.document["novelty"] for one in world.told[1:4]] == [
        "2nd in a row", "3rd in a row", "4th in a row",
    ]  # fmt: skip
    assert world.told[-1].document["novelty"] == "100th in a row"


def test_the_same_event_again_after_days_is_not_reported_again() -> None:
    world = Simulation()
    world.put(failed("a"), 0)
    world.put(failed("a"), 12 * HOUR)
    world.put(failed("a"), 3 * DAY)
    world.run_until(5 * DAY)
    assert outcomes(world) == ["first"]


def test_ten_thousand_children_of_an_array_are_a_handful_of_messages() -> None:
    world = Simulation()
    for n in range(10_000):
        code = (1, 2, 126, 127)[n % 4]
        event = failed("arr", name="align", index=n, exit_code=code, second=n / 100)
        world.put(event, n / 100)
    world.put(array_parent("arr", 10_000, 10_000, name="align", second=101), 101)
    world.run_until(HOUR)
    assert len(world.told) <= 6
    assert world.told[0].outcome == "first"
    last = world.told[-1]
    assert last.outcome == "closed"
    assert last.document["counts"] == {"failed": 10_000, "dependents": 0, "of": 10_000}
    assert "10,000 of 10,000 failed" in last.subject
    assert len(last.document["causes"]) == 4
    assert len(world.logs.reads) <= 3 * len(world.told)
    calls = sum(world.ledger.calls.values()) + sum(world.queues.calls.values())
    calls += len(world.logs.reads) + len(world.told) + sum(world.jobs.calls.values())
    assert calls <= 0.1 * 10_001
    world.settle()
    assert len(world.told) <= 6


def test_two_hundred_incidents_in_a_minute_are_four_messages_and_one_digest() -> None:
    world = Simulation()
    for n in range(200):
        world.put(failed(f"job-{n}", definition=f"def-{n}:1", second=n * 0.3), n * 0.3)
    world.run_until(299)
    assert len(world.told) == 4  # of five: one is kept for critical failures
    world.run_until(10 * MINUTE)
    [storm] = world.told[4:]
    assert storm.document["cause"]["id"] == "storm"
    named = [n for n in range(200) if any(f"def-{n}" in one.texts["email"] for one in world.told)]
    assert len(named) == 200
    world.settle()
    assert len(world.told) == 5


def test_never_more_than_the_hourly_limit_and_nothing_is_lost() -> None:
    world = Simulation(options=Options(limits=Limits(per_minute=5, per_hour=30)))
    for n in range(120):
        world.put(failed(f"job-{n}", definition=f"def-{n}:1", second=n * 30), n * 30)
    world.run_until(2 * HOUR)
    first_hour = [
        one for one in world.between(0, HOUR - 1) if one.document["cause"]["id"] != "storm"
    ]
    assert len(first_hour) == 20  # of 30: six are kept for critical ones, four for other queues
    world.settle()
    mails = "\n".join(one.texts["email"] for one in world.told)
    assert [n for n in range(120) if f"def-{n}" not in mails] == []


@pytest.mark.parametrize("gap", [1, 15, 40])
@pytest.mark.parametrize("order", ["abc", "cba", "bca", "acb", "cab", "bac"])
def test_a_chain_is_one_incident_in_whatever_order_it_comes(order: str, gap: int) -> None:
    world = Simulation()
    chain = {
        "a": failed("a", name="extract", definition="extract:1"),
        "b": failed("b", name="transform", definition="transform:1", depends_on=["a"]),
        "c": failed("c", name="load", definition="load:1", depends_on=["b"]),
    }
    for place, name in enumerate(order):
        world.put(chain[name], place * gap)
    world.settle()
    assert outcomes(world) in (["first"], ["first", "grew"])
    assert world.told[0].document["job"]["name"] == "extract"
    assert world.told[-1].document["counts"] == {"failed": 1, "dependents": 2, "of": None}


def test_a_dependent_whose_upstream_never_shows_is_reported_by_itself() -> None:
    world = Simulation()
    world.put(failed("b", depends_on=["a"]), 0)
    world.run_until(15 + 60 + 180)
    assert world.told == []
    world.run_until(300)
    assert outcomes(world) == ["first"]


def test_failures_asked_for_only_after_three_are_reported_from_the_third_on() -> None:
    world = Simulation()
    for n in range(3):
        world.put(failed(f"job-{n}", tags={"notify:after": "3"}, second=n * 30), n * 30)
    world.run_until(59)
    assert world.told == []
    world.run_until(71)
    assert outcomes(world) == ["first"]
    assert world.told[0].document["novelty"].startswith("3 on hold since ")
