"""Which failed job stands for an incident, and what that job is part of."""

from __future__ import annotations

from dataclasses import replace

from notifier.alert import wording
from notifier.batch.failure import Failure, Kind
from notifier.incident.counts import Member, Tally
from notifier.incident.fingerprint import FAMILIES, identity, job_of, root_of
from notifier.incident.incident import Incident

FAMILY_NAMES = {Kind.ARRAY_PARENT: "array job", Kind.MULTI_NODE: "multi-node job"}
_PARENT_KINDS = {Kind.ARRAY_CHILD: Kind.ARRAY_PARENT, Kind.NODE: Kind.MULTI_NODE}
_NOUNS = {
    Kind.ARRAY_PARENT: "child",
    Kind.MULTI_NODE: "node",
    Kind.SERVICE_JOB: "SageMaker job",
    Kind.UNREADABLE: "event",
}


def set_representative(incident: Incident, tally: Tally) -> Incident:
    """Give the incident with the first failure of this episode as its first.

    The ledger keeps the first of all: job definition, queue and sizes are the same for both.
    A parent stands for its children as it is.
    """
    if incident.first.kind in _PARENT_KINDS.values():
        return incident
    failed = (one for group in tally.groups for one in group.members)
    member = min(failed, key=lambda one: (one.at, one.job_id), default=None)
    if member is None or member.job_id == identity(incident.first):
        return incident
    return replace(incident, first=_as_member(incident.first, member))


def _as_member(first: Failure, member: Member) -> Failure:
    """Give a failure as another job of its kind, so far as a member tells of it."""
    is_job = first.kind in FAMILIES | {Kind.JOB, Kind.SERVICE_JOB}
    job_id = member.job_id if is_job else first.job_id if first.kind is Kind.ENVIRONMENT else ""
    if first.kind is Kind.STUCK:
        job_id = job_of(member.job_id)
    return replace(
        first,
        job_id=job_id,
        job_name=member.name or first.job_name,
        job_arn=f"{first.job_arn.removesuffix(first.job_id)}{job_id}" if first.job_arn else "",
        array_index=member.index if first.kind is Kind.ARRAY_CHILD else first.array_index,
        node_index=member.index if first.kind is Kind.NODE else first.node_index,
        exit_code=member.exit_code,
        stopped_at=None if first.kind is Kind.STUCK else member.at,
        waiting_since=member.at if first.kind is Kind.STUCK else None,
        created_at=None,
        started_at=None,
        event_id="",
        training_job="",
    )


def parent_job(first: Failure) -> Failure:
    """Give the array or multi-node job that a child or node belongs to; others as they are."""
    if first.kind not in _PARENT_KINDS:
        return first
    root = root_of(first.job_id)
    arn = first.job_arn.removesuffix(first.job_id.removeprefix(root))
    return replace(
        first,
        kind=_PARENT_KINDS[first.kind],
        job_id=root,
        job_arn=arn,
        array_index=None,
        node_index=None,
    )


def job_noun(first: Failure) -> str:
    """Name what is counted."""
    return _NOUNS.get(parent_job(first).kind, "job")


def count_jobs(number: int, first: Failure, more: str = "") -> str:
    """Write how many of what is counted."""
    one = f"{more}{job_noun(first)}"
    return wording.pluralize(number, one, f"{more}children" if one.endswith("child") else "")
