"""Diagnoses without evidence: where only the cause was kept, or the notifier speaks of itself."""

from __future__ import annotations

from notifier.diagnosis import catalogue, evidence
from notifier.diagnosis.catalogue import Certainty, Class, Severity
from notifier.diagnosis.evidence import Diagnosis


def notice(cause: str, title: str, meaning: str, actions: tuple[str, ...] = ()) -> Diagnosis:
    """Make a diagnosis that is none of a job: the catalogue does not have it."""
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


UNREADABLE = notice(
    "unreadable-event",
    "Unreadable event",
    "Its shape is not one this notifier knows, so it cannot say more. What the event "
    "holds is not shown, because that may be secret.",
    (
        "Open the AWS Batch console and look for jobs that failed at this time.",
        "Report the event's type and shape, so that the notifier learns it.",
    ),
)


def diagnosis_for(cause_id: str, certainty: Certainty = Certainty.LIKELY) -> Diagnosis:
    """Give what is known of a cause; one that the catalogue knows no more is `unknown`, a guess."""
    if cause_id == UNREADABLE.cause:
        return UNREADABLE
    known = catalogue.load().find(cause_id)
    return evidence.diagnosis_of(known or "unknown", certainty if known else Certainty.GUESS)
