"""One contract per port, held by the fake and by the real adapter on moto."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError

from notifier.aws import job_logs
from notifier.aws.calls import service_error
from notifier.aws.job_logs import JobLogs
from notifier.aws.topic import AlertTopic
from notifier.batch.failure import LogStream
from notifier.channels.message import Message
from notifier.joblog.excerpt import LogLine, LogRead
from notifier.ports.service_error import ErrorKind, ServiceError
from tests.aws.conftest import REGION
from tests.fakes import FakeLogs, FakeTopic

STREAM = LogStream("/aws/batch/job", "align/default/0123456789abcdef0123456789abcdef", REGION)
MESSAGE = Message(
    "FAILED align: Out of memory",
    json.dumps({"default": "text", "email": "a mail", "sqs": '{"schema": "x"}'}),
    {"severity": "warning", "cause": "oom-container"},
)
NOW_MS = int(time.time() * 1000) - 3_600_000  # CloudWatch refuses times from the future


class LogsContract:
    """What the pipeline may rely on when it reads a log."""

    def logs(self, streams: dict[LogStream, list[LogLine]]) -> FakeLogs | JobLogs:
        raise NotImplementedError

    def test_lines_come_oldest_first_with_their_times(self) -> None:
        lines = [LogLine(NOW_MS + n, f"line {n}") for n in range(5)]
        read = self.logs({STREAM: lines}).read(STREAM)
        assert list(read.lines) == lines
        assert (read.complete, read.unavailable) == (True, "")

    def test_of_a_long_log_the_newest_thousand_lines_come(self) -> None:
        lines = [LogLine(NOW_MS + n, f"line {n}") for n in range(job_logs.EVENTS_READ + 1)]
        read = self.logs({STREAM: lines}).read(STREAM)
        assert list(read.lines) == lines[1:]
        assert not read.complete

    def test_a_stream_that_does_not_exist_is_said(self) -> None:
        read = self.logs({}).read(STREAM)
        assert (read.lines, read.unavailable) == ((), "log group or stream does not exist")

    def test_an_empty_stream_is_said(self) -> None:
        read = self.logs({STREAM: []}).read(STREAM)
        assert (read.lines, read.unavailable) == ((), "the log stream is empty")


class TestFakeLogs(LogsContract):
    def logs(self, streams: dict[LogStream, list[LogLine]]) -> FakeLogs:
        return FakeLogs(streams)


class TestJobLogs(LogsContract):
    def logs(self, streams: dict[LogStream, list[LogLine]]) -> JobLogs:
        for stream, lines in streams.items():
            client = boto3.client("logs", region_name=stream.region)
            client.create_log_group(logGroupName=stream.group)
            client.create_log_stream(logGroupName=stream.group, logStreamName=stream.stream)
            if lines:
                client.put_log_events(
                    logGroupName=stream.group,
                    logStreamName=stream.stream,
                    logEvents=[{"timestamp": one.at, "message": one.text} for one in lines],
                )
        return JobLogs()

    def test_a_log_in_another_region_is_read_there(self) -> None:
        elsewhere = LogStream("/ecs/prices", "ecs/default/1", "us-east-1")
        lines = [LogLine(NOW_MS, "over here")]
        assert list(self.logs({elsewhere: lines}).read(elsewhere).lines) == lines


class TopicContract:
    """What the pipeline may rely on when it publishes."""

    def topic(self) -> FakeTopic | AlertTopic:
        raise NotImplementedError

    def seen(self, topic: FakeTopic | AlertTopic) -> list[tuple[str, str, dict[str, str]]]:
        raise NotImplementedError

    def test_a_message_arrives_whole(self) -> None:
        topic = self.topic()
        assert topic.publish(MESSAGE)
        assert self.seen(topic) == [(MESSAGE.subject, MESSAGE.body, MESSAGE.attributes)]

    def test_every_message_has_its_own_id(self) -> None:
        topic = self.topic()
        assert topic.publish(MESSAGE) != topic.publish(MESSAGE)


class TestFakeTopic(TopicContract):
    def topic(self) -> FakeTopic:
        return FakeTopic()

    def seen(self, topic: FakeTopic | AlertTopic) -> list[tuple[str, str, dict[str, str]]]:
        assert isinstance(topic, FakeTopic)
        return [(one.subject, one.body, one.attributes) for one in topic.published]


class TestAlertTopic(TopicContract):
    def topic(self) -> AlertTopic:
        self.arn = boto3.client("sns").create_topic(Name="alerts")["TopicArn"]
        return AlertTopic(self.arn)

    def seen(self, topic: FakeTopic | AlertTopic) -> list[tuple[str, str, dict[str, str]]]:
        from moto.core import DEFAULT_ACCOUNT_ID
        from moto.sns import sns_backends

        kept = sns_backends[DEFAULT_ACCOUNT_ID][REGION].topics[self.arn].sent_notifications
        return [
            (subject, body, {name: value["Value"] for name, value in attributes.items()})
            for _, body, subject, attributes, _ in kept
        ]

    @pytest.mark.parametrize(("asked_for", "delivered"), [("web", True), ("ml", False)])
    def test_a_message_about_several_queues_reaches_whoever_asked_for_one(
        self, asked_for: str, delivered: bool
    ) -> None:
        topic, sqs = self.topic(), boto3.client("sqs")
        queue = sqs.create_queue(QueueName="subscriber")["QueueUrl"]
        boto3.client("sns").subscribe(
            TopicArn=self.arn,
            Protocol="sqs",
            Endpoint=f"arn:aws:sqs:{REGION}:123456789012:subscriber",
            Attributes={"FilterPolicy": json.dumps({"queue": [asked_for]})},
        )
        topic.publish(replace(MESSAGE, attributes={"queue": ("etl", "web")}))
        assert ("Messages" in sqs.receive_message(QueueUrl=queue)) is delivered

    def test_a_topic_that_does_not_exist_is_gone(self) -> None:
        topic = AlertTopic(f"arn:aws:sns:{REGION}:123456789012:no-such-topic")
        with pytest.raises(ServiceError) as raised:
            topic.publish(MESSAGE)
        assert raised.value.kind is ErrorKind.GONE


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("Throttling", ErrorKind.RETRYABLE),
        ("ThrottlingException", ErrorKind.RETRYABLE),
        ("ServiceUnavailable", ErrorKind.RETRYABLE),
        ("InternalError", ErrorKind.RETRYABLE),
        ("SomethingNew", ErrorKind.RETRYABLE),
        ("AuthorizationError", ErrorKind.DENIED),
        ("AccessDeniedException", ErrorKind.DENIED),
        ("KMSAccessDenied", ErrorKind.DENIED),
        ("ExpiredToken", ErrorKind.DENIED),
        ("ResourceNotFoundException", ErrorKind.GONE),
        ("NotFound", ErrorKind.GONE),
        ("InvalidParameter", ErrorKind.REJECTED),
    ],
)
def test_what_an_error_code_means(code: str, kind: ErrorKind) -> None:
    response = {"Error": {"Code": code, "Message": "password=hunter2"}}
    told = service_error(ClientError(response, "Publish"))
    assert told.kind is kind
    assert told.says == code  # the message may quote what was sent


def test_no_connection_is_worth_another_try() -> None:
    told = service_error(ConnectTimeoutError(endpoint_url="https://sns"))
    assert (told.kind, told.says) == (ErrorKind.RETRYABLE, "ConnectTimeoutError")


def test_a_denied_log_names_the_parameter_to_change(monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(*_: object) -> None:
        response = {"Error": {"Code": "AccessDeniedException", "Message": ""}}
        raise ClientError(response, "GetLogEvents")

    monkeypatch.setattr(job_logs, "_read_newest", denied)
    assert "add the group to JobLogGroups" in JobLogs().read(STREAM).unavailable


def test_a_log_group_that_only_insights_can_search_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def unsupported(_: LogStream) -> None:
        answer = {"Error": {"Code": "InvalidOperationException", "Message": "log class"}}
        raise ClientError(answer, "GetLogEvents")  # type: ignore[arg-type]

    monkeypatch.setattr(job_logs, "_read_newest", unsupported)
    logs = JobLogs()
    for _ in range(3):  # an answer, so it is not counted as an outage
        assert logs.read(STREAM).unavailable == (
            "only Logs Insights can search its log group (class Infrequent Access)"
        )


def test_clients_are_kept_for_a_few_regions_only() -> None:
    job_logs._client.cache_clear()
    for n in range(50):
        job_logs._client(f"eu-west-{n}")
    assert job_logs._client.cache_info().currsize == job_logs.REGIONS_KEPT
    assert job_logs._client("eu-west-49") is job_logs._client("eu-west-49")
    job_logs._client.cache_clear()


def paged(monkeypatch: pytest.MonkeyPatch, *pages: dict[str, Any] | Exception) -> LogRead:
    """Read a stream that answers with these pages, the last one again and again."""
    left = list(pages)

    def answer(**_: object) -> dict[str, Any]:
        page = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(page, Exception):
            raise page
        return page

    client = boto3.client("logs")
    monkeypatch.setattr(client, "get_log_events", answer)
    monkeypatch.setattr(job_logs, "_client", lambda _: client)
    return JobLogs().read(STREAM)


FOUND = {"timestamp": NOW_MS, "message": "found"}


def test_empty_pages_are_followed_to_the_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    read = paged(
        monkeypatch,
        {"events": [], "nextBackwardToken": "older"},
        {"events": [FOUND], "nextBackwardToken": "oldest"},
    )
    assert [line.text for line in read.lines] == ["found"]


def test_empty_pages_end_where_the_token_repeats(monkeypatch: pytest.MonkeyPatch) -> None:
    read = paged(monkeypatch, {"events": [], "nextBackwardToken": "the same"})
    assert read.unavailable == "the log stream is empty"


def test_pages_that_stay_empty_are_not_followed_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    pages = [{"events": [], "nextBackwardToken": str(n)} for n in range(100)]
    assert (
        paged(monkeypatch, *pages).unavailable == "the newest pages of the log stream have no lines"
    )


def test_a_page_that_is_full_by_size_is_not_the_whole_log(monkeypatch: pytest.MonkeyPatch) -> None:
    events = [{"timestamp": NOW_MS, "message": "x" * 3_400} for _ in range(300)]
    read = paged(monkeypatch, {"events": events, "nextBackwardToken": "older"})
    assert (len(read.lines), read.complete) == (300, False)


def test_no_connection_to_the_logs_is_said_and_after_two_the_others_go_without(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def unreachable(*_: object) -> None:
        calls.append(1)
        raise ConnectTimeoutError(endpoint_url="https://logs")

    calls: list[int] = []
    monkeypatch.setattr(job_logs, "_read_newest", unreachable)
    logs = JobLogs()
    said = [logs.read(STREAM).unavailable for _ in range(4)]
    assert said[:2] == ["ConnectTimeoutError"] * 2
    assert said[2:] == ["skipped, CloudWatch Logs does not respond"] * 2
    assert len(calls) == 2


def test_no_connection_to_the_topic_is_worth_another_try(monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(**_: object) -> None:
        raise ConnectTimeoutError(endpoint_url="https://sns")

    topic = AlertTopic(f"arn:aws:sns:{REGION}:123456789012:alerts")
    monkeypatch.setattr(topic._client, "publish", unreachable)
    with pytest.raises(ServiceError) as raised:
        topic.publish(MESSAGE)
    assert raised.value.kind is ErrorKind.RETRYABLE
