"""The kinds of destinations, and what a routes file says of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Kind:
    """What a kind of destination needs: options by name, and what its credential is, if any.

    `has_threads` is whether its messages about an incident hang on the first. `stays_open` is
    whether it shows an incident as open until the recovery of that one.
    """

    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    credential: str = ""
    has_threads: bool = False
    stays_open: bool = False


KINDS: Mapping[str, Kind] = {
    "slack": Kind(("channel",), (), "a bot token (xoxb-...)", has_threads=True, stays_open=True),
    "slack-webhook": Kind((), (), "the URL of an incoming webhook"),
    "teams": Kind((), (), "the URL of a Workflows webhook"),
    "pagerduty": Kind((), ("service_region",), "an Events API v2 routing key", stays_open=True),
    "opsgenie": Kind((), ("service_region",), "an API key", stays_open=True),
    "incident-io": Kind(("source",), (), "an alert source token", stays_open=True),
    "mail": Kind(("from", "to"), has_threads=True),
    "webhook": Kind(("url",), (), "the secret that signs each message"),
    "apprise": Kind((), (), "an Apprise URL"),
}
LISTS = ("to",)  # one or several
ADDRESSES = ("from", "to")
CHOICES = {"service_region": ("us", "eu")}


@dataclass(frozen=True, slots=True)
class Destination:
    """One destination of a routes file; `credential` is the name of its credential."""

    name: str
    kind: str
    options: Mapping[str, Any]
    credential: str = ""


def problems_of(name: str, table: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Give what is wrong with a destination's table, as (key, one line)."""
    kind = KINDS.get(str(table.get("type")))
    if kind is None:
        return [("type", f"destination {name}: type must be one of {', '.join(KINDS)}")]
    needed = (*kind.required, *(("credential",) if kind.credential else ()))
    known = ("type", *needed, *kind.optional)
    found = [
        ("", f"destination {name}: {key} is missing" + _hint(key, kind))
        for key in needed
        if not table.get(key)
    ]
    for key, value in table.items():
        if key not in known:
            found.append((key, f"destination {name}: unknown key {key}; known: {', '.join(known)}"))
        elif problem := _problem_of_value(key, value):
            found.append((key, f"destination {name}: {problem}"))
    return found


def _hint(key: str, kind: Kind) -> str:
    return f": the name of {kind.credential}" if key == "credential" else ""


def _problem_of_value(key: str, value: object) -> str:
    if key in LISTS and isinstance(value, list):
        if not all(isinstance(one, str) for one in value):
            return f"{key} must hold texts"
        return next(filter(None, (_problem_of_text(key, one) for one in value)), "")
    return _problem_of_text(key, value) if isinstance(value, str) else f"{key} must be a text"


def _problem_of_text(key: str, value: str) -> str:
    if key in ADDRESSES and "@" not in value:
        return f"{key} must be a mail address, such as alerts@example.com"
    if key in CHOICES and value not in CHOICES[key]:
        return f"{key} must be one of {', '.join(CHOICES[key])}"
    if key == "url" and not value.startswith("https://"):
        return "url must begin with https://"
    if key == "credential" and ("://" in value or value.startswith("xox")):
        return "credential must be the name of a credential, not the credential itself"
    return ""
