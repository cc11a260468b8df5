"""Why something stands still that has not failed: a job that waits, or where it could run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from notifier.batch.failure import Failure, Kind, WaitReason
from notifier.diagnosis import catalogue, evidence
from notifier.diagnosis.catalogue import Certainty, Says
from notifier.diagnosis.evidence import EVIDENCE_LIMIT, REQUEST, STATUS, Diagnosis, Evidence, Source

# What Batch says of a queue without naming what is wrong with it.
_POINTING = frozenset(("queue-blocked-undetermined", "queue-ce-invalid"))


def switched_off(failure: Failure) -> Diagnosis:
    """Somebody switched it off: its status reason is about its health, and tells nothing."""
    told = f"the state of {failure.job_name} is DISABLED"
    cause = "queue-disabled" if failure.is_queue else "ce-disabled"
    return evidence.diagnosis_of(cause, Certainty.CERTAIN, Evidence(Source.ENVIRONMENT, told))


def waits(failure: Failure, texts: Sequence[Evidence]) -> Diagnosis | None:
    """Say for what a stuck job waits: Batch's own words, then what is wrong where it could run.

    What alone keeps the job waiting says more than those words that only point to it.
    """
    if failure.kind is not Kind.STUCK:
        return None
    said = evidence.first_match(texts, (Says.CAUSE,))
    seen = [_seen(finding) for finding in failure.wait_reasons]
    sure = next((one for one in seen if one.certainty is Certainty.CERTAIN), None)
    if said and said.cause in _POINTING:
        said = replace(sure, evidence=(*sure.evidence, *said.evidence)) if sure else said
    best = said or sure or next(iter(seen), None) or evidence.first_match(texts, (Says.AREA,))
    other = "stuck-starting" if failure.status == "STARTING" else "stuck-unexplained"
    best = best or evidence.diagnosis_of(other, Certainty.GUESS, *texts)
    more = (Evidence(Source.ENVIRONMENT, finding.text) for finding in failure.wait_reasons)
    return replace(best, evidence=tuple(dict.fromkeys((*best.evidence, *more)))[:EVIDENCE_LIMIT])


def _seen(finding: WaitReason) -> Diagnosis:
    """Give the cause of one finding: AWS's own words may tell more than the state alone."""
    most = Certainty.CERTAIN if finding.is_sure else Certainty.LIKELY
    shown = Evidence(Source.ENVIRONMENT, finding.text)
    hit = catalogue.load().recognise(finding.aws_text, STATUS | REQUEST, (Says.CAUSE,))
    return (
        evidence.diagnosis_of(hit[0], min(hit[1], most), shown)
        if hit
        else evidence.diagnosis_of(finding.cause, most, shown)
    )
