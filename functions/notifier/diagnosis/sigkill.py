"""Infer why a job was killed from its attempts and times.

Exit code 137 alone may mean lack of memory, a timeout, TerminateJob or a Spot interruption.
"""

from __future__ import annotations

from notifier.batch.failure import Attempt, Failure
from notifier.diagnosis import catalogue
from notifier.diagnosis.catalogue import Certainty, Class, Specificity
from notifier.diagnosis.evidence import REASON
from notifier.text import units

# AWS Batch sends SIGTERM at the timeout and SIGKILL 30 s later; its clock runs in minutes.
# https://docs.aws.amazon.com/batch/latest/userguide/job_timeouts.html
_GRACE_MS = 120_000


def infer_cause(failure: Failure) -> tuple[str, str] | None:
    """Return a likely cause and the evidence for it, or None."""
    return _timed_out(failure) or _earlier_lack_of_memory(failure)


def _timed_out(failure: Failure) -> tuple[str, str] | None:
    """Check whether the last attempt ran exactly as long as its timeout."""
    last = failure.attempts[-1] if failure.attempts else Attempt()
    if not failure.timeout_seconds or last.started_at is None or last.stopped_at is None:
        return None
    ran, allowed = last.stopped_at - last.started_at, failure.timeout_seconds * 1000
    if not allowed <= ran <= allowed + _GRACE_MS:
        return None
    text = f"the last one ran {units.duration(ran)}, its timeout is {units.duration(allowed)}"
    return "job-timeout", text


def _earlier_lack_of_memory(failure: Failure) -> tuple[str, str] | None:
    """Check whether AWS stated lack of memory for an earlier attempt."""
    for number, attempt in enumerate(failure.attempts[:-1], start=1):
        hit = catalogue.load().recognise(attempt.reason, REASON, (Specificity.CAUSE,))
        if hit and hit[0].class_ is Class.MEMORY and hit[1] is Certainty.CERTAIN:
            return hit[0].id, f"attempt {number} ended with: {attempt.reason}"
    return None
