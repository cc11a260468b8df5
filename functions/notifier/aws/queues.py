"""The queues that deliver later: follow-ups, and failures that wait for another."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from notifier.aws import clients
from notifier.aws.clients import Patience
from notifier.aws.errors import asked

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import SendMessageRequestTypeDef

# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
MOST_DELAY_S = 900
# 3 tries of at most 1 s + 3 s; after that the queue tries again, with more patience.
_PATIENCE = Patience(connect_s=1, read_s=3, tries=3)


class DelayedQueues:
    """Sends to later; see `ports.Queues`."""

    def __init__(self, failure_queue_url: str, follow_up_queue_url: str) -> None:
        self._failures, self._follow_ups = failure_queue_url, follow_up_queue_url
        self._client: SQSClient = clients.client("sqs", _PATIENCE)

    def follow_up(self, key: str, due: int, now: int) -> None:
        """Have an incident looked at when `due` comes, or 15 minutes from now, which is a hop."""
        delay = min(MOST_DELAY_S, max(0, -(-(due - now) // 1000)))
        body = json.dumps({"incident": key, "due": due})
        self._send({"QueueUrl": self._follow_ups, "MessageBody": body, "DelaySeconds": delay})

    def wait(self, body: str, waits: int, delay_s: int) -> None:
        """Deliver an event again after a while; it will have waited `waits` times."""
        self._send(
            {
                "QueueUrl": self._failures,
                "MessageBody": body,
                "DelaySeconds": delay_s,
                "MessageAttributes": {"waits": {"DataType": "Number", "StringValue": str(waits)}},
            }
        )

    def _send(self, request: SendMessageRequestTypeDef) -> None:
        asked(self._client.send_message, **request)


class DryRunQueues:
    """Sends nothing: for `sam local invoke`."""

    def follow_up(self, key: str, due: int, now: int) -> None:
        """Leave it."""

    def wait(self, body: str, waits: int, delay_s: int) -> None:
        """Leave it."""
