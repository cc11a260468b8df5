"""The sender of a destination; each library is imported only where a destination needs it."""

from __future__ import annotations

from typing import Any

from destinations.errors import RejectedError
from destinations.routing.specs import KINDS, Destination
from destinations.senders.thread import Sender


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
    return _MAKERS[destination.kind](secret, dict(destination.options))


def _slack(secret: str, options: dict[str, Any]) -> Sender:
    from destinations.senders.slack import SlackBot

    return SlackBot(secret, **options)


def _slack_webhook(secret: str, options: dict[str, Any]) -> Sender:
    from destinations.senders.slack import SlackWebhook

    return SlackWebhook(secret, **options)


def _teams(secret: str, options: dict[str, Any]) -> Sender:
    from destinations.senders.teams import Teams

    return Teams(secret, **options)


def _pagerduty(secret: str, options: dict[str, Any]) -> Sender:
    from destinations.senders.pager import PagerDuty

    return PagerDuty(secret, **options)


def _opsgenie(secret: str, options: dict[str, Any]) -> Sender:
    from destinations.senders.pager import Opsgenie

    return Opsgenie(secret, **options)


def _incident_io(secret: str, options: dict[str, Any]) -> Sender:
    from destinations.senders.pager import IncidentIo

    return IncidentIo(secret, **options)


def _mail(secret: str, options: dict[str, Any]) -> Sender:
    import boto3

    from destinations.senders.mail import Mail

    del secret
    return Mail(boto3.client("sesv2"), options["from"], options["to"])


def _webhook(secret: str, options: dict[str, Any]) -> Sender:
    from destinations.senders.webhook import Webhook

    return Webhook(secret, **options)


def _apprise(secret: str, options: dict[str, Any]) -> Sender:
    from destinations.senders.apprise_url import AppriseUrl

    return AppriseUrl(secret, **options)


_MAKERS = {
    "slack": _slack,
    "slack-webhook": _slack_webhook,
    "teams": _teams,
    "pagerduty": _pagerduty,
    "opsgenie": _opsgenie,
    "incident-io": _incident_io,
    "mail": _mail,
    "webhook": _webhook,
    "apprise": _apprise,
}
