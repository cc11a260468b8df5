"""The failed job that represents an incident, and the array or multi-node job it belongs to."""

from __future__ import annotations

from dataclasses import replace

from notifier.alert import wording
from notifier.batch.failure import Failure, Kind
from notifier.incident.counts import Member, Tally
from notifier.incident.fingerprint import FAMILIES, identity, job_id_of, job_of, root_of
from notifier.incident.incident import Incident
from notifier.incident.job import stable_name

FAMILY_NAMES = {Kind.ARRAY_PARENT: "array job", Kind.MULTI_NODE: "multi-node job"}
_OWN_TAGS = frozenset(("notify:owner", "notify:severity"))
_PARENT_KINDS = {Kind.ARRAY_CHILD: Kind.ARRAY_PARENT, Kind.NODE: Kind.MULTI_NODE}
_NOUNS = {
    Kind.ARRAY_PARENT: "child",
    Kind.MULTI_NODE: "node",
    Kind.SERVICE_JOB: "SageMaker job",
    Kind.UNREADABLE: "event",
}


def set_representative(incident: Incident, tally: Tally) -> Incident:
    """Make the first failure that a message reports the incident's first.

    The ledger keeps the first of all: another has the same sizes. The parent of an array or
    multi-node job stays.
    """
    first = incident.first
    member = min(tally.failures, key=lambda one: (one.at, one.job_id), default=None)
    if first.kind in _PARENT_KINDS.values() or member is None or member.job_id == identity(first):
        return incident
    return replace(incident, first=_as_member(first, member))


def _as_member(first: Failure, member: Member) -> Failure:
    """Give a failure the id, name, index and times of another job of its kind."""
    is_stuck = first.kind is Kind.STUCK
    job_id = _job_id(first, member)
    return replace(
        first,
        job_id=job_id,
        job_name=member.name or first.job_name,
        job_arn=f"{first.job_arn.removesuffix(first.job_id)}{job_id}" if first.job_arn else "",
        array_index=member.index if first.kind is Kind.ARRAY_CHILD else first.array_index,
        node_index=member.index if first.kind is Kind.NODE else first.node_index,
        exit_code=member.exit_code,
        stopped_at=None if is_stuck else member.at,
        waiting_since=member.at if is_stuck else None,
        created_at=None,
        started_at=None,
        queue_arn=member.queue or first.queue_arn,
        definition_arn=_definition_arn(first, member),
        tags=_tags(first, member),
        event_id="",
        training_job="",
    )


def _definition_arn(first: Failure, member: Member) -> str:
    home = first.definition_arn.rpartition("/")[0]
    return f"{home}/{member.definition}" if home and member.definition else first.definition_arn


def _tags(first: Failure, member: Member) -> tuple[tuple[str, str], ...]:
    """Give the tags of the member: the others are the same if it is another run of the job."""
    is_same = stable_name(member.name or first.job_name) == stable_name(first.job_name)
    own = [one for one in first.tags if is_same and one[0] not in _OWN_TAGS]
    return (*own, *([("notify:owner", member.owner)] if member.owner else []))


def _job_id(first: Failure, member: Member) -> str:
    if first.kind is Kind.STUCK:
        return job_of(job_id_of(member.job_id))
    if first.kind is Kind.ENVIRONMENT:
        return first.job_id
    is_job = first.kind in FAMILIES | {Kind.JOB, Kind.SERVICE_JOB}
    return job_id_of(member.job_id) if is_job else ""


def parent_job(failure: Failure) -> Failure:
    """Give the array or multi-node job of a child or node; any other failure stays as it is."""
    if failure.kind not in _PARENT_KINDS:
        return failure
    root = root_of(failure.job_id)
    return replace(
        failure,
        kind=_PARENT_KINDS[failure.kind],
        job_id=root,
        job_arn=failure.job_arn.removesuffix(failure.job_id.removeprefix(root)),
        array_index=None,
        node_index=None,
    )


def job_noun(failure: Failure) -> str:
    """Give the noun for what is counted: `child`, `node`, `job` and so on."""
    return _NOUNS.get(parent_job(failure).kind, "job")


def count_jobs(number: int, failure: Failure, more: str = "") -> str:
    """Write a number of jobs, children or nodes."""
    one = f"{more}{job_noun(failure)}"
    return wording.pluralize(number, one, f"{more}children" if one.endswith("child") else "")
