"""One text message: GSM-7, one part, no log, no URL."""

from __future__ import annotations

from collections.abc import Iterator

from notifier.alert import wording
from notifier.alert.alert import Alert
from notifier.text import untrusted

# One part is 140 bytes, 160 GSM-7 characters; 145 leaves room for what SNS may put before it.
# https://docs.aws.amazon.com/sns/latest/dg/sms_sms-to-phone.html
LIMIT = 145
NAME_KEPT = 40  # minimum characters of a long name
LAST_TEXT = " Last text this hour; see mail."
LAST_OF_SHARE = " More like this: see mail."
# ASCII that GSM-7 lacks, or has only as an escape sequence of two.
# https://www.etsi.org/deliver/etsi_ts/123000_123099/123038/ (section 6.2.1)
_GSM_7 = str.maketrans("`[]{}\\^~|", "'()()/-- ".ljust(9))


def render(alert: Alert) -> str:
    """Give the message: status, name, cause, and as much of the rest as fits."""
    last = LAST_TEXT if alert.is_last_sms else ""
    last = LAST_OF_SHARE if alert.is_last_sms_of_share else last
    name, doubt = _to_gsm7(alert.name) or "unnamed job", f" ({alert.doubt})" if alert.doubt else ""
    room = LIMIT - len(f"{alert.status} : .{last}")
    cause_room = room - len(doubt) - min(len(name), NAME_KEPT)
    cause = wording.shorten_headline(_to_gsm7(alert.cause_or_headline), cause_room) + doubt
    text = f"{alert.status} {untrusted.cut_middle(name, room - len(cause))}: {cause}"
    text += "" if text.endswith(".") else "."
    for part in _optional_parts(alert):
        text += part if len(text) + len(part) + len(last) <= LIMIT else ""
    return text + last


def _optional_parts(alert: Alert) -> Iterator[str]:
    if alert.other_queue:
        yield f" Queue {_to_gsm7(alert.other_queue)}."
    if alert.novelty:
        yield f" {alert.novelty[:1].upper()}{_to_gsm7(alert.novelty[1:])}."
    yield from (f" {_to_gsm7(step)}" for step in alert.steps[:1])


def _to_gsm7(value: str) -> str:
    return untrusted.ascii_line(value).translate(_GSM_7)
