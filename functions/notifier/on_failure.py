"""Lambda entry point: woken by FailureQueue when an AWS Batch job has failed."""

from __future__ import annotations

import os
import time
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.utilities.typing import LambdaContext

from notifier import pipeline, settings
from notifier.aws.joblogs import JobLogs
from notifier.aws.journal import Journal
from notifier.aws.topic import AlertTopic, DryRunTopic

logger = Logger()
metrics = Metrics()


@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Tell of the failures in an SQS batch, or of one bare EventBridge event.

    Returns
    -------
    dict
        `batchItemFailures` for SQS; with DRY_RUN also the `messages`, which are not published.

    Raises
    ------
    SettingsError
        On a bad environment: nothing is consumed, the queue keeps the messages.
    RuntimeError
        When a bare event was not published: there is no queue to try it again.
    """
    chosen = _settings()
    topic = DryRunTopic() if chosen.dry_run else _topic()
    journal, remaining = Journal(logger, metrics), context.get_remaining_time_in_millis
    ports = pipeline.Ports(JobLogs(), topic, journal, remaining, time.sleep)
    failed = pipeline.run(_records(event), ports, chosen.log_lines, chosen.minimum_severity)
    if failed and not _is_batch(event):
        raise RuntimeError("the alert was not published; the function's log says why")
    answer: dict[str, Any] = {"batchItemFailures": [{"itemIdentifier": one} for one in failed]}
    return answer | ({"messages": topic.messages} if isinstance(topic, DryRunTopic) else {})


def _is_batch(event: object) -> bool:
    return isinstance(event, dict) and isinstance(event.get("Records"), list)


def _records(event: dict[str, Any]) -> list[pipeline.Record]:
    if not _is_batch(event):
        return [pipeline.Record("", event)]
    return [pipeline.Record(one["messageId"], one["body"]) for one in event["Records"]]


@cache
def _settings() -> settings.Settings:
    return settings.read(os.environ)


@cache
def _topic() -> AlertTopic:
    return AlertTopic(_settings().topic_arn)
