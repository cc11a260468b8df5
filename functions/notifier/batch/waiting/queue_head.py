"""The head of a queue, as an alert shows it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class QueueHead:
    """A job that is first in its queue or in its share of it.

    `since` is when it became first, in epoch milliseconds; `behind` is how many jobs wait behind
    it, `usage` what the queue and its shares use now. `unread` is why nothing is known of that.
    """

    since: int | None = None
    share: str = ""
    behind: int = 0
    usage: str = ""
    unread: str = ""
