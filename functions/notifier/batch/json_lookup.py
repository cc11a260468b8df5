"""Look-ups in JSON of any shape: a missing key or another type gives an empty value."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from notifier.batch.failure import DRILL_SOURCE
from notifier.text import untrusted

_MAX_EPOCH_MS = 253_402_300_799_999  # the year 9999; beyond it datetime fails
Json = dict[str, Any]  # a JSON object
Sanitizer = Callable[[object], str]  # makes a text safe to show; other types give an empty text


def dict_at(value: object, *path: str) -> Json:
    """Follow keys to an object."""
    found = _at(value, path)
    return found if isinstance(found, dict) else {}


def list_at(value: object, *path: str) -> list[Any]:
    """Follow keys to a list of anything."""
    found = _at(value, path)
    return found if isinstance(found, list) else []


def dicts_at(value: object, *path: str) -> list[Json]:
    """Follow keys to a list and return the objects in it."""
    return [item for item in list_at(value, *path) if isinstance(item, dict)]


def str_at(value: object, *path: str) -> str:
    """Follow keys to a text."""
    found = _at(value, path)
    return found if isinstance(found, str) else ""


def int_at(value: object, *path: str) -> int | None:
    """Follow keys to a whole number below 2**53."""
    found = _at(value, path)
    is_integer = isinstance(found, int) and not isinstance(found, bool)
    return found if is_integer and abs(found) < 2**53 else None


def time_at(value: object, *path: str) -> int | None:
    """Follow keys to epoch milliseconds; AWS Batch writes 0 for none (array parents)."""
    number = int_at(value, *path)
    return number if number is not None and 0 < number <= _MAX_EPOCH_MS else None


def _at(value: Any, path: tuple[str, ...]) -> Any:
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def sanitizer(secrets: tuple[str, ...], limit: int) -> Sanitizer:
    """Return a function that masks these secrets and cuts a text to `limit` characters."""
    return partial(_sanitize, secrets=secrets, limit=limit)


def _sanitize(value: object, secrets: tuple[str, ...], limit: int) -> str:
    return untrusted.one_line(value, secrets, limit) if isinstance(value, str) else ""


def parse_envelope(event: Json, name: Sanitizer, arn: str = "") -> Json:
    """Parse the envelope of an event into fields of `Failure` and `Unreadable`.

    Account and Region are those of the safe `arn` if there is one: the envelope of a drill has
    those of the bus.
    """
    parts = [*arn.split(":"), "", "", "", ""] if arn.startswith("arn:") else [""] * 5
    return {
        "event_id": name(event.get("id")),
        "event_time": name(event.get("time")),
        "account": parts[4] or name(event.get("account")),
        "region": parts[3] or name(event.get("region")),
        "is_drill": event.get("source") == DRILL_SOURCE,
    }
