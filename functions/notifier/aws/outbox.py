"""The way into the failure queue for what no event told."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from notifier.aws import clients
from notifier.aws.clients import Patience
from notifier.aws.errors import asked
from notifier.core.trouble import ServiceError, Trouble
from notifier.sweep_ports import Raw

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

MOST_MESSAGES, MOST_BYTES = 10, 250_000  # in one call; 262,144 bytes with what SQS adds
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html
# 3 tries of at most 1 s + 3 s; after that this run stops, and the next finds the rest again.
_PATIENCE = Patience(connect_s=1, read_s=3, tries=3)


class FailureOutbox:
    """Sends to the failure queue; see `sweep_ports.Outbox`."""

    def __init__(self, queue_url: str) -> None:
        self._url = queue_url

    @cached_property
    def _client(self) -> SQSClient:
        made: SQSClient = clients.client("sqs", _PATIENCE)
        return made

    def send(self, events: Sequence[Raw]) -> None:
        """Send events, ten at a time; raises `ServiceError` when one was not taken."""
        for bodies in _batches(events):
            entries: Any = [{"Id": str(n), "MessageBody": body} for n, body in enumerate(bodies)]
            answer = asked(self._client.send_message_batch, QueueUrl=self._url, Entries=entries)
            if refused := answer.get("Failed"):
                raise ServiceError(Trouble.RETRYABLE, refused[0]["Code"])


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
    """Keeps what would be sent, for `sam local invoke`."""

    def __init__(self) -> None:
        self.events: list[Raw] = []

    def send(self, events: Sequence[Raw]) -> None:
        """Keep them."""
        self.events += events
