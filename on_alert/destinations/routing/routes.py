"""The tree of routes, and which destinations it chooses for an alert."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from fnmatch import translate

from destinations.document import SEVERITIES
from destinations.routing.hours import Hours

FIELDS = (
    "queue", "definition", "job", "owner", "run", "cause", "class", "severity", "account", "region",
    "status",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Match:
    """One condition: any of its globs matches the value, or, with `at_least`, a severity.

    A glob that begins with `!` must not match; letter case does not matter.
    """

    field: str
    globs: tuple[str, ...] = ()
    at_least: str = ""

    def accepts(self, value: str) -> bool:
        """Return whether it accepts a value."""
        if self.at_least:
            return SEVERITIES.index(value) >= SEVERITIES.index(self.at_least)
        if any(_matches(glob[1:], value) for glob in self.globs if glob.startswith("!")):
            return False
        wanted = [glob for glob in self.globs if not glob.startswith("!")]
        return not wanted or any(_matches(glob, value) for glob in wanted)


@dataclass(frozen=True, slots=True)
class Route:
    """A node of the tree.

    An alert that meets `matches` and `hours` goes to the routes below, and where none of those
    takes it, to `destinations`. It then leaves the routes that follow alone, but for `continues`.
    `drops` ends it without a message.
    """

    label: str
    matches: tuple[Match, ...] = ()
    hours: Hours | None = None
    destinations: tuple[str, ...] = ()
    continues: bool = False
    drops: bool = False
    routes: tuple[Route, ...] = ()

    def accepts(self, values: Mapping[str, str], now: datetime) -> bool:
        """Return whether an alert with these values belongs here now."""
        if self.hours is not None and not self.hours.contain(now):
            return False
        return all(one.accepts(values.get(one.field, "")) for one in self.matches)


@dataclass(frozen=True, slots=True)
class Choice:
    """What was chosen: names of destinations without repetition, and the routes that chose."""

    destinations: tuple[str, ...] = ()
    reasons: tuple[str, ...] = field(default=(), compare=False)


def choose(
    routes: tuple[Route, ...], default: tuple[str, ...], values: Mapping[str, str], now: datetime
) -> Choice:
    """Choose destinations for an alert.

    Parameters
    ----------
    routes
        The tree, in order.
    default
        Destinations of an alert that no route takes.
    values
        The alert's `routing_values`.
    now
        With a time zone.
    """
    taken = _walk(routes, values, now)
    if taken is None:
        return Choice(default, ("no route takes it: default",))
    destinations = tuple(dict.fromkeys(name for route in taken for name in route.destinations))
    return Choice(destinations, tuple(_reason(route) for route in taken))


def _walk(
    routes: tuple[Route, ...], values: Mapping[str, str], now: datetime
) -> list[Route] | None:
    """Give the routes that take an alert; None where no route does."""
    taken: list[Route] | None = None
    for route in routes:
        if not route.accepts(values, now):
            continue
        below = _walk(route.routes, values, now)
        taken = (taken or []) + ([route] if below is None else below)
        if not route.continues:
            break
    return taken


def _reason(route: Route) -> str:
    to = "dropped" if route.drops else ", ".join(route.destinations) or "nobody"
    return f"{route.label}: {to}"


def _matches(glob: str, value: str) -> bool:
    return re.fullmatch(translate(glob.lower()), value.lower()) is not None
