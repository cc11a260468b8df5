"""Which job queues and job definitions are watched, by globs of their names."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase

_ITEM = re.compile(r"(!?)(?:(queue|definition):)?([A-Za-z0-9_*?-]{1,128})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Scope:
    """Globs of queues and of definitions; one that begins with `!` leaves out.

    Examples
    --------
    >>> Scope(("prod-*", "!*-sandbox")).covers("prod-etl", "load")
    True
    >>> Scope(("prod-*", "!*-sandbox")).covers("prod-sandbox", "load")
    False
    """

    queues: tuple[str, ...] = ()
    definitions: tuple[str, ...] = ()

    def covers(self, queue: str, definition: str) -> bool:
        """Return whether names are watched; an empty one is, because there is nothing to match."""
        return _is_chosen(queue, self.queues) and _is_chosen(definition, self.definitions)


def parse_scope(text: str) -> Scope:
    """Parse globs, separated by commas; raises `ValueError` with those that are none."""
    items = [one.strip() for one in text.split(",") if one.strip()]
    bad = [one for one in items if not _ITEM.fullmatch(one)]
    if bad:
        raise ValueError(", ".join(bad))
    found = [match for one in items if (match := _ITEM.fullmatch(one))]
    return Scope(
        tuple(match[1] + match[3] for match in found if match[2] != "definition"),
        tuple(match[1] + match[3] for match in found if match[2] == "definition"),
    )


def definition_name(arn: str) -> str:
    """Return the name of a job definition without its revision, from its ARN."""
    return arn.rpartition("/")[2].partition(":")[0]


def _is_chosen(name: str, globs: tuple[str, ...]) -> bool:
    if not name:
        return True
    wanted = [one for one in globs if not one.startswith("!")]
    if any(fnmatchcase(name, one[1:]) for one in globs if one.startswith("!")):
        return False
    return not wanted or any(fnmatchcase(name, one) for one in wanted)
