"""Signals that the notifier works: heartbeats, and the subscriptions of its topic."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from notifier.aws import calls
from notifier.aws.calls import Timeouts, call_aws
from notifier.batch.failure import HEARTBEAT_SOURCE
from notifier.ports.service_error import ErrorKind, ServiceError

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient

# 3 tries of at most 1 s + 3 s; the next sweep sends another heartbeat.
_TIMEOUTS = Timeouts(connect_s=1, read_s=3, tries=3)


class AwsHealthSignals:
    """Sends heartbeats to the default event bus and counts subscriptions of a topic.

    The source of a heartbeat ends with the stack's name: all stacks of a Region share the bus, and
    a role can be limited to a source, but not to a detail.
    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-conditions.html
    """

    def __init__(self, topic_arn: str, stack_name: str) -> None:
        self._topic = topic_arn
        self._source = f"{HEARTBEAT_SOURCE}.{stack_name}"
        self._events = calls.client("events", _TIMEOUTS)
        self._sns: SNSClient = calls.client("sns", _TIMEOUTS)

    def beat(self, now: int, nonce: str) -> None:
        """Put one heartbeat with this nonce on the event bus."""
        entry = {
            "Source": self._source,
            "DetailType": "Batch Notifier Heartbeat",
            "Detail": json.dumps({"at": now, "nonce": nonce}),
        }
        answer = call_aws(self._events.put_events, Entries=[entry])
        if answer["FailedEntryCount"]:
            code = answer["Entries"][0].get("ErrorCode", "no error code")
            raise ServiceError(ErrorKind.RETRYABLE, code)

    def subscriptions(self) -> tuple[int, int]:
        """Count the topic's subscriptions: confirmed, and pending.

        SNS deletes a subscription that is not confirmed in time, and then counts it nowhere.
        https://docs.aws.amazon.com/sns/latest/api/API_GetTopicAttributes.html
        """
        found = call_aws(self._sns.get_topic_attributes, TopicArn=self._topic)["Attributes"]
        return int(found["SubscriptionsConfirmed"]), int(found["SubscriptionsPending"])


class DryRunHealthSignals:
    """Sends and counts nothing: for `sam local invoke`."""

    def beat(self, now: int, nonce: str) -> None:
        """Stay silent."""

    def subscriptions(self) -> tuple[int, int]:
        """Count none."""
        return 0, 0
