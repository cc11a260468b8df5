"""The SQS queues: delayed messages, and failures that the sweep found."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from notifier.aws import calls
from notifier.aws.calls import Timeouts, call_aws
from notifier.ports.service_error import ErrorKind, ServiceError
from notifier.ports.sweeping import Raw

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import SendMessageRequestTypeDef

# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
MOST_DELAY_S = 900
MOST_MESSAGES, MOST_BYTES = 10, 250_000  # in one call; 262,144 bytes with what SQS adds
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html
# 3 tries of at most 1 s + 3 s; after that the queue retries, or the next sweep does.
_TIMEOUTS = Timeouts(connect_s=1, read_s=3, tries=3)


class DelayedQueues:
    """Sends delayed messages; see `ports.Queues`."""

    def __init__(self, failure_queue_url: str, follow_up_queue_url: str) -> None:
        self._failures, self._follow_ups = failure_queue_url, follow_up_queue_url
        self._client: SQSClient = calls.client("sqs", _TIMEOUTS)

    def follow_up(self, key: str, due: int, now: int) -> None:
        """Schedule a follow-up at `due`, or in 15 minutes if that is earlier (a hop)."""
        delay = min(MOST_DELAY_S, max(0, -(-(due - now) // 1000)))
        body = json.dumps({"incident": key, "due": due})
        self._send({"QueueUrl": self._follow_ups, "MessageBody": body, "DelaySeconds": delay})

    def wait(self, body: str, waits: int, delay_s: int) -> None:
        """Deliver an event again after `delay_s` seconds, as waiting for the `waits`th time."""
        self._send(
            {
                "QueueUrl": self._failures,
                "MessageBody": body,
                "DelaySeconds": delay_s,
                "MessageAttributes": {"waits": {"DataType": "Number", "StringValue": str(waits)}},
            }
        )

    def _send(self, request: SendMessageRequestTypeDef) -> None:
        call_aws(self._client.send_message, **request)


class DryRunQueues:
    """Sends nothing, for `sam local invoke`."""

    def follow_up(self, key: str, due: int, now: int) -> None:
        """Do nothing."""

    def wait(self, body: str, waits: int, delay_s: int) -> None:
        """Do nothing."""


class FailureOutbox:
    """Sends events to the failure queue; see `ports.sweeping.Outbox`."""

    def __init__(self, queue_url: str) -> None:
        self._url = queue_url
        self._client: SQSClient = calls.client("sqs", _TIMEOUTS)

    def send(self, events: Sequence[Raw]) -> None:
        """Send events, ten in a call; raises `ServiceError` if one is refused."""
        for bodies in _batches(events):
            entries: Any = [{"Id": str(n), "MessageBody": body} for n, body in enumerate(bodies)]
            answer = call_aws(self._client.send_message_batch, QueueUrl=self._url, Entries=entries)
            if refused := answer.get("Failed"):
                raise ServiceError(ErrorKind.RETRYABLE, refused[0]["Code"])


def _batches(events: Sequence[Raw]) -> Iterator[list[str]]:
    bodies: list[str] = []
    size = 0
    for event in events:
        body = json.dumps(event, separators=(",", ":"))
        if bodies and (len(bodies) == MOST_MESSAGES or size + len(body) > MOST_BYTES):
            yield bodies
            bodies, size = [], 0
        bodies.append(body)
        size += len(body)  # ASCII: json.dumps escapes the rest
    if bodies:
        yield bodies


class DryRunOutbox:
    """Keeps events instead of sending them, for `sam local invoke`."""

    def __init__(self) -> None:
        self.events: list[Raw] = []

    def send(self, events: Sequence[Raw]) -> None:
        """Keep events."""
        self.events += events
