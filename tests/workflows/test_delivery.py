"""The story of one delivery: what is told, what is tried again, what is noted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from notifier.alert.history import Run, RunHistory
from notifier.batch.failure import LogStream
from notifier.batch.job_shape import JobShape
from notifier.diagnosis.diagnose import Severity
from notifier.incident.rate_limit import Limits
from notifier.joblog.excerpt import LogRead
from notifier.ports.metrics import Metric
from notifier.ports.reporting import Options, Ports
from notifier.ports.service_error import ErrorKind, ServiceError
from notifier.text import known_values, untrusted
from notifier.workflows import delivery
from notifier.workflows.records import Record
from tests.fakes import (
    FakeHistory,
    FakeJobs,
    FakeJournal,
    FakeLedger,
    FakeLogs,
    FakeQueues,
    FakeTopic,
)

EVENTS = Path(__file__).parents[2] / "events"
PLENTY_MS = 60_000
ROOMY = Limits(per_minute=100, per_hour=100)


def sample(name: str) -> dict:
    return json.loads((EVENTS / f"{name}.json").read_text(encoding="utf-8"))


def record(message_id: str, event: object, receives: int = 1) -> Record:
    return Record(message_id, json.dumps(event), receives)


class World:
    def __init__(self, *troubles: ServiceError, clock: list[int] | None = None) -> None:
        self.logs, self.topic, self.journal = FakeLogs(), FakeTopic(list(troubles)), FakeJournal()
        self.ledger, self.queues, self.history = FakeLedger(), FakeQueues(), FakeHistory()
        self.clock = clock or []
        self.now = 1_795_000_000_000

    def remaining_ms(self) -> int:
        return self.clock.pop(0) if self.clock else PLENTY_MS

    def pause(self, seconds: float) -> None:
        self.now += round(seconds * 1000)

    def run(
        self,
        *records: Record,
        log_lines: int = 25,
        minimum: Severity = Severity.INFO,
    ) -> tuple[str, ...]:
        ports = Ports(
            self.logs, self.topic, self.journal, self.ledger, self.queues, FakeJobs(),
            self.remaining_ms, self.pause, lambda: self.now, self.history,
        )  # fmt: skip
        return delivery.run(records, ports, Options(log_lines, minimum, limits=ROOMY))

    def causes(self) -> list[str]:
        return [message.attributes["cause"] for message in self.topic.published]


def test_each_incident_is_reported_once_the_most_severe_first() -> None:
    world = World()
    names = ["terminated-by-person", "out-of-memory-fargate", "secret-denied"]
    assert world.run(*(record(name, sample(name)) for name in names)) == ()
    assert world.causes() == ["init-secrets-denied", "oom-container", "terminated-by-user"]


def test_deliveries_of_one_failure_are_one_alert_whatever_their_event_ids() -> None:
    again = sample("timeout") | {"id": "another-delivery"}
    world = World()
    assert world.run(record("a", sample("timeout")), record("b", again)) == ()
    assert len(world.topic.published) == 1


def test_when_one_alert_fails_all_its_messages_come_again_and_the_others_do_not() -> None:
    world = World(ServiceError(ErrorKind.RETRYABLE, "Throttling"))
    again = sample("timeout") | {"id": "another-delivery"}
    failed = world.run(
        record("a", sample("timeout")),
        record("b", sample("queue-blocked")),
        record("c", again),
    )
    assert failed == ("a", "c")
    assert world.causes() == ["queue-insufficient-capacity"]


@pytest.mark.parametrize(
    ("kind", "count"),
    [
        (ErrorKind.RETRYABLE, "PublishRetried"),
        (ErrorKind.DENIED, "PublishRejected"),
        (ErrorKind.GONE, "PublishRejected"),
        (ErrorKind.REJECTED, "PublishRejected"),
    ],
)
def test_a_refused_publish_goes_back_to_the_queue_and_is_counted(
    kind: ErrorKind, count: str
) -> None:
    world = World(ServiceError(kind, "SomeCode"))
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
def test_what_cannot_be_read_is_reported_plainly_and_never_tried_again(
    name: str, body: str
) -> None:
    world = World()
    assert world.run(Record("a", body)) == ()
    [message] = world.topic.published
    assert message.attributes["cause"] == "unreadable-event"
    assert "could not read the event" in json.loads(message.body)["email"]
    assert world.journal.counts() == ["UnreadableEvents", "AlertsPublished"]


def test_two_messages_unreadable_for_one_reason_are_one_alert_that_counts_both() -> None:
    world = World()
    world.run(Record("a", "{"), Record("b", "{"))
    [message] = world.topic.published
    assert json.loads(message.decode()["webhook"]["text"] and message.body)["email"]
    assert message.decode()["webhook"]["counts"]["failed"] == 2


def test_a_job_that_succeeded_is_noted_and_not_reported() -> None:
    event = sample("timeout")
    event["detail"]["status"] = "SUCCEEDED"
    world = World()
    assert world.run(record("a", event)) == ()
    assert world.topic.published == []
    assert world.journal.counts() == ["NotAFailure"]


def test_out_of_time_leaves_the_rest_whole_for_the_next_delivery() -> None:
    world = World(clock=[PLENTY_MS, PLENTY_MS, 34_999, 34_000])
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


def test_alerts_below_the_minimum_severity_are_noted_and_not_reported() -> None:
    world = World()
    event = sample("terminated-by-person")
    assert world.run(record("a", event), minimum=Severity.WARNING) == ()
    assert world.topic.published == []
    assert world.journal.counts()[-1] == "AlertsBelowMinimum"


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


def test_a_blocked_queue_and_the_failure_of_the_same_job_are_two_alerts() -> None:
    blocked, failed = sample("queue-blocked"), sample("queue-blocked")
    failed["detail-type"] = "Batch Job State Change"
    failed["detail"] |= {
        "status": "FAILED",
        "statusReason": "Canceled by JobStateTimeLimit action due to reason: "
        "CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY",
    }
    world = World()
    assert world.run(record("a", blocked), record("b", failed)) == ()
    assert sorted(world.causes()) == ["job-state-time-limit", "queue-insufficient-capacity"]


def test_a_resource_that_fails_to_be_made_and_then_to_be_deleted_is_counted_twice() -> None:
    made, deleted = (
        sample("cloudformation-resource-failed"),
        sample("cloudformation-resource-failed"),
    )
    deleted["detail"]["status-details"]["status"] = "DELETE_FAILED"
    world = World()
    world.run(record("a", made), record("b", deleted))
    (message,) = world.topic.published
    assert message.decode()["webhook"]["counts"]["failed"] == 2


def test_two_resources_of_a_stack_with_long_names_are_two_failures() -> None:
    events = [sample("cloudformation-resource-failed") for _ in range(2)]
    for number, event in enumerate(events):
        detail = event["detail"]
        detail["stack-id"] = detail["stack-id"].replace("imaging-batch-prod", "s" * 128)
        detail["logical-resource-id"] = "L" * 60 + str(number)
        detail["physical-resource-id"] = ""
    world = World()
    world.run(*(record(str(n), event) for n, event in enumerate(events)))
    assert len(world.topic.published) == 2


@pytest.mark.parametrize("event", ["drill", "unknown-shape"])
def test_no_minimum_holds_back_a_drill_or_what_could_not_be_read(event: str) -> None:
    world = World()
    assert world.run(record("a", sample(event)), minimum=Severity.CRITICAL) == ()
    assert len(world.topic.published) == 1


def test_a_drill_that_cannot_be_read_is_still_a_drill() -> None:
    event = sample("drill")
    event["detail"]["status"] = {}
    world = World()
    world.run(record("a", event))
    assert world.topic.published[0].subject.startswith("DRILL FAILED ")


def test_a_log_that_breaks_costs_itself_and_quotes_nothing() -> None:
    class BrokenLogs(FakeLogs):
        def read(self, stream: LogStream) -> LogRead:
            raise KeyError("password=hunter2")

    world = World()
    world.logs = BrokenLogs()
    failed = world.run(
        record("a", sample("image-not-found")),
        record("b", sample("exit-1-python-traceback")),
        record("c", sample("queue-blocked")),
    )
    assert failed == ()
    assert len(world.topic.published) == 3
    found = [entry for entry in world.journal.entries if entry[0] == "written without its log"]
    assert [count for _, count, _ in found] == ["WrittenWithoutLog"]
    assert found[0][2]["problem"].startswith("KeyError at test_delivery.py:")
    assert "hunter2" not in str(world.journal.entries)


def test_no_secret_value_is_kept_when_the_delivery_is_done() -> None:
    event = sample("timeout")
    secret = {"name": "DB_PASSWORD", "value": "hunter2hunter2"}
    event["detail"]["container"]["environment"] = [secret]
    World().run(record("a", event))
    assert untrusted._seen_lines.cache_info().currsize == 0
    assert known_values.index.cache_info().currsize == 0


def test_a_failure_is_counted_once_however_often_it_comes() -> None:
    world = World(ServiceError(ErrorKind.RETRYABLE, "Throttled"))
    assert world.run(record("a", sample("timeout"))) == ("a",)
    assert not world.journal.failures
    assert world.run(record("a", sample("timeout"), receives=2)) == ()
    [(kin, count)] = world.journal.failures.items()
    assert (kin.class_, count) == ("timeout", 1)


def test_what_waits_for_another_job_is_counted_when_it_is_reported() -> None:
    world = World()
    assert world.run(record("a", sample("dependency-failed"))) == ()
    assert world.queues.waits
    assert not world.journal.failures


def test_the_time_to_the_first_alert_is_measured_and_not_that_of_a_drill() -> None:
    failed_at = sample("timeout")["detail"]["stoppedAt"]
    world = World()
    world.now = failed_at + 4_500
    world.run(record("a", sample("timeout")))
    assert (Metric.SECONDS_TO_ALERT, 4.5, "Seconds") in world.journal.measured
    drill = World()
    drill.run(record("a", sample("timeout") | {"source": "batch-notifier.drill"}))
    assert drill.topic.published
    assert Metric.SECONDS_TO_ALERT not in {one[0] for one in drill.journal.measured}


def test_every_read_of_a_log_is_counted() -> None:
    world = World()
    world.run(record("a", sample("exit-1-python-traceback")))
    reads = [one for one in world.journal.measured if one[0] is Metric.LOG_READS]
    assert len(reads) == len(world.logs.reads) == 1


def test_what_changed_is_looked_up_for_the_one_failure_that_is_reported() -> None:
    world = World()
    run = Run("a1", "nightly", "align:36", 1_793_589_120_000)
    world.history.run_history = RunHistory(run, JobShape(image="a:1"), JobShape(image="a:2"))
    events = [sample("timeout"), sample("timeout")]
    events[1]["detail"]["jobId"] = "another"
    assert world.run(*(record(str(n), event) for n, event in enumerate(events))) == ()
    assert len(world.history.asked) == 1
    mail = world.topic.published[0].decode()["email"]
    assert "Last success of its definition 2026-11-02 03:12 UTC, revision" in mail
    assert "CHANGED since the last success\n  image  a:1 → 2" in mail


def test_what_changed_is_not_looked_up_where_there_is_nothing_to_compare() -> None:
    world = World()
    world.run(record("a", sample("queue-blocked")), record("b", sample("drill")))
    assert world.history.asked == []


def test_the_alert_goes_out_without_its_past_and_says_so() -> None:
    world = World()
    world.history.run_history = RunHistory(unknown="AWS Batch did not answer (ReadTimeoutError)")
    assert world.run(record("a", sample("timeout"))) == ()
    mail = world.topic.published[0].decode()["email"]
    assert "  not known  AWS Batch did not answer (ReadTimeoutError)" in mail
    assert "HistoryUnknown" in world.journal.counts()
