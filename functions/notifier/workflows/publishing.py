"""Publishing one alert, and the line about it in the function's own log."""

from __future__ import annotations

from notifier.alert.alert import Alert
from notifier.channels import message
from notifier.ports.metrics import Metric
from notifier.ports.reporting import Ports
from notifier.ports.service_error import ErrorKind, ServiceError


class PublishError(Exception):
    """SNS did not take a message: what it reports must be retried."""


def publish(alert: Alert, ports: Ports) -> None:
    """Publish one alert and log it.

    Raises
    ------
    PublishError
        Whatever the error, the queue keeps what was to be reported: a person may fix a permission
        or a key meanwhile, and what stays rejected ends in the dead-letter queue, which has an
        alarm.
    """
    facts = facts_of(alert)
    try:
        message_id = ports.topic.publish(message.render(alert))
    except ServiceError as error:
        is_temporary = error.kind is ErrorKind.RETRYABLE
        count = Metric.PUBLISH_RETRIED if is_temporary else Metric.PUBLISH_REJECTED
        ports.journal.note("not published", count, facts | {"problem": error.says})
        raise PublishError from error
    ports.journal.note(
        "alert published", Metric.ALERTS_PUBLISHED, facts | {"sns_message": message_id}
    )


def facts_of(alert: Alert) -> dict[str, str]:
    """Name an alert for the function's own log: ids and the verdict, never texts of the job."""
    return {
        "event_id": alert.event_id,
        "job_id": alert.job_id,
        "cause": alert.diagnosis.cause,
        "certainty": str(alert.diagnosis.certainty),
        "severity": str(alert.severity),
        "incident": alert.incident,
    }
