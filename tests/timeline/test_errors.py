"""Application failures grouped by what their logs say: bugs apart, one bug together."""

from __future__ import annotations

import json
from typing import Any

from notifier.batch.failure import LogStream
from notifier.incident.counts import fold
from notifier.incident.log_sampling import KNOWN_BASE_SAMPLES, LOGS_READ_LIMIT
from notifier.incident.rate_limit import Limits
from notifier.joblog.excerpt import LogLine
from notifier.ports.reporting import Options
from tests.simulation import START_MS, Parcel, Simulation, failed
from workbench.local.aws import REGION

HOUR, DAY = 3_600, 86_400
ROOMY = Options(limits=Limits(per_minute=100, per_hour=1_000))


def stream(event: dict[str, Any]) -> LogStream:
    return LogStream("/aws/batch/job", event["detail"]["container"]["logStreamName"], REGION)


def put(world: Simulation, job_id: str, says: str | None, second: float = 0, **more: Any) -> None:
    """Put a failure whose log ends with a line; without one its log does not exist."""
    event = failed(job_id, second=second, **more)
    if says is not None:
        at = START_MS + round(second * 1000)
        world.logs.streams[stream(event)] = [LogLine(at - 1, "reading"), LogLine(at, says)]
    world.put(event, second)


def counted(world: Simulation) -> list[int]:
    return sorted(
        fold(world.ledger.members(one.place)).failed for one in world.ledger.incidents.values()
    )


def test_two_bugs_of_one_definition_are_two_incidents() -> None:
    world = Simulation(options=ROOMY)
    put(world, "a", "ValueError: bad row 17")
    put(world, "b", "KeyError: 'currency'")
    world.settle()
    assert counted(world) == [1, 1]
    assert [one.outcome for one in world.told] == ["first", "first"]
    assert {one.document["cause"]["id"] for one in world.told} == {"app-exit-1"}


def test_one_bug_in_forty_jobs_is_one_incident_whatever_its_numbers() -> None:
    world = Simulation(options=ROOMY)
    for n in range(40):
        put(world, f"job-{n}", f"ValueError: bad row {n} in s3://lake/{n}.csv", n * 3, name=f"j{n}")
    world.settle()
    assert counted(world) == [40]


def test_what_is_certain_from_the_event_needs_no_log() -> None:
    world = Simulation(options=ROOMY)
    reason = "OutOfMemoryError: Container killed due to memory usage"
    for n, says in enumerate(("ValueError: a", "KeyError: 'b'")):
        put(world, f"job-{n}", says, exit_code=137, container_reason=reason)
    world.run_until(30)
    assert counted(world) == [2]


def test_the_log_that_was_read_to_be_grouped_is_the_one_that_is_shown() -> None:
    world = Simulation(options=ROOMY)
    put(world, "a", "ValueError: bad row 17")
    world.run_until(30)
    assert len(world.logs.reads) == 1
    assert "ValueError: bad row 17" in world.told[0].texts["email"]


def test_a_storm_of_one_bug_is_one_incident_and_few_reads() -> None:
    world = Simulation(options=ROOMY)
    for n in range(1_000):
        put(world, f"job-{n}", f"ValueError: bad row {n}", n * 0.01, name=f"j{n}")
    world.run_until(200)
    assert counted(world) == [1_000]
    assert len(world.logs.reads) <= LOGS_READ_LIMIT + 10 * KNOWN_BASE_SAMPLES + 3
    reads = sum(world.ledger.calls[name] for name in ("BatchGetItem", "TransactWriteItems"))
    assert reads <= 0.05 * 1_000


def test_the_digest_says_how_many_were_not_read() -> None:
    world = Simulation(options=ROOMY)
    for n in range(40):
        put(world, f"job-{n}", "ValueError: bad row", n * 0.01)
    world.run_until(400)
    said = " ".join(world.told[-1].texts["email"].split())
    assert "30 of them are grouped by exit code only: their logs were not read." in said


def test_a_failure_without_its_log_joins_the_latest_incident_of_its_kind() -> None:
    world = Simulation(options=ROOMY)
    put(world, "a", "ValueError: bad row 17")
    put(world, "b", None, HOUR)
    world.settle()
    assert counted(world) == [2]


def test_no_logs_at_all_group_by_the_exit_code_as_ever() -> None:
    world = Simulation(options=ROOMY)
    for n in range(3):
        put(world, f"job-{n}", None)
    world.settle()
    assert counted(world) == [3]


