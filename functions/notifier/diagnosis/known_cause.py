"""Diagnoses without evidence: of a stored cause, or about the notifier itself."""

from __future__ import annotations

from notifier.diagnosis import catalogue, evidence
from notifier.diagnosis.catalogue import Certainty, Class, Severity
from notifier.diagnosis.evidence import Diagnosis


def notifier_diagnosis(
    cause: str, title: str, meaning: str, actions: tuple[str, ...] = ()
) -> Diagnosis:
    """Return a diagnosis about the notifier; its cause is not in the catalogue."""
    return Diagnosis(
        cause=cause,
        title=title,
        class_=Class.UNKNOWN,
        certainty=Certainty.CERTAIN,
        evidence=(),
        meaning=meaning,
        actions=actions,
        retry="maybe",
        severity=Severity.WARNING,
    )


UNREADABLE = notifier_diagnosis(
    "unreadable-event",
    "Unreadable event",
    "The notifier does not know the form of this event. Its content is not shown, because "
    "it may contain secrets.",
    (
        "Open the AWS Batch console and look for jobs that failed at this time.",
        "Report the event's type and shape, so that support for it can be added.",
    ),
)


def diagnosis_for(cause_id: str, certainty: Certainty = Certainty.LIKELY) -> Diagnosis:
    """Return the diagnosis of a stored cause; `unknown` if the catalogue no longer has it."""
    if cause_id == UNREADABLE.cause:
        return UNREADABLE
    known = catalogue.load().by_id.get(cause_id)
    return evidence.diagnosis_of(known or "unknown", certainty if known else Certainty.GUESS)
