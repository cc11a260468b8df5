"""Routes that no alert can reach, because an earlier one takes all of theirs."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase

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
        wanted = [one for one in narrow.globs if not one.startswith("!")]
        # With a `!`, fewer globs may accept more values.
        is_plain = bool(wanted) and not any(one.startswith("!") for one in wide.globs)
        return is_plain and all(any(_covers(each, one) for each in wide.globs) for one in wanted)
    levels = (narrow.at_least,) if narrow.at_least else narrow.globs
    least = SEVERITIES.index(wide.at_least)
    return all(one in SEVERITIES and SEVERITIES.index(one) >= least for one in levels)


def _covers(wide: str, narrow: str) -> bool:
    """Return whether a glob surely matches all that another one does.

    In `narrow`, a character that no text has stands for any text: only a `*` of `wide` matches it.
    """
    wide, narrow = wide.lower(), narrow.lower()
    if wide == narrow or "[" in narrow or set("?[") & set(wide):
        return wide == narrow or wide == "*"
    return fnmatchcase(narrow.replace("*", "\0"), wide)


def _is_always(match: Match) -> bool:
    return match.globs == ("*",) or match.at_least == SEVERITIES[0]
