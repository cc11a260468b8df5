"""Which failures of a delivery have their logs read for grouping, and where the others go.

The log tells two bugs of one job definition apart, but a storm must not read ten thousand logs. So
a few are read, and each failure whose log is not read joins the incident that most failures of its
base in this delivery belong to, or else the latest known incident of that base, or else the
incident of the exit code alone. Failures share a base when their events agree in all that groups.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from itertools import chain, islice, zip_longest

from notifier.batch.failure import Failure
from notifier.incident.assignment import ClassifiedFailure
from notifier.incident.fingerprint import fingerprint, needs_log
from notifier.incident.incident import Place

# GetLogEvents allows 10 to 25 calls a second for a whole account, people included.
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html
LOGS_READ_LIMIT = 10  # in one delivery
KNOWN_BASE_SAMPLES = 3  # of a base with more failures than that whose incident is known


def base_of(failure: Failure, cause: str, group_by: Sequence[str]) -> str:
    """Name the base of a failure; empty where the event alone decides the incident."""
    if not needs_log(failure, cause, group_by):
        return ""
    return f"base#{fingerprint(failure, cause, group_by)}"


def select_logs(
    failures: Sequence[ClassifiedFailure], known: Collection[str]
) -> list[ClassifiedFailure]:
    """Choose the failures whose logs are read: the earliest of each base in turn.

    Parameters
    ----------
    failures
        Of one delivery.
    known
        Bases of which an incident is known.
    """
    queues = []
    for base, alike in _by_base(failures):
        ordered = sorted(alike, key=_by_time)
        is_sampled = base in known and len(ordered) > LOGS_READ_LIMIT
        queues.append(ordered[: KNOWN_BASE_SAMPLES if is_sampled else LOGS_READ_LIMIT])
    in_turn = chain.from_iterable(zip_longest(*queues))
    return list(islice((one for one in in_turn if one is not None), LOGS_READ_LIMIT))


def with_errors(
    failures: Sequence[ClassifiedFailure],
    errors: Mapping[str, str],
    latest: Mapping[str, Place],
    group_by: Sequence[str],
) -> list[ClassifiedFailure]:
    """Add to each failure what its log says, or the incident that it joins without its log.

    Parameters
    ----------
    failures
        Of one delivery.
    errors
        The parametrised errors of the logs that were read, by the failure's id.
    latest
        The latest known incident of each base.
    group_by
        Labels of the fingerprint.
    """
    joined = {}
    for base, alike in _by_base(failures):
        read = [replace(one, error=errors[one.id]) for one in alike if one.id in errors]
        keys = Counter(one.key(group_by) for one in read)
        fallback = latest[base].key if base in latest else base.partition("#")[2]
        joined[base] = min(keys, key=lambda key: (-keys[key], key)) if keys else fallback
    return [
        one
        if not one.base
        else replace(one, error=errors[one.id])
        if one.id in errors
        else replace(one, joins=joined[one.base])
        for one in failures
    ]


def latest_incidents(
    failures: Sequence[ClassifiedFailure], group_by: Sequence[str]
) -> dict[str, Place]:
    """Return the incident to store for each base: of the last failure whose log was read."""
    return {
        base: Place(max(read, key=_by_time).key(group_by))
        for base, alike in _by_base(failures)
        if (read := [one for one in alike if not one.joins])
    }


def _by_base(
    failures: Sequence[ClassifiedFailure],
) -> list[tuple[str, list[ClassifiedFailure]]]:
    found: dict[str, list[ClassifiedFailure]] = {}
    for one in failures:
        if one.base:
            found.setdefault(one.base, []).append(one)
    return sorted(found.items())


def _by_time(one: ClassifiedFailure) -> tuple[int, str]:
    return one.failure.stopped_at or 0, one.failure.job_id
