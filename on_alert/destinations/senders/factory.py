"""Makes the sender of a destination; its libraries are loaded only where it is used."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from destinations.errors import RejectedError
from destinations.routing.specs import KINDS, Destination
from destinations.senders.thread import Sender

# Module and callable by kind; it takes the credential, and the options by name.
MAKERS = {
    "slack": ("slack", "SlackBot"),
    "slack-webhook": ("slack", "SlackWebhook"),
    "teams": ("teams", "Teams"),
    "pagerduty": ("pager", "PagerDuty"),
    "opsgenie": ("pager", "Opsgenie"),
    "incident-io": ("pager", "IncidentIo"),
    "mail": ("mail", "make_mail"),
    "webhook": ("webhook", "Webhook"),
    "apprise": ("apprise_url", "AppriseUrl"),
}


def make_sender(destination: Destination, credentials: dict[str, str]) -> Sender:
    """Make the sender of a destination.

    Raises
    ------
    RejectedError
        If its credential is not stored.
    """
    secret = credentials.get(destination.credential, "")
    if KINDS[destination.kind].credential and not secret:
        raise RejectedError(f"credential {destination.credential} is not stored")
    module, name = MAKERS[destination.kind]
    make: Any = getattr(import_module(f"destinations.senders.{module}"), name)
    sender: Sender = make(secret, **destination.options)
    return sender
