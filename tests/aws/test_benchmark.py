"""What the benchmark measures is what people get: small, so that it runs with every test."""

from __future__ import annotations

import os
from collections.abc import Iterator
from unittest import mock

import boto3
import pytest

from benchmarks import storm
from benchmarks.storms import LEDGER_WRITES
from notifier import wiring
from notifier.aws.table import MOST_WRITES
from notifier.incident.log_sampling import KNOWN_BASE_SAMPLES

SIZE = 1_500
FOLLOW_UPS = 60  # calls for an hour of them, whatever the size


@pytest.fixture(autouse=True)
def as_it_was(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(wiring, "make_ports", wiring.make_ports)
    with mock.patch.dict(os.environ):
        yield
        boto3.DEFAULT_SESSION = None
        wiring.load_settings.cache_clear()


def test_a_storm_is_a_handful_of_messages_and_few_calls() -> None:
    ours = storm.measure("ours", 500)
    assert ours.calls["sns Publish"] <= 6
    assert ours.calls["logs GetLogEvents"] <= 3 * ours.calls["sns Publish"]
    assert ours.call_count <= 0.1 * 500 + 40  # a storm of 500 has its follow-ups too
    assert ours.cpu > 0


def test_a_failure_costs_its_writes_and_little_else() -> None:
    ours = storm.measure("ours", SIZE)
    writes = sum(ours.calls[name] for name in LEDGER_WRITES)
    assert ours.call_count - writes <= 0.05 * SIZE
    assert writes <= SIZE // MOST_WRITES + 5
    # A delivery waits for one read, and for its writes once: they go at the same time.
    assert ours.waits <= 2 * SIZE // storm.BATCH + FOLLOW_UPS


def test_jobs_of_one_definition_and_cause_are_one_incident_however_many() -> None:
    ours = storm.measure("ours", 300, "jobs")
    assert ours.messages == 2
    # The logs that a delivery reads are read side by side, with a few at once.
    assert ours.log_reads >= 300 // storm.BATCH * KNOWN_BASE_SAMPLES
    assert ours.waits <= 70  # one after another: 76


def test_a_lone_failure_costs_few_calls() -> None:
    """Its message, and the four follow-ups of an hour: read, ask AWS Batch, send, save."""
    ours = storm.measure("ours", 1, "jobs")
    assert ours.messages == 1
    assert ours.call_count - 4 * 4 <= 16  # it was 17, and 20 for its follow-ups
    assert ours.calls["dynamodb BatchGetItem"] == 1
    # The three look-ups of tags wait for the slowest of them.
    assert ours.waits == ours.call_count - 2


def test_the_usual_function_does_what_it_says() -> None:
    usual = storm.measure("usual", 50)
    assert usual.calls == {"sns Publish": 51, "logs GetLogEvents": 50}
