"""A diagnosis: the cause of a failure, how sure it is, and its evidence."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from notifier.diagnosis import catalogue
from notifier.diagnosis.catalogue import Cause, Certainty, Class, Severity, Specificity
from notifier.text import untrusted

EVIDENCE_LIMIT = 3
TITLE_LIMIT = 40  # characters, to fit a text message
QUOTE = "AWS says: "
_NO_MARKUP = str.maketrans(
    "`<>[]*~|&", "'()()-- +"
)  # a title is shown as it is, the evidence whole
# Kinds of texts in which the catalogue finds a cause.
STATUS, REASON = frozenset({"status"}), frozenset({"reason"})
REQUEST: frozenset[str] = frozenset({"request"})


class Source(StrEnum):
    """Where evidence comes from, as shown to a reader."""

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
    """One text that a diagnosis depends on."""

    source: Source
    text: str


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The cause of one failure, and what to do about it."""

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
        """Whether the cause is only an exit code."""
        return self.cause.startswith("app-exit-")

    @property
    def blames_program(self) -> bool:
        """Whether the program itself ended, so that its log may say why."""
        return self.cause.startswith(("app-", "sigkill"))

    @property
    def doubt(self) -> str:
        """The certainty in words; empty if the title is a fact: an exit code or a quote."""
        words = {Certainty.GUESS: "a guess", Certainty.LIKELY: "likely"}
        is_fact = self.is_exit_code or self.title.startswith(QUOTE)
        return "" if is_fact else words.get(self.certainty, "")

    @property
    def root(self) -> str:
        """The root line of the log, if it is evidence."""
        return next((one.text for one in self.evidence if one.source is Source.LOG), "")


def diagnosis_of(cause: Cause | str, certainty: Certainty, *evidence: Evidence) -> Diagnosis:
    """Return a diagnosis from the catalogue; a cause given by id must be in it."""
    cause = catalogue.load().by_id[cause] if isinstance(cause, str) else cause
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
    texts: Iterable[Evidence], allowed: tuple[Specificity, ...], more: frozenset[str] = frozenset()
) -> Diagnosis | None:
    """Return the cause of the first text that the catalogue recognises."""
    for each in texts:
        places = REASON if each.source is Source.REASON else STATUS | REASON
        hit = catalogue.load().recognise(each.text, places | more, allowed)
        if hit:
            return diagnosis_of(*hit, each)
    return None


def quote(text: str) -> str:
    """Return a title that quotes a reason.

    Examples
    --------
    >>> quote("NewError: the host has no such thing as https://example.com")
    'AWS says: NewError: the host has no suc…'
    """
    said = untrusted.defang(catalogue.normalise(text)).translate(_NO_MARKUP)
    return untrusted.truncate(f"{QUOTE}{said}", TITLE_LIMIT)


def says_something(text: str) -> bool:
    """Return whether a reason says more than that the job failed."""
    known = catalogue.load()
    rest, _, _ = known.wrappers.unwrap(catalogue.normalise(text))
    return bool(rest) and known.recognise(rest, STATUS | REASON, (Specificity.NOTHING,)) is None
