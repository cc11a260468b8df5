"""What the benchmark measures is what people get: small, so that it runs with every test."""

from __future__ import annotations

import os
from collections.abc import Iterator
from unittest import mock

import boto3
import pytest

from benchmarks import storm
from notifier import wiring


@pytest.fixture(autouse=True)
def as_it_was(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(wiring, "ports", wiring.ports)
    with mock.patch.dict(os.environ):
        for made in (wiring.chosen, wiring._topic, wiring._ledger, wiring._queues, wiring._jobs):
            made.cache_clear()
        yield
        boto3.DEFAULT_SESSION = None
        wiring.chosen.cache_clear()


def test_a_storm_is_a_handful_of_messages_and_few_calls() -> None:
    ours = storm.measure("ours", 500)
    assert ours.calls["sns Publish"] <= 6
    assert ours.calls["logs GetLogEvents"] <= 3 * ours.calls["sns Publish"]
    assert ours.made <= 0.1 * 500 + 40  # a storm of 500 has its follow-ups too
    assert ours.cpu > 0


def test_the_usual_function_does_what_it_says() -> None:
    usual = storm.measure("usual", 50)
    assert usual.calls == {"sns Publish": 51, "logs GetLogEvents": 50}
