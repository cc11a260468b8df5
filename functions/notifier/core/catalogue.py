"""The catalogue of causes: `causes.toml` as typed values, read once and only when needed.

A cause is data: how it is recognised, and what a reader is told. Nothing here is read or compiled
at import, because the start of a Lambda function is waited for. The file is checked by
`tests/unit/test_catalogue.py`, not at run time.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Container, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

CATALOGUE = Path(__file__).with_name("causes.toml")
TEXT_LIMIT = 2_000  # characters of one text that are looked at
WRAPPERS_LIMIT = 8  # tools wrap each other's texts; more than this is not a wrapped text

_TYPOGRAPHY = str.maketrans("‘’“”–—\u00a0", "''\"\"-- ")  # AWS writes can’t and PERMISSIONS – …


class _Ranked(StrEnum):
    """Words with an order: that of their definition, not that of the alphabet."""

    @property
    def rank(self) -> int:
        """Place in the order, from 0."""
        return list(type(self)).index(self)

    def __lt__(self, other: str) -> bool:
        return self.rank < type(self)(other).rank

    def __le__(self, other: str) -> bool:
        return self.rank <= type(self)(other).rank

    def __gt__(self, other: str) -> bool:
        return self.rank > type(self)(other).rank

    def __ge__(self, other: str) -> bool:
        return self.rank >= type(self)(other).rank


class Certainty(_Ranked):
    """How far a cause may be trusted, weakest first."""

    GUESS = "guess"
    LIKELY = "likely"
    CERTAIN = "certain"


class Severity(_Ranked):
    """How much a failure asks of people, least first.

    `critical` means that every further job of that queue or definition fails until a person mends
    it; `info` means that there is nothing to mend here.
    """

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


class Class(StrEnum):
    """Where the trouble lies."""

    APPLICATION = "application"
    MEMORY = "memory"
    CONFIGURATION = "configuration"
    IMAGE = "image"
    PERMISSION = "permission"
    NETWORK = "network"
    STORAGE = "storage"
    CAPACITY = "capacity"
    SPOT = "spot"
    TIMEOUT = "timeout"
    DEPENDENCY = "dependency"
    CANCELLED = "cancelled"
    INFRASTRUCTURE = "infrastructure"
    UNKNOWN = "unknown"


class Says(StrEnum):
    """How much a recognised text tells."""

    CAUSE = "cause"  # why it failed
    AREA = "area"  # what failed, but not why: a text that tells more wins
    NOTHING = "nothing"  # only that it failed: exit code and log are asked first


@dataclass(frozen=True, slots=True)
class Match:
    """One way to recognise a cause in a text."""

    where: frozenset[str]
    pattern: str
    certainty: Certainty
    example: str
    also: str = ""
    unless: str = ""

    def at(self, text: str) -> int | None:
        """Where the pattern is found, or None; `also` must be found too, and `unless` not."""
        found = compiled(self.pattern).search(text)
        if found is None or (self.also and not compiled(self.also).search(text)):
            return None
        if self.unless and compiled(self.unless).search(text):
            return None
        return found.start()


@dataclass(frozen=True, slots=True)
class Cause:
    """One cause: how it is recognised and what a reader is told."""

    id: str
    title: str
    class_: Class
    severity: Severity
    retry: str
    meaning: str
    actions: tuple[str, ...]
    source: tuple[str, ...]
    says: Says = Says.CAUSE
    system: bool = False
    exit: tuple[int, ...] = ()
    exit_certainty: Certainty = Certainty.LIKELY
    matches: tuple[Match, ...] = ()


_Tried = tuple[Cause, Match]


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All causes in the order in which they are tried, and the words around their texts."""

    causes: tuple[Cause, ...]
    wrappers: str
    speakers: str
    inside: str
    leads: str

    def cause(self, cause_id: str) -> Cause:
        """Return the cause with this id."""
        return next(cause for cause in self.causes if cause.id == cause_id)

    def find(self, cause_id: str) -> Cause | None:
        """Return the cause with this id, or None."""
        return next((cause for cause in self.causes if cause.id == cause_id), None)

    def of_exit(self, code: int) -> Cause | None:
        """Return the cause that an exit code stands for by itself."""
        return next((cause for cause in self.causes if code in cause.exit), None)

    def matches(self, places: frozenset[str], says: Container[Says]) -> Iterator[_Tried]:
        """Yield what may recognise a text from these places, in order."""
        for cause in self.causes:
            if cause.says in says:
                yield from ((cause, match) for match in cause.matches if match.where & places)

    def recognise(
        self, text: str, places: frozenset[str], says: Container[Says]
    ) -> tuple[Cause, Certainty] | None:
        """Find the first cause for a text, first without the words that tools put around it."""
        whole = plain(text)
        rest, by_api, ours = self._opened(whole)
        spoken = ours and (by_api or bool(compiled(self.leads).match(rest)))
        if by_api:
            places |= {"request"}
        for variant in dict.fromkeys((rest, whole)):
            for cause, match in self.matches(places, says):
                at = match.at(variant)
                if at is not None:
                    best = Certainty.CERTAIN if spoken or (at == 0 and ours) else Certainty.LIKELY
                    return cause, min(match.certainty, best)
        return None

    def _opened(self, text: str) -> tuple[str, bool, bool]:
        """Strip what tools and APIs put before a text.

        Returns the rest, whether the Batch API was speaking, and whether nothing but known words
        stood before it.
        """
        cut = compiled(self.inside).search(text)
        start = cut.start() if cut else 0
        rest, by_api = self._stripped(text[start:], bool(cut))
        return rest, by_api, start == 0 or not self._stripped(text[:start], by_api)[0]

    def _stripped(self, text: str, by_api: bool) -> tuple[str, bool]:
        for _ in range(WRAPPERS_LIMIT):
            speaker = compiled(self.speakers).match(text)
            found = speaker or compiled(self.wrappers).match(text)
            if found is None or not found.end():
                break
            by_api = by_api or bool(speaker)
            text = text[found.end() :]
        return text, by_api


