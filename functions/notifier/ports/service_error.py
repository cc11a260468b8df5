"""Errors: of a call to AWS, in the four kinds that matter to a reader, and of our own code."""

from __future__ import annotations

import traceback
from enum import StrEnum
from pathlib import Path


class ErrorKind(StrEnum):
    """What an error means for the caller."""

    RETRYABLE = "retryable"  # throttling, 5xx, no connection: the queue retries
    DENIED = "denied"  # permission or key: a person must fix it
    GONE = "gone"  # what was asked for does not exist
    REJECTED = "rejected"  # the request itself is refused, now and always


class ServiceError(Exception):
    """A call to AWS failed; `says` is one safe line for a reader."""

    def __init__(self, kind: ErrorKind, says: str) -> None:
        super().__init__(says)
        self.kind = kind
        self.says = says


def where(error: Exception) -> str:
    """Name an error and its place; its message may quote the job."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} at {Path(last.filename).name}:{last.lineno}"
