"""The entry point: what SQS and the caller of a bare event are answered."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from notifier import on_failure, pipeline
from notifier.aws import joblogs, topic
from notifier.core.trouble import ServiceError, Trouble
from tests.fakes import FakeLogs, FakeTopic

EVENTS = Path(__file__).parents[2] / "events"
CONTEXT = SimpleNamespace(
    get_remaining_time_in_millis=lambda: 60_000,
    function_name="on-failure",
    memory_limit_in_mb=1024,
    invoked_function_arn="arn:aws:lambda:us-east-1:111122223333:function:on-failure",
    aws_request_id="request",
)


def sample(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text(encoding="utf-8"))
    return loaded


def batch(*names: str) -> dict[str, Any]:
    return {"Records": [{"messageId": n, "body": json.dumps(sample(n))} for n in names]}


@pytest.fixture(autouse=True)
def world(monkeypatch: pytest.MonkeyPatch) -> FakeTopic:
    refused = FakeTopic([ServiceError(Trouble.RETRYABLE, "Throttling")])
    monkeypatch.setenv("ALERT_TOPIC_ARN", "arn:aws:sns:us-east-1:111122223333:alerts")
    monkeypatch.setattr(on_failure, "_topic", lambda: refused)
    monkeypatch.setattr(on_failure, "JobLogs", FakeLogs)
    on_failure._settings.cache_clear()
    return refused


def test_only_the_failure_that_was_not_told_comes_again(world: FakeTopic) -> None:
    answer = on_failure.handler(batch("timeout", "queue-blocked"), CONTEXT)  # type: ignore[arg-type]  # what it uses
    assert answer == {"batchItemFailures": [{"itemIdentifier": "timeout"}]}
    assert len(world.published) == 1


def test_a_bare_event_that_was_not_told_is_an_error() -> None:
    with pytest.raises(RuntimeError, match="not published"):
        on_failure.handler(sample("timeout"), CONTEXT)  # type: ignore[arg-type]  # what it uses


def test_a_bare_event_is_told_like_any_other(world: FakeTopic) -> None:
    world.troubles.clear()
    assert on_failure.handler(sample("timeout"), CONTEXT) == {"batchItemFailures": []}  # type: ignore[arg-type]  # what it uses
    assert len(world.published) == 1


def test_the_slowest_log_read_and_publish_fit_into_the_reserve() -> None:
    """Or Lambda would end the function in the middle, and the whole batch would come again."""
    call = _slowest(joblogs._CONFIG)
    assert (joblogs.LOOK_ON_S + call + _slowest(topic._CONFIG)) * 1000 <= pipeline.RESERVE_MS


def _slowest(config: Any) -> float:
    tries = config.retries["total_max_attempts"]
    waits = sum(2**n for n in range(tries - 1))  # the standard mode waits up to 1 s, 2 s, ...
    return float(tries * (config.connect_timeout + config.read_timeout) + waits)
