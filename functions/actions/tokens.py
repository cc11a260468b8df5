"""The signed part of a link: read, and checked before anything else is looked at."""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass

from actions.misuse import Misuse, MisuseError
from notifier.alert.commands.action_links import LIFETIME_S, Action, sign, split_subject

LONGEST = 256  # characters
_FORM = re.compile(r"([a-z0-9]{1,16})\.(\S{1,160})\.([0-9]{1,12})\.([\w-]{22})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Token:
    """A genuine link; `expires` is in epoch seconds. Only `Run again` has a job."""

    action: Action
    incident: str
    expires: int
    signature: str
    job: str = ""

    @property
    def use(self) -> str:
        """What can be used once: the link, or the job, which every message links to anew."""
        return f"run.{self.job}" if self.job else self.signature


def check_token(text: str, key: bytes, now_s: float) -> Token:
    """Check a link: its form, then its signature, then its time; raises `MisuseError`."""
    found = _FORM.fullmatch(text) if len(text) <= LONGEST else None
    if found is None:
        raise MisuseError(Misuse.MALFORMED)
    action, subject, expires, signature = found.groups()
    genuine = sign(key, action, subject, int(expires))
    if action not in set(Action) or not hmac.compare_digest(genuine, signature):
        raise MisuseError(Misuse.SIGNATURE)
    if str(int(expires)) != expires:  # another spelling of the same link would be a second use
        raise MisuseError(Misuse.MALFORMED)
    if not now_s < int(expires) <= now_s + LIFETIME_S + 60:
        raise MisuseError(Misuse.EXPIRED)
    incident, job = split_subject(subject)
    if bool(job) is not (action == Action.RERUN):
        raise MisuseError(Misuse.MALFORMED)
    return Token(Action(action), incident, int(expires), signature, job)
