"""One alert as the topic delivered it, and what the page shows of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

# One part of a text message holds 160 GSM-7 characters, or 70 of any alphabet. Each of several
# parts holds a little less, because it also says which part it is.
# https://docs.aws.amazon.com/sns/latest/dg/sms_sms-to-phone.html
GSM_PART, GSM_OF_SEVERAL = 160, 153
UNICODE_PART, UNICODE_OF_SEVERAL = 70, 67
CRITICAL = "critical"


@dataclass(frozen=True, slots=True)
class MailboxMessage:
    """One alert.

    Parameters
    ----------
    arrived_at
        Epoch milliseconds; 0 for a sample, which never arrived.
    document
        What machines get: `batch-failure-alert/1`.
    chat
        What Amazon Q Developer gets; None if it did not arrive.
    sample
        Name of the sample event that it was made from, if any.
    is_texted
        False when the limit on text messages was reached.
    """

    arrived_at: int
    document: dict[str, Any]
    chat: dict[str, Any] | None = None
    sample: str = ""
    is_texted: bool = True

    @property
    def thread(self) -> str:
        """What messages about one incident have in common."""
        document = self.document
        return self.sample or _text(document, "incident") or _text(document, "event_id")

    def row(self) -> dict[str, Any]:
        """Return what the list and its filters use."""
        document = self.document
        cause = _object(document, "cause")
        return {
            "at": self.arrived_at,
            "thread": self.thread,
            "sample": self.sample,
            "status": _text(document, "status"),
            "severity": _text(document, "severity"),
            "outcome": _text(document, "outcome"),
            "novelty": _text(document, "novelty"),
            "name": _text(_object(document, "job"), "name"),
            "queue": _text(document, "queue"),
            "owner": _text(document, "owner"),
            "cause": _text(cause, "id"),
            "title": _text(cause, "title"),
            "certainty": _text(cause, "certainty"),
            "subject": _text(_object(document, "text"), "subject"),
            "summary": _text(document, "summary"),
        }

    def details(self) -> dict[str, Any]:
        """Return everything that its readers see."""
        texts = _object(self.document, "text")
        sms = _text(texts, "sms")
        return {
            "row": self.row(),
            "subject": _text(texts, "subject"),
            "email": _text(texts, "email"),
            "sms": sms,
            "sms_parts": count_sms_parts(sms),
            "sms_note": self._sms_note(),
            "chat": self.chat,
            "document": self.document,
        }

    def _sms_note(self) -> str:
        if _text(self.document, "severity") != CRITICAL:
            return "Not sent: only critical alerts are sent as text messages."
        return "" if self.is_texted else "Not sent: the hourly limit was reached."


def count_sms_parts(sms: str) -> int:
    """Count the parts of a text message.

    Examples
    --------
    >>> [count_sms_parts(text) for text in ("FAILED nightly: Timed out.", "x" * 161, "é" * 71)]
    [1, 2, 2]
    """
    if sms.isascii():
        single, of_several = GSM_PART, GSM_OF_SEVERAL
    else:
        single, of_several = UNICODE_PART, UNICODE_OF_SEVERAL
    return 1 if len(sms) <= single else -(-len(sms) // of_several)


def _object(document: dict[str, Any], key: str) -> dict[str, Any]:
    value = document.get(key)
    return value if isinstance(value, dict) else {}


def _text(document: dict[str, Any], key: str) -> str:
    value = document.get(key)
    return value if isinstance(value, str) else ""
