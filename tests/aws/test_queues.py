"""The queues that deliver later, in memory and on SQS: one contract."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest

from notifier.aws.queues import DelayedQueues
from notifier.on_failure import _record
from notifier.ports.service_error import ErrorKind, ServiceError
from tests.fakes import FakeQueues

NOW = 1_795_000_000_000
MINUTE_MS = 60_000
# When it is due, and after how many seconds it is looked at: a hop at most.
DELAYS = [
    (-1, 0),
    (0, 0),
    (1, 1),
    (5 * MINUTE_MS, 300),
    (15 * MINUTE_MS, 900),
    (4 * 3_600_000, 900),
]


class QueuesContract:
    """What the stories may rely on when they put something off."""

    @pytest.fixture
    def queues(self) -> Any:
        raise NotImplementedError

    def sent(self, queues: Any) -> list[tuple[str, dict[str, Any], int]]:
        """Give queue, content and delay in seconds of what was sent."""
        raise NotImplementedError

    @pytest.mark.parametrize(("later", "delay"), DELAYS)
    def test_a_follow_up_comes_in_its_time_or_a_hop_nearer(
        self, queues: Any, later: int, delay: int
    ) -> None:
        queues.follow_up("5f2c", NOW + later, NOW)
        wanted = {"incident": "5f2c", "due": NOW + later}
        assert self.sent(queues) == [("follow-ups", wanted, delay)]

    def test_what_waits_comes_back_as_it_was_and_says_how_often(self, queues: Any) -> None:
        queues.wait('{"id": "e"}', 2, 60)
        assert self.sent(queues) == [("failures", {"body": '{"id": "e"}', "waits": 2}, 60)]


class TestFakeQueues(QueuesContract):
    @pytest.fixture
    def queues(self) -> FakeQueues:
        return FakeQueues()

    def sent(self, queues: FakeQueues) -> list[tuple[str, dict[str, Any], int]]:
        later: list[tuple[str, dict[str, Any], int]] = [
            ("follow-ups", {"incident": key, "due": due}, -(-(at - NOW) // 1000))
            for key, due, at in queues.follow_ups
        ]
        return later + [
            ("failures", {"body": body, "waits": waits}, delay)
            for body, waits, delay in queues.waits
        ]


class TestDelayedQueues(QueuesContract):
    @pytest.fixture
    def queues(self) -> DelayedQueues:
        create = boto3.client("sqs").create_queue
        urls = [create(QueueName=name)["QueueUrl"] for name in ("failures", "follow-ups")]
        queues, self.asked = DelayedQueues(*urls), list[dict[str, Any]]()
        events = queues._client.meta.events
        events.register("provide-client-params.sqs.SendMessage", self._note)
        return queues

    def _note(self, params: dict[str, Any], **_: Any) -> None:
        self.asked.append(params)

    def sent(self, queues: DelayedQueues) -> list[tuple[str, dict[str, Any], int]]:
        return [
            (asked["QueueUrl"].rpartition("/")[2], _content(asked), asked["DelaySeconds"])
            for asked in self.asked
        ]

    def test_a_message_that_waited_is_read_as_lambda_hands_it_over(
        self, queues: DelayedQueues
    ) -> None:
        queues.wait("{}", 2, 0)
        sqs = boto3.client("sqs")
        url = sqs.get_queue_url(QueueName="failures")["QueueUrl"]
        [got] = sqs.receive_message(
            QueueUrl=url, MessageAttributeNames=["All"], AttributeNames=["All"]
        )["Messages"]
        value = got["MessageAttributes"]["waits"]
        attributes = {"waits": {"stringValue": value["StringValue"], "dataType": "Number"}}
        message = {"messageId": "m", "body": got["Body"], "attributes": got["Attributes"]}
        record = _record(message | {"messageAttributes": attributes})
        assert (record.waits, record.receives, value["DataType"]) == (2, 1, "Number")

    def test_a_queue_that_is_not_there_is_trouble(self) -> None:
        url = "https://sqs.eu-west-1.amazonaws.com/123456789012/no-such-queue"
        queues = DelayedQueues(url, url)
        for attempt in (lambda: queues.follow_up("k", NOW, NOW), lambda: queues.wait("{}", 1, 0)):
            with pytest.raises(ServiceError) as raised:
                attempt()
            assert raised.value.kind is ErrorKind.GONE


def _content(asked: dict[str, Any]) -> dict[str, Any]:
    if "MessageAttributes" not in asked:
        content: dict[str, Any] = json.loads(asked["MessageBody"])
        return content
    waits = asked["MessageAttributes"]["waits"]["StringValue"]
    return {"body": asked["MessageBody"], "waits": int(waits)}
