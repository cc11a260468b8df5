"""The proof that the notifier lives: heartbeats on the event bus, and who listens to its topic."""

from __future__ import annotations

import json
from functools import cached_property
from typing import TYPE_CHECKING, Any

from notifier.aws import clients
from notifier.aws.clients import Patience
from notifier.aws.errors import asked
from notifier.core.failure import HEARTBEAT_SOURCE
from notifier.core.trouble import ServiceError, Trouble

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient

# 3 tries of at most 1 s + 3 s; the next run sends another.
_PATIENCE = Patience(connect_s=1, read_s=3, tries=3)


class TopicPulse:
    """Beats on the default event bus, and counts a topic's subscriptions; see `sweep_ports`."""

    def __init__(self, topic_arn: str) -> None:
        self._topic = topic_arn

    @cached_property
    def _events(self) -> Any:
        return clients.client("events", _PATIENCE)

    @cached_property
    def _sns(self) -> SNSClient:
        made: SNSClient = clients.client("sns", _PATIENCE)
        return made

    def beat(self, now: int) -> None:
        """Put one heartbeat on the event bus."""
        entry = {
            "Source": HEARTBEAT_SOURCE,
            "DetailType": "Batch Notifier Heartbeat",
            "Detail": json.dumps({"at": now}),
        }
        answer = asked(self._events.put_events, Entries=[entry])
        if answer["FailedEntryCount"]:
            code = answer["Entries"][0].get("ErrorCode", "no error code")
            raise ServiceError(Trouble.RETRYABLE, code)

    def subscriptions(self) -> tuple[int, int]:
        """Count the topic's subscriptions: confirmed, and pending.

        A subscription that is not confirmed in time is dropped by SNS, and counted nowhere.
        https://docs.aws.amazon.com/sns/latest/api/API_GetTopicAttributes.html
        """
        found = asked(self._sns.get_topic_attributes, TopicArn=self._topic)["Attributes"]
        return int(found["SubscriptionsConfirmed"]), int(found["SubscriptionsPending"])


class DryRunPulse:
    """Sends and counts nothing: for `sam local invoke`."""

    def beat(self, now: int) -> None:
        """Stay silent."""

    def subscriptions(self) -> tuple[int, int]:
        """Count none."""
        return 0, 0
