"""Lambda entry point: woken by FailureQueue when an AWS Batch job has failed."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.utilities.typing import LambdaContext

from notifier import wiring
from notifier.aws.journal import Journal
from notifier.aws.topic import DryRunTopic
from notifier.workflows import delivery
from notifier.workflows.records import Record

logger = Logger()
metrics = Metrics()


@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Tell of the failures in an SQS batch, or of one bare EventBridge event.

    Returns
    -------
    dict
        `batchItemFailures` for SQS; with DRY_RUN also the `messages`, which are not published.
        Their emails are printed as plain text, too.

    Raises
    ------
    SettingsError
        On a bad environment: nothing is consumed, the queue keeps the messages.
    RuntimeError
        When a bare event was not published: there is no queue to try it again.
    """
    chosen = wiring.chosen()
    ports = wiring.ports(Journal(logger, metrics), context.get_remaining_time_in_millis)
    failed = delivery.run(_records(event), ports, chosen.options)
    if failed and not _is_batch(event):
        raise RuntimeError("the alert was not published; the function's log says why")
    answer: dict[str, Any] = {"batchItemFailures": [{"itemIdentifier": one} for one in failed]}
    told = ports.topic.messages if isinstance(ports.topic, DryRunTopic) else None
    return answer if told is None else answer | {"messages": told}


def _is_batch(event: object) -> bool:
    return isinstance(event, dict) and isinstance(event.get("Records"), list)


def _records(event: dict[str, Any]) -> list[Record]:
    if not _is_batch(event):
        return [Record("", event)]
    return [_record(one) for one in event["Records"]]


def _record(message: dict[str, Any]) -> Record:
    """Read one SQS message; `waits` is the attribute that `Queues.wait` gave it."""
    waits = message.get("messageAttributes", {}).get("waits", {}).get("stringValue", "0")
    receives = message.get("attributes", {}).get("ApproximateReceiveCount", "1")
    return Record(message["messageId"], message["body"], int(receives), int(waits))
