"""The catalogue of causes: how each is recognised, what it means, what to do.

People edit `causes.toml`. `make catalogue` turns it into `causes.json`, which loads faster and has
the index of `prefilter.py`. A pattern is compiled when it is first tried. Tests check the files,
not the code at run time.
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
TEXT_LIMIT = 2_000  # characters of one text that are read

_TYPOGRAPHY = str.maketrans("‘’“”–—\u00a0", "''\"\"-- ")  # AWS writes can’t and PERMISSIONS – …


class _Ranked(StrEnum):
    """Words ordered by their definition, not by the alphabet."""

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
    """How sure a diagnosis is, least first."""

    GUESS = "guess"
    LIKELY = "likely"
    CERTAIN = "certain"


class Severity(_Ranked):
    """How urgent a failure is, least first.

    `critical`: every further job of that queue or definition fails until a person fixes it.
    `info`: there is nothing to fix.
    """

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


class Class(StrEnum):
    """The area of a cause."""

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


class Specificity(StrEnum):
    """What a recognised text states."""

    CAUSE = "cause"  # why it failed
    AREA = "area"  # what failed, but not why: a text that states the cause goes first
    NOTHING = "nothing"  # only that it failed: exit code and log go first


@dataclass(frozen=True, slots=True)
class Match:
    """One way to recognise a cause in a text."""

    where: frozenset[str]
    pattern: str
    certainty: Certainty
    example: str
    also: str = ""
    unless: str = ""

    def position_in(self, text: str) -> int | None:
        """Return where the pattern matches; `also` must match too, and `unless` must not."""
        found = compiled(self.pattern).search(text)
        if found is None or (self.also and not compiled(self.also).search(text)):
            return None
        if self.unless and compiled(self.unless).search(text):
            return None
        return found.start()


@dataclass(frozen=True, slots=True)
class Cause:
    """One cause: how it is recognised, what it means, what to do."""

    id: str
    title: str
    class_: Class
    severity: Severity
    retry: str
    meaning: str
    actions: tuple[str, ...]
    source: tuple[str, ...]
    specificity: Specificity = Specificity.CAUSE
    system: bool = False
    exit: tuple[int, ...] = ()
    exit_certainty: Certainty = Certainty.LIKELY
    matches: tuple[Match, ...] = ()


_Pattern = tuple[Cause, Match]


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All causes and their patterns, in the order in which they are tried."""

    causes: tuple[Cause, ...]
    patterns: tuple[_Pattern, ...]
    prefilter: Prefilter
    by_id: Mapping[str, Cause]
    by_exit: Mapping[int, Cause]
    wrappers: Wrappers

    def candidates(
        self, places: frozenset[str], allowed: Container[Specificity], text: str
    ) -> Iterator[_Pattern]:
        """Yield the patterns for these places that may match a text, in order."""
        for number in self.prefilter.candidates(text):
            cause, match = self.patterns[number]
            if cause.specificity in allowed and match.where & places:
                yield cause, match

    def recognise(
        self, text: str, places: frozenset[str], allowed: Container[Specificity]
    ) -> tuple[Cause, Certainty] | None:
        """Return the first cause whose pattern matches, first without the wrapper of a tool."""
        whole = normalise(text)
        rest, is_api, is_known = self.wrappers.unwrap(whole)
        is_aws = is_known and (is_api or self.wrappers.starts_like_aws(rest))
        if is_api:
            places |= {"request"}
        patterns = tuple(self.candidates(places, allowed, whole))  # it contains the rest
        for variant in dict.fromkeys((rest, whole) if patterns else ()):
            for cause, match in patterns:
                at = match.position_in(variant)
                if at is not None:
                    is_sure = is_aws or (at == 0 and is_known)
                    most = Certainty.CERTAIN if is_sure else Certainty.LIKELY
                    return cause, min(match.certainty, most)
        return None


def normalise(text: str) -> str:
    """Replace typographic marks by ASCII and white space by one space, as the patterns expect."""
    return " ".join(text[:TEXT_LIMIT].translate(_TYPOGRAPHY).split())


@cache
def load() -> Catalogue:
    """Load the catalogue once; the first call takes some milliseconds."""
    return parse_catalogue(json.loads(CATALOGUE.read_bytes()))


def parse_catalogue(data: Mapping[str, Any]) -> Catalogue:
    """Parse a catalogue in the form that `make catalogue` writes."""
    causes = tuple(map(_cause, data["cause"]))
    return Catalogue(
        causes=causes,
        patterns=tuple((cause, match) for cause in causes for match in cause.matches),
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
        specificity=Specificity(raw.get("says", "cause")),
        system=raw.get("system", False),
        exit=tuple(raw.get("exit", ())),
        exit_certainty=Certainty(raw.get("exit_certainty", "likely")),
        matches=tuple(_match(each) for each in raw.get("match", ())),
    )


def _match(raw: dict[str, Any]) -> Match:
    where, certainty = frozenset(raw["in"]), Certainty(raw["certainty"])
    more = {key: raw[key] for key in ("also", "unless") if key in raw}
    return Match(where, raw["pattern"], certainty, raw["example"], **more)
