"""The second step of a delivery: which incident each failure belongs to, stored in the ledger."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from notifier.diagnosis.catalogue import Severity
from notifier.incident.assignment import (
    Assignment,
    ClassifiedFailure,
    IncidentAssigner,
    run_of,
)
from notifier.incident.counts import Member, Role
from notifier.incident.incident import Place
from notifier.incident.log_sampling import base_of, latest_incidents, select_logs, with_errors
from notifier.incident.recovery import Run
from notifier.ports.reporting import LedgerSnapshot, Options, Ports
from notifier.workflows.log_reader import LogReader
from notifier.workflows.records import ReceivedFailure


@dataclass(frozen=True, slots=True)
class CountedFailure:
    """A failure and the member that it is in its incident."""

    received: ReceivedFailure
    member: Member


@dataclass(frozen=True, slots=True)
class IncidentUpdate:
    """What a delivery adds to an incident: at least one failure.

    `is_unread` is whether the state of the incident was not read, because nothing like its failures
    is known: it is read with the members.
    """

    place: Place
    failures: tuple[CountedFailure, ...]
    is_unread: bool = False

    @property
    def members(self) -> tuple[Member, ...]:
        """The failures as the ledger stores them."""
        return tuple(one.member for one in self.failures)

    @property
    def received(self) -> tuple[ReceivedFailure, ...]:
        """The failures as they were received."""
        return tuple(one.received for one in self.failures)

    @property
    def may_wait(self) -> bool:
        """Whether all are dependents that may be delivered again later."""
        return all(
            one.member.role is Role.DEPENDENT and one.received.classified.may_wait
            for one in self.failures
        )

    @property
    def severity(self) -> Severity:
        """The highest severity among the failures."""
        return max(one.severity for one in self.members)

    def representative(self, due: Collection[Member] = ()) -> CountedFailure:
        """Return the failure to report: one that is due and failed by itself, if there is one.

        Of several, it is the earliest of the most severe.
        """
        order, known = list(Role), {one.job_id for one in due}

        def rank(one: CountedFailure) -> tuple[bool, int, int, int]:
            member = one.member
            is_due = member.job_id in known
            return not is_due, order.index(member.role), -member.severity.rank, member.at

        return min(self.failures, key=rank)


@dataclass(frozen=True, slots=True)
class Grouped:
    """A delivery by incident, those that wait for another job, and the ledger as it was read."""

    updates: tuple[IncidentUpdate, ...] = ()
    waiting: tuple[ReceivedFailure, ...] = ()
    snapshot: LedgerSnapshot = field(default_factory=LedgerSnapshot)


def group(
    received: Sequence[ReceivedFailure], ports: Ports, options: Options, logs: LogReader
) -> Grouped:
    """Store every failure in the incident that it belongs to.

    The ledger is read once, and a second time where a log or another job names a known incident
    that the events alone do not.

    Raises
    ------
    ServiceError
        When the ledger fails: then nothing may be counted on.
    """
    return _Grouping(ports, options, logs).group(received) if received else Grouped()


class _Grouping:
    def __init__(self, ports: Ports, options: Options, logs: LogReader) -> None:
        self._ledger, self._logs, self._group_by = ports.ledger, logs, options.group_by
        self._reads_logs = options.log_lines > 0
        self._keys_read: set[str] = set()

    def group(self, received: Sequence[ReceivedFailure]) -> Grouped:
        failures = [self._with_base(one.classified) for one in received]
        by_id = {each.id: one for each, one in zip(failures, received, strict=True)}
        snapshot = self._read(failures)
        failures, latest = self._with_errors(failures, snapshot.places)
        assignments, places = self._assign(failures, snapshot)
        unread = _unknown(assignments, snapshot.places) - self._keys_read
        updates = _updates(assignments, by_id, unread)
        members = [(each.place, member) for each in updates for member in each.members]
        runs = _new_runs(assignments, snapshot.places)
        self._ledger.record(members, places | _changed(latest, snapshot.places), runs)
        return Grouped(
            updates,
            tuple(by_id[one.classified.id] for one in assignments if one.place is None),
            self._with_incidents(snapshot, {each.place.key for each in updates} - unread),
        )

    def _with_base(self, one: ClassifiedFailure) -> ClassifiedFailure:
        if not self._reads_logs:
            return one
        return replace(one, base=base_of(one.failure, one.cause, self._group_by))

    def _read(self, failures: Sequence[ClassifiedFailure]) -> LedgerSnapshot:
        roots = {root for one in failures for root in one.roots}
        bases = {one.base for one in failures if one.base}
        self._keys_read = {one.key(self._group_by) for one in failures}
        return self._ledger.read(roots | bases, self._keys_read)

    def _with_errors(
        self, failures: Sequence[ClassifiedFailure], places: Mapping[str, Place]
    ) -> tuple[list[ClassifiedFailure], dict[str, Place]]:
        """Read the logs that grouping needs; give the incidents to remember by base as well."""
        # A job that was counted before stays where it was, whatever its log says now.
        failures = [replace(one, base="") if one.root in places else one for one in failures]
        selected = select_logs(failures, places)
        self._logs.fetch([one.failure for one in selected])
        errors = {
            one.id: error
            for one in selected
            if (error := self._logs.error(one.failure)) is not None
        }
        failures = with_errors(failures, errors, places, self._group_by)
        return failures, latest_incidents(failures, self._group_by)

    def _with_incidents(self, snapshot: LedgerSnapshot, keys: Collection[str]) -> LedgerSnapshot:
        """Add the incidents that were not read before."""
        missing = set(keys) - self._keys_read
        if not missing:
            return snapshot
        self._keys_read |= missing
        more = self._ledger.read((), missing)
        incidents = {**snapshot.incidents, **more.incidents}
        return replace(more, places=snapshot.places, incidents=incidents)

    def _assign(
        self, failures: Sequence[ClassifiedFailure], snapshot: LedgerSnapshot
    ) -> tuple[list[Assignment], dict[str, Place]]:
        """Assign the failures; of rival invocations, one decides where the events do not.

        Gives the places that are new to the ledger as well.
        """
        assigner = IncidentAssigner(snapshot.places, self._group_by)
        assigned = assigner.assign(failures)
        undecided = {
            one.classified.root: one.place
            for one in assigned
            if (one.classified.base or one.classified.upstream)
            and one.place
            and one.classified.root not in snapshot.places
        }
        settled = self._ledger.settle(undecided) if undecided else {}
        known = {**snapshot.places, **settled}
        if settled != undecided:
            assigner = IncidentAssigner(known, self._group_by)
            assigned = assigner.assign(failures)
        return assigned, _changed(assigner.places, known)


def _new_runs(
    assignments: Sequence[Assignment], known: Mapping[str, Place]
) -> list[tuple[str, Run]]:
    """Return the runs to store; one child or node of a job is enough, and its parent."""
    found = {}
    for one in assignments:
        is_new = one.member.index is None or one.classified.root not in known
        if is_new and (run := run_of(one)):
            found[run[1].job_id, one.member.role] = run
    return list(found.values())


def _updates(
    assignments: Sequence[Assignment], by_id: Mapping[str, ReceivedFailure], unread: set[str]
) -> tuple[IncidentUpdate, ...]:
    found: dict[Place, list[CountedFailure]] = {}
    for one in assignments:
        if one.place is not None:
            counted = CountedFailure(by_id[one.classified.id], one.member)
            found.setdefault(one.place, []).append(counted)
    return tuple(
        IncidentUpdate(place, tuple(failures), place.key in unread)
        for place, failures in found.items()
    )


def _unknown(assignments: Sequence[Assignment], known: Mapping[str, Place]) -> set[str]:
    """Return the keys of incidents whose failures are like none before, so most likely new ones."""
    new, others = set[str](), set[str]()
    for one in assignments:
        if one.place is not None:
            is_new = bool(one.classified.base) and one.classified.base not in known
            (new if is_new else others).add(one.place.key)
    return new - others


def _changed(places: Mapping[str, Place], known: Mapping[str, Place]) -> dict[str, Place]:
    return {root: place for root, place in places.items() if known.get(root) != place}
