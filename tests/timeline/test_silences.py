"""What people hold back on purpose, and when it is told after all."""

from __future__ import annotations

import pytest

from notifier.diagnosis.diagnose import Severity
from notifier.incident.silence import Silence
from notifier.ports.reporting import Options
from tests.simulation import START_MS, Simulation, Told, failed

MINUTE, HOUR, DAY = 60, 3_600, 86_400


def silenced(until: float, **globs: str) -> Simulation:
    world = Simulation()
    until_ms = START_MS + round(until * 1000)
    world.ledger.silences = (Silence("1", until_ms, "moving house", "mara", **globs),)
    return world


def mail(told: Told) -> str:
    return " ".join(told.texts["email"].split())


def outcomes(world: Simulation) -> list[str]:
    return [one.outcome for one in world.told]


@pytest.mark.parametrize(
    "globs",
    [
        {"queue": "et*"},
        {"definition": "load"},
        {"job": "night??"},
        {"cause": "app-*"},
        {"queue": "etl", "cause": "app-exit-1"},
        {},
    ],
)
def test_what_a_silence_covers_is_reported_when_it_ends_with_who_why_and_how_many(
    globs: dict[str, str],
) -> None:
    world = silenced(HOUR, **globs)
    for n in range(3):
        world.put(failed(f"job-{n}", name="nightly", second=n * 60), n * 60)
    world.run_until(HOUR - 1)
    assert world.told == []
    world.run_until(HOUR + 30)
    [told] = world.told
    assert told.document["counts"]["failed"] == 3
    assert told.document["novelty"].startswith("3 on hold since ")
    mail = " ".join(told.texts["email"].split())
    assert "silenced by mara until" in mail
    assert "moving house" in mail
    world.settle()
    assert len(world.told) == 1


@pytest.mark.parametrize(
    "globs", [{"queue": "dev-*"}, {"cause": "oom-*"}, {"queue": "etl", "job": "weekly"}]
)
def test_a_silence_holds_back_nothing_else(globs: dict[str, str]) -> None:
    world = silenced(HOUR, **globs)
    world.put(failed("a"), 1)
    world.run_until(20)
    assert outcomes(world) == ["first"]


def test_a_silence_that_has_ended_holds_back_nothing() -> None:
    world = silenced(5)
    world.put(failed("a", second=10), 10)
    world.run_until(30)
    assert outcomes(world) == ["first"]


def test_a_silence_never_hides_the_recovery_of_what_was_reported() -> None:
    world = Simulation()
    world.put(failed("a"), 0)
    world.run_until(30)
    world.ledger.silences = (Silence("1", START_MS + DAY * 1000, "known", "mara"),)
    world.put(failed("b", second=60), 60)
    world.succeed("nightly", 30 * MINUTE)
    world.run_until(4 * HOUR)
    assert outcomes(world) == ["first", "recovered"]


def test_what_was_held_back_is_reported_when_that_ends_though_it_has_recovered() -> None:
    world = silenced(2 * HOUR)
    world.put(failed("a"), 0)
    world.succeed("nightly", 30 * MINUTE)
    world.settle()
    assert outcomes(world) == ["recovered"]
    assert "1 failed since 2026-11-18 11:06:40 UTC, silenced by mara" in mail(world.told[0])


def test_an_ended_silence_tells_each_failure_once_whatever_held_it_before() -> None:
    """A mute, and a silence on top of it that is removed before its end."""
    world = Simulation()
    world.put(failed("a", tags={"notify:mute-until": "2026-11-18T12:06:40Z"}), 0)
    world.run_until(30)
    world.ledger.silences = (Silence("1", START_MS + 20 * DAY * 1000, "known", "mara"),)
    world.run_until(2 * DAY)
    assert world.told == []
    world.ledger.silences = ()
    world.run_until(2 * DAY + 4 * HOUR + MINUTE)
    assert outcomes(world) == ["first"]
    world.settle(40)
    assert len(world.told) == 1


