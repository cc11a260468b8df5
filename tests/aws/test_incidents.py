"""`batch-notifier incidents`, and what `batch-notifier` alone shows."""

from __future__ import annotations

import json
import re
import time
from dataclasses import replace
from pathlib import Path

import pytest

from notifier.aws.ledger import IncidentLedger
from notifier.batch.event import parse_event
from notifier.batch.failure import Failure
from notifier.diagnosis.catalogue import Certainty
from notifier.incident.counts import Member, Role
from notifier.incident.incident import Incident
from notifier.incident.marks import mark
from tests.aws.doctor_stack import DeployedStack, refused
from workbench.commands.main import main

EVENTS = Path(__file__).parents[2] / "events"
NOW = time.time_ns() // 1_000_000
HOUR = 3_600_000
CAUSE = "job-timeout"


@pytest.fixture
def ledger(stack: DeployedStack) -> IncidentLedger:
    """The table of a deployed stack, with an open incident of two jobs and one that is closed."""
    event = json.loads((EVENTS / "timeout.json").read_text(encoding="utf-8"))
    failure = parse_event(event)
    assert isinstance(failure, Failure)
    opened = Incident(
        key="abc123", first=failure.for_storage(), cause=CAUSE, certainty=Certainty.CERTAIN,
        opened_at=NOW - 2 * HOUR, interval=1, reported_at=NOW - HOUR,
        reported=frozenset(map(mark, ("job-0", "job-1"))), due=NOW + HOUR,
    )  # fmt: skip
    made = IncidentLedger("incidents")
    assert made.save(opened)
    assert made.save(replace(opened, key="abd456", due=0))
    members = [
        (
            opened.place,
            Member(f"job-{n}", Role.FAILED, CAUSE, NOW - (2 - n) * HOUR, f"load-{n}"),
        )
        for n in range(2)
    ]
    made.record(members, {})
    return made


def ran(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> str:
    assert main(words) == code
    told = capsys.readouterr()
    assert told.err.count("\n") == (1 if code else 0)
    return told.out + told.err


@pytest.mark.usefixtures("ledger")
def test_open_incidents_are_listed_and_all_of_them_if_asked(
    capsys: pytest.CaptureFixture[str],
) -> None:
    said = ran(capsys, "incidents", "list").splitlines()
    assert said[0].split()[:3] == ["ID", "STATE", "SEVERITY"]
    assert [line.split()[:2] for line in said[1:]] == [["abc123", "open"]]
    shown = json.loads(ran(capsys, "incidents", "list", "--all", "--output", "json"))
    assert {each["id"]: each["state"] for each in shown["incidents"]} == {
        "abc123": "open", "abd456": "closed",
    }  # fmt: skip


@pytest.mark.usefixtures("ledger")
def test_an_incident_is_shown_with_its_timeline_and_jobs(
    capsys: pytest.CaptureFixture[str],
) -> None:
    said = ran(capsys, "incidents", "show", "abc")
    for what in ("opened", "first failure: load-0", "last message sent: 2 jobs",
                 "next follow-up", "job-1"):  # fmt: skip
        assert what in said
    times = re.findall(r"^  (20\d\d-\S+ \S+)  (?!.*job-timeout)", said, re.MULTILINE)
    assert times == sorted(times)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["show", "x"], "there is no incident x"),
        (["show", "ab"], "2 incidents begin with ab"),
        (["close", "abd456"], "is not open: it is closed"),
        (["show", "a b"], "not the id of an incident"),
        (["watch"], "watch needs a terminal"),
        (["ack", "abc", "--until", "soon"], "--until is not like"),
        ([], "Missing command"),
    ],
)
@pytest.mark.usefixtures("ledger")
def test_what_is_wrong_is_one_line(
    words: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert says in ran(capsys, "incidents", *words, code=2)


def test_a_closed_incident_gets_no_follow_up(
    ledger: IncidentLedger, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "Closed abc123" in ran(capsys, "incidents", "close", "abc")
    closed = ledger.read((), ["abc123"]).incidents["abc123"]
    assert (closed.stage, closed.due) == ("closed", 0)
    assert ran(capsys, "incidents", "list") == "No open incidents.\n"


def test_an_acknowledged_incident_is_silenced(
    ledger: IncidentLedger, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "Acknowledged abc123 until" in ran(capsys, "incidents", "ack", "abc123", "--until", "2h")
    [silence], _ = ledger.silences()
    assert (silence.incident, silence.grows_to) == ("abc123", 20)
    assert silence.reason == "acknowledged: abc123"


@pytest.mark.usefixtures("ledger")
def test_alone_it_shows_the_state_in_ten_lines(capsys: pytest.CaptureFixture[str]) -> None:
    said = ran(capsys)
    assert len(said.splitlines()) <= 10
    for what in ("1 open", "abc123", "silences      0 active", "last alert    1 h",
                 "heartbeat", "dead letters  none", "alarms"):  # fmt: skip
        assert what in said, what
    shown = json.loads(ran(capsys, "--output", "json"))
    assert shown["dead_letters"] == ["none"]


def test_what_cannot_be_read_is_said_in_its_line(
    ledger: IncidentLedger, stack: DeployedStack, capsys: pytest.CaptureFixture[str]
) -> None:
    stack.answer("cloudwatch.DescribeAlarms", lambda _: refused("AccessDenied", "ana may not"))
    assert "alarms        unknown: AccessDenied: ana may not" in ran(capsys)


@pytest.mark.usefixtures("stack")
def test_alone_without_a_stack_it_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert "cannot open the stack gone" in ran(capsys, "--stack-name", "gone", code=3)
