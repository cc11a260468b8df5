"""The newest letters, numbered as they come; whoever watches is told of each."""

from __future__ import annotations

import contextlib
import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Any

from workbench.inbox.messages import MailboxMessage

KEPT = 1_000  # letters; about 30 kB each with mail, card and document


class Mailbox:
    """Letters in memory; safe to use from several threads.

    Parameters
    ----------
    kept
        How many of the newest letters stay.
    """

    def __init__(self, kept: int = KEPT) -> None:
        self.kept = kept
        self.age = secrets.token_hex(4)
        """Differs from that of every other mailbox, so that numbers cannot be mixed up."""
        self._letters: OrderedDict[int, MailboxMessage] = OrderedDict()
        self._last = 0
        self._watchers: set[Callable[[], object]] = set()
        self._lock = threading.Lock()
        self.closed = False

    def put(self, letter: MailboxMessage) -> int:
        """Take a letter in, drop the oldest where there are too many, and give its number."""
        with self._lock:
            self._last += 1
            self._letters[self._last] = letter
            while len(self._letters) > self.kept:
                self._letters.popitem(last=False)
            number = self._last
        self._tell()
        return number

    def letter(self, number: int) -> MailboxMessage | None:
        """Give one letter, if it is still there."""
        with self._lock:
            return self._letters.get(number)

    def after(self, number: int) -> list[tuple[int, MailboxMessage]]:
        """Give the letters that came after one, oldest first."""
        with self._lock:
            if number >= self._last:
                return []
            return [(each, letter) for each, letter in self._letters.items() if each > number]

    def state(self) -> dict[str, Any]:
        """Give every row, newest first, and what was dropped."""
        with self._lock:
            letters, last = list(self._letters.items()), self._last
        return {
            "age": self.age,
            "last": last,
            "kept": self.kept,
            "dropped": last - len(letters),
            "rows": [row(number, letter) for number, letter in reversed(letters)],
        }

    @contextlib.contextmanager
    def watched(self, watcher: Callable[[], object]) -> Iterator[None]:
        """Call ``watcher`` after every letter, and when the mailbox closes, for a while."""
        with self._lock:
            self._watchers.add(watcher)
        try:
            yield
        finally:
            with self._lock:
                self._watchers.discard(watcher)

    def close(self) -> None:
        """Let those who watch go home."""
        self.closed = True
        self._tell()

    def _tell(self) -> None:
        with self._lock:
            watchers = list(self._watchers)
        for watcher in watchers:
            watcher()


def row(number: int, letter: MailboxMessage) -> dict[str, Any]:
    """Give a letter's row with its number."""
    return {"number": number, **letter.row()}
