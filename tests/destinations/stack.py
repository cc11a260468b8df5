"""The entry point with the queues, parameters and table of its stack, which moto emulates."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import boto3
from moto import mock_aws

from destinations import on_alert

MOST_RECEIVES = 15  # as in stacks/destinations.yaml
HIDDEN_S = 360
CONTEXT: Any = SimpleNamespace(function_name="on-alert", aws_request_id="1")


class Stack:
    def __init__(self) -> None:
        self.sqs, self.ssm = boto3.client("sqs"), boto3.client("ssm")
        self.dead = self.sqs.create_queue(QueueName="dead")["QueueUrl"]
        arn = self.sqs.get_queue_attributes(QueueUrl=self.dead, AttributeNames=["QueueArn"])
        redrive = {
            "deadLetterTargetArn": arn["Attributes"]["QueueArn"],
            "maxReceiveCount": MOST_RECEIVES,
        }
        self.queue = self.sqs.create_queue(
            QueueName="delivery", Attributes={"RedrivePolicy": json.dumps(redrive)}
        )["QueueUrl"]
        boto3.client("dynamodb").create_table(
            TableName="t",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )

    def store(self, routes: str, credentials: dict[str, str]) -> None:
        secret = "\n".join(f'{name} = "{value}"' for name, value in credentials.items())
        for name, value in (("/r", routes), ("/c", secret)):
            self.ssm.put_parameter(Name=name, Value=value, Type="SecureString", Overwrite=True)

    def put(self, text: str) -> None:
        self.sqs.send_message(QueueUrl=self.queue, MessageBody=text)

    def receive(self, most: int = 1) -> list[dict[str, Any]]:
        """Receive messages, as the records that Lambda makes of them."""
        taken = self.sqs.receive_message(
            QueueUrl=self.queue, AttributeNames=["All"], VisibilityTimeout=HIDDEN_S,
            MaxNumberOfMessages=most,
        )  # fmt: skip
        return [
            {
                "messageId": message["MessageId"],
                "receiptHandle": message["ReceiptHandle"],
                "body": message["Body"],
                "attributes": message["Attributes"],
            }
            for message in taken.get("Messages", [])
        ]

    def invoke(self, text: str) -> tuple[str, dict[str, Any]]:
        self.put(text)
        records = self.receive()
        return records[0]["messageId"], on_alert.handler({"Records": records}, CONTEXT)

    def dead_letters(self) -> list[Any]:
        """Take every dead letter out of its queue."""
        found = []
        while taken := self.sqs.receive_message(
            QueueUrl=self.dead, MaxNumberOfMessages=10, VisibilityTimeout=HIDDEN_S
        ).get("Messages"):
            found += [json.loads(one["Body"]) for one in taken]
        return found


@contextmanager
def deployed_stack() -> Iterator[Stack]:
    """Give a stack of its own, whose entry point has made nothing yet."""
    made_once = (on_alert._sqs, on_alert._store, on_alert._delivery)
    with mock_aws():
        stack = Stack()
        settings = {
            "DELIVERY_QUEUE_URL": stack.queue, "DEAD_LETTER_QUEUE_URL": stack.dead,
            "TABLE_NAME": "t", "ROUTES_PARAMETER": "/r", "CREDENTIALS_PARAMETER": "/c",
        }  # fmt: skip
        with patch.dict("os.environ", settings):
            for each in made_once:
                each.cache_clear()
            yield stack
            for each in made_once:
                each.cache_clear()
