"""Small true stories, each of a kind in which a message once said what was not so, or none came.

Each is as small as it gets. The sections are those of `docs/alerts.md`; the oracle in
`tests/oracle` looks for more of their kinds.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from notifier.diagnosis.catalogue import Severity
from notifier.incident.counts import Member
from notifier.incident.incident import Place
from notifier.incident.rate_limit import Limits
from notifier.incident.recovery import Success
from notifier.incident.silence import Silence
from notifier.ports.reporting import Options
from tests.fakes import FakeJobs, FakeLedger
from tests.simulation import START_MS, Simulation, Told, array_parent, failed

MINUTE, HOUR, DAY = 60, 3_600, 86_400
WEEK = 7 * DAY
CRITICAL = {"notify:severity": "critical"}
ONLY_CRITICAL = Options(minimum=Severity.CRITICAL)
ONE_A_MINUTE = Limits(per_minute=1)
MISSING_IMAGE = {  # critical by its cause
    "exit_code": None,
    "container_reason": "CannotPullContainerError: failed to resolve ref x: not found",
}


@dataclass
class ExpiringLedger(FakeLedger):
    """A ledger that leaves out members 30 days after they failed, as the table does."""

    world: Simulation | None = None

    def members(self, place: Place) -> tuple[Member, ...]:
        assert self.world
        oldest = self.world.now - 30 * DAY * 1000
        return tuple(one for one in super().members(place) if one.at > oldest)


@dataclass
class PlacedJobs(FakeJobs):
    """Jobs that succeed on a queue with a definition, each found only there."""

    ran_on: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    def successes(
        self, queue_arn: str, definition: str, names: Sequence[str], since: int
    ) -> tuple[Success, ...]:
        found = super().successes(queue_arn, definition, names, since)
        place = (queue_arn.rpartition("/")[2], definition)
        return tuple(one for one in found if self.ran_on[one.name] == place)


def expiring_world() -> Simulation:
    world = Simulation()
    world.ledger = ExpiringLedger(world=world)
    return world


def silence(world: Simulation, until: float, **globs: str) -> None:
    """Silence what matches until a second, instead of what was silenced before."""
    until_ms = START_MS + round(until * 1000)
    world.ledger.silences = (Silence("1", until_ms, "moving house", "mara", **globs),)


def run(world: Simulation, job_id: str, second: float = 0, **facts: Any) -> None:
    """Have a job fail at a second; its event comes at once."""
    world.put(failed(job_id, second=second, **facts), second)


def child(world: Simulation, index: int, second: float = 0, **facts: Any) -> None:
    run(world, "arr", second, name="align", index=index, **facts)


def parent(world: Simulation, size: int, failures: int, second: float) -> None:
    world.put(array_parent("arr", size, failures, name="align", second=second), second)


def mail(told: Told) -> str:
    return " ".join(told.texts["email"].split())


def subjects(world: Simulation) -> list[str]:
    return [one.subject for one in world.told]


def names_told(world: Simulation, names: Sequence[str]) -> list[str]:
    return [name for name in names if any(name in one.texts["email"] for one in world.told)]


# ---- A severity belongs to the failure -----------------------------------------------------------


def test_a_critical_job_is_reported_though_a_harmless_one_opened_its_incident() -> None:
    world = Simulation(options=ONLY_CRITICAL)
    run(world, "a", name="harmless")
    run(world, "b", 1, name="vital", tags=CRITICAL)
    world.settle(20)
    assert names_told(world, ["vital"]) == ["vital"], subjects(world)
    assert world.told[0].document["severity"] == "critical"


def test_a_storm_digest_reports_every_job_that_its_tag_makes_critical() -> None:
    world = Simulation(options=Options(minimum=Severity.CRITICAL, limits=ONE_A_MINUTE))
    names = [f"vital-{n}" for n in range(3)]
    for n, name in enumerate(names):
        run(world, f"job-{n}", name=name, definition=f"def-{n}:1", tags=CRITICAL)
    world.settle(20)
    assert names_told(world, names) == names, subjects(world)
    assert {one.document["severity"] for one in world.told} == {"critical"}


def test_a_first_alert_is_as_severe_as_the_worst_child_that_it_reports() -> None:
    world = Simulation()
    child(world, 0)
    for index in range(1, 100):
        child(world, index, 1, **MISSING_IMAGE)
    world.run_until(MINUTE)
    assert world.told[0].document["severity"] == "critical", subjects(world)


def test_a_recovery_follows_only_what_was_reported() -> None:
    world = Simulation(options=ONLY_CRITICAL)
    child(world, 0)
    child(world, 1, 1, **MISSING_IMAGE)
    run(world, "solo", name="harmless", definition="other:1")
    for name in ("align", "harmless"):
        world.succeed(name, HOUR, MINUTE)
    world.settle()
    assert [one.outcome for one in world.told] == ["first", "recovered"], subjects(world)
    assert names_told(world, ["harmless"]) == []


def test_the_last_word_on_an_array_is_as_severe_as_its_children() -> None:
    world = Simulation()
    for index in range(3):
        child(world, index, index)
    parent(world, 10, 3, 400)
    world.settle()
    assert "3 of 10 failed" in world.told[-1].subject, subjects(world)
    assert world.told[-1].document["severity"] == "warning"


# ---- Members outlive episodes --------------------------------------------------------------------


def test_an_array_of_eighteen_days_counts_all_its_children() -> None:
    world = Simulation()
    for index in range(72):
        child(world, index, index * 6 * HOUR)
    parent(world, 100, 72, 18 * DAY)
    world.settle(25)
    last = world.told[-1]
    assert last.document["counts"] == {"failed": 72, "dependents": 0, "of": 100}, subjects(world)
    assert "no event has come" not in mail(last)


def test_a_parents_event_that_comes_again_days_later_is_nothing_new() -> None:
    world = Simulation()
    child(world, 0)
    for second in (5, 3 * DAY):
        world.put(array_parent("arr", 10, 1, name="align", second=5), second)
    world.run_until(2 * DAY)
    before = subjects(world)
    world.settle(5)
    assert subjects(world) == before


def test_a_dependent_of_a_job_that_failed_days_ago_is_reported() -> None:
    world = Simulation()
    run(world, "a")
    run(world, "b", 3 * DAY)
    run(world, "c", 3 * DAY + HOUR, name="merge", definition="merge:1", depends_on=["a"])
    world.settle(20)
    assert names_told(world, ["merge"]) == ["merge"], subjects(world)


def test_what_fails_every_hour_for_16_days_was_never_closed() -> None:
    world = Simulation()
    for hour in range(16 * 24):
        run(world, f"job-{hour}", hour * HOUR)
    world.run_until(16 * DAY)
    assert not [one for one in world.told if "closed" in one.document["reason"]]
    last_days = world.between(12 * DAY, 16 * DAY)
    assert len(last_days) <= 4 * 6 + 1  # at most one every four hours, as before the 14th day


# ---- Words about the past ------------------------------------------------------------------------


def test_a_failure_after_four_good_weeks_is_not_in_a_row() -> None:
    world = Simulation()
    run(world, "a")
    for week in range(1, 5):
        world.succeed("nightly", week * WEEK, 600)
    run(world, "b", 5 * WEEK)
    world.settle(40)
    [told] = [one for one in world.told if one.at >= START_MS + 5 * WEEK * 1000]
    assert "in a row" not in told.subject
    assert "without a success" not in mail(told)


def test_a_success_between_two_looks_ends_the_row() -> None:
    world = Simulation()
    run(world, "a")
    world.succeed("nightly", 10 * MINUTE, MINUTE)
    run(world, "b", 20 * MINUTE)
    world.settle()
    assert [one for one in world.told if "2nd in a row" in one.subject] == [], subjects(world)


def test_the_end_of_an_array_is_not_back_again() -> None:
    world = Simulation()
    child(world, 0)
    world.succeed("align", 1_000, MINUTE)  # another run of the same name
    parent(world, 10, 1, 3_000)
    world.settle()
    assert [one for one in world.told if "back again" in mail(one)] == [], subjects(world)


def test_a_recovery_after_three_weekly_failures_has_their_number_or_their_span() -> None:
    world = Simulation()
    for week in range(3):
        run(world, f"job-{week}", week * WEEK)
    world.succeed("nightly", 2 * WEEK + 600, MINUTE)
    world.settle(20)
    [recovered] = [one for one in world.told if one.outcome == "recovered"]
    assert "after 14 d" in recovered.subject
    assert "3 failed runs" in recovered.subject


# ---- Silences, mutes -----------------------------------------------------------------------------


def test_a_silence_of_one_job_lets_another_of_its_incident_through() -> None:
    world = Simulation()
    silence(world, 5 * DAY, job="a-*")
    run(world, "a", name="a-job")
    run(world, "b", MINUTE, name="payroll")
    world.run_until(4 * DAY)
    assert names_told(world, ["payroll"]) == ["payroll"], subjects(world)


def test_a_silenced_job_says_nothing_in_an_incident_that_was_reported() -> None:
    world = Simulation()
    run(world, "a", name="payroll")
    world.run_until(30)
    silence(world, 5 * DAY, job="a-*")
    run(world, "b", HOUR, name="a-job")
    world.run_until(DAY)
    assert len(world.told) == 1, subjects(world)


def test_a_silence_renewed_beyond_30_days_forgets_nothing() -> None:
    world = expiring_world()
    silence(world, 29 * DAY)
    run(world, "a")
    world.run_until(28 * DAY)
    silence(world, 50 * DAY)
    world.run_until(60 * DAY)
    assert names_told(world, ["nightly"]) == ["nightly"]


def test_what_failed_before_a_silence_is_reported_with_the_time_it_failed() -> None:
    world = Simulation()
    run(world, "a")
    run(world, "b", MINUTE)
    world.run_until(200)
    silence(world, 2 * HOUR)
    world.settle()
    last = world.told[-1]
    assert last.at >= START_MS + 2 * HOUR * 1000, subjects(world)
    assert not re.search(r"since 2026-11-18 11:1\d", mail(last)), last.document["kept_back"]


def test_what_failed_and_recovered_under_a_silence_is_reported_when_it_ends() -> None:
    world = Simulation()
    silence(world, 2 * HOUR)
    run(world, "a")
    world.succeed("nightly", HOUR / 2, MINUTE)
    world.run_until(2 * HOUR - 1)
    assert world.told == []
    world.settle()
    [told] = world.told
    assert "1 failed" in mail(told)
    assert "recovered" in mail(told).lower()


# ---- Messages about several ----------------------------------------------------------------------


def test_grouped_by_cause_a_message_names_every_queue_and_recovers() -> None:
    jobs = PlacedJobs(ran_on={"load": ("etl", "load"), "train": ("gpu", "train")})
    world = Simulation(options=Options(group_by=("cause",)), jobs=jobs)
    for n, (name, (queue, definition)) in enumerate(jobs.ran_on.items()):
        facts = {"name": name, "queue": queue, "definition": f"{definition}:1", "exit_code": 2}
        run(world, name, n * MINUTE, **facts)
        world.succeed(name, HOUR)
    world.settle()
    both = world.told[1]
    assert "gpu" in str(both.attributes["queue"]), both.attributes
    assert "train" in mail(both)
    assert world.told[-1].outcome == "recovered", subjects(world)


def test_a_multi_node_job_with_a_dependent_has_failed() -> None:
    world = Simulation()
    event = failed("m", name="les", definition="les:1")
    event["detail"] |= {"nodeProperties": {"numNodes": 4, "mainNode": 0}}
    event["detail"] |= {"attempts": [], "container": {}}
    world.put(event, 0)
    run(world, "x", MINUTE, name="post", definition="post:1", depends_on=["m"])
    world.settle()
    counts = world.told[-1].document["counts"]
    assert counts["failed"] == 1, subjects(world)
    assert counts["dependents"] == 1


# ---- The rate limit ------------------------------------------------------------------------------


def test_a_recovery_without_room_goes_out_in_the_next_minute() -> None:
    world = Simulation(options=Options(limits=ONE_A_MINUTE))
    run(world, "a")
    world.succeed("nightly", 5_000, MINUTE)
    # Looks come 5, 10, 20, ... minutes apart: the one at 9,600 s is preceded by another alert.
    run(world, "x", 9_590, name="x", definition="x:1")
    world.settle()
    [recovered] = [one for one in world.told if one.outcome == "recovered"]
    assert recovered.at < START_MS + (9_610 + 5 * MINUTE) * 1000, subjects(world)


def test_a_label_that_is_not_understood_is_said_once_whichever_failure_has_it() -> None:
    world = Simulation()
    run(world, "a", 0)
    run(world, "b", 60, tags={"notify:severity": "CRIT"})
    run(world, "c", 3 * HOUR, tags={"notify:severity": "CRIT"})
    world.settle()
    said = ["notify:severity=CRIT (expected: " in one.texts["email"] for one in world.told]
    assert said == [False, True, False]


def test_five_nights_of_arrays_recover_with_one_message_that_ends_all() -> None:
    world = Simulation()
    for night in range(5):
        run(world, f"arr-{night}", night * DAY, name="align", index=3)
    world.succeed("align", 5 * DAY)
    world.settle(20)
    *failures, recovered = world.told
    assert [one.outcome for one in failures] == ["first"] * 5
    assert recovered.subject == "RECOVERED align: after 5 d, 5 failed runs (etl)"
    keys = {one.document["dedup_key"] for one in failures}
    assert {recovered.document["dedup_key"], *recovered.document["closes"]} == keys
