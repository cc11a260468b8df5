"""Every sample event as the alert it becomes, with no AWS."""

from __future__ import annotations

import json

from notifier.alert.alert import Alert
from notifier.channels import message
from workbench.commands.preview import alert_of
from workbench.inbox.mailbox import Mailbox
from workbench.inbox.messages import MailboxMessage
from workbench.local.samples import EVENTS, NOT_EVENTS


def gallery() -> Mailbox:
    """Give a mailbox with all samples, in order of name from the top."""
    files = sorted(file for file in EVENTS.glob("*.json") if file.name not in NOT_EVENTS)
    found = [(file.stem, alert_of(file)) for file in files]
    letters = [letter(alert, name) for name, alert in found if alert is not None]
    mailbox = Mailbox(max(1, len(letters)))
    for each in reversed(letters):
        mailbox.put(each)
    return mailbox


def letter(alert: Alert, sample: str) -> MailboxMessage:
    """Word an alert for all who would read it."""
    texts = message.render_channels(alert)
    return MailboxMessage(0, json.loads(texts["webhook"]), json.loads(texts["chat"]), sample)
