"""OnAlertFunction itself, with all services at one address on loopback.

An alert that a destination does not take is an error, so that it is no figure.
"""

from __future__ import annotations

import os
from dataclasses import replace

from destinations import on_alert
from destinations.delivery import Outcome
from destinations.routing.specs import Destination
from destinations.senders import factory
from destinations.senders.thread import Sender

SERVICES = os.environ["SERVICES"]
# Where a sender takes the address of its service.
MOVED = {
    "slack": {"api": f"{SERVICES}/api/"},
    "pagerduty": {"api": SERVICES},
    "opsgenie": {"api": SERVICES},
    "incident-io": {"api": SERVICES},
    "webhook": {"url": SERVICES},
}


def make_sender(destination: Destination, credentials: dict[str, str]) -> Sender:
    """Make the real sender."""
    options = {**destination.options, **MOVED.get(destination.kind, {})}
    return factory.make_sender(replace(destination, options=options), credentials)


def check(outcome: Outcome) -> None:
    """Raise where the function would only note a problem."""
    if outcome.problems:
        raise RuntimeError(outcome.problems)


# What the entry point calls by these names.
vars(on_alert).update(make_sender=make_sender, _note=check)
handler = on_alert.handler
