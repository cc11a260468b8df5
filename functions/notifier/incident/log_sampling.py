"""Which failures of a delivery have their logs read to be grouped, and where the others go.

The log is what tells two bugs of one definition apart, but a storm must not read ten thousand
logs. So a few are read, and what is not read is counted with what was: in the incident that most
of its like in this delivery belong to, or else in the latest one known of them, or else in one of
the exit code alone. Like are failures that agree in all that their events say.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain, islice, zip_longest

from notifier.incident.assignment import ClassifiedFailure
from notifier.incident.fingerprint import fingerprint, needs_log
from notifier.incident.incident import Place

# GetLogEvents allows 10 to 25 calls a second for a whole account, people included.
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html
MOST_READ = 10  # logs in one delivery
SAMPLES = 3  # of more than that many alike, where an incident of theirs is known already


def base_of(case: ClassifiedFailure, group_by: Sequence[str]) -> str:
    """Give what a failure shares with its like, whatever their logs say; empty where that is all.

    It names the ledger's pointer to the latest incident of them.
    """
    if not needs_log(case.failure, case.cause, group_by):
        return ""
    return f"base#{fingerprint(case.failure, case.cause, group_by)}"


def to_read(
    bases: Sequence[str], cases: Sequence[ClassifiedFailure], known: Collection[str]
) -> list[int]:
    """Choose the cases whose logs are read, as numbers: the earliest of each base in turn.

    Parameters
    ----------
    bases
        Of each case its base, or an empty text where its log is not needed.
    cases
        The failures.
    known
        Bases of which an incident is known.
    """
    queues = [_first(numbers, cases, base in known) for base, numbers in _alike(bases)]
    in_turn = chain.from_iterable(zip_longest(*queues))
    return list(islice((number for number in in_turn if number is not None), MOST_READ))


def _first(numbers: Sequence[int], cases: Sequence[ClassifiedFailure], is_known: bool) -> list[int]:
    ordered = sorted(numbers, key=lambda n: _order(cases[n]))
    return ordered[: SAMPLES if is_known and len(ordered) > MOST_READ else MOST_READ]


def with_errors(
    bases: Sequence[str],
    cases: Sequence[ClassifiedFailure],
    errors: Mapping[int, str],
    latest: Mapping[str, Place],
    group_by: Sequence[str],
) -> list[ClassifiedFailure]:
    """Give the cases with what their logs say, or with the incident they join without that.

    Parameters
    ----------
    bases, cases
        As for `to_read`.
    errors
        What the logs that were read say, by number of the case.
    latest
        The incident each base was last known by.
    group_by
        Labels of the fingerprint.
    """
    done = list(cases)
    for base, numbers in _alike(bases):
        for n in numbers:
            done[n] = replace(cases[n], error=errors.get(n, ""))
        unread = [n for n in numbers if n not in errors]
        found = Counter(done[n].key(group_by) for n in numbers if n in errors)
        before = latest[base].key if base in latest else base.partition("#")[2]
        joined = min(found, key=lambda key: (-found[key], key)) if found else before
        for n in unread:
            done[n] = replace(done[n], joins=joined)
    return done


def pointers(
    bases: Sequence[str], cases: Sequence[ClassifiedFailure], group_by: Sequence[str]
) -> dict[str, Place]:
    """Give the incident that each base is to be known by: of what was read the last to fail."""
    return {
        base: Place(cases[max(read, key=lambda n: _order(cases[n]))].key(group_by))
        for base, numbers in _alike(bases)
        if (read := [n for n in numbers if not cases[n].joins])
    }


def _alike(bases: Sequence[str]) -> Iterator[tuple[str, list[int]]]:
    numbers: dict[str, list[int]] = {}
    for n, base in enumerate(bases):
        if base:
            numbers.setdefault(base, []).append(n)
    yield from sorted(numbers.items())


def _order(case: ClassifiedFailure) -> tuple[int, str]:
    return case.failure.stopped_at or 0, case.failure.job_id
