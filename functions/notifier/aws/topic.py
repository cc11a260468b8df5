"""The SNS topic for alerts."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TextIO

from notifier.aws import calls
from notifier.aws.calls import Timeouts, call_aws
from notifier.channels.message import Message

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient

# 3 tries of at most 1 s + 5 s; after that the queue retries.
_TIMEOUTS = Timeouts(connect_s=1, read_s=5, tries=3)


class AlertTopic:
    """Publishes alerts to one SNS topic."""

    def __init__(self, topic_arn: str) -> None:
        self._arn = topic_arn
        self._client: SNSClient = calls.client("sns", _TIMEOUTS)

    def publish(self, message: Message) -> str:
        """Publish one message and return its id.

        Raises
        ------
        ServiceError
            If SNS did not accept it.
        """
        attributes: Any = {
            name: {"DataType": "String", "StringValue": value}
            if isinstance(value, str)
            else {"DataType": "String.Array", "StringValue": json.dumps(value)}
            for name, value in message.attributes.items()
        }
        answer = call_aws(
            self._client.publish,
            TopicArn=self._arn,
            Subject=message.subject,
            Message=message.body,
            MessageStructure="json",
            MessageAttributes=attributes,
        )
        return answer["MessageId"]


class DryRunTopic:
    """Keeps messages instead of publishing them, for `sam local invoke` without an account.

    Parameters
    ----------
    output
        Where each email is written as plain text, if anywhere.
    """

    def __init__(self, output: TextIO | None = None) -> None:
        self.messages: list[dict[str, Any]] = []
        self._output = output

    def publish(self, message: Message) -> str:
        """Keep one message."""
        shown = message.decode()
        self.messages.append(shown)
        if self._output is not None:
            email = f"\nSubject: {shown['subject']}\n\n{shown['email']}\n"
            # Text of a job may contain half a surrogate pair, which no stream accepts.
            self._output.write(email.encode("utf-8", "replace").decode())
            self._output.flush()
        return "dry-run"