def test_a_removed_silence_lets_the_next_failure_through_at_once() -> None:
    world = silenced(DAY)
    world.put(failed("a"), 0)
    world.run_until(HOUR)
    world.ledger.silences = ()
    world.put(failed("b", second=HOUR), HOUR)
    world.run_until(HOUR + 15)
    assert outcomes(world) == ["first"]
    assert world.told[0].document["counts"]["failed"] == 2


def test_what_grew_under_a_silence_is_reported_after_it() -> None:
    world = Simulation()
    world.put(failed("a"), 0)
    world.run_until(30)
    world.ledger.silences = (Silence("1", START_MS + HOUR * 1000, "known", "mara"),)
    world.put(failed("b", second=60), 60)
    world.run_until(HOUR - 1)
    assert len(world.told) == 1
    world.settle()
    assert len(world.told) == 2
    assert world.told[1].document["counts"]["failed"] == 2
    assert START_MS + HOUR * 1000 <= world.told[1].at <= START_MS + (HOUR + 30) * 1000


def test_a_job_can_mute_itself() -> None:
    world = Simulation()
    world.put(failed("a", tags={"notify:mute-until": "2026-11-18T12:06:40Z"}), 0)
    world.run_until(HOUR - 1)
    assert world.told == []
    world.run_until(HOUR + 30)
    assert outcomes(world) == ["first"]
    assert "muted by the job" in " ".join(world.told[0].texts["email"].split())


@pytest.mark.parametrize(
    "tags", [{"notify:mute-until": "tomorrow"}, {"notify:after": "some"}, {"notify:after": "0"}]
)
def test_a_tag_nobody_understands_holds_back_nothing(tags: dict[str, str]) -> None:
    world = Simulation()
    world.put(failed("a", tags=tags), 0)
    world.run_until(30)
    assert outcomes(world) == ["first"]


def test_runs_in_a_row_count_over_nights() -> None:
    world = Simulation()
    for night in range(3):
        tags = {"notify:after": "3"}
        world.put(failed(f"job-{night}", second=night * DAY, tags=tags), night * DAY)
    world.run_until(2 * DAY - 1)
    assert world.told == []
    world.run_until(2 * DAY + 30)
    assert len(world.told) == 1


def test_what_is_below_the_minimum_is_counted_and_not_reported() -> None:
    world = Simulation(options=Options(minimum=Severity.CRITICAL))
    world.put(failed("a"), 0)
    world.settle()
    assert world.told == []
    [counted] = world.ledger.counted.values()
    assert list(counted) == ["a"]


def test_a_tag_makes_it_as_severe_as_the_owner_says() -> None:
    world = Simulation(options=Options(minimum=Severity.CRITICAL))
    tags = {
        "notify:severity": "critical",
        "notify:owner": "genomics",
        "notify:runbook": "https://wiki.example.com/nightly",
    }
    for n in range(2):
        world.put(failed(f"job-{n}", tags=tags, second=n * 60), n * 60)
    world.run_until(HOUR)
    assert outcomes(world) == ["first", "grew"]
    for told in world.told:
        assert told.document["severity"] == "critical"
        assert told.attributes["owner"] == "genomics"
        assert "https://wiki.example.com/nightly" in told.texts["email"]


def test_a_silenced_incident_is_in_no_storm_digest() -> None:
    world = silenced(HOUR, queue="dev")
    for n in range(20):
        queue = "dev" if n % 2 else "etl"
        event = failed(f"job-{n}", name=f"name-{n:02}", definition=f"def-{n}:1", queue=queue)
        world.put(event, 0)
    world.run_until(HOUR - 1)
    mails = "\n".join(one.texts["email"] for one in world.told)
    assert [n for n in range(20) if f"name-{n:02}" in mails] == list(range(0, 20, 2))
    world.settle()
    mails = "\n".join(one.texts["email"] for one in world.told)
    assert [n for n in range(20) if f"name-{n:02}" in mails] == list(range(20))
