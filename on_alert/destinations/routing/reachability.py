"""Routes that no alert can reach, because an earlier one takes all of theirs."""

from __future__ import annotations

from collections.abc import Iterator

from destinations.document import SEVERITIES
from destinations.routing.positions import Path
from destinations.routing.routes import Match, Route


def find_unreachable(
    routes: tuple[Route, ...], path: Path = ("routes",)
) -> Iterator[tuple[Path, str]]:
    """Give the path of each such route, and a line that says which route is in its way."""
    for number, route in enumerate(routes):
        for earlier in routes[:number]:
            if not earlier.continues and _takes_all_of(earlier, route):
                yield (*path, number), f"no alert reaches this route: {earlier.label} takes them"
                break
        yield from find_unreachable(route.routes, (*path, number, "routes"))


def _takes_all_of(earlier: Route, later: Route) -> bool:
    if earlier.hours is not None and earlier.hours != later.hours:
        return False
    return all(any(_implies(own, one) for own in later.matches) or _is_always(one)
               for one in earlier.matches)  # fmt: skip


def _implies(narrow: Match, wide: Match) -> bool:
    """Return whether a value that `narrow` accepts is surely one that `wide` accepts."""
    if narrow.field != wide.field:
        return False
    if narrow == wide:
        return True
    if not wide.at_least:
        # With a `!`, fewer globs may accept more values.
        is_plain = bool(narrow.globs) and not any(one.startswith("!") for one in wide.globs)
        return is_plain and set(narrow.globs) <= set(wide.globs)
    levels = (narrow.at_least,) if narrow.at_least else narrow.globs
    least = SEVERITIES.index(wide.at_least)
    return all(one in SEVERITIES and SEVERITIES.index(one) >= least for one in levels)


def _is_always(match: Match) -> bool:
    return match.globs == ("*",) or match.at_least == SEVERITIES[0]
