"""Lambda entry point: invoked by FollowUpQueue when an incident is due for a follow-up."""

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
    """Follow up the incidents of an SQS batch.

    Returns
    -------
    dict
        `batchItemFailures`.

    Raises
    ------
    SettingsError
        If a setting is bad: the messages stay in the queue.
    """
    settings = wiring.load_settings()
    ports = wiring.make_ports(Journal(logger, metrics), context.get_remaining_time_in_millis)
    turns = [follow_up.FollowUp(one["messageId"], one["body"]) for one in event["Records"]]
    failed = follow_up.run(turns, ports, settings.options)
    return {"batchItemFailures": [{"itemIdentifier": one} for one in failed]}
