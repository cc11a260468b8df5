"""Lambda entry point: woken by FollowUpQueue when it is time to look after an incident."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.utilities.typing import LambdaContext

from notifier import wiring
from notifier.aws.journal import Journal
from notifier.workflows import follow_up

logger = Logger()
metrics = Metrics()


@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Look after the incidents of an SQS batch.

    Returns
    -------
    dict
        `batchItemFailures`.

    Raises
    ------
    SettingsError
        On a bad environment: nothing is consumed, the queue keeps the messages.
    """
    chosen = wiring.chosen()
    ports = wiring.ports(Journal(logger, metrics), context.get_remaining_time_in_millis)
    turns = [follow_up.FollowUp(one["messageId"], one["body"]) for one in event["Records"]]
    failed = follow_up.run(turns, ports, chosen.options)
    return {"batchItemFailures": [{"itemIdentifier": one} for one in failed]}
