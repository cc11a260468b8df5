"""Where a failure is counted: in its own incident, or in that of the job it waited for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from notifier.batch.failure import Failure, Kind
from notifier.incident.counts import Member, Role
from notifier.incident.fingerprint import FAMILIES, fingerprint, identity, root_of
from notifier.incident.incident import Incident, Place

_DEPENDENT, _SUMMED_UP = "dependent-job-failed", "array-child-failed"
_PARENTS = frozenset((Kind.ARRAY_PARENT, Kind.MULTI_NODE))
_JOBS = FAMILIES | {Kind.JOB, Kind.SERVICE_JOB}


@dataclass(frozen=True, slots=True)
class ClassifiedFailure:
    """A failure with the cause that its event alone tells; `may_wait` for the job before it.

    `error` is what its log says, parametrised. `joins` is the incident it is counted in where its
    log would have to decide that and was not read.
    """

    failure: Failure
    cause: str
    may_wait: bool = True
    error: str = ""
    joins: str = ""

    def key(self, group_by: Sequence[str]) -> str:
        """Give the key of its own incident."""
        return self.joins or fingerprint(self.failure, self.cause, group_by, self.error)

    @property
    def root(self) -> str:
        """The id that children and nodes share with their parent."""
        return root_of(self.failure.job_id)

    @property
    def waited_for(self) -> tuple[str, ...]:
        """Roots of the jobs whose incident this failure joins, first come first.

        The parent of an array whose children waited in vain joins the incident that they joined.
        """
        if self.cause == _DEPENDENT:
            return tuple(dict.fromkeys(root_of(job) for job in self.failure.depends_on if job))
        is_summary = self.failure.kind is Kind.ARRAY_PARENT and self.cause == _SUMMED_UP
        return (self.root,) if is_summary and self.failure.depends_on else ()

    @property
    def keeps_its_place(self) -> bool:
        """Whether the job is counted by its id alone: a drill's is used again."""
        return self.failure.kind in (Kind.JOB, Kind.SERVICE_JOB) and not self.failure.is_drill

    @property
    def has_place(self) -> bool:
        """Whether the ledger can tell where it, or its family, is counted."""
        return self.keeps_its_place or self.failure.kind in FAMILIES

    @property
    def look_ups(self) -> set[str]:
        """The roots whose places decide where it belongs, or need not be written again."""
        return {*self.waited_for, *([self.root] if self.has_place else [])}


@dataclass(frozen=True, slots=True)
class Assignment:
    """Where a failure is counted, and as what; `place` is None while the other job is unknown."""

    place: Place | None
    member: Member


class IncidentAssigner:
    """Files the failures of one delivery.

    Parameters
    ----------
    places
        Where earlier jobs are counted, by root.
    incidents
        The incidents known so far, by key.
    group_by
        Labels of the fingerprint.
    """

    def __init__(
        self,
        places: Mapping[str, Place],
        incidents: Mapping[str, Incident],
        group_by: Sequence[str],
    ) -> None:
        self._before, self._incidents, self._group_by = places, incidents, group_by
        self.places: dict[str, Place] = {}
        """The places to remember, by root."""

    def file(self, cases: Sequence[ClassifiedFailure]) -> list[Assignment]:
        """Place the cases, one for one; a chain settles from its beginning whatever its order."""
        filed: dict[int, Assignment] = {}
        waiting = dict(enumerate(cases))
        for patience in (True, False):
            for number, case in list(waiting.items()):
                if not (self._joins_another(case) and (patience or case.may_wait)):
                    filed[number] = self._settle(waiting.pop(number), None)
            while ready := [n for n, case in waiting.items() if self._upstream(case)]:
                for number in ready:
                    case = waiting.pop(number)
                    filed[number] = self._settle(case, self._upstream(case))
        for number, case in waiting.items():
            filed[number] = Assignment(None, member_of(case, Role.FAILED))
        return [filed[number] for number in range(len(cases))]

    def _settle(self, case: ClassifiedFailure, upstream: Place | None) -> Assignment:
        place = upstream or self._own_place(case)
        if case.failure.kind in _JOBS:
            self.places[case.root] = place
        joins = place.key != case.key(self._group_by) and upstream
        own = Role.PARENT if case.failure.kind in _PARENTS else Role.FAILED
        member = member_of(case, Role.DEPENDENT if joins else own)
        return Assignment(place, replace(member, assumed=place.assumed and not upstream))

    def _joins_another(self, case: ClassifiedFailure) -> bool:
        """Say whether it may belong to another job's incident: not if its own family has one."""
        key = case.key(self._group_by)
        has_own = case.failure.kind in FAMILIES and key in self._incidents
        return bool(case.waited_for) and not has_own

    def _upstream(self, case: ClassifiedFailure) -> Place | None:
        """Give the incident it joins; one that was counted before stays, whoever failed since."""
        if case.has_place and (before := self._before.get(case.root)):
            return before
        known = [self.places.get(root) or self._before.get(root) for root in case.waited_for]
        return next((place for place in known if place), None)

    def _own_place(self, case: ClassifiedFailure) -> Place:
        """Give its place by itself; a job that was counted before stays where it was."""
        before = self._before.get(case.root)
        if before and case.keeps_its_place:
            return before
        key, assumed = case.key(self._group_by), bool(case.joins)
        incident = self._incidents.get(key)
        episode = incident.episode + incident.is_over if incident else 1
        return Place(key, episode, assumed)


def member_of(case: ClassifiedFailure, role: Role) -> Member:
    """Give what the ledger keeps of a failure; every delivery of its event gives the same."""
    failure = case.failure
    is_family = failure.kind in FAMILIES and role is not Role.DEPENDENT
    is_parent = role is Role.PARENT
    return Member(
        job_id=identity(failure),
        role=role,
        cause=case.cause,
        at=_failed_at(failure),
        name="" if is_family else failure.job_name,  # of 10,000 children it is the same
        index=failure.node_index if failure.array_index is None else failure.array_index,
        exit_code=failure.exit_code,
        attempts=len(failure.attempts),
        log=failure.log,
        size=(failure.array_size or failure.node_count) if is_parent else None,
        failed=failure.array_failed if is_parent else None,
    )


def _failed_at(failure: Failure) -> int:
    """Give the time of the failure itself, which every delivery of its event repeats."""
    if since := failure.stopped_at or failure.waiting_since:
        return since
    return failure.seen_at or failure.created_at or 0
