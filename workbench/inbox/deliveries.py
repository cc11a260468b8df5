"""What a topic delivers, put into a mailbox as it arrives: each document with its chat card."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from workbench.inbox.mailbox import Mailbox
from workbench.inbox.messages import MailboxMessage
from workbench.local.aws import LocalAws
from workbench.local.subscriber import Delivery, Subscriber

CARD_SECONDS = 2.0  # how long a document waits for its card, which is sent at the same time
POLL_SECONDS = 0.2
CARDS_KEPT = 100  # whose documents have not come


@contextlib.contextmanager
def forwarding(aws: LocalAws, topic: str, mailbox: Mailbox) -> Iterator[None]:
    """Put what a topic (by its ARN) delivers into a mailbox, while the block lasts."""
    with (
        Subscriber(aws, topic, protocol="https") as cards,
        Subscriber(aws, topic, protocol="http") as documents,
    ):
        pairs, ended = Pairs(cards.next), threading.Event()

        def forward() -> None:
            while not ended.is_set():
                if (delivery := documents.next(POLL_SECONDS)) is not None:
                    mailbox.put(pairs.letter(delivery))

        thread = threading.Thread(target=forward, daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()


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

    def letter(self, delivery: Delivery) -> MailboxMessage:
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
        return MailboxMessage(at, delivery.document, chat, texted=texted)
