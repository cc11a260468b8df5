"""A webhook: the document as it is, signed with a shared secret.

The receiver computes HMAC-SHA-256 over the timestamp, a full stop and the body, compares it with
the signature, and refuses a timestamp that is more than five minutes old.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Callable

from destinations.document import AlertDocument
from destinations.senders import http
from destinations.senders.thread import Thread

TIMESTAMP_HEADER = "Batch-Notifier-Timestamp"  # seconds since the epoch
SIGNATURE_HEADER = "Batch-Notifier-Signature"  # v1=<hexadecimal digest>


class Webhook:
    """Posts the document."""

    def __init__(self, secret: str, url: str, now_s: Callable[[], float] = time.time) -> None:
        self._secret, self._url, self._now_s = secret, url, now_s

    def send(self, alert: AlertDocument, thread: Thread | None) -> None:
        """Post and sign the document."""
        del thread
        body = json.dumps(alert.fields, ensure_ascii=False).encode("utf-8", "replace")
        timestamp = str(int(self._now_s()))
        signature = f"v1={sign(self._secret, timestamp, body)}"
        headers = {TIMESTAMP_HEADER: timestamp, SIGNATURE_HEADER: signature}
        http.post("the webhook", self._url, body, headers)


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """Give the hexadecimal digest of a body sent at a time."""
    signed = timestamp.encode() + b"." + body
    return hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
