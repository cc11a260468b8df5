"""A web subscriber to an SNS topic, on loopback: it confirms itself and keeps what is delivered."""

import contextlib
import http.server
import json
import queue
import threading
import time
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Self

from workbench.local.aws import LocalAws
from workbench.local.loopback import HOST, serving
from workbench.local.setup_error import SetupError

CONFIRM_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Delivery:
    """One notification as the topic delivered it."""

    arrived: float
    """Seconds of ``time.perf_counter`` when its first byte was read."""
    subject: str
    document: dict[str, Any]
    """What the topic says to this protocol; to ``http`` it is ``batch-failure-alert/1``."""
    attributes: dict[str, str]
    message_id: str = ""
    """The same for every protocol that a message went to."""

    @property
    def event_id(self) -> str:
        """The id of the event that this alert is about."""
        return str(self.document.get("event_id", ""))

    @property
    def email(self) -> str:
        """The text that an email subscriber gets."""
        return str(self.document.get("text", {}).get("email", ""))


class Subscriber:
    """Listen while a ``with`` block lasts; ``next`` hands over deliveries in order of arrival.

    Parameters
    ----------
    aws
        Where the topic is.
    topic
        Its ARN.
    protocol
        ``http``, which gets the document for machines, or ``https``, which gets the chat message.
    """

    def __init__(self, aws: LocalAws, topic: str, protocol: str = "http") -> None:
        self._aws = aws
        self._topic = topic
        self._protocol = protocol
        self._deliveries: queue.Queue[Delivery] = queue.Queue()
        self._confirmed = threading.Event()
        self._listening = contextlib.ExitStack()

    def __enter__(self) -> Self:
        """Listen, subscribe, and wait for the confirmation."""
        tls = self._aws.server_tls() if self._protocol == "https" else None
        with contextlib.ExitStack() as opened:
            port = opened.enter_context(serving(self._request_class(), tls))
            self._aws.client("sns").subscribe(
                TopicArn=self._topic,
                Protocol=self._protocol,
                Endpoint=f"{self._protocol}://{HOST}:{port}/",
            )
            if not self._confirmed.wait(CONFIRM_SECONDS):
                raise SetupError("the topic did not confirm the subscription")
            self._listening = opened.pop_all()
        return self

    def __exit__(self, *error: object) -> None:
        """Stop listening."""
        self._listening.close()

    def next(self, seconds: float) -> Delivery | None:
        """Return the next delivery, or None when nothing arrives within ``seconds``."""
        try:
            return self._deliveries.get(timeout=seconds)
        except queue.Empty:
            return None

    def _request_class(self) -> type[http.server.BaseHTTPRequestHandler]:
        subscriber = self

        class Request(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                arrived = time.perf_counter()
                body = self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(HTTPStatus.OK)
                self.end_headers()
                subscriber._take(json.loads(body), arrived)

            def log_message(self, format: str, *args: Any) -> None:
                """Say nothing."""

        return Request

    def _take(self, message: dict[str, Any], arrived: float) -> None:
        if message["Type"] == "SubscriptionConfirmation":
            self._confirm(message["Token"])
            return
        attributes = message.get("MessageAttributes", {})
        self._deliveries.put(
            Delivery(
                arrived=arrived,
                subject=message.get("Subject", ""),
                document=_document(message["Message"]),
                attributes={name: each["Value"] for name, each in attributes.items()},
                message_id=message.get("MessageId", ""),
            )
        )

    def _confirm(self, token: str) -> None:
        # By the API, as the link in the message says http, where nothing listens.
        self._aws.client("sns").confirm_subscription(TopicArn=self._topic, Token=token)
        self._confirmed.set()


def _document(said: str) -> dict[str, Any]:
    """Read what was published; other publishers than the notifier may say it in plain text."""
    try:
        read: dict[str, Any] = json.loads(said)
    except ValueError:
        return {"text": said}
    return read
