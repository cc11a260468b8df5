"""The entry points: what SQS and the caller of a bare event are answered."""

from __future__ import annotations

import json
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from notifier import on_failure, on_follow_up, on_sweep, wiring
from notifier.aws import history, job_logs, jobs, topic
from notifier.aws.calls import Timeouts
from notifier.ports.service_error import ErrorKind, ServiceError
from notifier.ports.sweeping import SweepOptions
from notifier.workflows import delivery, follow_up, isolation
from notifier.workflows.records import DEPENDENT_WAITS_S
from notifier.workflows.sweeping import sweep
from tests.fakes import (
    FakeBatch,
    FakeHistory,
    FakeJobs,
    FakeLabels,
    FakeLedger,
    FakeLogs,
    FakeOutbox,
    FakePulse,
    FakeQueues,
    FakeTopic,
)  # fmt: skip
from tests.simulation import failed

EVENTS = Path(__file__).parents[2] / "events"
CONTEXT: Any = SimpleNamespace(
    get_remaining_time_in_millis=lambda: 100_000,
    function_name="on-failure",
    memory_limit_in_mb=1024,
    invoked_function_arn="arn:aws:lambda:us-east-1:111122223333:function:on-failure",
    aws_request_id="request",
)
SETTINGS = {
    "ALERT_TOPIC_ARN": "arn:aws:sns:us-east-1:111122223333:alerts",
    "TABLE_NAME": "incidents",
    "FAILURE_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/111122223333/failures",
    "FOLLOW_UP_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/111122223333/follow-ups",
    "DRY_RUN": "false",
}
THROTTLED = ServiceError(ErrorKind.RETRYABLE, "Throttling")


class World:
    """What the handlers find around them."""

    def __init__(self) -> None:
        self.topic, self.ledger, self.queues = FakeTopic(), FakeLedger(), FakeQueues()


@pytest.fixture(autouse=True)
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    world = World()
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)
    wiring.load_settings.cache_clear()
    monkeypatch.setattr(wiring, "_topic", lambda: world.topic)
    monkeypatch.setattr(wiring, "_ledger", lambda: world.ledger)
    monkeypatch.setattr(wiring, "_queues", lambda: world.queues)
    monkeypatch.setattr(wiring, "JobLookup", lambda *_: FakeJobs())
    monkeypatch.setattr(wiring, "JobLogs", FakeLogs)
    monkeypatch.setattr(wiring, "RunHistoryLookup", lambda *_: FakeHistory())
    monkeypatch.setattr(wiring, "_labels", FakeLabels)
    return world


def sample(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text(encoding="utf-8"))
    return loaded


def record(message_id: str, body: object, **attributes: Any) -> dict[str, Any]:
    return {"messageId": message_id, "body": json.dumps(body), **attributes}


def batch(*names: str) -> dict[str, Any]:
    return {"Records": [record(name, sample(name)) for name in names]}


def test_only_the_failure_that_was_not_reported_comes_again(world: World) -> None:
    world.topic.troubles.append(THROTTLED)
    answer = on_failure.handler(batch("timeout", "queue-blocked"), CONTEXT)
    assert len(answer["batchItemFailures"]) == 1
    assert len(world.topic.published) == 1


def test_a_bare_event_that_was_not_reported_is_an_error(world: World) -> None:
    world.topic.troubles.append(THROTTLED)
    with pytest.raises(RuntimeError, match="not published"):
        on_failure.handler(sample("timeout"), CONTEXT)


def test_a_bare_event_is_reported_like_any_other(world: World) -> None:
    assert on_failure.handler(sample("timeout"), CONTEXT) == {"batchItemFailures": []}
    assert len(world.topic.published) == 1


def test_a_dependent_waits_as_often_as_its_message_says(world: World) -> None:
    event = failed("b", depends_on=["a"])
    attributes = {"waits": {"stringValue": "1", "dataType": "Number"}}
    once = record("m", event, messageAttributes=attributes)
    assert on_failure.handler({"Records": [once]}, CONTEXT) == {"batchItemFailures": []}
    [(body, waits, delay_s)] = world.queues.waits
    assert (json.loads(body), waits, delay_s) == (event, 2, DEPENDENT_WAITS_S[1])
    assert world.topic.published == []


def test_what_failed_often_enough_is_reported_without_the_table(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(isolation, "DEGRADED_PAUSE_S", 0)
    for receives in (1, 2, 3):
        world.ledger.troubles.append(THROTTLED)
        attributes = {"ApproximateReceiveCount": str(receives)}
        message = record("m", sample("timeout"), attributes=attributes)
        answer = on_failure.handler({"Records": [message]}, CONTEXT)
        assert bool(answer["batchItemFailures"]) is (receives < delivery.DEGRADED_FROM)
    assert len(world.topic.published) == 1


def test_a_follow_up_that_was_not_done_comes_again(world: World) -> None:
    due = time.time_ns() // 1_000_000 - 1
    records = [record(key, {"incident": key, "due": due}) for key in ("gone", "also-gone")]
    world.ledger.troubles.append(THROTTLED)
    answer = on_follow_up.handler({"Records": records}, CONTEXT)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "gone"}]}


def test_a_sweep_is_run_with_what_the_operator_chose(monkeypatch: pytest.MonkeyPatch) -> None:
    queue = "arn:aws:batch:us-east-1:111122223333:job-queue/etl"
    monkeypatch.setenv("JOB_QUEUE_ARNS", queue)
    monkeypatch.setenv("STUCK_AFTER_MINUTES", "30")
    monkeypatch.setattr(wiring, "_batch", FakeBatch)
    monkeypatch.setattr(wiring, "FailureOutbox", lambda _: FakeOutbox())
    monkeypatch.setattr(wiring, "AwsHealthSignals", lambda *_: FakePulse())
    chosen: list[object] = []
    run = sweep.run
    monkeypatch.setattr(
        sweep, "run", lambda ports, options: (chosen.append(options), run(ports, options))
    )
    assert on_sweep.handler({}, CONTEXT) == {}
    assert chosen == [SweepOptions((queue,), 30 * 60_000)]


def test_a_dry_sweep_sends_nothing_and_shows_what_it_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DRY_RUN", "true")
    arn = "arn:aws:batch:us-east-1:111122223333:job-queue/etl"
    found = {"jobQueueArn": arn, "jobQueueName": "etl", "status": "INVALID"}
    monkeypatch.setattr(wiring, "_batch", lambda: FakeBatch(queue_list=[found]))
    [event] = on_sweep.handler({}, CONTEXT)["events"]
    assert event["detail"]["name"] == "etl"


def test_the_slowest_reads_and_publish_fit_into_the_reserve() -> None:
    """Or Lambda would end the function in the middle, and the whole batch would come again."""
    log, publish = _slowest(job_logs._TIMEOUTS), _slowest(topic._TIMEOUTS)
    run_history = history.GIVE_UP_S + _slowest(history._TIMEOUTS)
    assert (job_logs.MOST_SECONDS + log + run_history + publish) * 1000 <= delivery.RESERVE_MS
    logs = job_logs.MOST_SECONDS + job_logs.MOST_UNANSWERED * log
    assert (logs + _slowest(jobs._TIMEOUTS) + publish) * 1000 <= follow_up.RESERVE_MS


def _slowest(patience: Timeouts) -> float:
    waits = sum(2**n for n in range(patience.tries - 1))  # the standard mode waits up to 1 s, 2 s
    return float(patience.tries * (patience.connect_s + patience.read_s) + waits)
