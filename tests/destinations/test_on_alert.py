"""The entry point, with SQS, Systems Manager and DynamoDB as moto emulates them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from moto import mock_aws

from destinations import on_alert
from destinations.errors import ConfigurationError
from tests.destinations.alerts import body
from tests.destinations.servers import Recorder, Reply, serving

ROUTES = """default = ["hook"]
[destinations.hook]
type = "teams"
credential = "url"
"""
CONTEXT: Any = SimpleNamespace(function_name="on-alert", aws_request_id="1")


class Stack:
    def __init__(self) -> None:
        self.sqs, self.ssm = boto3.client("sqs"), boto3.client("ssm")
        self.queue = self.sqs.create_queue(QueueName="delivery")["QueueUrl"]
        self.dead = self.sqs.create_queue(QueueName="dead")["QueueUrl"]
        boto3.client("dynamodb").create_table(
            TableName="t",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )

    def store(self, url: str) -> None:
        self.ssm.put_parameter(Name="/r", Value=ROUTES, Type="SecureString", Overwrite=True)
        secret = f'url = "{url}"'
        self.ssm.put_parameter(Name="/c", Value=secret, Type="SecureString", Overwrite=True)

    def invoke(self, text: str) -> tuple[str, dict[str, Any]]:
        self.sqs.send_message(QueueUrl=self.queue, MessageBody=text)
        (message,) = self.sqs.receive_message(
            QueueUrl=self.queue, AttributeNames=["All"], VisibilityTimeout=360
        )["Messages"]
        record = {
            "messageId": message["MessageId"],
            "receiptHandle": message["ReceiptHandle"],
            "body": message["Body"],
            "attributes": message["Attributes"],
        }
        return message["MessageId"], on_alert.handler({"Records": [record]}, CONTEXT)

    def dead_letters(self) -> list[Any]:
        found = self.sqs.receive_message(QueueUrl=self.dead).get("Messages", [])
        return [json.loads(one["Body"]) for one in found]


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    with mock_aws():
        stack = Stack()
        for name, value in {
            "DELIVERY_QUEUE_URL": stack.queue, "DEAD_LETTER_QUEUE_URL": stack.dead,
            "TABLE_NAME": "t", "ROUTES_PARAMETER": "/r", "CREDENTIALS_PARAMETER": "/c",
        }.items():  # fmt: skip
            monkeypatch.setenv(name, value)
        for made_once in (on_alert._sqs, on_alert._store, on_alert._delivery):
            made_once.cache_clear()
        yield stack


def test_an_alert_is_delivered_late_where_the_service_asks_and_given_up_where_it_refuses(
    stack: Stack,
) -> None:
    service = Recorder(Reply(202), Reply(429, "", {"Retry-After": "120"}), Reply(401, "no"))
    with serving(service) as url:
        stack.store(url)
        _, answer = stack.invoke(body("timeout"))
        assert answer == {"batchItemFailures": []}
        message_id, answer = stack.invoke(body("drill"))
        assert answer == {"batchItemFailures": [{"itemIdentifier": message_id}]}
        _, answer = stack.invoke(body("stuck-job"))
        assert answer == {"batchItemFailures": []}
    (letter,) = stack.dead_letters()
    assert letter["destination"] == "hook"
    assert letter["problem"] == "hook: Teams: HTTP 401: no"
    assert len(service.requests) == 3


def test_without_routes_the_alerts_stay_in_the_queue(stack: Stack) -> None:
    with pytest.raises(ConfigurationError, match="there are no routes"):
        stack.invoke(body("timeout"))


def test_no_text_of_an_alert_reaches_the_log(
    stack: Stack, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    with serving(Recorder(Reply(500), then=Reply(202))) as url:
        stack.store(url)
        stack.invoke(body("exit-1-python-traceback"))
        stack.invoke(body("timeout"))
    logged = capsys.readouterr().out + str([vars(record) for record in caplog.records])
    assert "not sent" in logged
    assert '"DeliveriesFailed"' in logged
    assert "currency_code" not in logged
    assert "orders-load" not in logged
    assert url not in logged
