"""SECURITY.md says what template and code do."""

from __future__ import annotations

import re

import pytest

from notifier.aws import job_logs, ledger
from notifier.text import known_values, untrusted
from tests.properties.planted import SHOWN_CUT
from tests.template.conftest import ROOT
from tests.template.stack import Stack, listed, role_statements, translate

PAGE = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
FLAT = " ".join(PAGE.split())
STACK = Stack(translate((ROOT / "template.yaml").read_text(encoding="utf-8")))
DAY_S = 24 * 3600
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in PAGE.splitlines()
    if line.startswith("| ")
]


def days(words: str) -> int:
    """Give the days that the row about something names."""
    (row,) = [row for row in ROWS if row[0].startswith(words)]
    return int(re.findall(r"(\d+) days", row[-1])[0])


def test_every_queue_is_listed_with_its_days() -> None:
    for name, queue in STACK.of_type("AWS::SQS::Queue").items():
        (row,) = [row for row in ROWS if f"`{name}`" in row[0] and len(row) == 3]
        assert re.findall(r"(\d+) days", row[2]) == [str(queue["MessageRetentionPeriod"] // DAY_S)]
        outlives = STACK.resources[name]["DeletionPolicy"] != "Delete"
        assert not outlives or name.startswith("FollowUp") or "outlives the stack" in row[2]


def test_every_log_group_is_listed_with_its_days() -> None:
    for name, group in STACK.of_type("AWS::Logs::LogGroup").items():
        (row,) = [row for row in ROWS if f"`{name}`" in row[0]]
        assert row[2] == f"{group['RetentionInDays']} days"


@pytest.mark.parametrize(
    ("words", "kept"),
    [
        ("`IncidentTable`, one item per failed job", ledger.MEMBER_DAYS),
        ("`IncidentTable`, one item per incident", ledger.STATE_DAYS),
        ("`IncidentTable`, silences", ledger.SILENCE_DAYS),
        ("`IncidentTable`, list of what the rate limit holds", ledger.HELD_DAYS),
    ],
)
def test_the_table_forgets_when_the_page_says(words: str, kept: int) -> None:
    assert days(words) == kept


def test_every_store_is_listed() -> None:
    holding = ("AWS::SQS::Queue", "AWS::DynamoDB::Table", "AWS::Logs::LogGroup", "AWS::S3::Bucket")
    first = " ".join(row[0] for row in ROWS)
    assert [name for name in STACK.of_type(*holding) if f"`{name}`" not in first] == []


def test_every_action_of_a_role_is_listed_and_no_other() -> None:
    allowed = {
        action for _, statement in role_statements(STACK) for action in listed(statement["Action"])
    }
    told = {action for row in ROWS for action in re.findall(r"`(\w+:\w+)`", row[0])}
    assert told == allowed


def test_limits_of_the_masking_are_those_of_the_code() -> None:
    assert f"fewer than {known_values.SHORTEST} characters" in FLAT
    assert f"cut at {untrusted.LINE_LIMIT:,} characters" in FLAT
    assert f"newest {job_logs.EVENTS_READ:,} events" in FLAT
    assert f"up to {SHOWN_CUT} characters" in FLAT


def test_what_the_page_names_exists() -> None:
    for path in re.findall(r"`((?:tests|functions)/[\w/.]+)`", PAGE):
        assert (ROOT / path).exists(), path
    targets = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"`make ([\w-]+)`", PAGE):
        assert re.search(rf"^{target}:", targets, re.MULTILINE), target
