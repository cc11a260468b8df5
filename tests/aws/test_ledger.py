"""The ledger, in memory and on DynamoDB: one contract."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from itertools import product
from typing import Any

import boto3
import pytest

from notifier.aws import ledger as ledger_module
from notifier.aws import table as table_module
from notifier.aws.items import state_key
from notifier.aws.ledger import IncidentLedger
from notifier.batch.failure import Failure, Kind, LogStream
from notifier.diagnosis.catalogue import Certainty, Severity
from notifier.incident.counts import Member, Role, fold
from notifier.incident.incident import Incident, Place
from notifier.incident.marks import mark
from notifier.incident.rate_limit import RateState, sending
from notifier.incident.recovery import Run
from notifier.incident.silence import Silence
from notifier.incident.sweep_position import Progress, SweepPosition
from notifier.ports.service_error import ErrorKind, ServiceError
from notifier.text.units import DAY_MS, MINUTE_MS
from tests import incident_table
from tests.fakes import FakeLedger
from tests.interleaving import Turns, watched
from tests.properties.test_conservation import Rivals
from tests.simulation import START_MS, Simulation, failed
from workbench.inbox.simulation import MemoryLedger

TABLE = "incidents"
NOW = START_MS
SECRET = "hunter2-correct-horse"
FIRST = Failure(
    kind=Kind.ARRAY_CHILD,
    job_id="7a71:3",
    job_name="align",
    event_id="e1",
    event_time="2026-11-18T11:06:40Z",
    account="111122223333",
    region="eu-west-1",
    queue_arn="arn:aws:batch:eu-west-1:111122223333:job-queue/etl",
    definition_arn="arn:aws:batch:eu-west-1:111122223333:job-definition/align:3",
    array_index=0,
    vcpus=2.0,
    memory_mib=4096,
    tags=(("notify:owner", "genomics"),),
)
INCIDENT = Incident(
    key="5f2c8d1e9b7a4630",
    first=FIRST,
    cause="oom-container",
    certainty=Certainty.CERTAIN,
    opened_at=NOW,
    interval=5 * MINUTE_MS,
    reported_at=NOW + 2,
    reported=frozenset(mark(f"7a71:{n}") for n in (0, 1, 2, 7)) | {mark("b")},
    reported_before=NOW - 1,
    recovered={"0f1e": NOW + 1},
    hold="silenced by mara",
    due=NOW + 4,
    lease_until=NOW + 3,
)
LOG = LogStream("/aws/batch/job", "align/default/1", "eu-west-1")
CHILD = Member("7a71:0", Role.FAILED, "oom-container", NOW, "align", 0, 137, 2, LOG)
LABELS: dict[str, Any] = {
    "label": Severity.CRITICAL, "queue": "arn:q/etl", "definition": "align:3", "owner": "genomics",
    "muted_until": NOW + 9, "after": 3, "error": "KeyError: <text>",
    "ignored": "notify:after=x (expected: a number)",
}  # fmt: skip
MEMBERS = (
    CHILD,
    Member("7a71:1", Role.FAILED, "app-exit-1", NOW + 1, index=1, exit_code=0, assumed=True),
    Member("b", Role.DEPENDENT, "dependent-job-failed", NOW + 2, "merge", **LABELS),
    Member("7a71", Role.PARENT, "array-child-failed", NOW + 3, size=10_000, failed=312),
)
SENT = sending(NOW, "etl", "align", is_critical=True)
HERE, OTHER = Place("5f2c8d1e9b7a4630"), Place("5f2c8d1e9b7a4631")
RUNS = (Run("7a71", NOW - 9, NOW), Run("good", NOW, NOW + 5, succeeded=True))
Either = FakeLedger | IncidentLedger | MemoryLedger


def test_every_field_of_what_is_saved_here_is_set() -> None:
    for name in {each.name for each in fields(Incident)} - {"version"}:
        assert getattr(INCIDENT, name) not in ("", 0, None, {}, frozenset()), name
    for name in (each.name for each in fields(Member)):
        assert any(getattr(one, name) not in ("", None) for one in MEMBERS), name


def saved(ledger: Either, incident: Incident = INCIDENT) -> Incident:
    kept = ledger.save(incident)
    assert kept is not None
    return kept


class LedgerContract:
    """What the stories may rely on when they remember."""

    @pytest.fixture
    def ledger(self) -> Either:
        raise NotImplementedError

    def test_nothing_is_known_at_first(self, ledger: Either) -> None:
        seen = ledger.read(["7a71"], ["k"])
        assert (seen.places, seen.incidents, seen.silences, seen.rate_state) == (
            {},
            {},
            (),
            RateState(),
        )
        assert ledger.members(HERE) == ()
        assert ledger.held() == ()

    def test_where_the_sweep_stopped_reads_back_as_it_was_saved(self, ledger: Either) -> None:
        assert ledger.sweep_position() == SweepPosition()
        progress = {"etl": Progress(1, 2, 3, "token"), "web": Progress(4, 5)}
        ledger.save_sweep_position(SweepPosition(progress, {"job-1": 6}))
        assert ledger.sweep_position() == SweepPosition(progress, {"job-1": 6})
        ledger.save_sweep_position(SweepPosition())
        assert ledger.sweep_position() == SweepPosition()

    def test_a_heartbeat_that_was_announced_counts_once(self, ledger: Either) -> None:
        ledger.announce_heartbeat("a" * 32)
        assert not ledger.redeem_heartbeat("b" * 32)
        assert ledger.redeem_heartbeat("a" * 32)
        assert not ledger.redeem_heartbeat("a" * 32)

    def test_unconfirmed_subscriptions_come_with_every_read(self, ledger: Either) -> None:
        assert ledger.read([], []).unconfirmed == 0
        ledger.note_unconfirmed(2)
        assert ledger.read([], []).unconfirmed == 2
        ledger.note_unconfirmed(0)
        assert ledger.read([], []).unconfirmed == 0

    def test_an_incident_reads_back_as_it_was_saved(self, ledger: Either) -> None:
        plain = replace(INCIDENT, key="plain", recovered={}, reported=frozenset(), hold="")
        kept = [saved(ledger), saved(ledger, plain)]
        found = ledger.read([], [INCIDENT.key, "plain", "other"]).incidents
        assert list(found.values()) == kept
        assert kept[0] == replace(INCIDENT, version=1)

    def test_members_read_back_as_they_were_recorded(self, ledger: Either) -> None:
        ledger.record([(HERE, one) for one in MEMBERS], {"7a71": HERE, "b": HERE})
        assert set(ledger.members(HERE)) == set(MEMBERS)
        assert ledger.read(["7a71", "b", "c"], []).places == {"7a71": HERE, "b": HERE}

    def test_recorded_twice_is_as_once(self, ledger: Either) -> None:
        for _ in range(2):
            ledger.record([(HERE, one) for one in MEMBERS], {"7a71": HERE})
        tally = fold(ledger.members(HERE))
        assert (tally.failed, len(tally.dependents), tally.ended) == (2, 1, True)

    def test_incidents_are_counted_apart(self, ledger: Either) -> None:
        ledger.record([(HERE, MEMBERS[0]), (OTHER, MEMBERS[2])], {})
        assert [ledger.members(place) for place in (HERE, OTHER)] == [
            (MEMBERS[0],), (MEMBERS[2],),
        ]  # fmt: skip

    def test_runs_read_back_by_their_job(self, ledger: Either) -> None:
        assert ledger.runs("job") == ()
        for _ in range(2):
            ledger.record([], {}, [*(("job", one) for one in RUNS), ("other", RUNS[0])])
        assert set(ledger.runs("job")) == set(RUNS)
        assert ledger.runs("other") == (RUNS[0],)

    def test_many_are_recorded_and_read(self, ledger: Either) -> None:
        # More than the megabyte of a page of DynamoDB.
        name = "n" * 400
        many = [replace(CHILD, job_id=f"7a71:{n}", index=n, name=name) for n in range(2_600)]
        ledger.record([(HERE, one) for one in many], {})
        assert fold(ledger.members(HERE)).groups[0].indices == tuple(range(2_600))
        assert ledger.look(HERE)[0] is None
        kept = saved(ledger, replace(INCIDENT, key=HERE.key))
        incident, members = ledger.look(HERE)
        assert incident == kept
        assert sorted(one.job_id for one in members) == sorted(one.job_id for one in many)

    def test_many_incidents_and_places_come_with_one_read(self, ledger: Either) -> None:
        ledger.record([], {f"job-{n}": HERE for n in range(70)})
        for n in range(70):
            saved(ledger, replace(INCIDENT, key=f"key-{n}"))
        numbers = range(70)
        seen = ledger.read([f"job-{n}" for n in numbers], [f"key-{n}" for n in numbers])
        assert (len(seen.places), len(seen.incidents)) == (70, 70)

    def test_a_place_is_settled_once(self, ledger: Either) -> None:
        there = Place(OTHER.key, assumed=True)
        assert ledger.settle({"a": there}) == {"a": there}
        assert ledger.settle({"a": HERE, "b": HERE}) == {"a": there, "b": HERE}
        seen = ledger.read(["a", "b", "c"], ())
        assert seen.places == {"a": there, "b": HERE}
        assert [seen.places[root].assumed for root in "ab"] == [True, False]

    def test_many_places_are_settled(self, ledger: Either) -> None:
        wanted = {f"job-{n}": HERE for n in range(230)}
        ledger.settle({"job-7": OTHER, "job-229": OTHER})
        settled = ledger.settle(wanted)
        assert settled == wanted | {"job-7": OTHER, "job-229": OTHER}
        assert ledger.read(wanted, ()).places == settled

    def test_who_read_an_older_version_does_not_save(self, ledger: Either) -> None:
        first = saved(ledger)
        assert ledger.save(INCIDENT) is None  # though it would write the same
        second = saved(ledger, replace(first, reported_at=8))
        assert second.version == 2
        assert ledger.save(replace(first, reported_at=9)) is None
        assert ledger.save(replace(INCIDENT, reported_at=9)) is None
        assert ledger.read([], [INCIDENT.key]).incidents == {INCIDENT.key: second}

    def test_nobody_saves_a_version_that_never_was(self, ledger: Either) -> None:
        assert ledger.save(replace(INCIDENT, version=3)) is None

    def test_the_brake_is_saved_likewise(self, ledger: Either) -> None:
        before = RateState((SENT, replace(SENT, at=NOW + 1)), (SENT,), NOW + 2, NOW + 3, NOW + 4)
        rate_state = ledger.save_rate_state(before)
        assert rate_state == replace(before, version=1)
        assert ledger.save_rate_state(RateState()) is None
        assert ledger.read([], []).rate_state == rate_state

    def test_drills_have_a_brake_of_their_own(self, ledger: Either) -> None:
        ours, theirs = RateState((SENT,)), RateState((SENT, SENT), is_drill=True)
        assert [ledger.save_rate_state(one) for one in (ours, theirs)] == [
            replace(ours, version=1), replace(theirs, version=1),
        ]  # fmt: skip
        seen = ledger.read([], [])
        assert (len(seen.rate_state.alerts), len(seen.drill_rate_state.alerts)) == (1, 2)

    def test_what_is_held_stands_on_the_list_by_severity_and_age_until_it_is_released(
        self, ledger: Either
    ) -> None:
        for key, severity, since in (
            ("c", Severity.INFO, 1), ("a", Severity.INFO, 2), ("b", Severity.CRITICAL, 3),
            ("a", Severity.INFO, 2), ("drill-d", Severity.CRITICAL, 0),
        ):  # fmt: skip
            ledger.hold(key, severity, since)
        assert ledger.held() == ("b", "c", "a")
        assert ledger.held(is_drill=True) == ("drill-d",)
        ledger.release(["a", "c", "drill-d", "never-held"])
        ledger.release([])
        assert ledger.held() == ("b",)
        assert ledger.held(is_drill=True) == ()

    @pytest.mark.parametrize("order", list(product((0, 1), repeat=6)), ids=str)
    def test_of_two_rivals_one_saves(self, ledger: Either, order: tuple[int, ...]) -> None:
        """Each reads, then writes; who goes on is chosen at every call."""
        saved(ledger)
        steps = list(order)

        def rival(name: str) -> Callable[[], bool]:
            def claim() -> bool:
                port = watched_ledger(ledger, turns)
                known = port.read([], [INCIDENT.key]).incidents[INCIDENT.key]
                return port.save(replace(known, hold=name)) is not None

            return claim

        turns = Turns(lambda ready: (steps.pop() if steps else 0) % ready)
        won = turns.run([rival("one"), rival("two")])
        kept = ledger.read([], [INCIDENT.key]).incidents[INCIDENT.key]
        assert kept.version == 1 + sum(won)
        assert any(won)
        if sum(won) == 1:
            assert kept.hold == ("one" if won[0] else "two")

    @pytest.mark.parametrize("seed", range(12))
    def test_of_rival_deliveries_one_tells_and_all_are_counted(
        self, ledger: Either, seed: int
    ) -> None:
        choices = iter([(seed * 7 + n * n * 3) % 5 for n in range(10_000)])
        world = Rivals(
            ledger=ledger,  # type: ignore[arg-type]  # either will do
            choose=lambda ready: next(choices) % ready,
            split=lambda due: [list(due[n::3]) for n in range(3) if due[n::3]],
        )
        for n in range(9):
            world.put(failed(f"job-{n % 6}", second=n % 6), 0)
        world.run_until(400)
        assert [one.outcome for one in world.between(0, 299)] == ["first"]
        last = world.told[-1].document
        assert (last["counts"] or {"failed": 1})["failed"] == 6
        assert len(world.told) <= 2
        assert world.dead == []


def watched_ledger(ledger: Either, turns: Turns) -> Any:
    world = Simulation(ledger=ledger)  # type: ignore[arg-type]  # either will do
    return watched(world.ports(), turns.wait).ledger


class TestFakeLedger(LedgerContract):
    @pytest.fixture
    def ledger(self) -> FakeLedger:
        return FakeLedger()


class TestMemoryLedger(LedgerContract):
    """The one of the inbox."""

    @pytest.fixture
    def ledger(self) -> MemoryLedger:
        return MemoryLedger()


class Clock:
    """A time that tests set."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def table() -> Any:
    """The table as template.yaml makes it."""
    client = boto3.client("dynamodb")
    incident_table.make(client, TABLE)
    return client


