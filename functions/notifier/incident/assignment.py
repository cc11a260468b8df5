"""Which incident a failure is counted in: its own, or that of the job it depended on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from notifier.batch.failure import Failure, Kind
from notifier.diagnosis.catalogue import Severity
from notifier.incident.counts import Member, Role
from notifier.incident.fingerprint import FAMILIES, apart, fingerprint, identity, root_of
from notifier.incident.incident import Place
from notifier.incident.job import LISTED, make_job
from notifier.incident.recovery import Run
from notifier.incident.silence import ignored_labels, muted_until, report_after

_DEPENDENT, _CHILDREN_FAILED = "dependent-job-failed", "array-child-failed"
_ARRAY, _NODES = (Kind.ARRAY_CHILD, Kind.ARRAY_PARENT), (Kind.NODE, Kind.MULTI_NODE)
_PARENTS = frozenset((Kind.ARRAY_PARENT, Kind.MULTI_NODE))
_JOBS = FAMILIES | {Kind.JOB, Kind.SERVICE_JOB}


@dataclass(frozen=True, slots=True)
class ClassifiedFailure:
    """A failure with the cause that its event names, and what has been learnt of it since.

    `may_wait` is whether it may be delivered again later, once the job it depended on is known.
    `base` is set where only the log tells which incident it belongs to (see `log_sampling`);
    `error` is then what the log says, parametrised, and `joins` the key of the incident that it
    joins because its log was not read. `severity` is set where it is not that of the cause.
    """

    failure: Failure
    cause: str
    may_wait: bool = True
    base: str = ""
    error: str = ""
    joins: str = ""
    severity: Severity | None = None

    @property
    def id(self) -> str:
        """Identifies the failure, however often its event is delivered."""
        return identity(self.failure)

    def key(self, group_by: Sequence[str]) -> str:
        """Return the key of its own incident."""
        return self.joins or fingerprint(self.failure, self.cause, group_by, self.error)

    @property
    def root(self) -> str:
        """The id that children and nodes share with their parent."""
        return apart(self.failure, root_of(self.failure.job_id))

    @property
    def upstream(self) -> tuple[str, ...]:
        """Roots of the jobs whose incident this failure joins, first come first.

        The parent of an array whose children did not run joins the incident that they joined.
        """
        if self.cause == _DEPENDENT:
            roots = dict.fromkeys(root_of(job) for job in self.failure.depends_on if job)
            return tuple(apart(self.failure, root) for root in roots)
        is_summary = self.failure.kind is Kind.ARRAY_PARENT and self.cause == _CHILDREN_FAILED
        return (self.root,) if is_summary and self.failure.depends_on else ()

    @property
    def keeps_its_place(self) -> bool:
        """Whether the job is counted by its id alone: the id of a drill is used again."""
        return self.failure.kind in (Kind.JOB, Kind.SERVICE_JOB) and not self.failure.is_drill

    @property
    def has_place(self) -> bool:
        """Whether the ledger can tell where it, or its family, is counted."""
        return self.keeps_its_place or self.failure.kind in FAMILIES

    @property
    def roots(self) -> set[str]:
        """The roots whose places decide where it belongs, or need not be written again."""
        return {*self.upstream, *([self.root] if self.has_place else [])}


@dataclass(frozen=True, slots=True)
class Assignment:
    """Where a failure is counted, and as what.

    `place` is None while the job that it depended on is unknown.
    """

    classified: ClassifiedFailure
    place: Place | None
    member: Member


class IncidentAssigner:
    """Assigns the failures of one delivery to incidents.

    Parameters
    ----------
    places
        Where earlier jobs are counted, by root.
    group_by
        Labels of the fingerprint.
    """

    def __init__(self, places: Mapping[str, Place], group_by: Sequence[str]) -> None:
        self._before, self._group_by = places, group_by
        self.places: dict[str, Place] = {}
        """The places to remember, by root."""

    def assign(self, failures: Sequence[ClassifiedFailure]) -> list[Assignment]:
        """Assign the failures, in any order; a chain of jobs is settled from its beginning."""
        waiting = {one.id: one for one in failures}
        assigned: dict[str, Assignment | None] = dict.fromkeys(waiting)
        for patient in (True, False):
            for id_, one in list(waiting.items()):
                if not (self._joins_another(one) and (patient or one.may_wait)):
                    assigned[id_] = self._settle(waiting.pop(id_), None)
            while ready := [one for one in waiting.values() if self._upstream(one)]:
                for one in ready:
                    assigned[one.id] = self._settle(waiting.pop(one.id), self._upstream(one))
        for id_, one in waiting.items():
            assigned[id_] = Assignment(one, None, member_of(one, Role.FAILED))
        return [one for one in assigned.values() if one]

    def _settle(self, one: ClassifiedFailure, upstream: Place | None) -> Assignment:
        place = upstream or self._own_place(one)
        if one.failure.kind in _JOBS:
            self.places[one.root] = place
        joins = place.key != one.key(self._group_by) and upstream
        own = Role.PARENT if one.failure.kind in _PARENTS else Role.FAILED
        is_assumed = place.assumed and not upstream
        member = member_of(one, Role.DEPENDENT if joins else own, is_assumed=is_assumed)
        return Assignment(one, place, member)

    def _joins_another(self, one: ClassifiedFailure) -> bool:
        """Return whether it may belong to another job's incident: not if its own family has one."""
        own = self._before.get(one.root) if one.failure.kind in FAMILIES else None
        has_own = own is not None and own.key == one.key(self._group_by)
        return bool(one.upstream) and not has_own

    def _upstream(self, one: ClassifiedFailure) -> Place | None:
        """Return the incident it joins; one that was counted before stays where it was."""
        if one.has_place and (before := self._before.get(one.root)):
            return before
        known = [self.places.get(root) or self._before.get(root) for root in one.upstream]
        return next((place for place in known if place), None)

    def _own_place(self, one: ClassifiedFailure) -> Place:
        """Return its place by itself; a job that was counted before stays where it was."""
        before = self._before.get(one.root)
        if before and one.keeps_its_place:
            return before
        return Place(one.key(self._group_by), assumed=bool(one.joins))


