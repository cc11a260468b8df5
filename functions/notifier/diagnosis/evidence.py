"""What a diagnosis is: the cause of a failure, how sure that is, and what it rests on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from notifier.diagnosis import catalogue
from notifier.diagnosis.catalogue import Cause, Certainty, Class, Says, Severity

EVIDENCE_LIMIT = 3
# Where the catalogue looks for a cause: in texts of these kinds.
STATUS, REASON = frozenset({"status"}), frozenset({"reason"})
REQUEST: frozenset[str] = frozenset({"request"})


class Source(StrEnum):
    """Where an evidence line came from, in words a reader understands."""

    FLAG = "request flag"
    STATUS = "status reason"
    REASON = "container reason"
    EXIT = "exit code"
    LOG = "log"
    ATTEMPTS = "attempts"
    CHILDREN = "array children"
    ENVIRONMENT = "compute environment"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Evidence:
    """One thing that a diagnosis rests on."""

    source: Source
    text: str


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The cause of one failure, as far as it is known, and what to do about it."""

    cause: str
    title: str
    class_: Class
    certainty: Certainty
    evidence: tuple[Evidence, ...]
    meaning: str
    actions: tuple[str, ...]
    retry: str
    severity: Severity

    @property
    def is_exit_code(self) -> bool:
        """Whether it says no more than an exit code."""
        return self.cause.startswith("app-exit-")

    @property
    def blames_program(self) -> bool:
        """Whether the program itself ended: then its log may say why."""
        return self.cause.startswith(("app-", "sigkill"))

    @property
    def doubt(self) -> str:
        """The certainty in words, except where the title repeats the exit code: that is a fact."""
        words = {Certainty.GUESS: "a guess", Certainty.LIKELY: "likely"}
        return "" if self.is_exit_code else words.get(self.certainty, "")

    @property
    def root(self) -> str:
        """What the log says, where that is evidence."""
        return next((one.text for one in self.evidence if one.source is Source.LOG), "")


def diagnosis_of(cause: Cause | str, certainty: Certainty, *evidence: Evidence) -> Diagnosis:
    """Give what the catalogue says of a cause; by its id, the catalogue must have it."""
    cause = catalogue.load().cause(cause) if isinstance(cause, str) else cause
    return Diagnosis(
        cause=cause.id,
        title=cause.title,
        class_=cause.class_,
        certainty=certainty,
        evidence=evidence[:EVIDENCE_LIMIT],
        meaning=cause.meaning,
        actions=cause.actions,
        retry=cause.retry,
        severity=cause.severity,
    )


def first_match(
    texts: Iterable[Evidence], says: tuple[Says, ...], more: frozenset[str] = frozenset()
) -> Diagnosis | None:
    """Return the cause that the first telling text states."""
    for each in texts:
        places = REASON if each.source is Source.REASON else STATUS | REASON
        hit = catalogue.load().recognise(each.text, places | more, says)
        if hit:
            return diagnosis_of(*hit, each)
    return None
