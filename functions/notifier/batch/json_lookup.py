"""Look-ups in JSON of any shape: what is absent or of another type is empty, texts are safe."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, TypedDict

from notifier.batch.failure import DRILL_SOURCE
from notifier.text import untrusted

_MAX_EPOCH_MS = 253_402_300_799_999  # the year 9999; beyond it datetime fails
Safe = Callable[[object], str]  # makes a text safe to show; anything else gives an empty one


def node(value: object, *path: str) -> dict[str, Any]:
    """Follow keys to an object; anything else on the way gives an empty one."""
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def items(value: object) -> list[dict[str, Any]]:
    """Give the objects of a list; anything else gives none."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def string(value: object, *path: str) -> str:
    """Follow keys to a text; anything else gives an empty one."""
    found = node(value, *path[:-1]).get(path[-1])
    return found if isinstance(found, str) else ""


def integer(value: object) -> int | None:
    """Give a whole number; floats, booleans and giants are None."""
    usable = isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**53
    return value if usable and isinstance(value, int) else None


def moment(value: object) -> int | None:
    """Give epoch milliseconds; Batch writes 0 where it has none (array parents)."""
    number = integer(value)
    return number if number is not None and 0 < number <= _MAX_EPOCH_MS else None


def made_safe(secrets: tuple[str, ...], limit: int) -> Safe:
    """Give what masks these secrets, and cuts to so many characters."""
    return partial(_safe, secrets=secrets, limit=limit)


def _safe(value: object, secrets: tuple[str, ...], limit: int) -> str:
    return untrusted.one_line(value, secrets, limit) if isinstance(value, str) else ""


class Envelope(TypedDict):
    """What every event says, whatever it is about."""

    event_id: str
    event_time: str
    account: str
    region: str
    is_drill: bool


def envelope(event: dict[str, Any], name: Safe, arn: str = "") -> Envelope:
    """Read the envelope of an event.

    Account and Region are those of a safe `arn` where there is one: a drill's envelope has the
    bus's own instead.
    """
    parts = [*arn.split(":"), "", "", "", ""] if arn.startswith("arn:") else [""] * 5
    return Envelope(
        event_id=name(event.get("id")),
        event_time=name(event.get("time")),
        account=parts[4] or name(event.get("account")),
        region=parts[3] or name(event.get("region")),
        is_drill=event.get("source") == DRILL_SOURCE,
    )
