"""The story of one delivery: what is told, what is tried again, what is noted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from notifier import pipeline
from notifier.core.diagnosis import Severity
from notifier.core.trouble import ServiceError, Trouble
from tests.fakes import FakeJournal, FakeLogs, FakeTopic

EVENTS = Path(__file__).parents[2] / "events"
PLENTY_MS = 60_000


def sample(name: str) -> dict:
    return json.loads((EVENTS / f"{name}.json").read_text(encoding="utf-8"))


def record(message_id: str, event: object) -> pipeline.Record:
    return pipeline.Record(message_id, json.dumps(event))


class World:
    def __init__(self, *troubles: ServiceError, clock: list[int] | None = None) -> None:
        self.logs, self.topic, self.journal = FakeLogs(), FakeTopic(list(troubles)), FakeJournal()
        self.clock = clock or []

    def remaining_ms(self) -> int:
        return self.clock.pop(0) if self.clock else PLENTY_MS

    def run(
        self,
        *records: pipeline.Record,
        log_lines: int = 25,
        minimum: Severity = Severity.INFO,
    ) -> tuple[str, ...]:
        ports = pipeline.Ports(self.logs, self.topic, self.journal, self.remaining_ms)
        return pipeline.run(records, ports, log_lines, minimum)


def test_each_failure_is_told_once_in_the_order_it_came() -> None:
    world = World()
    names = ["timeout", "out-of-memory-fargate", "queue-blocked"]
    assert world.run(*(record(name, sample(name)) for name in names)) == ()
    told = [message.attributes["cause"] for message in world.topic.published]
    assert told == ["job-timeout", "oom-container", "queue-insufficient-capacity"]


def test_deliveries_of_one_failure_are_one_alert_whatever_their_event_ids() -> None:
    again = sample("timeout") | {"id": "another-delivery"}
    world = World()
    assert world.run(record("a", sample("timeout")), record("b", again)) == ()
    assert len(world.topic.published) == 1


def test_when_one_alert_fails_all_its_messages_come_again_and_the_others_do_not() -> None:
    world = World(ServiceError(Trouble.RETRYABLE, "Throttling"))
    again = sample("timeout") | {"id": "another-delivery"}
    failed = world.run(
        record("a", sample("timeout")),
        record("b", sample("queue-blocked")),
        record("c", again),
    )
    assert failed == ("a", "c")
    assert [m.attributes["cause"] for m in world.topic.published] == ["queue-insufficient-capacity"]


@pytest.mark.parametrize(
    ("trouble", "count"),
    [
        (Trouble.RETRYABLE, "PublishRetried"),
        (Trouble.DENIED, "PublishRejected"),
        (Trouble.GONE, "PublishRejected"),
        (Trouble.REJECTED, "PublishRejected"),
    ],
)
def test_a_refused_publish_goes_back_to_the_queue_and_is_counted(
    trouble: Trouble, count: str
) -> None:
    world = World(ServiceError(trouble, "SomeCode"))
    assert world.run(record("a", sample("timeout"))) == ("a",)
    assert world.journal.counts()[-1] == count
    assert world.journal.entries[-1][2]["problem"] == "SomeCode"


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("not JSON", "{"),
        ("empty", ""),
        ("a bare number", "7"),
        ("nested too deep", "[" * 100_000),
        ("no detail", '{"source": "aws.batch", "detail-type": "Batch Job State Change"}'),
        ("a strange source", '{"source": "aws.ec2", "detail-type": "x", "detail": {}}'),
    ],
)
def test_what_cannot_be_read_is_told_plainly_and_never_tried_again(name: str, body: str) -> None:
    world = World()
    assert world.run(pipeline.Record("a", body)) == ()
    [message] = world.topic.published
    assert message.attributes["cause"] == "unreadable-event"
    assert "could not read the event" in json.loads(message.body)["email"]
    assert world.journal.counts() == ["UnreadableEvents", "AlertsPublished"]


def test_two_unreadable_messages_are_two_alerts() -> None:
    world = World()
    world.run(pipeline.Record("a", "{"), pipeline.Record("b", "{"))
    assert len(world.topic.published) == 2


def test_a_job_that_succeeded_is_noted_and_not_told() -> None:
    event = sample("timeout")
    event["detail"]["status"] = "SUCCEEDED"
    world = World()
    assert world.run(record("a", event)) == ()
    assert world.topic.published == []
    assert world.journal.counts() == ["NotAFailure"]


def test_out_of_time_leaves_the_rest_whole_for_the_next_delivery() -> None:
    world = World(clock=[PLENTY_MS, pipeline.RESERVE_MS - 1, pipeline.RESERVE_MS - 2])
    names = ["timeout", "queue-blocked", "array-child"]
    assert world.run(*(record(name, sample(name)) for name in names)) == (
        "queue-blocked",
        "array-child",
    )
    assert len(world.topic.published) == 1
    assert len(world.logs.reads) == 1
    assert world.journal.counts().count("OutOfTime") == 2


def test_a_log_that_cannot_be_read_is_said_and_the_alert_goes_out() -> None:
    world = World()
    world.run(record("a", sample("exit-1-python-traceback")))
    [message] = world.topic.published
    mail = json.loads(message.body)["email"]
    assert "log unavailable: log group or stream does not exist" in mail
    assert "LogUnavailable" in world.journal.counts()


def test_no_log_is_read_when_logs_are_turned_off() -> None:
    world = World()
    world.run(record("a", sample("exit-1-python-traceback")), log_lines=0)
    assert world.logs.reads == []
    assert "LogLines is 0" in json.loads(world.topic.published[0].body)["email"]


def test_alerts_below_the_minimum_severity_are_noted_and_not_told() -> None:
    world = World()
    assert world.run(record("a", sample("array-parent")), minimum=Severity.WARNING) == ()
    assert world.topic.published == []
    assert world.journal.counts() == ["AlertsBelowMinimum"]


def test_a_job_may_set_its_own_severity_by_tag() -> None:
    event = sample("array-parent")
    event["detail"]["tags"] = {"notify:severity": "Critical"}
    world = World()
    world.run(record("a", event), minimum=Severity.CRITICAL)
    assert world.topic.published[0].attributes["severity"] == "critical"


def test_the_journal_holds_ids_and_the_verdict_and_no_text_of_the_job() -> None:
    world = World()
    world.run(record("a", sample("terminated-by-person")))
    [(_, _, facts)] = [entry for entry in world.journal.entries if entry[1] == "AlertsPublished"]
    assert set(facts) == {
        "event_id", "job_id", "cause", "certainty", "severity", "incident", "sns_message",
    }  # fmt: skip
