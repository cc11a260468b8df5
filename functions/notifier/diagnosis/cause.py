"""One cause of the catalogue: its words, and how a text is recognised as it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from notifier.diagnosis.wrappers import compiled


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
    name: str  # its own, where it is a variant of the cause `id`
    title: str
    class_: Class
    area: str
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


def parse_cause(raw: dict[str, Any]) -> Cause:
    """Parse a cause as `causes.toml` describes it."""
    return Cause(
        id=raw.get("of", raw["id"]),
        name=raw["id"],
        title=raw["title"],
        class_=Class(raw["class"]),
        area=raw["area"],
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