def test_a_job_delivered_again_keeps_its_place_though_its_log_is_gone() -> None:
    world = Simulation(options=ROOMY)
    put(world, "a", "ValueError: bad row 17")
    put(world, "b", "KeyError: 'currency'", 60)
    world.run_until(120)
    world.logs.streams.clear()
    for n, second in enumerate((200, 4_000)):
        world.put(failed("ab"[n]), second)
    world.settle()
    assert counted(world) == [1, 1]


def test_a_log_that_comes_late_does_not_move_a_job() -> None:
    world = Simulation(options=ROOMY)
    put(world, "z", "ValueError: bad row 17")
    put(world, "a", None, 60)
    world.run_until(120)
    event = failed("a", second=60)
    world.logs.streams[stream(event)] = [LogLine(START_MS, "KeyError: 'currency'")]
    world.put(event, 300)
    world.settle()
    assert counted(world) == [2]


def test_of_rivals_with_different_logs_one_decides_for_both() -> None:
    world = Simulation(options=ROOMY)
    event = failed("a")
    place_of = world.ledger.settle
    first = [True]

    def settle(places: Any) -> Any:
        if first:  # while this one was reading, another had read a log and decided
            first.clear()
            world.logs.streams[stream(event)] = [LogLine(START_MS, "KeyError: 'currency'")]
            parcel = Parcel("rival", json.dumps(event), START_MS)
            assert world.run_handler("failures", [parcel]) == ()
        return place_of(places)

    world.ledger.settle = settle  # type: ignore[method-assign]  # a rival comes in between
    world.put(event, 0)
    world.settle()
    assert counted(world) == [1]


def test_one_message_about_a_success_closes_both_incidents_of_a_job() -> None:
    world = Simulation(options=ROOMY)
    put(world, "a", "ValueError: bad row 17")
    put(world, "b", "KeyError: 'currency'", 60)
    world.succeed("nightly", 2 * HOUR)
    world.settle()
    assert [one.outcome for one in world.told] == ["first", "first", "recovered"]
    earlier, newest, recovered = (one.document for one in world.told)
    assert recovered["dedup_key"] == newest["dedup_key"]
    assert recovered["closes"] == [earlier["dedup_key"]]


def test_one_more_of_each_joins_its_own() -> None:
    world = Simulation(options=ROOMY)
    for n, says in enumerate(
        ("ValueError: row 1", "KeyError: 'c'", "ValueError: row 9", "KeyError: 'c'")
    ):
        put(world, f"job-{n}", says, n * HOUR)
    world.settle()
    assert counted(world) == [2, 2]
    assert [one.outcome for one in world.told] == ["first", "first", "repeat", "repeat"]


# ---- Lines that have not arrived yet -------------------------------------------------------------


class Slow:
    """A world in which the last line of each log arrives a second after the event."""

    def __init__(self, jobs: int, late: str = "ValueError: bad row 17") -> None:
        self.world = Simulation(options=ROOMY)
        self.pauses: list[float] = []
        pause = self.world._pause

        def arriving(seconds: float) -> None:
            self.pauses.append(seconds)
            for found in self.world.logs.streams.values():
                found.append(LogLine(START_MS, late))
            pause(seconds)

        self.world._pause = arriving  # type: ignore[method-assign]  # lines come meanwhile
        for n in range(jobs):
            event = failed(f"job-{n}", definition=f"def-{n}:1")
            self.world.logs.streams[stream(event)] = [LogLine(START_MS - 9_000, "reading")]
            self.world.put(event, 0)


def test_a_log_that_ends_before_its_job_is_waited_for_once_in_a_delivery() -> None:
    slow = Slow(3)
    slow.world.run_until(30)
    waits = [seconds for seconds in slow.pauses if seconds == 2.0]
    assert len(waits) == 1
    assert "ValueError: bad row 17" in slow.world.told[0].texts["email"]


def test_an_empty_log_is_waited_for() -> None:
    slow = Slow(1)
    for lines in slow.world.logs.streams.values():
        lines.clear()
    slow.world.run_until(30)
    assert "ValueError: bad row 17" in slow.world.told[0].texts["email"]


def test_an_old_failure_is_not_waited_for() -> None:
    slow = Slow(0)
    event = failed("old")
    slow.world.logs.streams[stream(event)] = [LogLine(START_MS - 9_000, "reading")]
    slow.world.put(event, 120)
    slow.world.run_until(200)
    assert slow.pauses == []


def test_a_log_that_says_why_is_not_waited_for() -> None:
    slow = Slow(0)
    event = failed("quick")
    slow.world.logs.streams[stream(event)] = [LogLine(START_MS - 9_000, "KeyError: 'c'")]
    slow.world.put(event, 0)
    slow.world.run_until(30)
    assert slow.pauses == []
