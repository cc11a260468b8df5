"""When to speak of an incident, in which words, and which failures are one: as tables."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from notifier.batch.failure import Failure, Kind
from notifier.diagnosis.catalogue import Certainty, Severity
from notifier.incident.counts import Member, Role, Tally, fold
from notifier.incident.decision import FOLLOW_UP_GRACE_MS, decide, novelty
from notifier.incident.fingerprint import fingerprint, identity, root_of
from notifier.incident.incident import (
    LEASE_MS,
    LONGEST_EPISODE_MS,
    Incident,
    Intervals,
    Outcome,
    Phase,
    Place,
)
from notifier.incident.recovery import Success, recovery
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
    severity=Severity.WARNING,
    opened_at=NOW,
    interval=TERMS.interval,
)
TOLD = replace(NEW, reported_at=NOW, announced=1, due=NOW + TERMS.interval)
AGAIN = replace(NEW, episode=2, before=Phase.CLOSED, phase_at=NOW - HOUR_MS)


def member(job_id: str, role: Role = Role.FAILED, at: int = NOW, name: str = "nightly") -> Member:
    return Member(job_id, role, "app-exit-1", at, name)


def tally(failed: int, dependents: int = 0, *, ended: bool = False) -> Tally:
    roles = [Role.FAILED] * failed + [Role.DEPENDENT] * dependents + [Role.PARENT] * ended
    return fold(member(f"job-{n}", role) for n, role in enumerate(roles))


ON_ITS_WAY = "its follow-up is due and reports what is new"
NEVER_SEEN = "first failure of this kind since deployment"
# What it is, what has failed (None: not counted yet), after how long, and what is said of it.
UNCOUNTED = None
WHEN_A_FAILURE_COMES: dict[str, tuple[Incident, Tally | None, int, Outcome, bool, str]] = {
    "new, not counted": (NEW, UNCOUNTED, 0, Outcome.FIRST, True, NEVER_SEEN),
    "new, counted": (NEW, tally(1), 0, Outcome.FIRST, True, NEVER_SEEN),
    "new, a parent alone": (
        NEW, tally(0, ended=True), 0, Outcome.FIRST, True, NEVER_SEEN,
    ),
    "new, nothing counted": (NEW, tally(0), 0, Outcome.QUIET, False, "nothing new"),
    "untold for long": (NEW, tally(4), DAY_MS, Outcome.FIRST, True, NEVER_SEEN),
    "told just now": (
        TOLD, UNCOUNTED, 1_000, Outcome.QUIET, False,
        "reported 1 s ago; the next digest has what is new",
    ),
    "told, an interval ago less a moment": (
        TOLD, tally(2), TERMS.interval - 1, Outcome.QUIET, False,
        "reported 5 min ago; the next digest has what is new",
    ),
    "told, its follow-up just due": (
        TOLD, UNCOUNTED, TERMS.interval, Outcome.QUIET, False, ON_ITS_WAY,
    ),
    "told, its follow-up late": (
        TOLD, tally(2), TERMS.interval + FOLLOW_UP_GRACE_MS, Outcome.REPEAT, True,
        "failed again 6 min after the last alert",
    ),
    "told, its follow-up far away": (
        replace(TOLD, due=NOW + HOUR_MS), tally(2), TERMS.interval, Outcome.REPEAT, True,
        "failed again 5 min after the last alert",
    ),
    "told, days ago": (
        TOLD, UNCOUNTED, 2 * DAY_MS, Outcome.REPEAT, True, "failed again 2 d after the last alert",
    ),
    "told, delivered again": (TOLD, tally(1), HOUR_MS, Outcome.QUIET, False, "nothing new"),
    "being told": (
        replace(TOLD, lease_until=NOW + LEASE_MS), UNCOUNTED, LEASE_MS - 1, Outcome.QUIET, False,
        "another invocation is sending it",
    ),
    "a lease that ended, new": (
        replace(NEW, lease_until=NOW + LEASE_MS), UNCOUNTED, LEASE_MS, Outcome.FIRST, True,
        NEVER_SEEN,
    ),
    "recovered just now": (
        replace(TOLD, phase=Phase.RECOVERED, phase_at=NOW), tally(2), 10_000, Outcome.QUIET, False,
        "reported 10 s ago; the next digest has what is new",
    ),
    "recovered meanwhile": (
        replace(TOLD, phase=Phase.RECOVERED, phase_at=NOW), tally(2), HOUR_MS, Outcome.REPEAT, True,
        "failed again 1 h after it recovered",
    ),
    "recovered, delivered again": (
        replace(TOLD, phase=Phase.RECOVERED), tally(1), HOUR_MS, Outcome.QUIET, False,
        "nothing new",
    ),
    "closed meanwhile": (
        replace(TOLD, phase=Phase.CLOSED, phase_at=NOW), tally(2), HOUR_MS, Outcome.REPEAT, True,
        "failed again 1 h after it was closed without a success",
    ),
    "another episode after it was closed": (
        AGAIN, tally(1), 0, Outcome.REPEAT, True,
        "failed again 1 h after it was closed without a success",
    ),
    "another episode after a recovery": (
        replace(AGAIN, before=Phase.RECOVERED), UNCOUNTED, 0, Outcome.REPEAT, True,
        "failed again 1 h after it recovered",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", WHEN_A_FAILURE_COMES)
def test_when_a_failure_comes(name: str) -> None:
    incident, counted, after, outcome, speaks, reason = WHEN_A_FAILURE_COMES[name]
    decision = decide(incident, NOW + after, TERMS, counted)
    assert (decision.outcome, decision.speaks, decision.reason) == (outcome, speaks, reason)


CLOSE = TERMS.close_after
TOOK = "after 10 min, 2 failed runs"
WHEN_ITS_TIME_COMES: dict[str, tuple[Incident, Tally, int, str, Outcome, bool, str]] = {
    "grown": (
        TOLD, tally(5), TERMS.interval, "", Outcome.GREW, True,
        "more failures since the alert 5 min ago",
    ),
    "grown by a dependent": (
        TOLD, tally(1, 1), TERMS.interval, "", Outcome.GREW, True,
        "more failures since the alert 5 min ago",
    ),
    "grown, looked at too early": (
        TOLD, tally(5), TERMS.interval - 1, "", Outcome.QUIET, False,
        "reported 5 min ago; the next digest has what is new",
    ),
    "grown and ended": (
        TOLD, tally(5, ended=True), TERMS.interval, "", Outcome.CLOSED, True,
        "the whole job has finished",
    ),
    "ended and not grown": (
        TOLD, tally(1, ended=True), TERMS.interval, "", Outcome.CLOSED, True,
        "the whole job has finished",
    ),
    "ended after a quiet interval": (
        TOLD, tally(1, ended=True), HOUR_MS, "", Outcome.CLOSED, True,
        "the whole job has finished",
    ),
    "its end was told": (
        replace(TOLD, ended=True), tally(1, ended=True), HOUR_MS, "", Outcome.QUIET, False,
        "nothing new",
    ),
    "nothing new": (TOLD, tally(1), TERMS.interval, "", Outcome.QUIET, False, "nothing new"),
    "nothing new for almost a day": (
        TOLD, tally(1), CLOSE - 1, "", Outcome.QUIET, False, "nothing new",
    ),
    "nothing new for a day": (
        TOLD, tally(1), CLOSE, "", Outcome.CLOSED, False, "no new failure for 1 d",
    ),
    "never told, its jobs forgotten": (
        NEW, tally(0), CLOSE, "", Outcome.CLOSED, False, "no new failure for 1 d",
    ),
    "over long ago": (
        replace(TOLD, phase=Phase.RECOVERED), tally(1), 9 * DAY_MS, "", Outcome.QUIET, False,
        "nothing new",
    ),
    "held back until now": (
        replace(NEW, held_reason="held", held_since=NOW), tally(3), HOUR_MS, "",
        Outcome.FIRST, True,
        NEVER_SEEN,
    ),
    "recovered": (TOLD, tally(1), HOUR_MS, TOOK, Outcome.RECOVERED, True, TOOK),
    "recovered and grown": (TOLD, tally(7), HOUR_MS, TOOK, Outcome.RECOVERED, True, TOOK),
    "recovered before it was told": (NEW, tally(1), HOUR_MS, TOOK, Outcome.RECOVERED, False, TOOK),
    "recovered before": (
        replace(TOLD, phase=Phase.RECOVERED), tally(1), HOUR_MS, TOOK, Outcome.QUIET, False,
        "nothing new",
    ),
    "recovered while it is being told": (
        replace(TOLD, lease_until=NOW + 1), tally(1), 0, TOOK, Outcome.QUIET, False,
        "another invocation is sending it",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", WHEN_ITS_TIME_COMES)
def test_when_its_time_comes(name: str) -> None:
    incident, counted, after, took, outcome, speaks, reason = WHEN_ITS_TIME_COMES[name]
    decision = decide(incident, NOW + after, TERMS, counted, took, following_up=True)
    assert (decision.outcome, decision.speaks, decision.reason) == (outcome, speaks, reason)


CHILD = replace(FAILURE, kind=Kind.ARRAY_CHILD, job_id="7a71:3", array_index=3)
HELD = replace(NEW, held_reason="held", held_since=NOW)
NOVELTY: dict[str, tuple[Incident, Tally, str]] = {
    "new": (NEW, tally(1), "first time"),
    "new, two at once": (NEW, tally(2), "2nd in a row"),
    "new array": (replace(NEW, first=CHILD), tally(40), "first time"),
    "new, with dependents": (NEW, tally(1, 5), "first time"),
    "told, grown": (TOLD, tally(3), "3rd in a row"),
    "told array, grown": (replace(TOLD, first=CHILD), tally(40), ""),
    "another episode after it was closed": (replace(AGAIN, streak=11), tally(1), "12th in a row"),
    "another array episode after it was closed": (replace(AGAIN, first=CHILD), tally(3), ""),
    "another episode after a recovery": (
        replace(AGAIN, before=Phase.RECOVERED), tally(2), "back again",
    ),
    "that episode, grown": (
        replace(TOLD, episode=2, before=Phase.RECOVERED), tally(2), "2nd in a row",
    ),
    "recovered meanwhile": (
        replace(TOLD, phase=Phase.RECOVERED, streak=-1), tally(2), "back again",
    ),
    "then grown": (replace(TOLD, streak=-1), tally(3), "2nd in a row"),
    "held, one": (HELD, tally(1), "first time"),
    "held, some": (HELD, tally(1_204), "1,204 on hold since 11:06"),
    "held, after some were told": (
        replace(HELD, reported_at=NOW, announced=3), tally(5), "2 on hold since 11:06",
    ),
    "held, recovered meanwhile": (
        replace(HELD, phase=Phase.RECOVERED, reported_at=NOW), tally(1), "back again",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", NOVELTY)
def test_novelty(name: str) -> None:
    incident, counted, said = NOVELTY[name]
    assert novelty(incident, counted) == said


def success(name: str = "nightly", began: int = 60, took: int = 300) -> Success:
    start = NOW + began * 1_000
    return Success(name, start, start + took * 1_000)


TWO_NAMES = fold([member("a"), member("b", at=NOW + MINUTE_MS, name="weekly")])
FAMILY = fold(
    [member("7a71:1", name=""), member("7a71:2", at=NOW + HOUR_MS, name="")]
)  # fmt: skip
RECOVERY: dict[str, tuple[Incident, Tally, list[Success], str]] = {
    "no success": (TOLD, tally(1), [], ""),
    "a success": (TOLD, tally(1), [success()], "after 6 min, 1 failed run"),
    "of three runs": (TOLD, tally(3), [success()], "after 6 min, 3 failed runs"),
    "of runs in earlier episodes too": (
        replace(TOLD, streak=1_233), tally(1), [success()], "after 6 min, 1,234 failed runs",
    ),
    "in another case": (TOLD, tally(1), [success("NightLy")], "after 6 min, 1 failed run"),
    "of another job": (TOLD, tally(1), [success("weekly")], ""),
    "that began before the failure": (TOLD, tally(1), [success(began=-1)], ""),
    "that began with the failure": (TOLD, tally(1), [success(began=0)], ""),
    "the first of three ends it, in any order": (
        TOLD, tally(1), [success(began=600), success(), success(began=900)],
        "after 6 min, 1 failed run",
    ),
    "one of two": (TOLD, TWO_NAMES, [success(began=120)], ""),
    "both, and the last of them ends it": (
        TOLD, TWO_NAMES, [success(), success("weekly", began=120)], "after 7 min, 2 failed runs",
    ),
    "each after its own failure": (
        TOLD, TWO_NAMES, [success(began=1), success("weekly", began=59)], "",
    ),
    "dependents are not asked for": (
        TOLD, fold([member("a"), member("b", Role.DEPENDENT, NOW + DAY_MS, "report")]),
        [success()], "after 6 min, 1 failed run",
    ),
    "an array goes by its own name": (
        replace(TOLD, first=CHILD), FAMILY, [success(began=3_601)], "after 1 h 5 min",
    ),
    "an array, before its last child failed": (
        replace(TOLD, first=CHILD), FAMILY, [success(began=3_600)], "",
    ),
    "nothing counted": (TOLD, tally(0), [success()], ""),
    "the second in one episode": (
        replace(TOLD, streak=-1, phase_at=NOW + MINUTE_MS),
        fold([member("a"), member("b", at=NOW + HOUR_MS)]),
        [success(began=3_660)], "after 6 min, 1 failed run",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", RECOVERY)
def test_recovery(name: str) -> None:
    incident, counted, successes, said = RECOVERY[name]
    assert recovery(incident, counted, successes) == said


@pytest.mark.parametrize("outcome", [Outcome.FIRST, Outcome.GREW, Outcome.REPEAT, Outcome.CLOSED])
def test_telling_it_remembers_what_was_told(outcome: Outcome) -> None:
    leased = replace(HELD, lease_until=NOW + 1, phase=Phase.RECOVERED, phase_at=7, streak=4)
    told = leased.reported(outcome, tally(2, 1, ended=True), NOW + 9, due=NOW + 99)
    assert told == replace(
        NEW,
        phase_at=7,
        reported_at=NOW + 9,
        announced=3,
        failed=2,
        ended=True,
        streak=4,
        due=NOW + 99,
    )


def test_telling_of_a_recovery_ends_the_episode_and_the_streak() -> None:
    told = replace(TOLD, streak=5).reported(Outcome.RECOVERED, tally(3, 2), NOW + 9, due=NOW + 99)
    assert (told.phase, told.phase_at, told.announced) == (Phase.RECOVERED, NOW + 9, 5)
    assert told.streak + tally(3, 2).failed == 0
    assert not told.is_over  # its last follow-up still comes
    assert replace(told, due=0).is_over


@pytest.mark.parametrize(
    ("age", "phase"), [(LONGEST_EPISODE_MS - 1, Phase.OPEN), (LONGEST_EPISODE_MS, Phase.CLOSED)]
)
def test_an_episode_is_closed_before_its_jobs_are_forgotten(age: int, phase: Phase) -> None:
    told = TOLD.reported(Outcome.GREW, tally(9), NOW + age, due=0)
    assert told.phase is phase
    assert told.phase_at == (NOW + age if phase is Phase.CLOSED else 0)


def test_claiming_it_leases_it() -> None:
    assert NEW.claimed(NOW) == replace(NEW, lease_until=NOW + LEASE_MS)


def test_what_is_kept_back_remembers_the_last_reason_since_the_first() -> None:
    once = replace(NEW, lease_until=NOW + 1).held_back("muted", NOW)
    assert once == replace(NEW, held_reason="muted", held_since=NOW)
    twice = once.held_back("silenced", NOW + HOUR_MS)
    assert (twice.held_reason, twice.held_since) == ("silenced", NOW)


def test_it_ends_without_a_word() -> None:
    ended = replace(TOLD, lease_until=NOW + 1, streak=3).finished(Phase.CLOSED, tally(2), NOW + 9)
    assert ended == replace(
        TOLD, phase=Phase.CLOSED, phase_at=NOW + 9, announced=2, failed=2, streak=3
    )
    silenced = replace(NEW, held_reason="muted", held_since=NOW)
    over = silenced.finished(Phase.RECOVERED, tally(2), NOW + 9)
    assert (over.announced, over.held_reason, over.held_since) == (2, "", 0)


@pytest.mark.parametrize(
    ("phase", "due", "is_over"),
    [
        (Phase.OPEN, 0, False),
        (Phase.OPEN, NOW, False),
        (Phase.CLOSED, NOW, False),
        (Phase.CLOSED, 0, True),
        (Phase.RECOVERED, 0, True),
    ],
)
def test_it_is_over_once_its_last_follow_up_was(phase: Phase, due: int, is_over: bool) -> None:
    assert replace(TOLD, phase=phase, due=due).is_over is is_over


def test_another_episode_goes_on_with_the_streak_and_nothing_else() -> None:
    closed = replace(
        TOLD,
        announced=9,
        failed=3,
        streak=2,
        interval=HOUR_MS,
        ended=True,
        phase=Phase.CLOSED,
        phase_at=5,
    )
    closed = replace(closed, version=7)
    again = NEW.after(closed)
    assert again == replace(NEW, episode=2, before=Phase.CLOSED, phase_at=5, streak=5, version=7)
    assert again.place == Place(NEW.key, 2)


def test_after_a_recovery_the_streak_begins_anew_told_or_not() -> None:
    told = replace(TOLD, streak=5).reported(Outcome.RECOVERED, tally(3, 2), NOW, due=0)
    untold = replace(AGAIN, streak=5).finished(Phase.RECOVERED, tally(3), NOW)
    assert (NEW.after(told).streak, NEW.after(untold).streak) == (0, 0)


def test_dependents_are_no_runs_that_failed() -> None:
    recovered = TOLD.reported(Outcome.RECOVERED, tally(1, 2), NOW, due=0)
    back = recovered.reported(Outcome.REPEAT, tally(2, 2), NOW, due=0)
    assert recovery(back, tally(2, 2), [success()]) == "after 6 min, 1 failed run"
    closed = TOLD.reported(Outcome.GREW, tally(1, 2), NOW, due=0)
    assert novelty(NEW.after(closed.finished(Phase.CLOSED, tally(1, 2), NOW)), tally(1)) == (
        "2nd in a row"
    )


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
