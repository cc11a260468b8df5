"""Events that anyone may put on the bus, and events that are no events."""

from __future__ import annotations

import copy
from typing import Any

import boto3
import pytest

from notifier.aws.ledger import IncidentLedger
from notifier.text.units import MINUTE_MS
from tests import incident_table
from tests.attacks.forged import DAY, MUTE, drill, named_after, of_failures, real
from tests.simulation import START_MS, Simulation, failed

NONCE = "0123456789abcdef" * 2


def beat(nonce: object) -> dict[str, Any]:
    return {
        "source": "batch-notifier.heartbeat.batch-notifier",
        "detail-type": "Batch Notifier Heartbeat",
        "detail": {"at": START_MS, "nonce": nonce},
    }


def counts(world: Simulation, what: str) -> int:
    return world.journal.counts().count(what)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "nonce",
    ["", "f" * 32, NONCE.upper(), NONCE[:-1], f"{NONCE}\n", "*", None, 0, [NONCE], {"S": NONCE},
     "all", "alerts", "a" * 10_000, "\u0660" * 32],
    ids=str,
)  # fmt: skip
def test_a_forged_heartbeat_does_not_count(nonce: object) -> None:
    world = Simulation()
    world.ledger.announce_heartbeat(NONCE)
    world.put(beat(nonce))
    world.run_until(60)
    assert (counts(world, "Heartbeat"), counts(world, "HeartbeatsForged")) == (0, 1)
    assert world.told == []


def test_a_heartbeat_that_is_sent_again_does_not_count_again() -> None:
    world = Simulation()
    world.ledger.announce_heartbeat(NONCE)
    for n in range(50):
        world.put(beat(NONCE), n * 30)
    world.run_until(DAY)
    assert (counts(world, "Heartbeat"), counts(world, "HeartbeatsForged")) == (1, 49)


def test_a_heartbeat_that_comes_after_a_quarter_of_an_hour_does_not_count(aws: None) -> None:
    incident_table.make(boto3.client("dynamodb"), "incidents")
    now = [START_MS]
    ledger = IncidentLedger("incidents", lambda: now[0])
    ledger.announce_heartbeat(NONCE)
    now[0] += 15 * MINUTE_MS
    assert not ledger.redeem_heartbeat(NONCE)


def test_a_forged_heartbeat_with_a_failure_inside_is_no_failure_and_hides_none() -> None:
    world = Simulation()
    world.put(real() | {"source": "batch-notifier.heartbeat.x"})
    world.put(real("other", second=5), 5)
    world.run_until(60)
    [told] = of_failures(world)
    assert told.document["job"]["id"] == "other"


@pytest.mark.parametrize(
    "source", ["batch-notifier.drills", "BATCH-NOTIFIER.DRILL", "aws.batch ", "", ["aws.batch"]],
    ids=str,
)  # fmt: skip
def test_an_event_of_an_unknown_source_takes_no_jobs_place(source: object) -> None:
    world = Simulation()
    forged = failed("real") | {"source": source}
    forged["detail"]["tags"] = MUTE
    world.put(forged)
    world.put(real(second=60), 60)
    world.run_until(120)
    assert named_after(world, "payroll", 60) <= 30
    assert named_after(world, "nightly", 0, "subject") <= 30  # it is reported as unreadable


@pytest.mark.parametrize(
    "detail_type", ["Batch Job Stuck", "Batch Environment Unusable", "Batch Job Queue Blocked"]
)
def test_a_drill_of_what_the_sweep_finds_hides_nothing_that_it_finds(detail_type: str) -> None:
    made = failed("real", queue="prod")
    made["detail-type"] = detail_type
    arn = made["detail"]["jobQueue"]
    made["detail"] |= {
        "status": "INVALID" if "Env" in detail_type else "RUNNABLE", "arn": arn, "name": "prod",
        "resource-type": "AWS::Batch::JobQueue", "waitingSince": START_MS, "statusReason": "x",
    }  # fmt: skip
    world = Simulation()
    world.put(drill(made, "d", MUTE))
    world.put(copy.deepcopy(made) | {"source": "batch-notifier.sweep", "id": "sweep-1"}, 60)
    world.run_until(120)
    assert named_after(world, "prod", 60) <= 30


@pytest.mark.parametrize("field", ["account", "region", "id", "time", "resources"])
@pytest.mark.parametrize(
    "value", ["999999999999", "eu-west-1", "", None, [], {}, 7, "x" * 10_000, "\x1b[2J\u202e"],
    ids=lambda value: str(value)[:12],
)  # fmt: skip
def test_an_envelope_that_lies_delays_no_failure(field: str, value: object) -> None:
    world = Simulation()
    world.put(real() | {field: value})
    world.run_until(30)
    assert named_after(world, "payroll", 0) <= 30


def test_a_thousand_nested_lists_are_reported_and_delay_nothing() -> None:
    world = Simulation()
    world.put(real())
    deep = "[" * 100_000 + "]" * 100_000
    world.failures[0].body = world.failures[0].body.replace('"tags"', f'"deep": {deep}, "tags"', 1)
    world.put(real("other", name="second", definition="s:1"))
    world.run_until(30)
    assert named_after(world, "second", 0) <= 30
    assert len(of_failures(world)) == 2
    assert world.dead == []


@pytest.mark.parametrize("path", ["tags", "dependsOn", "attempts", "container", "jobId", "status"])
@pytest.mark.parametrize(
    "value",
    [None, "x" * 10_000, ["x"] * 5_000, {"a": {"b": ["c"] * 50}}, -1, 2**80, 1e308, True,
     [[[[[[]]]]]], {"notify:severity": ["critical"]}],
    ids=lambda value: str(value)[:12],
)  # fmt: skip
def test_a_detail_of_any_shape_is_reported_somehow(path: str, value: object) -> None:
    world = Simulation()
    event = real()
    event["detail"][path] = value
    world.put(event)
    world.put(real("other", name="second", definition="s:1"))
    world.run_until(60)
    assert named_after(world, "second", 0) <= 30
    assert len(of_failures(world)) == 2
    assert world.dead == []


def test_an_array_with_ten_thousand_children_in_one_hour_is_one_incident_and_hides_none() -> None:
    world = Simulation()
    for index in range(2_000):
        world.put(failed("huge", name="huge", index=index, second=index), index)
    world.put(real(second=1_000), 1_000)
    world.run_until(2_400)
    assert named_after(world, "payroll", 1_000, "sms") <= 30
    assert len(world.told) <= 8
