"""One alert as it came out of the topic, and what the page shows of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

# One part of a text message holds 160 GSM-7 characters, or 70 of any alphabet; several parts
# hold a little less each, because they say how they belong together.
# https://docs.aws.amazon.com/sns/latest/dg/sms_sms-to-phone.html
GSM_PART, GSM_OF_MANY = 160, 153
UNICODE_PART, UNICODE_OF_MANY = 70, 67
CRITICAL = "critical"


@dataclass(frozen=True, slots=True)
class MailboxMessage:
    """One alert.

    Parameters
    ----------
    at
        When it arrived, in epoch milliseconds; 0 where it never did (a sample).
    document
        What machines get: `batch-failure-alert/1`.
    chat
        What Amazon Q Developer gets; None where it did not come.
    sample
        The sample event that it was made from, if it was.
    texted
        False where the cap on text messages was reached.
    """

    at: int
    document: dict[str, Any]
    chat: dict[str, Any] | None = None
    sample: str = ""
    texted: bool = True

    def row(self) -> dict[str, Any]:
        """Give what a list shows of it, and what a filter looks at."""
        document, cause = self.document, _node(self.document, "cause")
        return {
            "at": self.at,
            "thread": self.sample or _said(document, "incident") or _said(document, "event_id"),
            "sample": self.sample,
            "status": _said(document, "status"),
            "severity": _said(document, "severity"),
            "outcome": _said(document, "outcome"),
            "novelty": _said(document, "novelty"),
            "name": _said(_node(document, "job"), "name"),
            "queue": _said(document, "queue"),
            "owner": _said(document, "owner"),
            "cause": _said(cause, "id"),
            "title": _said(cause, "title"),
            "certainty": _said(cause, "certainty"),
            "subject": _said(_node(document, "text"), "subject"),
            "summary": _said(document, "summary"),
        }

    def whole(self) -> dict[str, Any]:
        """Give everything that its readers see."""
        texts = _node(self.document, "text")
        sms = _said(texts, "sms")
        return {
            "row": self.row(),
            "subject": _said(texts, "subject"),
            "email": _said(texts, "email"),
            "sms": sms,
            "sms_parts": parts(sms),
            "sms_note": self._sms_note(),
            "chat": self.chat,
            "document": self.document,
        }

    def _sms_note(self) -> str:
        if _said(self.document, "severity") != CRITICAL:
            return "Not texted: a phone gets critical alerts only."
        return "" if self.texted else "Not texted: the cap of this hour was reached."


def parts(sms: str) -> int:
    """Count the parts that a text message takes.

    Examples
    --------
    >>> parts("FAILED nightly: Timed out."), parts("x" * 161), parts("é" * 71)
    (1, 2, 2)
    """
    part, of_many = (GSM_PART, GSM_OF_MANY) if sms.isascii() else (UNICODE_PART, UNICODE_OF_MANY)
    return 1 if len(sms) <= part else -(-len(sms) // of_many)


def _node(found: dict[str, Any], key: str) -> dict[str, Any]:
    value = found.get(key)
    return value if isinstance(value, dict) else {}


def _said(found: dict[str, Any], key: str) -> str:
    value = found.get(key)
    return value if isinstance(value, str) else ""
