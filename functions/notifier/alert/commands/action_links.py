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
_JOB_MARK = "~"  # between incident and job; neither has it


class Action(StrEnum):
    """What a link does; the value is part of what is signed, and never changes."""

    ACKNOWLEDGE = "ack"
    SILENCE_4H = "4h"
    SILENCE_MORNING = "9am"
    RERUN = "run"


LABELS = {
    Action.ACKNOWLEDGE: "Acknowledge",
    Action.SILENCE_4H: "Silence for 4 hours",
    Action.SILENCE_MORNING: "Silence until tomorrow 09:00 UTC",
    Action.RERUN: "Run again",
}


def list_actions(url: str, key: bytes, incident: str, now: int, job: str = "") -> Pairs:
    """Give label and URL of each action on an incident, signed at `now` (epoch ms).

    `job` is the id of the job that can be run again, if there is one.
    """
    expires = now // 1000 + LIFETIME_S
    subjects = dict.fromkeys(Action, incident)
    subjects[Action.RERUN] = f"{incident}{_JOB_MARK}{job}" if job else ""
    tokens = (
        (LABELS[action], make_token(key, action, subject, expires))
        for action, subject in subjects.items()
        if subject
    )
    return tuple((label, f"{url}?{PARAMETER}={quote(token, safe='')}") for label, token in tokens)


def make_token(key: bytes, action: str, subject: str, expires: int) -> str:
    """Give `action.subject.expires.signature`; `expires` is in epoch seconds."""
    return f"{action}.{subject}.{expires}.{sign(key, action, subject, expires)}"


def split_subject(subject: str) -> tuple[str, str]:
    """Give the incident that a link is about, and the job, which is empty but for `Run again`."""
    incident, _, job = subject.partition(_JOB_MARK)
    return incident, job


def sign(key: bytes, action: str, subject: str, expires: int) -> str:
    """Give the signature of a link, in URL-safe characters."""
    signed = "\n".join(("batch-notifier/1", action, subject, str(expires)))
    digest = hmac.new(key, signed.encode("utf-8", "replace"), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest[:SIGNATURE_BYTES]).rstrip(b"=").decode()
