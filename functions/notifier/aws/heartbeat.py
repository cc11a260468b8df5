"""The proof that the notifier lives: heartbeats on the event bus, and who listens to its topic."""

from __future__ import annotations

import json
from functools import cached_property
from typing import TYPE_CHECKING, Any

from notifier.aws import calls
from notifier.aws.calls import Timeouts, call
from notifier.batch.failure import HEARTBEAT_SOURCE
from notifier.ports.service_error import ErrorKind, ServiceError

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient

# 3 tries of at most 1 s + 3 s; the next run sends another.
_TIMEOUTS = Timeouts(connect_s=1, read_s=3, tries=3)


class TopicHealth:
    """Beats on the default event bus, and counts a topic's subscriptions; see `sweep_ports`.

    The source of a heartbeat ends with the stack's name: all stacks of a Region share the bus, and
    a role can be limited to a source, but not to a detail.
    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-conditions.html
    """

    def __init__(self, topic_arn: str, stack_name: str) -> None:
        self._topic = topic_arn
        self._source = f"{HEARTBEAT_SOURCE}.{stack_name}"

    @cached_property
    def _events(self) -> Any:
        return calls.client("events", _TIMEOUTS)

    @cached_property
    def _sns(self) -> SNSClient:
        made: SNSClient = calls.client("sns", _TIMEOUTS)
        return made

    def beat(self, now: int) -> None:
        """Put one heartbeat on the event bus."""
        entry = {
            "Source": self._source,
            "DetailType": "Batch Notifier Heartbeat",
            "Detail": json.dumps({"at": now}),
        }
        answer = call(self._events.put_events, Entries=[entry])
        if answer["FailedEntryCount"]:
            code = answer["Entries"][0].get("ErrorCode", "no error code")
            raise ServiceError(ErrorKind.RETRYABLE, code)

    def subscriptions(self) -> tuple[int, int]:
        """Count the topic's subscriptions: confirmed, and pending.

        A subscription that is not confirmed in time is dropped by SNS, and counted nowhere.
        https://docs.aws.amazon.com/sns/latest/api/API_GetTopicAttributes.html
        """
        found = call(self._sns.get_topic_attributes, TopicArn=self._topic)["Attributes"]
        return int(found["SubscriptionsConfirmed"]), int(found["SubscriptionsPending"])


class DryRunHealth:
    """Sends and counts nothing: for `sam local invoke`."""

    def beat(self, now: int) -> None:
        """Stay silent."""

    def subscriptions(self) -> tuple[int, int]:
        """Count none."""
        return 0, 0