def member_of(classified: ClassifiedFailure, role: Role, *, is_assumed: bool = False) -> Member:
    """Return what the ledger stores of a failure; every delivery of its event gives the same."""
    failure = classified.failure
    is_family = failure.kind in FAMILIES and role is not Role.DEPENDENT
    is_parent = role is Role.PARENT
    tagged = failure.tag("notify:severity").lower()
    return Member(
        job_id=classified.id,
        role=role,
        cause=classified.cause,
        at=_failed_at(failure),
        name="" if is_family else failure.job_name,  # the same for all 10,000 children
        index=failure.node_index if failure.array_index is None else failure.array_index,
        exit_code=failure.exit_code,
        attempts=len(failure.attempts),
        log=failure.log,
        size=(failure.array_size or failure.node_count) if is_parent else None,
        failed=failure.array_failed if is_parent else None,
        assumed=is_assumed,
        label=Severity(tagged) if tagged in set(Severity) else classified.severity,
        queue="" if is_family else failure.queue_arn,
        definition="" if is_family else failure.definition,
        owner=failure.tag("notify:owner"),
        muted_until=max(0, muted_until(failure)),
        after=0 if role is Role.DEPENDENT else report_after(failure),
        error=classified.error,
        ignored=ignored_labels(failure),
    )


def stand_in(first: Failure, members: Sequence[Member]) -> Failure:
    """Return what the state of an incident names the job by: its first failure, as a rule.

    Where a dependent alone opens it, the parts of an array or multi-node job have no name in their
    members: their id stands for it.
    """
    own = [one for one in members if one.role is not Role.DEPENDENT]
    part = next((one for one in own if one.role is Role.PARENT or one.index is not None), None)
    if part is None or root_of(part.job_id) == root_of(first.job_id) or first.is_drill:
        return first
    root, is_array = root_of(part.job_id), ":" in part.job_id or part.failed is not None
    kinds = _ARRAY if is_array else _NODES
    return replace(
        first,
        kind=kinds[part.role is Role.PARENT],
        job_id=part.job_id,
        job_name=root,
        job_arn="",
        definition_arn="",
        array_index=part.index if is_array else None,
        node_index=None if is_array else part.index,
    )


def _failed_at(failure: Failure) -> int:
    """Return the time of the failure itself, which every delivery of its event repeats."""
    if since := failure.stopped_at or failure.waiting_since:
        return since
    return failure.event_at or failure.created_at or 0


def run_of(assignment: Assignment) -> tuple[str, Run] | None:
    """Return the key of a job, and its run that failed; None if it never ran, or is no job."""
    one, at = assignment.classified, assignment.member.at
    failure, is_own = one.failure, assignment.member.role is not Role.DEPENDENT
    if assignment.place is None or not is_own or failure.kind not in LISTED or failure.is_drill:
        return None
    job = make_job(failure.queue_arn, failure.definition, failure.job_name)
    return job.key, Run(one.root, failure.started_at or failure.created_at or at, at)
