"""How a call to AWS can go wrong, in the four ways that matter to a reader."""

from __future__ import annotations

from enum import StrEnum


class Trouble(StrEnum):
    """What an error means for the caller."""

    RETRYABLE = "retryable"  # throttling, 5xx, no connection: the queue tries again
    DENIED = "denied"  # permission or key: a person must mend it
    GONE = "gone"  # what was asked for does not exist
    REJECTED = "rejected"  # the request itself is refused, now and always


class ServiceError(Exception):
    """A call to AWS failed; `says` is one safe line for a reader."""

    def __init__(self, trouble: Trouble, says: str) -> None:
        super().__init__(says)
        self.trouble = trouble
        self.says = says
