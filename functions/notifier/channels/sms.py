"""One text message: GSM-7, one part, no log, no URL."""

from __future__ import annotations

from notifier.core import text
from notifier.core.alert import Alert

# One part is 140 bytes, 160 GSM-7 characters; 145 leaves room for what SNS may put before it.
# https://docs.aws.amazon.com/sns/latest/dg/sms_sms-to-phone.html
LIMIT = 145
# ASCII that GSM-7 lacks, or has only as an escape sequence of two.
# https://www.etsi.org/deliver/etsi_ts/123000_123099/123038/ (section 6.2.1)
_GSM_7 = str.maketrans("`[]{}\\^~|", "'()()/-- ".ljust(9))


def render(alert: Alert) -> str:
    """Give the message: status, name and cause first; queue and next step while they fit."""
    name = _plain(alert.name) or "unnamed job"
    cause = _plain(alert.verdict)
    head = f"{alert.status} {name}: {cause}."
    if len(head) > LIMIT:
        room = LIMIT - len(f"{alert.status} : {cause}.")
        return f"{alert.status} {text.cut_middle(name, room)}: {cause}."
    for part in (f" Queue {_plain(alert.queue)}." if alert.queue else "", _next(alert)):
        head += part if len(head) + len(part) <= LIMIT else ""
    return head


def _next(alert: Alert) -> str:
    return f" {_plain(alert.steps[0])}" if alert.steps else ""


def _plain(value: str) -> str:
    return text.ascii_line(value).translate(_GSM_7)
