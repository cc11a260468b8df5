"""Lambda entry point: invoked by FailureQueue when an AWS Batch job has failed."""

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
    """Report the failures in an SQS batch, or in one bare EventBridge event.

    Returns
    -------
    dict
        `batchItemFailures` for SQS; with DRY_RUN also the `messages` that were not published.
        Their emails are printed as plain text, too.

    Raises
    ------
    SettingsError
        If a setting is bad: the messages stay in the queue.
    RuntimeError
        If the alert of a bare event was not published: no queue retries it.
    """
    settings = wiring.load_settings()
    ports = wiring.make_ports(Journal(logger, metrics), context.get_remaining_time_in_millis)
    failed = delivery.run(_records(event), ports, settings.options)
    if failed and not _is_batch(event):
        raise RuntimeError("the alert was not published; the function's log says why")
    answer: dict[str, Any] = {"batchItemFailures": [{"itemIdentifier": one} for one in failed]}
    if isinstance(ports.topic, DryRunTopic):
        answer["messages"] = ports.topic.messages
    return answer


def _is_batch(event: object) -> bool:
    return isinstance(event, dict) and isinstance(event.get("Records"), list)


def _records(event: dict[str, Any]) -> list[Record]:
    if not _is_batch(event):
        return [Record("", event)]
    return [_record(one) for one in event["Records"]]


def _record(message: dict[str, Any]) -> Record:
    """Parse one SQS message; `Queues.wait` sets its attribute `waits`."""
    waits = message.get("messageAttributes", {}).get("waits", {}).get("stringValue", "0")
    receives = message.get("attributes", {}).get("ApproximateReceiveCount", "1")
    return Record(message["messageId"], message["body"], int(receives), int(waits))
