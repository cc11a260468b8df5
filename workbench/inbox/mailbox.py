"""The newest messages, numbered in the order of their arrival; watchers are notified of each."""

from __future__ import annotations

import contextlib
import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Any

from workbench.inbox.message import MailboxMessage

CAPACITY = 1_000  # messages; about 30 kB each with mail, card and document


class Mailbox:
    """Messages in memory; safe to use from several threads.

    Parameters
    ----------
    capacity
        How many of the newest messages are kept.
    """

    def __init__(self, capacity: int = CAPACITY) -> None:
        self.capacity = capacity
        self.generation = secrets.token_hex(4)
        """Differs from that of every other mailbox, so that numbers cannot be mixed up."""
        self.is_closed = False
        self._messages: OrderedDict[int, MailboxMessage] = OrderedDict()
        self._last = 0
        self._watchers: set[Callable[[], object]] = set()
        self._lock = threading.Lock()

    def put(self, message: MailboxMessage) -> int:
        """Add a message, drop the oldest if the mailbox is full, and return its number."""
        with self._lock:
            self._last += 1
            self._messages[self._last] = message
            while len(self._messages) > self.capacity:
                self._messages.popitem(last=False)
            number = self._last
        self._notify()
        return number

    def get(self, number: int) -> MailboxMessage | None:
        """Return one message, if it is still kept."""
        with self._lock:
            return self._messages.get(number)

    def incident(self, number: int) -> list[MailboxMessage]:
        """Return the kept messages of one's incident up to that one, oldest first."""
        with self._lock:
            wanted = self._messages.get(number)
            earlier = [one for each, one in self._messages.items() if each <= number]
        if wanted is None:
            return []
        return [one for one in earlier if one.thread == wanted.thread]

    def after(self, number: int) -> list[tuple[int, MailboxMessage]]:
        """Return the messages that arrived after one, oldest first."""
        with self._lock:
            if number >= self._last:
                return []
            return [(each, message) for each, message in self._messages.items() if each > number]

    def state(self) -> dict[str, Any]:
        """Return every row, newest first, and how many were dropped."""
        with self._lock:
            messages, last = list(self._messages.items()), self._last
        return {
            "generation": self.generation,
            "last": last,
            "kept": self.capacity,
            "dropped": last - len(messages),
            "rows": [numbered_row(number, message) for number, message in reversed(messages)],
        }

    @contextlib.contextmanager
    def watched(self, watcher: Callable[[], object]) -> Iterator[None]:
        """Call ``watcher`` after every message, and on close, while the block lasts."""
        with self._lock:
            self._watchers.add(watcher)
        try:
            yield
        finally:
            with self._lock:
                self._watchers.discard(watcher)

    def close(self) -> None:
        """Release the watchers."""
        self.is_closed = True
        self._notify()

    def _notify(self) -> None:
        with self._lock:
            watchers = list(self._watchers)
        for watcher in watchers:
            watcher()


def numbered_row(number: int, message: MailboxMessage) -> dict[str, Any]:
    """Return a message's row with its number."""
    return {"number": number, **message.row()}
