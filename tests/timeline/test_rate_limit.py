"""How many messages go out at most, and that nothing is lost by it."""

from __future__ import annotations

from collections import Counter

from notifier.incident.rate_limit import MOST_PER_SECOND, Limits
from notifier.ports.reporting import Options
from notifier.workflows.storm import MOST_NAMED
from tests.properties.test_conservation import Rivals
from tests.simulation import START_MS, Simulation, failed

MINUTE, HOUR, DAY = 60, 3_600, 86_400
CRITICAL = {"notify:severity": "critical"}


def storms(world: Simulation) -> list[int]:
    return [one.at for one in world.told if one.document["cause"]["id"] == "storm"]


def test_a_phone_gets_no_more_than_its_limit_and_the_last_text_says_so() -> None:
    world = Simulation(options=Options(limits=Limits(per_minute=60, texts_per_hour=3)))
    for n in range(6):
        event = failed(
            f"job-{n}", queue=f"q{n}", definition=f"def-{n}:1", tags=CRITICAL, second=n * 20
        )
        world.put(event, n * 20)
    world.run_until(4 * MINUTE)
    assert len(world.told) == 6
    assert ["sms" in one.attributes for one in world.told] == [False] * 3 + [True] * 3
    assert ["last text" in one.texts["sms"].lower() for one in world.told] == [
        False, False, True, False, False, False,
    ]  # fmt: skip
    world.put(failed("late", definition="late:1", tags=CRITICAL, second=HOUR + 60), HOUR + 60)
    world.run_until(HOUR + 90)
    assert "sms" not in world.told[-1].attributes


def test_what_is_not_critical_takes_no_text_from_what_is() -> None:
    world = Simulation(options=Options(limits=Limits(per_minute=60, texts_per_hour=1)))
    for n in range(5):
        world.put(failed(f"job-{n}", definition=f"def-{n}:1"), 0)
    world.put(failed("worst", definition="worst:1", tags=CRITICAL, second=30), 30)
    world.run_until(60)
    assert "sms" not in world.told[-1].attributes


def test_no_second_sees_more_than_five_messages_whoever_sends_them() -> None:
    turns = iter(range(100_000))
    world = Rivals(
        options=Options(limits=Limits(per_minute=1_000, per_hour=1_000)),
        choose=lambda ready: next(turns) % ready,
        split=lambda due: [list(due[n::4]) for n in range(4) if due[n::4]],
    )
    for n in range(40):
        world.put(failed(f"job-{n}", definition=f"def-{n}:1"), 0)
    world.settle()
    times = sorted(one.at for one in world.ledger.rate_state.alerts)
    assert len(world.told) >= 1
    for at in times:
        assert sum(at <= other < at + 1_000 for other in times) <= MOST_PER_SECOND


def test_a_thousand_incidents_in_ten_minutes_are_all_named_or_counted() -> None:
    world = Simulation()
    for n in range(1_000):
        event = failed(f"job-{n}", name=f"name-{n:04}", definition=f"def-{n}:1", second=n * 0.6)
        world.put(event, n * 0.6)
    world.run_until(10 * MINUTE)
    assert len(world.told) - len(storms(world)) <= 5 * 10
    world.run_until(2 * HOUR)
    mails = "\n".join(one.texts["email"] for one in world.told)
    assert [n for n in range(1_000) if f"name-{n:04}" not in mails] == []
    gaps = [after - before for before, after in zip(storms(world), storms(world)[1:], strict=False)]
    assert min(gaps) >= 5 * MINUTE * 1000 - 1
    for one in world.told:
        if one.document["cause"]["id"] == "storm":
            assert one.document["counts"]["failed"] <= MOST_NAMED
    per_hour = Counter((one.at - START_MS) // 3_600_000 for one in world.told)
    assert per_hour[0] <= 30 + HOUR // (5 * MINUTE)


def test_what_was_held_and_has_recovered_meanwhile_is_reported_all_the_same() -> None:
    world = Simulation(options=Options(limits=Limits(per_minute=1, per_hour=1)))
    for n in range(3):
        world.put(failed(f"job-{n}", name=f"name-{n}", definition=f"def-{n}:1"), 0)
    world.succeed("name-2", 60)
    world.settle()
    mails = "\n".join(one.texts["email"] for one in world.told)
    assert all(f"name-{n}" in mails for n in range(3))
    assert [one.outcome for one in world.told].count("recovered") == 1


def test_a_quiet_time_gives_the_limit_back() -> None:
    world = Simulation()
    for n in range(40):
        event = failed(f"job-{n}", definition=f"def-{n}:1", second=n * 2 * HOUR)
        world.put(event, n * 2 * HOUR)
    world.run_until(40 * 2 * HOUR)
    assert len(world.told) == 40
    assert storms(world) == []