@pytest.fixture
def real(table: Any, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> IncidentLedger:
    monkeypatch.setattr(table_module.time, "sleep", lambda _: None)
    return IncidentLedger(TABLE, clock)


class Calls:
    """Counts the calls of a ledger's client, and changes what they answer."""

    def __init__(self, ledger: IncidentLedger) -> None:
        self.made: Counter[str] = Counter()
        self._lock = threading.Lock()  # batches are written in threads
        self.change: Callable[[str, dict[str, Any]], None] = lambda name, answer: None
        self._events = ledger._table._client.meta.events
        self._events.register("after-call.dynamodb", self._after)

    def _after(self, model: Any, parsed: dict[str, Any], **_: Any) -> None:
        with self._lock:
            self.made[model.name] += 1
        self.change(model.name, parsed)


class TestIncidentLedger(LedgerContract):
    @pytest.fixture
    def ledger(self, real: IncidentLedger) -> IncidentLedger:
        return real

    def test_calls_are_as_few_as_the_service_allows(self, real: IncidentLedger) -> None:
        calls = Calls(real)
        real.record([(HERE, replace(CHILD, job_id=f"7a71:{n}")) for n in range(60)], {"7a71": HERE})
        real.read([f"job-{n}" for n in range(60)], [f"key-{n}" for n in range(60)])
        real.members(HERE)
        saved(real)
        assert calls.made == {
            "BatchWriteItem": 3, "BatchGetItem": 2, "Query": 1, "PutItem": 1,
        }  # fmt: skip

    def test_what_has_ended_is_absent_though_it_is_still_there(
        self, real: IncidentLedger, clock: Clock, table: Any
    ) -> None:
        saved(real)
        real.record([(HERE, CHILD)], {"7a71": HERE})
        real.hold("k", Severity.INFO, NOW)
        real.save_rate_state(RateState((SENT,)))
        clock.now += 401 * DAY_MS
        assert len(table.scan(TableName=TABLE)["Items"]) == 5
        seen = real.read(["7a71"], [INCIDENT.key])
        assert (seen.places, seen.incidents, seen.rate_state) == ({}, {}, RateState())
        assert real.members(HERE) == ()
        assert real.held() == ()
        assert saved(real).version == 1

    def test_a_member_ends_by_the_time_it_failed(self, real: IncidentLedger, table: Any) -> None:
        """So that a late delivery makes the very same item."""
        real.record([(HERE, replace(CHILD, index=None))], {})
        [item] = table.scan(TableName=TABLE)["Items"]
        assert int(item["expires"]["N"]) == NOW // 1000 + ledger_module.MEMBER_DAYS * 86_400

    @pytest.mark.parametrize("times", [1, 5])
    def test_what_dynamodb_leaves_undone_is_asked_for_again(
        self, real: IncidentLedger, times: int
    ) -> None:
        calls, left = Calls(real), {"BatchWriteItem": times, "BatchGetItem": times}

        def leave_undone(name: str, answer: dict[str, Any]) -> None:
            if left.get(name, 0) > 0:
                left[name] -= 1
                put = {"PutRequest": {"Item": state_key("again") | {"expires": {"N": "9" * 10}}}}
                answer["UnprocessedItems"] = {TABLE: [put]}
                answer["UnprocessedKeys"] = {TABLE: {"Keys": [state_key(INCIDENT.key)]}}
                answer["Responses"] = {TABLE: []}

        saved(real)
        calls.change = leave_undone
        assert real.read([], [INCIDENT.key]).incidents
        real.record([(HERE, CHILD)], {})
        assert (calls.made["BatchGetItem"], calls.made["BatchWriteItem"]) == (1 + times, 1 + times)

    def test_what_stays_undone_is_trouble_that_may_pass(self, real: IncidentLedger) -> None:
        calls = Calls(real)
        put = {"PutRequest": {"Item": state_key("again") | {"expires": {"N": "9" * 10}}}}
        calls.change = lambda _, answer: answer.update(UnprocessedItems={TABLE: [put]})
        with pytest.raises(ServiceError) as raised:
            real.record([(HERE, CHILD)], {})
        assert raised.value.kind is ErrorKind.RETRYABLE
        assert calls.made["BatchWriteItem"] == 1 + len(table_module.PAUSES_S)

    @pytest.mark.parametrize("writer", ["", "another"])
    def test_a_retry_that_meets_its_own_write_has_saved_and_a_rivals_has_not(
        self, real: IncidentLedger, writer: str
    ) -> None:
        """botocore sends the same request again where its answer is lost."""

        def written_before(params: dict[str, Any], **_: Any) -> None:
            item = json.loads(params["body"])["Item"]
            item["writer"] = {"S": writer} if writer else item["writer"]
            boto3.client("dynamodb").put_item(TableName=TABLE, Item=item)

        real._table._client.meta.events.register("before-call.dynamodb.PutItem", written_before)
        assert (real.save(INCIDENT) is None) is bool(writer)

    def test_troubles_are_understood(self, real: IncidentLedger, table: Any) -> None:
        table.delete_table(TableName=TABLE)
        attempts: Sequence[Callable[[], object]] = (
            lambda: real.read([], ["k"]),
            lambda: real.record([(HERE, CHILD)], {}),
            lambda: real.members(HERE),
            lambda: real.save(INCIDENT),
            lambda: real.held(),
            lambda: real.silences(),
        )
        for attempt in attempts:
            with pytest.raises(ServiceError) as raised:
                attempt()
            assert raised.value.kind is ErrorKind.GONE

    def test_silences_are_one_item_that_only_one_changes_at_a_time(
        self, real: IncidentLedger, clock: Clock
    ) -> None:
        one = Silence("1", NOW + 1_000, "moving", "mara", queue="dev-*")
        two = Silence("2", NOW + 9_000, "moving", "mara", cause="app-*")
        assert real.silences() == ((), 0)
        assert real.save_silences([one, two], 0)
        assert not real.save_silences([one], 0)
        assert real.silences() == ((one, two), 1)
        assert real.read([], []).silences == (one, two)
        clock.now += 5_000
        assert real.save_silences([one, two], 1)
        assert real.silences() == ((two,), 2)

    def test_no_secret_of_a_job_is_stored(self, real: IncidentLedger, table: Any) -> None:
        event = failed("a", reason=f"Task failed: DB_PASSWORD={SECRET}", tags={"plain": SECRET})
        event["detail"] |= {"parameters": {"token": SECRET}}
        event["detail"]["container"] |= {
            "environment": [{"name": "DB_PASSWORD", "value": SECRET}],
            "command": ["run", SECRET],
            "reason": f"Error: password={SECRET}",
        }
        world = Simulation(ledger=real)  # type: ignore[arg-type]  # either will do
        world.put(event)
        world.run_until(60)
        assert world.told
        stored = json.dumps(table.scan(TableName=TABLE)["Items"])
        assert "nightly" in stored
        assert SECRET not in stored


OLD_STATE = {
    "key": "old", "cause": "oom-container", "certainty": "certain", "severity": "critical",
    "opened_at": NOW, "interval": 300_000, "episode": 2, "phase": "open", "before": "recovered",
    "phase_at": NOW - 9, "reported_at": NOW + 5, "announced": 1, "failed": 1, "due": NOW + 99,
    "held_reason": "silenced by mara", "held_since": NOW + 6, "streak": 3,
    "first": {"kind": "job", "job_id": "a", "job_name": "nightly"},
}  # fmt: skip


def test_what_the_version_before_stored_is_read(real: IncidentLedger, table: Any) -> None:
    """Its episodes were numbered, and it counted what was reported instead of marking it."""

    def put(pk: str, sk: str, body: dict[str, Any], **more: Any) -> None:
        item = {"pk": {"S": pk}, "sk": {"S": sk}, "body": {"S": json.dumps(body)}}
        table.put_item(TableName=TABLE, Item={**item, "expires": {"N": "9" * 10}, **more})

    put("incident#old", "state", OLD_STATE, version={"N": "7"})
    for episode, job_id, at in ((1, "before", NOW - 20), (2, "a", NOW), (2, "held", NOW + 6)):
        body = {"role": "failed", "cause": "oom-container", "at": at, "name": "nightly"}
        put("incident#old", f"job#{episode:04d}#{job_id}", body)
    put("job#a", "place", {"key": "old", "episode": 2, "assumed": True})
    seen = real.read(["a"], ["old"])
    incident = seen.incidents["old"]
    assert seen.places == {"a": Place("old", assumed=True)}
    members = {one.job_id: incident.has_reported(one) for one in real.members(incident.place)}
    assert members == {"before": True, "a": True, "held": False}
    assert (incident.hold, incident.due, incident.version) == ("silenced by mara", NOW + 99, 7)
    assert incident.recovered_at("any job") == NOW - 9
    assert real.save(incident) is not None
