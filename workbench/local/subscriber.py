"""A web subscriber to an SNS topic, on loopback: it confirms itself and queues deliveries."""

import contextlib
import json
import queue
import time
from dataclasses import dataclass
from typing import Any, Self

from workbench.errors import SetupError
from workbench.local.aws import LocalAws
from workbench.local.loopback import HOST, Request, Response, serve

CONFIRM_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Delivery:
    """One notification that the topic delivered."""

    arrived: float
    """Seconds of ``time.perf_counter``."""
    subject: str
    document: dict[str, Any]
    """What the topic sends to this protocol; for ``http`` it is ``batch-failure-alert/1``."""
    attributes: dict[str, str]
    message_id: str = ""
    """The same for every protocol."""

    @property
    def event_id(self) -> str:
        """The id of the event that this alert is about."""
        return str(self.document.get("event_id", ""))

    @property
    def email(self) -> str:
        """The text that an email subscriber gets."""
        return str(self.document.get("text", {}).get("email", ""))


class Subscriber:
    """Listens while a ``with`` block lasts; ``next`` returns deliveries in order of arrival.

    Parameters
    ----------
    aws
        Where the topic is.
    topic
        Its ARN.
    protocol
        ``http`` for the document for machines, or ``https`` for the chat message.
    filter_policy
        Which messages it gets, by their attributes; all where it is None.
    """

    def __init__(
        self,
        aws: LocalAws,
        topic: str,
        protocol: str = "http",
        filter_policy: dict[str, list[str]] | None = None,
    ) -> None:
        self._aws = aws
        self._topic = topic
        self._protocol = protocol
        self._attributes = {"FilterPolicy": json.dumps(filter_policy)} if filter_policy else {}
        self._deliveries: queue.Queue[Delivery] = queue.Queue()
        self._tokens: queue.Queue[str] = queue.Queue()
        self._listening = contextlib.ExitStack()

    def __enter__(self) -> Self:
        """Listen, subscribe, and wait for the confirmation."""
        tls = self._aws.server_tls() if self._protocol == "https" else None
        with contextlib.ExitStack() as opened:
            port = opened.enter_context(serve(self._receive, tls))
            self._aws.client("sns").subscribe(
                TopicArn=self._topic,
                Protocol=self._protocol,
                Endpoint=f"{self._protocol}://{HOST}:{port}/",
                Attributes=self._attributes,
            )
            self._confirm()
            self._listening = opened.pop_all()
        return self

    def _confirm(self) -> None:
        """Confirm the subscription by the API: the link in the message is http, not https."""
        try:
            token = self._tokens.get(timeout=CONFIRM_SECONDS)
        except queue.Empty:
            raise SetupError("the topic did not ask to confirm the subscription") from None
        self._aws.client("sns").confirm_subscription(TopicArn=self._topic, Token=token)

    def __exit__(self, *error: object) -> None:
        """Stop listening."""
        self._listening.close()

    def next(self, seconds: float) -> Delivery | None:
        """Return the next delivery, or None when nothing arrives within ``seconds``."""
        try:
            return self._deliveries.get(timeout=seconds)
        except queue.Empty:
            return None

    def _receive(self, request: Request) -> Response:
        arrived, message = time.perf_counter(), json.loads(request.body)
        if message["Type"] == "SubscriptionConfirmation":
            self._tokens.put(message["Token"])
            return Response()
        attributes = message.get("MessageAttributes", {})
        self._deliveries.put(
            Delivery(
                arrived=arrived,
                subject=message.get("Subject", ""),
                document=_read_document(message["Message"]),
                attributes={name: each["Value"] for name, each in attributes.items()},
                message_id=message.get("MessageId", ""),
            )
        )
        return Response()


def _read_document(message: str) -> dict[str, Any]:
    """Read a published message; other publishers than the notifier may send plain text."""
    try:
        document: dict[str, Any] = json.loads(message)
    except ValueError:
        return {"text": message}
    return document
