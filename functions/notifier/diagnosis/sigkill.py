"""Why a job was killed where nobody says so: what its own attempts and times let one infer.

Exit code 137 is what running out of memory, a timeout, TerminateJob and a Spot reclaim leave alike.
"""

from __future__ import annotations

from notifier.batch.failure import Attempt, Failure
from notifier.diagnosis import catalogue
from notifier.diagnosis.catalogue import Certainty, Class, Says
from notifier.text import units

# Batch sends SIGTERM when the time is over, and SIGKILL 30 s later; its clock runs in minutes.
# https://docs.aws.amazon.com/batch/latest/userguide/job_timeouts.html
_GRACE_MS = 120_000


def inferred(failure: Failure) -> tuple[str, str] | None:
    """Give a likely cause and the evidence for it, or None."""
    return _timed_out(failure) or _short_before(failure)


def _timed_out(failure: Failure) -> tuple[str, str] | None:
    """See whether the last attempt ran just as long as it was allowed to."""
    last = failure.attempts[-1] if failure.attempts else Attempt()
    if not failure.timeout_seconds or last.started_at is None or last.stopped_at is None:
        return None
    ran, allowed = last.stopped_at - last.started_at, failure.timeout_seconds * 1000
    if not allowed <= ran <= allowed + _GRACE_MS:
        return None
    told = f"the last ran {units.duration(ran)}, its timeout is {units.duration(allowed)}"
    return "job-timeout", told


def _short_before(failure: Failure) -> tuple[str, str] | None:
    """See whether AWS said of an earlier attempt that its memory was short."""
    for number, attempt in enumerate(failure.attempts[:-1], start=1):
        hit = catalogue.load().recognise(attempt.reason, frozenset({"reason"}), (Says.CAUSE,))
        if hit and hit[0].class_ is Class.MEMORY and hit[1] is Certainty.CERTAIN:
            return hit[0].id, f"number {number} said: {attempt.reason}"
    return None
