"""What the destinations are sent of an incident, made by the senders of OnAlertFunction themselves.

In: the messages of an incident, the oldest first. Out: the payloads that the page draws.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from destinations import document
from destinations.document import AlertDocument
from destinations.errors import DocumentError
from destinations.senders import mail, slack_blocks, teams
from destinations.senders.thread import Thread
from workbench.inbox.message import MailboxMessage


def payloads(messages: Sequence[MailboxMessage]) -> dict[str, Any] | None:
    """Give what Slack and Teams show after the last message; None if that is no alert document."""
    alerts = [alert for one in messages if (alert := parse(one)) is not None]
    if not alerts or parse(messages[-1]) is None:
        return None
    return {"slack": slack_thread(alerts), "teams": teams.render(alerts[-1])}


def html_mail(message: MailboxMessage) -> str | None:
    """Give the HTML mail of a message; None if that is no alert document."""
    alert = parse(message)
    return None if alert is None else mail.render_html(alert)


def parse(message: MailboxMessage) -> AlertDocument | None:
    """Read a message as destinations do."""
    try:
        return document.parse(json.dumps(message.document))
    except DocumentError:
        return None


def slack_thread(alerts: Sequence[AlertDocument]) -> dict[str, Any]:
    """Give the newest thread as Slack then shows it: the first message as edited, and its replies.

    It begins and is edited as `SlackBot` does it; a test holds both against each other.
    """
    thread: Thread | None = None
    shown: dict[str, Any] = {"message": None, "replies": []}
    for alert in alerts:
        card = slack_blocks.render_card(alert)
        if thread is None or (thread.is_over and alert.time > thread.time):
            thread = Thread().following(alert)
            details = slack_blocks.render_details(alert)
            shown = {"message": card, "replies": [{"blocks": details}] if details else []}
            continue
        shown["replies"].append(card)
        if not thread.is_newer_than(alert) and not alert.is_answer:
            shown["message"] = card
        thread = thread.following(alert)
    return shown
