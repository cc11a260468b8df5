"""One item that the table refuses is reported as unreadable; all others as if it were not there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import boto3
import pytest

from notifier.aws import items
from notifier.aws.ledger import IncidentLedger
from notifier.incident.counts import Member, Role
from notifier.incident.incident import Place
from notifier.incident.rate_limit import Limits
from notifier.ports.reporting import Options
from notifier.ports.service_error import ErrorKind, ServiceError
from tests import incident_table
from tests.attacks.forged import drill, named_after, of_failures, real
from tests.fakes import FakeLedger
from tests.simulation import START_MS, Simulation, failed

WIDE = "\N{GRINNING FACE}"  # four bytes in UTF-8
REFUSED = ServiceError(ErrorKind.REJECTED, "ValidationException")


def long_resource(name: str, number: int) -> dict[str, Any]:
    """Make the event of a resource whose id has 2,560 bytes."""
    detail = {
        "stack-id": f"arn:aws:cloudformation:us-east-1:111122223333:stack/s/{number}",
        "resource-type": "AWS::Batch::JobQueue",
        "logical-resource-id": name,
        "physical-resource-id": f"{WIDE * 630}{number}",
        "status-details": {"status": "CREATE_FAILED"},
    }
    kind = "CloudFormation Resource Status Change"
    made = {"source": "aws.cloudformation", "detail-type": kind, "detail": detail}
    return made | {"id": f"e{number}", "time": "2026-11-18T13:46:40Z"}


class Refusing(FakeLedger):
    """Refuses whatever holds one word, as BatchWriteItem does: all of a call, or nothing."""

    word = "poison"

    def record(self, members: Sequence[tuple[Place, Member]], *rest: Any) -> None:
        if any(self.word in f"{one.job_id}{one.name}" for _, one in members):
            raise REFUSED
        super().record(members, *rest)


@pytest.mark.parametrize("where", range(0, 100, 33))
def test_a_failure_that_the_table_refuses_is_alone(where: int) -> None:
    options = Options(limits=Limits(per_minute=1_000, per_hour=1_000))
    world = Simulation(ledger=Refusing(), options=options)
    for n in range(100):
        name = "poison" if n == where else f"name-{n:02}"
        world.put(failed(f"job-{n}", name=name, definition=f"d{n}:1"), 0)
    world.run_until(30)
    mails = "\n".join(one.texts["email"] for one in world.told)
    assert [n for n in range(100) if n != where and f"name-{n:02}" not in mails] == []
    [bad] = [one for one in world.told if one.document["cause"]["id"] == "unreadable-event"]
    assert "refused it (ValidationException)" in " ".join(bad.texts["email"].split())
    assert "poison" in bad.subject
    world.settle()
    assert world.dead == []


def test_a_flood_of_refused_failures_does_not_delay_a_critical_one() -> None:
    world = Simulation(ledger=Refusing())
    for n in range(400):
        world.put(drill(failed(f"poison-{n}"), f"p{n}"), n * 9)
        world.put(failed(f"poison-{n}", second=n * 9), n * 9)
    world.put(real(second=600), 600)
    world.run_until(3_600)
    assert named_after(world, "payroll", 600) <= 60
    assert len(world.told) <= 30 + 10 + 2 * 13  # both limits and their storm digests


class RefusingIncidents(FakeLedger):
    """Refuses the state of one incident."""

    def save(self, incident: Any) -> Any:
        if incident.first.job_name == "poison":
            raise REFUSED
        return super().save(incident)


def test_an_incident_that_the_table_refuses_is_alone() -> None:
    world = Simulation(ledger=RefusingIncidents())
    world.put(failed("bad", name="poison", definition="a:1", tags={"notify:severity": "critical"}))
    world.put(real())
    world.run_until(30)
    assert named_after(world, "payroll", 0) <= 30
    world.run_until(3_600)
    assert any("poison" in one.texts["email"] for one in world.told)


def test_messages_without_the_table_know_the_rate_limit() -> None:
    world = Simulation()
    world.ledger.troubles = [ServiceError(ErrorKind.RETRYABLE, "down")] * 10_000
    for n in range(40):
        world.put(failed(f"job-{n}", name=f"name-{n:02}", definition=f"d{n}:1"), n * 11)
    world.run_until(1_200)
    at = [one.at for one in world.told]
    assert all(sum(start <= other < start + 60_000 for other in at) <= 5 for start in at)
    world.run_until(4_000)
    mails = "\n".join(one.texts["email"] for one in world.told)
    assert [n for n in range(40) if f"name-{n:02}" not in mails] == []
    assert world.dead == []


def test_without_the_table_drills_and_failures_are_separate_messages() -> None:
    world = Simulation()
    world.ledger.troubles = [ServiceError(ErrorKind.RETRYABLE, "down")] * 100
    world.put(real(), 0)
    world.put(drill(failed("d", name="fake"), "d"), 0)
    world.run_until(2_000)
    assert {"fake" in one.texts["email"] for one in of_failures(world)} == {False}
    assert sorted(one.subject.split()[0] for one in world.told) == ["DRILL", "FAILED"]


@pytest.fixture
def table(aws: None) -> IncidentLedger:
    incident_table.make(boto3.client("dynamodb"), "incidents")
    return IncidentLedger("incidents", lambda: START_MS)


@pytest.mark.parametrize(
    "job_id",
    ["j" * 600, WIDE * 300, WIDE * 640, "é" * 1_024, "j" * 5_000, "", "a\0b", "#:#", "\u202ex"],
    ids=["600", "1200 bytes", "2560 bytes", "2048 bytes", "5000", "none", "nul", "marks", "bidi"],
)
def test_any_id_is_stored_and_read_back(table: IncidentLedger, job_id: str) -> None:
    place = Place("key", 1)
    member = Member(job_id, Role.FAILED, "app-exit-1", START_MS, "name")
    table.record([(place, member)], {job_id: place})
    assert table.members(place) == (member,)
    assert table.read([job_id], []).places == {job_id: place}
    assert table.settle({job_id: Place("other", 1)}) == {job_id: place}


def test_ids_that_differ_only_at_the_end_are_different_items() -> None:
    place = Place("key", 1)
    ids = [WIDE * 640 + end for end in ("a", "b")]
    assert len({str(items.member_key(place, one)) for one in ids}) == 2
    assert len({str(items.place_key(one)) for one in ids}) == 2


def test_resources_with_long_ids_strand_nothing_on_the_real_table(table: IncidentLedger) -> None:
    world = Simulation()
    world.ledger = table  # type: ignore[assignment]  # the real one
    for number in range(20):
        world.put(long_resource(f"Queue{number}", number), 0)
    world.put(real(), 0)
    world.run_until(30)
    assert named_after(world, "payroll", 0) <= 30
    world.run_until(400)
    mails = "\n".join(one.texts["email"] for one in world.told)
    assert [n for n in range(20) if f"Queue{n}" not in mails] == []
