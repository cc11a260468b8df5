"""Which failures are one incident, and which events are one failure."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from notifier.batch.failure import Failure, Kind

_KEY_LENGTH = 16  # hex digits, 64 bits: ten million incidents collide about once in 400,000 years
GROUP_BY = ("queue", "definition", "cause", "error")
GROUP_LABELS = (*GROUP_BY, "job", "run")  # what GroupBy may name
FAMILIES = frozenset((Kind.ARRAY_CHILD, Kind.ARRAY_PARENT, Kind.NODE, Kind.MULTI_NODE))


_DRILL = "drill-"  # before keys and ids: a drill shares none with what it names
# Causes that say only that the program failed: its log tells one bug from another.
_SAYS_LITTLE = "app-exit-"


def fingerprint(
    failure: Failure, cause: str, group_by: Sequence[str] = GROUP_BY, error: str = ""
) -> str:
    """Return the incident's key: a stable 16-digit hex text, after `drill-` if it is a drill.

    The children of an array and their parent are one incident, and so are the nodes of a
    multi-node job; otherwise failures are one when what `group_by` names agrees: queue, job
    definition (any revision), cause, error (the root line of the log, parametrised; where there is
    none the key is as if nobody had asked for it), job (its name), run (of the
    job's pipeline; likewise).

    Examples
    --------
    >>> child = Failure(Kind.ARRAY_CHILD, "7a71:3", "align", "", "", "", "")
    >>> fingerprint(child, "oom-container") == fingerprint(child, "app-exit-1")
    True
    """
    parts = _parts(failure, cause, group_by, error)
    key = hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()[:_KEY_LENGTH]
    return f"{_DRILL}{key}" if failure.is_drill else key


def is_drill_key(key: str) -> bool:
    """Return whether this is the key of a drill's incident."""
    return key.startswith(_DRILL)


def needs_log(failure: Failure, cause: str, group_by: Sequence[str]) -> bool:
    """Return whether only the log can tell which incident a failure belongs to.

    Not for what is grouped by something else anyway, nor where the event is certain of the cause.
    """
    is_plain = failure.kind is Kind.JOB and not failure.is_drill and failure.log is not None
    return is_plain and "error" in group_by and cause.startswith(_SAYS_LITTLE)


def _parts(failure: Failure, cause: str, group_by: Sequence[str], error: str) -> tuple[str, ...]:
    if failure.kind in FAMILIES:
        return ("family", root_of(failure.job_id))
    if failure.is_drill:
        return ("drill", failure.event_id)  # two drills are two alerts
    match failure.kind:
        case Kind.STUCK:  # whatever each waits for: jobs in one queue wait for the same instances
            return ("stuck", failure.queue_arn)
        case Kind.ENVIRONMENT if failure.is_unusable:
            return ("environment", failure.job_id)
        case Kind.ENVIRONMENT:
            return ("environment", failure.stack, failure.job_name)
        case Kind.QUEUE_BLOCKED:
            return ("queue-blocked", failure.queue_arn, cause)
        case Kind.UNREADABLE:
            return ("unreadable", failure.status_reason)
    values = {
        "queue": failure.queue_arn,
        "definition": failure.definition_arn.rpartition(":")[0] or failure.job_name,
        "cause": cause,
        "error": error,
        "job": failure.job_name,
        "run": failure.run,
    }
    labels = [label for label in GROUP_LABELS if label in group_by and _has_value(label, values)]
    return ("job", *(values[label] for label in labels))


def _has_value(label: str, values: dict[str, str]) -> bool:
    return bool(values[label]) or label not in ("error", "run")


def root_of(job_id: str) -> str:
    """Return the id of the job a child or node belongs to: the console writes `id:3` and `id#1`."""
    return job_id.partition(":")[0].partition("#")[0]


def apart(failure: Failure, root: str) -> str:
    """Return the root of an id in the failure's world: that of drills, which make ids up, or ours.

    No id of AWS Batch begins with `drill-`: they are UUIDs.
    """
    return f"{_DRILL}{root}" if failure.is_drill else root


def job_id_of(identity_: str) -> str:
    """Return the id that a drill names, of its identity; any other is its own."""
    return identity_.removeprefix(_DRILL)


def waiting_id(job_id: str) -> str:
    """Return the identity of a stuck job."""
    return f"{Kind.STUCK}:{job_id}"


def job_of(identity_: str) -> str:
    """Return the job that waits, of the identity of a stuck one."""
    return identity_.removeprefix(f"{Kind.STUCK}:")


def identity(failure: Failure) -> str:
    """Return what identifies a failure, however often its event is delivered.

    FAILED is final for a job id; event and message ids change with each delivery. But the same job
    may block a queue again, a resource may fail again, and a drill is sent again unchanged. What
    the sweep sees stays the same until it changes. A drill is never one with what it names.
    """
    return apart(failure, _identity(failure))


def _identity(failure: Failure) -> str:
    if failure.kind is Kind.STUCK and not failure.is_drill:
        return waiting_id(failure.job_id)
    if failure.is_unusable and not failure.is_drill:
        return f"{failure.kind}:{failure.status}:{failure.job_id}"
    if failure.kind in (Kind.QUEUE_BLOCKED, Kind.ENVIRONMENT):
        return f"{failure.kind}:{failure.status}:{failure.job_id}:{failure.event_time}"
    if failure.kind is Kind.UNREADABLE or (failure.is_drill and failure.kind not in FAMILIES):
        return f"{failure.kind}:{failure.event_id}"
    return failure.job_id
