"""Diagnose what has not failed but does not run: stuck jobs, disabled environments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from notifier.batch.failure import Failure, Kind, WaitReason
from notifier.diagnosis import catalogue, evidence
from notifier.diagnosis.catalogue import Certainty, Specificity
from notifier.diagnosis.evidence import EVIDENCE_LIMIT, REQUEST, STATUS, Diagnosis, Evidence, Source

# Status reasons that point to a queue without saying what is wrong with it.
_VAGUE = frozenset(("queue-blocked-undetermined", "queue-ce-invalid"))


def diagnose_disabled(failure: Failure) -> Diagnosis:
    """Diagnose a DISABLED queue or environment; its status reason only describes its health."""
    text = f"the state of {failure.job_name} is DISABLED"
    cause = "queue-disabled" if failure.is_queue else "ce-disabled"
    return evidence.diagnosis_of(cause, Certainty.CERTAIN, Evidence(Source.ENVIRONMENT, text))


def diagnose_stuck_job(failure: Failure, texts: Sequence[Evidence]) -> Diagnosis | None:
    """Diagnose why a stuck job waits; None if the failure is not a stuck job."""
    if failure.kind is not Kind.STUCK:
        return None
    other = "stuck-starting" if failure.status == "STARTING" else "stuck-unexplained"
    found = (
        _stated_or_seen(texts, [_diagnose_reason(reason) for reason in failure.wait_reasons])
        or evidence.first_match(texts, (Specificity.AREA,))
        or evidence.diagnosis_of(other, Certainty.GUESS, *texts)
    )
    more = (Evidence(Source.ENVIRONMENT, reason.text) for reason in failure.wait_reasons)
    return replace(found, evidence=tuple(dict.fromkeys((*found.evidence, *more)))[:EVIDENCE_LIMIT])


def _stated_or_seen(texts: Sequence[Evidence], seen: Sequence[Diagnosis]) -> Diagnosis | None:
    """Prefer what AWS Batch states, unless that is vague and a wait reason is certain."""
    stated = evidence.first_match(texts, (Specificity.CAUSE,))
    sure = next((one for one in seen if one.certainty is Certainty.CERTAIN), None)
    if stated and sure and stated.cause in _VAGUE:
        return replace(sure, evidence=(*sure.evidence, *stated.evidence))
    return stated or sure or next(iter(seen), None)


def _diagnose_reason(reason: WaitReason) -> Diagnosis:
    """Return the cause of one wait reason; AWS's own text may be more precise than the state."""
    most = Certainty.CERTAIN if reason.is_sure else Certainty.LIKELY
    shown = Evidence(Source.ENVIRONMENT, reason.text)
    hit = catalogue.load().recognise(reason.aws_text, STATUS | REQUEST, (Specificity.CAUSE,))
    cause, certainty = hit or (reason.cause, most)
    return evidence.diagnosis_of(cause, min(certainty, most), shown)
