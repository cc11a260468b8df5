"""The catalogue of causes as typed values, read once and only when needed.

A cause is data: how it is recognised, and what a reader is told. People edit `causes.toml`;
`make catalogue` makes `causes.json` of it, which is quicker to read and knows what to try on a
text (see `sieve.py`). A pattern is compiled when it is first tried. The files are checked by
`tests/diagnosis/test_catalogue.py`, not at run time.
"""

from __future__ import annotations

import json
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from notifier.diagnosis.prefilter import Prefilter
from notifier.diagnosis.wrappers import Wrappers, compiled

CATALOGUE = Path(__file__).with_name("causes.json")
TEXT_LIMIT = 2_000  # characters of one text that are looked at

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
    """All causes in the order in which they are tried, and what finds them."""

    causes: tuple[Cause, ...]
    tried: tuple[_Tried, ...]
    prefilter: Prefilter
    by_id: Mapping[str, Cause]
    by_exit: Mapping[int, Cause]
    wrappers: Wrappers

    def cause(self, cause_id: str) -> Cause:
        """Return the cause with this id."""
        return self.by_id[cause_id]

    def find(self, cause_id: str) -> Cause | None:
        """Return the cause with this id, or None."""
        return self.by_id.get(cause_id)

    def of_exit(self, code: int) -> Cause | None:
        """Return the cause that an exit code stands for by itself."""
        return self.by_exit.get(code)

    def matches(self, places: frozenset[str], says: Container[Says], text: str) -> Iterator[_Tried]:
        """Yield what may recognise a text from these places, in order."""
        for number in self.prefilter.pick(text):
            cause, match = self.tried[number]
            if cause.says in says and match.where & places:
                yield cause, match

    def recognise(
        self, text: str, places: frozenset[str], says: Container[Says]
    ) -> tuple[Cause, Certainty] | None:
        """Find the first cause for a text, first without the words that tools put around it."""
        whole = plain(text)
        rest, by_api, ours = self.wrappers.opened(whole)
        spoken = ours and (by_api or self.wrappers.leads_in(rest))
        if by_api:
            places |= {"request"}
        tried = tuple(self.matches(places, says, whole))  # the rest is part of the whole
        for variant in dict.fromkeys((rest, whole) if tried else ()):
            for cause, match in tried:
                at = match.at(variant)
                if at is not None:
                    best = Certainty.CERTAIN if spoken or (at == 0 and ours) else Certainty.LIKELY
                    return cause, min(match.certainty, best)
        return None


def plain(text: str) -> str:
    """Write typography as ASCII and every break as one blank, as the patterns expect it."""
    return " ".join(text[:TEXT_LIMIT].translate(_TYPOGRAPHY).split())


@cache
def load() -> Catalogue:
    """Read the catalogue; the first call costs some milliseconds, later ones nothing."""
    return read(json.loads(CATALOGUE.read_bytes()))


def read(data: Mapping[str, Any]) -> Catalogue:
    """Read a catalogue as `make catalogue` writes it."""
    causes = tuple(map(_cause, data["cause"]))
    return Catalogue(
        causes=causes,
        tried=tuple((cause, match) for cause in causes for match in cause.matches),
        prefilter=Prefilter(data["words"], tuple(data["always"])),
        by_id={cause.id: cause for cause in causes},
        by_exit={code: cause for cause in causes for code in cause.exit},
        wrappers=Wrappers(**data["around"]),
    )


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
