"""Lambda entry point: invoked by DeliveryQueue, which subscribes to AlertTopic."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from destinations import clients
from destinations.configuration import ConfigurationStore
from destinations.delivery import Delivery, Outcome
from destinations.senders.factory import make_sender
from destinations.state import DeliveryState

logger = Logger()
metrics = Metrics()


@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Deliver the alerts of an SQS batch; or one alert to one destination, as a test.

    Returns
    -------
    dict
        `batchItemFailures`: what comes again after the wait that was set here. Of a test, `sent`
        and `problems`.

    Raises
    ------
    ConfigurationError
        If the routes are missing or wrong: the messages stay in the queue.
    """
    metrics.add_metric("AlertsReceived", MetricUnit.Count, len(event.get("Records", ())))
    configuration = _store().load()
    if "Records" not in event:
        outcome = _delivery().deliver(
            json.dumps(event | {"test": context.aws_request_id}), 1, configuration
        )
        return {"sent": list(outcome.sent), "problems": list(outcome.problems)}
    failed = []
    for record in event["Records"]:
        receives = int(record["attributes"]["ApproximateReceiveCount"])
        outcome = _delivery().deliver(record["body"], receives, configuration)
        _note(outcome)
        for letter in outcome.dead_letters:
            _sqs().send_message(
                QueueUrl=os.environ["DEAD_LETTER_QUEUE_URL"], MessageBody=letter.to_json()
            )
            _delivery().give_up(letter)
        if outcome.retry_after_s is not None:
            _wait(record["receiptHandle"], outcome.retry_after_s)
            failed.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failed}


def _note(outcome: Outcome) -> None:
    for name in outcome.sent:
        logger.info("sent", extra={"destination": name})
    for problem in outcome.problems:
        logger.warning("not sent", extra={"problem": problem})
    metrics.add_metric("AlertsDelivered", MetricUnit.Count, len(outcome.sent))
    metrics.add_metric("DeliveriesFailed", MetricUnit.Count, len(outcome.problems))
    metrics.add_metric("DeliveriesGivenUp", MetricUnit.Count, len(outcome.dead_letters))


def _wait(receipt: str, seconds: int) -> None:
    _sqs().change_message_visibility(
        QueueUrl=os.environ["DELIVERY_QUEUE_URL"], ReceiptHandle=receipt, VisibilityTimeout=seconds
    )


@cache
def _sqs() -> Any:
    return clients.client("sqs")


@cache
def _store() -> ConfigurationStore:
    names = (os.environ["ROUTES_PARAMETER"], os.environ["CREDENTIALS_PARAMETER"])
    return ConfigurationStore(clients.client("ssm"), *names)


@cache
def _delivery() -> Delivery:
    state = DeliveryState(clients.client("dynamodb"), os.environ["TABLE_NAME"])
    return Delivery(state, make_sender, lambda: datetime.now(UTC))