def plain(text: str) -> str:
    """Write typography as ASCII and every break as one blank, as the patterns expect it."""
    return " ".join(text[:TEXT_LIMIT].translate(_TYPOGRAPHY).split())


@cache
def load() -> Catalogue:
    """Read the catalogue; the first call costs some milliseconds, later ones nothing."""
    data = tomllib.loads(CATALOGUE.read_text(encoding="utf-8"))
    around = {name: "|".join(patterns) for name, patterns in data["around"].items()}
    return Catalogue(causes=tuple(_cause(raw) for raw in data["cause"]), **around)


@cache
def compiled(pattern: str) -> re.Pattern[str]:
    """Compile a pattern when it is first needed; upper and lower case are one."""
    return re.compile(pattern, re.IGNORECASE)


def _cause(raw: dict[str, Any]) -> Cause:
    return Cause(
        id=raw["id"],
        title=raw["title"],
        class_=Class(raw["class"]),
        severity=Severity(raw["severity"]),
        retry=raw["retry"],
        meaning=raw["meaning"],
        actions=tuple(raw["actions"]),
        source=tuple(raw["source"]),
        says=Says(raw.get("says", "cause")),
        system=raw.get("system", False),
        exit=tuple(raw.get("exit", ())),
        exit_certainty=Certainty(raw.get("exit_certainty", "likely")),
        matches=tuple(_match(each) for each in raw.get("match", ())),
    )


def _match(raw: dict[str, Any]) -> Match:
    return Match(
        where=frozenset(raw["in"]),
        pattern=raw["pattern"],
        certainty=Certainty(raw["certainty"]),
        example=raw["example"],
        also=raw.get("also", ""),
        unless=raw.get("unless", ""),
    )
