"""The story of one delivery, in order: parse, diagnose, file by incident, count, tell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from notifier.alert import digest, storm_digest
from notifier.alert.alert import Alert, compose, compose_unreadable
from notifier.batch.failure import Unreadable
from notifier.diagnosis.catalogue import Severity
from notifier.incident.assignment import Assignment, ClassifiedFailure, IncidentAssigner
from notifier.incident.counts import Member, Role, Tally, fold
from notifier.incident.incident import Incident, Intervals, Place, decide
from notifier.incident.log_sampling import base_of, pointers, to_read, with_errors
from notifier.ports import metrics
from notifier.ports.metrics import Metric
from notifier.ports.reporting import Journal, LedgerSnapshot, Options, Ports
from notifier.ports.service_error import ServiceError, where
from notifier.text import untrusted
from notifier.workflows.announcer import Announcer, PublishError, publish
from notifier.workflows.job_evidence import Reader, look_up
from notifier.workflows.records import WAITS_S, Arrival, Record, read_all

# One incident costs at most one log read (11 s with time-outs, tries and waits), one look at its
# past (7 s) and one publish (21 s); with less time left, its records wait for the next delivery.
RESERVE_MS = 40_000
# The table gets two more chances, six minutes apart; then people are told without it.
DEGRADED_FROM = 3
DEGRADED_PAUSE_S = 1.0  # two invocations at once then send two messages a second at most


@dataclass(slots=True)
class _Work:
    """What a delivery brought for one incident."""

    place: Place
    arrivals: list[Arrival] = field(default_factory=list)
    members: list[Member] = field(default_factory=list)


def run(records: Sequence[Record], ports: Ports, options: Options) -> tuple[str, ...]:
    """Count every failure in a delivery, and tell of each incident at most once.

    Parameters
    ----------
    records
        The delivery, in any order, duplicates and rubbish included.
    ports
        The world.
    choices
        What an operator chose.

    Returns
    -------
    tuple[str, ...]
        Ids of the messages that must be delivered again.
    """
    arrivals = read_all(records, ports.journal)
    delivery = _Delivery(ports, options)
    try:
        works, seen = delivery.counted(arrivals)
    except ServiceError as error:
        delivery.strand(arrivals, error)
    else:
        delivery.tell(works, seen)
    again = delivery.left_over()
    coming = {*again, *delivery.waiting}
    _count([one for one in arrivals if one not in coming], ports.journal)
    untrusted.forget_secrets()
    return tuple(record.message_id for one in again for record in one.records)


class _Delivery:
    """One delivery on its way through."""

    def __init__(self, ports: Ports, options: Options) -> None:
        self._ports, self._options = ports, options
        self._again: list[Arrival] = []
        self._stranded: list[Arrival] = []
        self._problem = ""
        self.waiting: list[Arrival] = []
        self._logs = Reader(ports, RESERVE_MS)

    def counted(self, arrivals: Sequence[Arrival]) -> tuple[list[_Work], LedgerSnapshot]:
        """Write every failure into the ledger, where it belongs; raises `ServiceError`."""
        if not arrivals:
            return [], LedgerSnapshot()
        ledger, group_by = self._ports.ledger, self._options.group_by
        cases = [one.case for one in arrivals]
        bases = [base_of(case, group_by) if self._options.log_lines else "" for case in cases]
        keys = {case.key(group_by) for case in cases}
        roots = {root for case in cases for root in case.look_ups}
        seen = ledger.read(roots.union(filter(None, bases)), keys)
        cases, pointers = self._told_apart(bases, cases, seen.places)
        if more_keys := {case.key(group_by) for case in cases} - keys:
            keys |= more_keys
            more = ledger.read((), more_keys)
            seen = replace(seen, incidents={**seen.incidents, **more.incidents})
        cabinet, all_filed, settled = self._filed(bases, cases, seen)
        works: dict[Place, _Work] = {}
        for arrival, filed in zip(arrivals, all_filed, strict=True):
            if filed.place is None:
                self._send_to_wait(arrival)
                continue
            work = works.setdefault(filed.place, _Work(filed.place))
            work.arrivals.append(arrival)
            work.members.append(filed.member)
        here = {**cabinet.places, **pointers}
        there = {**seen.places, **settled}
        new = {root: at for root, at in here.items() if there.get(root) != at}
        ledger.record([(at, one) for at, work in works.items() for one in work.members], new)
        if elsewhere := {place.key for place in works} - keys:  # that of a job waited for
            more = ledger.read((), elsewhere)
            seen = replace(more, incidents={**seen.incidents, **more.incidents})
        return list(works.values()), seen

    def _told_apart(
        self, bases: Sequence[str], cases: Sequence[ClassifiedFailure], places: Mapping[str, Place]
    ) -> tuple[list[ClassifiedFailure], dict[str, Place]]:
        """Read what logs it takes to tell cases apart; give them, and what their bases point to."""
        group_by = self._options.group_by
        # A job that was counted before stays where it was, whatever its log says now.
        new = ["" if case.root in places else base for base, case in zip(bases, cases, strict=True)]
        errors = {n: self._logs.error(cases[n].failure) for n in to_read(new, cases, places)}
        read = {n: error for n, error in errors.items() if error is not None}
        told = with_errors(new, cases, read, places, group_by)
        return told, pointers(new, told, group_by)

    def _filed(
        self, bases: Sequence[str], cases: Sequence[ClassifiedFailure], seen: LedgerSnapshot
    ) -> tuple[IncidentAssigner, list[Assignment], Mapping[str, Place]]:
        """File the cases; where a log or another job decides, or its lack, of rivals one does."""
        cabinet = IncidentAssigner(seen.places, seen.incidents, self._options.group_by)
        filed = cabinet.file(cases)
        open_ = {
            case.root: one.place
            for base, case, one in zip(bases, cases, filed, strict=True)
            if (base or case.waited_for) and one.place and case.root not in seen.places
        }
        settled = self._ports.ledger.settle(open_) if open_ else {}
        if settled != open_:
            cabinet = IncidentAssigner(
                {**seen.places, **settled}, seen.incidents, self._options.group_by
            )
            filed = cabinet.file(cases)
        return cabinet, filed, settled

    def tell(self, works: Iterable[_Work], seen: LedgerSnapshot) -> None:
        """Tell of each incident that is to be told, the most severe first."""
        desk = Announcer(self._ports, self._options, seen)
        for work in sorted(works, key=_urgency, reverse=True):
            if self._problem:
                self._stranded += work.arrivals
            elif self._ports.remaining_ms() < RESERVE_MS:
                self._ports.journal.note(
                    "out of time, left for the next delivery", Metric.OUT_OF_TIME, {}
                )
                self._again += work.arrivals
            else:
                self._tell_one(work, desk, seen)

    def strand(self, arrivals: Sequence[Arrival], error: ServiceError) -> None:
        """Give up on the ledger for this delivery."""
        self._problem = error.says
        self._stranded += arrivals
        self._ports.journal.note("no ledger", Metric.LEDGER_FAILURES, {"problem": error.says})

    def left_over(self) -> list[Arrival]:
        """Give what must come again; what came often enough in vain is told without the ledger."""
        due = [one for one in self._stranded if one.receives >= DEGRADED_FROM]
        again = [*self._again, *(one for one in self._stranded if one.receives < DEGRADED_FROM)]
        if not due:
            return again
        self._ports.pause(DEGRADED_PAUSE_S)
        alert = storm_digest.compose_degraded(
            [(one.failure, one.diagnosis) for one in due], self._problem
        )
        try:
            publish(alert, self._ports)
        except PublishError:  # noted there
            return again + due
        self._ports.journal.note("told without the ledger", Metric.DEGRADED_MESSAGES, {})
        return again

    def _send_to_wait(self, arrival: Arrival) -> None:
        for record in arrival.records:
            delay = WAITS_S[min(record.waits, len(WAITS_S) - 1)]
            self._ports.queues.wait(str(record.body), record.waits + 1, delay)
        self.waiting.append(arrival)
        self._ports.journal.note("waits for the job it depended on", Metric.DEPENDENTS_WAITING, {})

    def _tell_one(self, work: _Work, desk: Announcer, seen: LedgerSnapshot) -> None:
        try:
            self._decide(work, desk, seen.incidents.get(work.place.key))
        except PublishError:
            self._again += work.arrivals
        except ServiceError as error:
            self.strand(work.arrivals, error)
        except Exception as error:  # noqa: BLE001  # what breaks on one incident must not hold the rest
            self._ports.journal.note("crashed", Metric.CRASHED, {"problem": where(error)})
            self._again += work.arrivals

    def _decide(self, work: _Work, desk: Announcer, known: Incident | None) -> None:
        now, intervals = self._ports.now_ms(), self._options.intervals
        incident = known or _opened(work, now, intervals)
        if incident.episode < work.place.episode:
            incident = _opened(work, now, intervals).after(incident)
        waits = (
            incident.held_reason and now < incident.due and not incident.first.tag("notify:after")
        )
        # What only waited for another job is told with that one, whose own delivery is on its way.
        is_early = known is None and all(one.role is Role.DEPENDENT for one in work.members)
        is_late = incident.episode > work.place.episode
        if is_early or is_late or waits or not decide(incident, now, intervals).speaks:
            self._ports.journal.note("counted", Metric.COUNTED, {"incident": incident.key})
            return
        tally = fold([*self._ports.ledger.members(work.place), *work.members])
        decision = decide(incident, now, intervals, tally)
        if decision.speaks:
            desk.tell(incident, decision, tally, lambda: self._alert(work, incident, tally))

    def _alert(self, work: _Work, incident: Incident, tally: Tally) -> Alert:
        first, role = _first(work)
        if role is Role.DEPENDENT:
            return digest.compose_digest(incident, tally, (), self._options.log_lines)
        if isinstance(first.told, Unreadable):
            facts = {"problem": first.told.problem}
            self._ports.journal.note("unreadable event", Metric.UNREADABLE_EVENTS, facts)
            return digest.add_other_failures(
                compose_unreadable(first.told, incident.key), incident, tally
            )
        lines = self._options.log_lines
        log = self._logs.read(first.told) if lines else None
        run_history = look_up(first.told, self._ports)
        return digest.add_other_failures(
            compose(first.told, log, lines, incident.key, run_history), incident, tally
        )


def _count(done: Iterable[Arrival], journal: Journal) -> None:
    """Count what does not come again, so that a failure is counted once however often it came."""
    kinds = metrics.by_labels((one.failure, one.diagnosis) for one in done)
    for kin, count in kinds.items():
        journal.failed(kin, count)


def _opened(work: _Work, now: int, intervals: Intervals) -> Incident:
    first, _ = _first(work)
    return Incident(
        key=work.place.key,
        episode=work.place.episode,
        first=first.failure.remembered(),
        cause=first.diagnosis.cause,
        certainty=first.diagnosis.certainty,
        severity=_urgency(work),
        opened_at=now,
        interval=intervals.interval,
    )


def _first(work: _Work) -> tuple[Arrival, Role]:
    """Give the failure to tell of: the earliest that failed by itself, or else what there is."""
    order = list(Role)
    pairs = zip(work.members, work.arrivals, strict=True)
    member, arrival = min(pairs, key=lambda pair: (order.index(pair[0].role), pair[0].at))
    return arrival, member.role


def _urgency(work: _Work) -> Severity:
    return max(one.diagnosis.severity for one in work.arrivals)
