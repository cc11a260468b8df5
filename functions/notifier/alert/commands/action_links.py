"""Signed links: what a reader may do about an incident, with one click and for one day."""

from __future__ import annotations

import base64
import hashlib
import hmac
from enum import StrEnum
from urllib.parse import quote

from notifier.alert.facts import Pairs

LIFETIME_S = 24 * 3600
SIGNATURE_BYTES = 16  # 128 bits of the digest keep a link short enough for a text of 76 columns
PARAMETER = "t"


class Action(StrEnum):
    """What a link does; the value is part of what is signed, and never changes."""

    ACKNOWLEDGE = "ack"
    SILENCE_4H = "4h"
    SILENCE_MORNING = "9am"


LABELS = {
    Action.ACKNOWLEDGE: "Acknowledge",
    Action.SILENCE_4H: "Silence for 4 hours",
    Action.SILENCE_MORNING: "Silence until tomorrow 09:00 UTC",
}


def list_actions(url: str, key: bytes, incident: str, now: int) -> Pairs:
    """Give label and URL of each action on an incident, signed at `now` (epoch ms)."""
    expires = now // 1000 + LIFETIME_S
    return tuple(
        (label, f"{url}?{PARAMETER}={quote(make_token(key, action, incident, expires), safe='')}")
        for action, label in LABELS.items()
    )


def make_token(key: bytes, action: str, incident: str, expires: int) -> str:
    """Give `action.incident.expires.signature`; `expires` is in epoch seconds."""
    return f"{action}.{incident}.{expires}.{sign(key, action, incident, expires)}"


def sign(key: bytes, action: str, incident: str, expires: int) -> str:
    """Give the signature of a link, in URL-safe characters."""
    signed = "\n".join(("batch-notifier/1", action, incident, str(expires)))
    digest = hmac.new(key, signed.encode("utf-8", "replace"), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest[:SIGNATURE_BYTES]).rstrip(b"=").decode()
