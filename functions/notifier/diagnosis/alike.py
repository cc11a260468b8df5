"""The diagnosis of failures whose events say the same: made once for a thousand of them."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from notifier.batch.failure import Attempt, Failure, Kind
from notifier.diagnosis.diagnose import Diagnosis, diagnose

DIAGNOSES_KEPT = 200  # of what has ended: a few KB each
_ENDED = frozenset((Kind.JOB, Kind.ARRAY_CHILD, Kind.NODE))
_NAMELESS = Failure(Kind.JOB, "", "", "", "", "", "")


def diagnose_event(failure: Failure) -> Diagnosis:
    """Diagnose a failure by its event alone, as `diagnose` does.

    A job, child or node that has ended is diagnosed by nothing but what is passed on here, so
    that the diagnosis of one is that of all that say the same. Every text in it is safe to keep.
    """
    if failure.kind not in _ENDED:
        return diagnose(failure)
    has_timeout = bool(failure.timeout_seconds)
    return _diagnose_ended(
        failure.kind,
        failure.status_reason,
        failure.reasons,
        failure.exit_code,
        failure.platform,
        failure.timeout_seconds,
        failure.stopped_by_request,
        tuple([_told(attempt, has_timeout=has_timeout) for attempt in failure.attempts]),
    )


_Told = tuple[str, str, int | None, int | None]


def _told(attempt: Attempt, *, has_timeout: bool) -> _Told:
    """Return what an attempt says: how it ended, and for how long it ran if that has a limit."""
    started, stopped, ran = attempt.started_at, attempt.stopped_at, None
    if has_timeout and started is not None and stopped is not None:
        ran = stopped - started
    return attempt.status_reason, attempt.reason, attempt.exit_code, ran


@lru_cache(maxsize=DIAGNOSES_KEPT)
def _diagnose_ended(
    kind: Kind,
    status_reason: str,
    reasons: tuple[str, ...],
    exit_code: int | None,
    platform: str,
    timeout_seconds: int | None,
    stopped_by_request: bool,
    told: tuple[_Told, ...],
) -> Diagnosis:
    said = replace(
        _NAMELESS,
        kind=kind,
        status_reason=status_reason,
        reasons=reasons,
        exit_code=exit_code,
        platform=platform,
        timeout_seconds=timeout_seconds,
        stopped_by_request=stopped_by_request,
        attempts=tuple(_attempt(*each) for each in told),
    )
    return diagnose(said)


def _attempt(status_reason: str, reason: str, exit_code: int | None, ran: int | None) -> Attempt:
    known = Attempt(status_reason=status_reason, reason=reason, exit_code=exit_code)
    return known if ran is None else replace(known, started_at=0, stopped_at=ran)
