"""What a topic delivers, put into a mailbox as it arrives: each document with its chat card."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from workbench.inbox.letters import Letter
from workbench.inbox.mailbox import Mailbox
from workbench.local_aws import LocalAws
from workbench.subscriber import Delivery, Subscriber

CARD_SECONDS = 2.0  # how long a document waits for its card, which is sent at the same time
POLL_SECONDS = 0.2
CARDS_KEPT = 100  # whose documents have not come


class Deliveries:
    """Forward deliveries to a mailbox while a ``with`` block lasts.

    Parameters
    ----------
    aws
        Where the topic is.
    topic
        Its ARN.
    mailbox
        Where letters go.
    """

    def __init__(self, aws: LocalAws, topic: str, mailbox: Mailbox) -> None:
        self._documents = Subscriber(aws, topic, protocol="http")
        self._cards = Subscriber(aws, topic, protocol="https")
        self._pairs = Pairs(self._cards.next)
        self._mailbox = mailbox
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._forward, daemon=True)

    def __enter__(self) -> Self:
        """Subscribe, and begin."""
        self._cards.__enter__()
        try:
            self._documents.__enter__()
        except BaseException:
            self._cards.__exit__(None, None, None)
            raise
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop listening."""
        self._ended.set()
        self._thread.join()
        self._documents.__exit__(kind, error, traceback)
        self._cards.__exit__(kind, error, traceback)

    def _forward(self) -> None:
        while not self._ended.is_set():
            delivery = self._documents.next(POLL_SECONDS)
            if delivery is not None:
                self._mailbox.put(self._pairs.letter(delivery))


class Pairs:
    """Finds the chat card of a document: the topic gives both the same message id.

    Parameters
    ----------
    next_card
        Gives the next card, or None when none arrives within so many seconds.
    """

    def __init__(self, next_card: Callable[[float], Delivery | None]) -> None:
        self._next_card = next_card
        self._cards: dict[str, dict[str, Any]] = {}

    def letter(self, delivery: Delivery) -> Letter:
        """Give the document with its card; without one where none comes in time."""
        deadline = time.monotonic() + CARD_SECONDS
        while delivery.message_id not in self._cards:
            card = self._next_card(max(0.0, deadline - time.monotonic()))
            if card is None:
                break
            self._cards[card.message_id] = card.document
            if len(self._cards) > CARDS_KEPT:
                del self._cards[next(iter(self._cards))]
        chat = self._cards.pop(delivery.message_id, None)
        at, texted = time.time_ns() // 1_000_000, delivery.attributes.get("sms") != "held"
        return Letter(at, delivery.document, chat, texted=texted)
