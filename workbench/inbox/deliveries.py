"""Puts what a topic delivers into a mailbox: each document with its chat card."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from workbench.inbox.mailbox import Mailbox
from workbench.inbox.message import MailboxMessage
from workbench.local.aws import LocalAws
from workbench.local.subscriber import Delivery, Subscriber

CARD_SECONDS = 2.0  # how long a document waits for its card, which is sent at the same time
POLL_SECONDS = 0.2
MAX_CARDS = 100  # kept for documents that have not arrived


@contextlib.contextmanager
def forward_deliveries(aws: LocalAws, topic: str, mailbox: Mailbox) -> Iterator[None]:
    """Put what a topic (by its ARN) delivers into a mailbox, while the block lasts."""
    with (
        Subscriber(aws, topic, protocol="https") as cards,
        Subscriber(aws, topic, protocol="http") as documents,
    ):
        matcher, stopped = CardMatcher(cards.next), threading.Event()

        def forward() -> None:
            while not stopped.is_set():
                if (delivery := documents.next(POLL_SECONDS)) is not None:
                    mailbox.put(matcher.match(delivery))

        thread = threading.Thread(target=forward, daemon=True)
        thread.start()
        try:
            yield
        finally:
            stopped.set()
            thread.join()


class CardMatcher:
    """Finds the chat card of a document: both have the same message id.

    Parameters
    ----------
    next_card
        Returns the next card, or None when none arrives within so many seconds.
    """

    def __init__(self, next_card: Callable[[float], Delivery | None]) -> None:
        self._next_card = next_card
        self._cards: dict[str, dict[str, Any]] = {}

    def match(self, delivery: Delivery) -> MailboxMessage:
        """Return the document with its card, or without one if none arrives in time."""
        deadline = time.monotonic() + CARD_SECONDS
        while delivery.message_id not in self._cards:
            card = self._next_card(max(0.0, deadline - time.monotonic()))
            if card is None:
                break
            self._cards[card.message_id] = card.document
            if len(self._cards) > MAX_CARDS:
                del self._cards[next(iter(self._cards))]
        chat = self._cards.pop(delivery.message_id, None)
        arrived_at = time.time_ns() // 1_000_000
        is_texted = delivery.attributes.get("sms") != "held"
        return MailboxMessage(arrived_at, delivery.document, chat, is_texted=is_texted)
