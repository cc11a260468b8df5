"""When to speak of an incident, in which words, and which failures are one: as tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from notifier.batch.failure import Failure, Kind
from notifier.diagnosis.catalogue import Certainty, Severity
from notifier.incident import marks
from notifier.incident.counts import Member, Role
from notifier.incident.decision import (
    FOLLOW_UP_GRACE_MS,
    Standing,
    decide,
    novelty,
    reason_of,
    review,
)
from notifier.incident.fingerprint import fingerprint, identity, root_of
from notifier.incident.incident import (
    CLOSE_AFTER_MS,
    LEASE_MS,
    Incident,
    Intervals,
    Outcome,
)
from notifier.incident.job import job_of, stable_name
from notifier.incident.marks import mark
from notifier.incident.recovery import (
    Recovery,
    Row,
    Run,
    Success,
    open_jobs,
    recoveries,
    relapsed,
    row_of,
    took,
)
from notifier.incident.silence import LONGEST_HOLD_MS, Silence, Steering
from notifier.text.units import DAY_MS, HOUR_MS, MINUTE_MS

NOW = 1_795_000_000_000  # 2026-11-18 11:06:40 UTC
TERMS = Intervals()
ARN = "arn:aws:batch:eu-west-1:111122223333"
FAILURE = Failure(
    kind=Kind.JOB,
    job_id="7a71",
    job_name="nightly",
    event_id="e1",
    event_time="2026-11-18T11:06:40Z",
    account="111122223333",
    region="eu-west-1",
    queue_arn=f"{ARN}:job-queue/etl",
    definition_arn=f"{ARN}:job-definition/load:3",
)
NEW = Incident(
    key="0" * 16,
    first=FAILURE,
    cause="app-exit-1",
    certainty=Certainty.LIKELY,
    opened_at=NOW,
    interval=TERMS.interval,
)
TOLD = replace(NEW, reported_at=NOW, reported=frozenset([mark("job-0")]), due=NOW + TERMS.interval)
FREE = Steering((), lambda _: 0)


def member(job_id: str, role: Role = Role.FAILED, at: int = NOW, **more: Any) -> Member:
    return Member(job_id, role, "app-exit-1", at, **{"name": "nightly", **more})


def jobs(failed: int, dependents: int = 0, *, ended: bool = False) -> list[Member]:
    roles = [Role.FAILED] * failed + [Role.DEPENDENT] * dependents + [Role.PARENT] * ended
    return [member(f"job-{n}", role) for n, role in enumerate(roles)]


def stand(
    incident: Incident,
    members: Sequence[Member],
    now: int = NOW,
    steering: Steering = FREE,
    minimum: Severity = Severity.INFO,
) -> Standing:
    return review(incident, members, steering, minimum, now)


ON_ITS_WAY = "its follow-up is due and reports what is new"
UNCOUNTED = None
NOT_YET = "it was not reported yet"
# What it is, what has failed (None: not counted yet), after how long, and what is said of it.
WHEN_A_FAILURE_COMES: dict[str, tuple[Incident, list[Member] | None, int, Outcome, bool, str]] = {
    "new, not counted": (NEW, UNCOUNTED, 0, Outcome.FIRST, True, NOT_YET),
    "new, counted": (NEW, jobs(1), 0, Outcome.FIRST, True, NOT_YET),
    "new, a parent alone": (NEW, jobs(0, ended=True), 0, Outcome.FIRST, True, NOT_YET),
    "new, nothing counted": (NEW, [], 0, Outcome.QUIET, False, "nothing new"),
    "untold for long": (NEW, jobs(4), DAY_MS, Outcome.FIRST, True, NOT_YET),
    "told just now": (
        TOLD, UNCOUNTED, 1_000, Outcome.QUIET, False,
        "reported 1 s ago; the next digest has what is new",
    ),
    "told, an interval ago less a moment": (
        TOLD, jobs(2), TERMS.interval - 1, Outcome.QUIET, False,
        "reported 5 min ago; the next digest has what is new",
    ),
    "told, its follow-up just due": (
        TOLD, UNCOUNTED, TERMS.interval, Outcome.QUIET, False, ON_ITS_WAY,
    ),
    "told, its follow-up late": (
        TOLD, jobs(2), TERMS.interval + FOLLOW_UP_GRACE_MS, Outcome.REPEAT, True,
        "failed again 6 min after the last alert",
    ),
    "told, a later look just due: it may be the last": (
        replace(TOLD, due=NOW + HOUR_MS), jobs(2), HOUR_MS, Outcome.REPEAT, True,
        "failed again 1 h after the last alert",
    ),
    "told, its follow-up far away": (
        replace(TOLD, due=NOW + HOUR_MS), jobs(2), TERMS.interval, Outcome.REPEAT, True,
        "failed again 5 min after the last alert",
    ),
    "told, days ago": (
        TOLD, UNCOUNTED, 2 * DAY_MS, Outcome.REPEAT, True, "failed again 2 d after the last alert",
    ),
    "told, delivered again": (TOLD, jobs(1), HOUR_MS, Outcome.QUIET, False, "nothing new"),
    "told, and its end": (
        TOLD, jobs(1, ended=True), HOUR_MS, Outcome.CLOSED, True, "the whole job has finished",
    ),
    "being told": (
        replace(TOLD, lease_until=NOW + LEASE_MS), UNCOUNTED, LEASE_MS - 1, Outcome.QUIET, False,
        "another invocation is sending it",
    ),
    "a lease that ended, new": (
        replace(NEW, lease_until=NOW + LEASE_MS), UNCOUNTED, LEASE_MS, Outcome.FIRST, True,
        NOT_YET,
    ),
    "recovered just now": (
        replace(TOLD, interval=0), jobs(2), 10_000, Outcome.REPEAT, True,
        "failed again 10 s after the last alert",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", WHEN_A_FAILURE_COMES)
def test_when_a_failure_comes(name: str) -> None:
    incident, members, after, outcome, speaks, reason = WHEN_A_FAILURE_COMES[name]
    standing = None if members is None else stand(incident, members, NOW + after)
    decision = decide(incident, NOW + after, standing)
    assert (decision.outcome, decision.speaks, decision.reason) == (outcome, speaks, reason)


WHEN_ITS_TIME_COMES: dict[str, tuple[Incident, list[Member], int, Outcome, bool, str]] = {
    "grown": (
        TOLD, jobs(5), TERMS.interval, Outcome.GREW, True,
        "more failures since the alert 5 min ago",
    ),
    "grown by a dependent": (
        TOLD, jobs(1, 1), TERMS.interval, Outcome.GREW, True,
        "more failures since the alert 5 min ago",
    ),
    "grown, looked at too early": (
        TOLD, jobs(5), TERMS.interval - 1, Outcome.QUIET, False,
        "reported 5 min ago; the next digest has what is new",
    ),
    "grown and ended": (
        TOLD, jobs(5, ended=True), TERMS.interval, Outcome.CLOSED, True,
        "the whole job has finished",
    ),
    "nothing new": (TOLD, jobs(1), TERMS.interval, Outcome.QUIET, False, "nothing new"),
    "held back until now": (replace(NEW, hold="held"), jobs(3), HOUR_MS, Outcome.FIRST, True,
                            NOT_YET),
}  # fmt: skip


@pytest.mark.parametrize("name", WHEN_ITS_TIME_COMES)
def test_when_its_time_comes(name: str) -> None:
    incident, members, after, outcome, speaks, reason = WHEN_ITS_TIME_COMES[name]
    now = NOW + after
    decision = decide(incident, now, stand(incident, members, now), following_up=True)
    assert (decision.outcome, decision.speaks, decision.reason) == (outcome, speaks, reason)


# ---- How members stand ---------------------------------------------------------------------------

LABELLED = [
    member("a", name="payroll", label=Severity.CRITICAL),
    member("b", name="a-job", at=NOW + 1),
    member("c", name="muted", at=NOW + 2, muted_until=NOW + DAY_MS),
    member("d", name="patient", at=NOW + 3, after=3),
]


def ids(members: Sequence[Member]) -> str:
    return "".join(one.job_id for one in members)


def test_each_failure_is_held_by_what_covers_it_and_no_other() -> None:
    silence = Silence("1", NOW + HOUR_MS, "known", "mara", job="a-*")
    standing = stand(NEW, LABELLED, NOW + 10, Steering((silence,), lambda _: 1))
    assert (ids(standing.due), ids(standing.held)) == ("a", "bcd")
    assert standing.hold is not None
    assert (standing.hold.until, standing.hold.may_end_early) == (silence.until, True)


def test_a_label_asks_for_so_many_runs_of_its_own_job() -> None:
    counted = {"patient": 3, "payroll": 9}
    standing = stand(NEW, LABELLED, NOW + 10, Steering((), lambda job: counted.get(job.name, 0)))
    assert ids(standing.held) == "c"


def test_those_below_the_minimum_are_not_due_and_not_reported() -> None:
    standing = stand(NEW, jobs(2, ended=True) + LABELLED[:1], NOW, minimum=Severity.CRITICAL)
    assert ids(standing.due) == "job-2a"  # a parent is as severe as what it sums up
    assert standing.tally.failed == 3


def test_what_is_held_too_long_is_given_up_with_all_that_the_same_holds() -> None:
    silence = Silence("1", NOW + 99 * DAY_MS, "known", "mara")
    members = [member("a"), member("b", at=NOW + 5 * DAY_MS)]
    for days, due in ((29, ""), (30, "ab")):
        standing = stand(NEW, members, NOW + days * DAY_MS, Steering((silence,), lambda _: 1))
        assert ids(standing.due) == due
    assert LONGEST_HOLD_MS < 30 * DAY_MS


def test_what_failed_before_a_success_is_not_counted_again() -> None:
    job = job_of(FAILURE, member("job-0"))
    incident = replace(TOLD, recovered={job.key: NOW + 10})
    standing = stand(incident, [member("job-0"), member("late"), member("new", at=NOW + 20)])
    assert ids(standing.shown) == "latenew"  # one that comes late is still reported


def test_an_array_counts_all_its_children_whatever_succeeds() -> None:
    child = replace(FAILURE, kind=Kind.ARRAY_CHILD, job_id="arr:0", array_index=0)
    incident = replace(TOLD, first=child, recovered={"": NOW + DAY_MS})
    assert ids(stand(incident, jobs(3)).shown) == "job-0job-1job-2"


@pytest.mark.parametrize(("after", "waits"), [(CLOSE_AFTER_MS - 1, True), (CLOSE_AFTER_MS, False)])
def test_it_waits_for_the_next_run_for_two_weeks(after: int, waits: bool) -> None:
    assert stand(TOLD, jobs(1)).waits_for_a_run(NOW + after) is waits


# ---- Words about the past ------------------------------------------------------------------------


def run(job_id: str, ended: float, lasted: float = 1, *, good: bool = False) -> Run:
    """Make a run that ended some minutes from now."""
    at = NOW + round(ended * MINUTE_MS)
    return Run(job_id, at - round(lasted * MINUTE_MS), at, good)


def success(ended: float, name: str = "nightly") -> Success:
    at = NOW + round(ended * MINUTE_MS)
    return Success(name, at - MINUTE_MS, at, "good")


ROWS: dict[str, tuple[list[Run], list[Success], tuple[int, int, bool]]] = {
    "none": ([], [], (0, 0, False)),
    "one": ([run("a", 0)], [], (1, 1, False)),
    "three in a row": ([run("c", 20), run("a", 0), run("b", 10)], [], (3, 3, False)),
    "four at once": ([run(name, n / 10, 5) for n, name in enumerate("abcd")], [], (4, 1, False)),
    "four at once, twice": (
        [run(f"{name}{at}", at + n / 10, 5) for n, name in enumerate("abcd") for at in (0, 60)],
        [], (8, 2, False),
    ),
    "a success between": ([run("a", 0), run("b", 10)], [success(5)], (1, 1, True)),
    "a success that is remembered": (
        [run("a", 0), run("s", 5, good=True), run("b", 10)], [], (1, 1, True),
    ),
    "a success after all": ([run("a", 0), run("b", 10)], [success(15)], (2, 2, False)),
    "parts of one array": ([run("a", 0), run("a", 9, 2), run("a", 20, 20)], [], (1, 1, False)),
}  # fmt: skip


@pytest.mark.parametrize("name", ROWS)
def test_runs_in_a_row(name: str) -> None:
    runs, successes, wanted = ROWS[name]
    row = row_of(runs, successes)
    assert (row.failed, row.length, row.has_failed_before) == wanted


HELD = replace(NEW, hold="held")
AGAIN = Row(1, 1, NOW, after=NOW - HOUR_MS, has_failed_before=True)
NOVELTY: dict[str, tuple[Incident, list[Member], Row | None, str]] = {
    "new": (NEW, jobs(1), Row(1, 1), "first time"),
    "new, four at once": (NEW, jobs(4), Row(4, 1), "first time"),
    "nobody could tell": (NEW, jobs(1), None, ""),
    "new here, but not the first": (NEW, jobs(1), Row(3, 3), "3rd in a row"),
    "told, grown": (TOLD, jobs(3), Row(3, 3), "3rd in a row"),
    "told, grown at once": (TOLD, jobs(3), Row(3, 1), ""),
    "after a success": (TOLD, jobs(2), AGAIN, "back again"),
    "only the end of it": (TOLD, [*jobs(1), member("p", Role.PARENT)], Row(1, 1), ""),
    "held, one": (HELD, jobs(1), Row(1, 1), "first time"),
    "held, some": (HELD, jobs(1_204), Row(1_204, 1), "1,204 on hold since 11:06"),
}  # fmt: skip


@pytest.mark.parametrize("name", NOVELTY)
def test_novelty(name: str) -> None:
    incident, members, row, said = NOVELTY[name]
    assert novelty(stand(incident, members), row) == said


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (None, NOT_YET),
        (Row(1, 1), "first failure of this kind since deployment"),
        (Row(2, 2), "failed for the 2nd time in a row"),
        (AGAIN, "failed again 1 h after it recovered"),
    ],
)
def test_the_reason_says_what_is_known_of_the_past(row: Row | None, said: str) -> None:
    standing = stand(NEW, jobs(1))
    assert reason_of(decide(NEW, NOW, standing), standing, row) == said


# ---- Recovery ------------------------------------------------------------------------------------

TWO_JOBS = [member("a"), member("b", at=NOW + MINUTE_MS, name="weekly")]


def recovered(members: list[Member], successes: list[Success]) -> list[str]:
    found = open_jobs(NEW, members)
    by_key = {
        job.key: [one for one in successes if stable_name(one.name) == job.stable] for job in found
    }
    return [one.job.name for one in recoveries(found, by_key)]


def test_each_job_recovers_by_itself_after_its_newest_failure() -> None:
    assert recovered(TWO_JOBS, [success(9)]) == ["nightly"]
    assert recovered(TWO_JOBS, [success(9), success(9, "weekly")]) == ["nightly", "weekly"]
    assert recovered(TWO_JOBS, [success(1.5, "weekly")]) == []  # it began before the failure
    assert recovered([member("a", name="load-2026-11-18")], [success(9, "load-2026-11-19")])


def test_dependents_and_reported_recoveries_are_not_asked_for() -> None:
    assert [job.name for job in open_jobs(NEW, [*jobs(1), *jobs(0, 2)])] == ["nightly"]
    [job] = open_jobs(NEW, jobs(1))
    assert open_jobs(replace(NEW, recovered={job.key: NOW}), jobs(1)) == {}


def test_a_success_between_two_failures_is_remembered() -> None:
    found = open_jobs(NEW, [member("a"), member("b", at=NOW + HOUR_MS)])
    [job] = found
    assert relapsed(found, {job.key: [success(30)]}) == {job.key: NOW + 29 * MINUTE_MS}
    assert relapsed(found, {job.key: [success(90)]}) == {}


@pytest.mark.parametrize(
    ("row", "members", "said"),
    [
        (Row(3, 3, NOW - DAY_MS), jobs(1), "after 1 d, 3 failed runs"),
        (Row(1, 1, NOW), jobs(1), "after 6 min, 1 failed run"),
        (Row(), jobs(4), "after 6 min, 4 failed runs"),
        (Row(), [member("arr:1", index=1), member("arr:2", index=2)], "after 6 min, 1 failed run"),
    ],
)
def test_how_long_it_took(row: Row, members: list[Member], said: str) -> None:
    recovery = Recovery(tuple(members), job_of(FAILURE, members[0]), success(6))
    assert took(recovery, row, NOW) == said


# ---- What is stored ------------------------------------------------------------------------------


def test_a_message_marks_what_it_reported() -> None:
    leased = replace(HELD, lease_until=NOW + 1, due=7)
    told = leased.after_message(jobs(2, 1), NOW + 9)
    assert (told.reported_at, told.hold, told.lease_until, told.due) == (NOW + 9, "", 0, 7)
    assert [told.has_reported(one) for one in jobs(4)] == [True, True, True, False]


def test_marks_of_children_are_short() -> None:
    every = [f"7a71:{n}" for n in range(10_000) if n % 100] + ["7a71", "7a71#2", "b"]
    packed = marks.pack(frozenset(map(mark, every)))
    assert sum(map(len, packed.values())) < 2_000
    assert marks.unpack(packed) == frozenset(map(mark, every))


def test_claiming_it_leases_it() -> None:
    assert NEW.claimed(NOW) == replace(NEW, lease_until=NOW + LEASE_MS)


@pytest.mark.parametrize(
    ("names", "same"),
    [
        (("load-2026-11-18", "load-2026-11-19", "LOAD-20261119"), True),
        (("run_7f3a9c21", "run_0b4e8d77"), True),
        (("etl-0c5e1f2a-1111-4222-8333-444455556666", "etl-9a5e1f2a-1111-4222-8333-4444555566ff"),
         True),
        (("part-1-of-9", "part-2-of-9"), True),
        (("nightly", "weekly"), False),
        (("load-2026", "unload-2026"), False),
        (("decade", "facade"), False),
    ],
)  # fmt: skip
def test_a_job_is_its_name_without_what_differs_in_each_run(
    names: tuple[str, ...], same: bool
) -> None:
    assert (len({stable_name(name) for name in names}) == 1) is same


QUEUE = f"{ARN}:job-queue/other"
KEYS: dict[str, tuple[dict[str, Any], str, tuple[str, ...], bool]] = {
    "another run": ({"job_id": "b", "event_id": "e2", "exit_code": 9}, "app-exit-1", (), True),
    "another revision": (
        {"definition_arn": f"{ARN}:job-definition/load:4"}, "app-exit-1", (), True,
    ),
    "another name": ({"job_name": "weekly"}, "app-exit-1", (), True),
    "another cause": ({}, "oom-container", (), False),
    "another queue": ({"queue_arn": QUEUE}, "app-exit-1", (), False),
    "another definition": (
        {"definition_arn": f"{ARN}:job-definition/loads:3"}, "app-exit-1", (), False,
    ),
    "another cause, not asked for": ({}, "oom-container", ("queue",), True),
    "another queue, not asked for": ({"queue_arn": QUEUE}, "app-exit-1", ("cause",), True),
    "another name, asked for": ({"job_name": "weekly"}, "app-exit-1", ("job",), False),
    "a drill of it": ({"is_drill": True}, "app-exit-1", (), False),
    "an array child with its id": (
        {"kind": Kind.ARRAY_CHILD, "job_id": "7a71:3"}, "app-exit-1", (), False,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", KEYS)
def test_which_failures_are_one_incident(name: str) -> None:
    changed, cause, group_by, same = KEYS[name]
    labels = group_by or ("queue", "definition", "cause")
    key = fingerprint(FAILURE, "app-exit-1", labels)
    assert (fingerprint(replace(FAILURE, **changed), cause, labels) == key) is same
    assert len(key) == 16
    assert int(key, 16)


def test_group_by_means_the_same_in_any_order() -> None:
    keys = {
        fingerprint(FAILURE, "app-exit-1", labels)
        for labels in (("cause", "queue"), ("queue", "cause"))
    }
    assert len(keys) == 1


@pytest.mark.parametrize(
    ("kinds", "ids"),
    [
        ((Kind.ARRAY_CHILD, Kind.ARRAY_CHILD, Kind.ARRAY_PARENT), ("a:0", "a:9999", "a")),
        ((Kind.NODE, Kind.NODE, Kind.MULTI_NODE), ("a#0", "a#1", "a")),
    ],
)
def test_a_family_is_one_incident_whatever_its_causes(
    kinds: tuple[Kind, ...], ids: tuple[str, ...]
) -> None:
    keys = {
        fingerprint(replace(FAILURE, kind=kind, job_id=one), f"cause-of-{one}")
        for kind, one in zip(kinds, ids, strict=True)
    }
    assert len(keys) == 1
    assert {root_of(one) for one in ids} == {"a"}


IDENTITIES: dict[str, tuple[Failure, dict[str, Any], bool]] = {
    "a job, delivered again": (
        FAILURE, {"event_id": "e2", "event_time": "2026-11-18T12:00:00Z"}, True,
    ),
    "another job": (FAILURE, {"job_id": "b"}, False),
    "a queue blocked again": (
        replace(FAILURE, kind=Kind.QUEUE_BLOCKED), {"event_time": "2026-11-18T12:00:00Z"}, False,
    ),
    "a blocked queue, delivered again": (
        replace(FAILURE, kind=Kind.QUEUE_BLOCKED), {"event_id": "e2"}, True,
    ),
    "a drill again": (replace(FAILURE, is_drill=True), {"event_id": "e2"}, False),
    "a drill, delivered again": (replace(FAILURE, is_drill=True), {}, True),
    "two that cannot be read": (
        replace(FAILURE, kind=Kind.UNREADABLE, job_id=""), {"event_id": "e2"}, False,
    ),
    "a resource that cannot be made, nor deleted": (
        replace(FAILURE, kind=Kind.ENVIRONMENT, status="CREATE_FAILED"),
        {"status": "DELETE_FAILED"}, False,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", IDENTITIES)
def test_which_deliveries_are_one_failure(name: str) -> None:
    failure, changed, same = IDENTITIES[name]
    assert (identity(replace(failure, **changed)) == identity(failure)) is same
