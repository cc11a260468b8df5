"""Diagnoses by their id alone: of failures of which only the cause was kept."""

from __future__ import annotations

from notifier.core.diagnosis import Certainty, Class, Diagnosis, Severity, of_cause

UNREADABLE = Diagnosis(
    cause="unreadable-event",
    title="Unreadable event",
    class_=Class.UNKNOWN,
    certainty=Certainty.CERTAIN,
    evidence=(),
    meaning="Its shape is not one this notifier knows, so it cannot say more. What the event "
    "holds is not shown, because that may be secret.",
    actions=(
        "Open the AWS Batch console and look for jobs that failed at this time.",
        "Report the event's type and shape, so that the notifier learns it.",
    ),
    retry="maybe",
    severity=Severity.WARNING,
)


def recall(cause_id: str, certainty: Certainty = Certainty.LIKELY) -> Diagnosis:
    """Give what is known of a cause; one that the catalogue knows no more is `unknown`."""
    return UNREADABLE if cause_id == UNREADABLE.cause else of_cause(cause_id, certainty)
