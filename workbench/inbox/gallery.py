"""Every sample event as the alert it becomes. Needs no AWS."""

from __future__ import annotations

import json

from notifier.alert.alert import Alert
from notifier.channels import message
from workbench.event_file import alert_from_file
from workbench.inbox.mailbox import Mailbox
from workbench.inbox.message import MailboxMessage
from workbench.local.samples import sample_files


def gallery() -> Mailbox:
    """Return a mailbox with all samples, sorted by name from the top."""
    alerts = [(file.stem, alert_from_file(file)) for file in sample_files()]
    messages = [_message(alert, name) for name, alert in alerts if alert is not None]
    mailbox = Mailbox(max(1, len(messages)))
    for each in reversed(messages):
        mailbox.put(each)
    return mailbox


def _message(alert: Alert, sample: str) -> MailboxMessage:
    texts = message.render_channels(alert)
    return MailboxMessage(0, json.loads(texts["webhook"]), json.loads(texts["chat"]), sample)
