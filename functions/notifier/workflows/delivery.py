"""The story of one delivery: parse and diagnose, group and record, announce."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from notifier.alert import digest
from notifier.alert.alert import Alert, compose, compose_unreadable
from notifier.alert.history import RunHistory, is_comparable
from notifier.batch.failure import Failure, Unreadable
from notifier.diagnosis.catalogue import Severity
from notifier.incident.assignment import stand_in
from notifier.incident.counts import Role
from notifier.incident.decision import Standing, decide, is_always_reported
from notifier.incident.incident import Incident, Intervals
from notifier.joblog.excerpt import LogRead
from notifier.ports import metrics
from notifier.ports.metrics import Metric
from notifier.ports.reporting import Journal, Options, Ports
from notifier.ports.service_error import ErrorKind, ServiceError, where
from notifier.text import untrusted
from notifier.workflows.announcer import RATE_LIMIT, Announcer
from notifier.workflows.enriching.labelling import add_labels
from notifier.workflows.grouping import Grouped, IncidentUpdate
from notifier.workflows.isolation import group_apart, report_without_ledger
from notifier.workflows.log_reader import LogReader, with_or_without_log
from notifier.workflows.publishing import PublishError
from notifier.workflows.records import DEPENDENT_WAITS_S, ReceivedFailure, Record, read_all

# One incident costs at most one log read (11 s with time-outs, retries and waits), one look-up of
# its history (7 s) and one publish (21 s); with less time left, its records are delivered again.
RESERVE_MS = 40_000
# A table that fails gets two more chances; then failures are reported without it. One that is gone
# or denies access will do so again, so there is nothing to wait for.
DEGRADED_FROM = 3
PERMANENT = (ErrorKind.GONE, ErrorKind.DENIED)


def run(records: Sequence[Record], ports: Ports, options: Options) -> tuple[str, ...]:
    """Count every failure in a delivery, and report each incident at most once.

    Parameters
    ----------
    records
        The delivery, in any order, duplicates and malformed events included.
    ports
        The world.
    options
        What an operator chose.

    Returns
    -------
    tuple[str, ...]
        Ids of the messages that must be delivered again.
    """
    received = read_all(records, ports, options.scope)
    add_labels(received, ports, options.filter_labels, RESERVE_MS)
    delivery = _Delivery(ports, options)
    try:
        grouped = group_apart(received, ports, options, delivery.logs)
        delivery.send_to_wait(grouped.waiting)
    except ServiceError as error:
        grouped = Grouped()
        delivery.without_ledger(received, error)
    delivery.announce(grouped)
    again = delivery.to_retry()
    done = set(received).difference(again, delivery.waiting)
    _count_failures((one for one in received if one in done), ports.journal)
    untrusted.forget_secrets()
    return tuple(record.message_id for one in again for record in one.records)


class _Delivery:
    """One delivery, and what of it has to be delivered again."""

    def __init__(self, ports: Ports, options: Options) -> None:
        self._ports, self._options = ports, options
        self._again: list[ReceivedFailure] = []
        self.waiting: list[ReceivedFailure] = []
        self._unrecorded: list[ReceivedFailure] = []
        self._ledger_problem, self._is_down = "", False
        self._degraded_from = DEGRADED_FROM
        self.logs = LogReader(ports, RESERVE_MS)

    def send_to_wait(self, waiting: Iterable[ReceivedFailure]) -> None:
        """Send back what waits for the failure of the job it depended on, or for its message."""
        for one in waiting:
            self.waiting.append(one)
            for record in one.records:
                delay = DEPENDENT_WAITS_S[min(record.waits, len(DEPENDENT_WAITS_S) - 1)]
                self._ports.queues.wait(str(record.body), record.waits + 1, delay)
            self._ports.journal.note(
                "waits for the job that it depended on", Metric.DEPENDENTS_WAITING, {}
            )

    def announce(self, grouped: Grouped) -> None:
        """Report each incident that is due, the most severe first."""
        announcer = Announcer(self._ports, self._options, grouped.snapshot)
        for update in sorted(grouped.updates, key=lambda one: one.severity, reverse=True):
            known = grouped.snapshot.incidents.get(update.place.key)
            if self._is_down:
                self._unrecorded += update.received
            elif self._ports.remaining_ms() < RESERVE_MS:
                self._ports.journal.note(
                    "out of time, left for the next delivery", Metric.OUT_OF_TIME, {}
                )
                self._again += update.received
            else:
                self._announce_one(update, announcer, known)

    def without_ledger(
        self, received: Iterable[ReceivedFailure], error: ServiceError, *, is_down: bool = True
    ) -> None:
        """Give up on the ledger for these failures, and for this delivery if it is down."""
        self._ledger_problem, self._is_down = error.says, self._is_down or is_down
        if error.kind in PERMANENT:
            self._degraded_from = 1
        self._unrecorded += received
        self._ports.journal.note("no ledger", Metric.LEDGER_FAILURES, {"problem": error.says})

    def to_retry(self) -> list[ReceivedFailure]:
        """Return what must be delivered again; report the rest without the ledger."""
        least, held = self._degraded_from, list[ReceivedFailure]()
        for is_drill in (False, True):
            due = [
                one
                for one in self._unrecorded
                if one.receives >= least and one.failure.is_drill is is_drill
            ]
            held += report_without_ledger(due, self._ledger_problem, self._ports, self._options)
        return self._again + held + [one for one in self._unrecorded if one.receives < least]

    def _announce_one(
        self, update: IncidentUpdate, announcer: Announcer, known: Incident | None
    ) -> None:
        try:
            self._decide(update, announcer, known)
        except PublishError:
            self._again += update.received
        except ServiceError as error:
            is_refused = error.kind is ErrorKind.REJECTED  # what it holds, and no other incident
            self.without_ledger(update.received, error, is_down=not is_refused)
        except Exception as error:  # noqa: BLE001  # one incident must not hold back the others
            self._ports.journal.note("crashed", Metric.CRASHED, {"problem": where(error)})
            self._again += update.received

    def _decide(self, update: IncidentUpdate, announcer: Announcer, known: Incident | None) -> None:
        now, options, ledger = self._ports.now_ms(), self._options, self._ports.ledger
        known, members = ledger.look(update.place) if update.is_unread else (known, None)
        incident = known or _opened(update, now, options.intervals)
        if _is_below(update, options.minimum):
            self._note("below the minimum severity", Metric.ALERTS_BELOW_MINIMUM, incident)
            return
        if known is None and update.may_wait:
            # It is reported with the job it depended on, whose own delivery is on its way: unless
            # that one was reported without the ledger, or is below the minimum.
            self.send_to_wait(update.received)
            return
        is_counted = known is not None and _is_only_counted(update, known, now)
        if is_counted or announcer.holds(incident, update.members):
            self._note("counted", Metric.COUNTED, incident)
            return
        stored = ledger.members(update.place) if members is None else members
        members = (*stored, *update.members)
        if known is None:
            incident = replace(incident, first=stand_in(incident.first, members))
        standing = announcer.review(incident, members)
        decision = decide(incident, now, standing)
        if not decision.speaks:
            announcer.schedule.wait_for_hold(standing)
            if not standing.due and not standing.held:
                self._note("below the minimum severity", Metric.ALERTS_BELOW_MINIMUM, incident)
            return
        standing = announcer.review(announcer.lookup.later(standing).incident, members)
        announcer.announce(standing, decision, lambda: self._alert(update, standing))

    def _note(self, happened: str, count: Metric, incident: Incident) -> None:
        self._ports.journal.note(happened, count, {"incident": incident.key})

    def _alert(self, update: IncidentUpdate, standing: Standing) -> Alert:
        incident, tally = standing.incident, standing.tally
        first, lines = update.representative(standing.due), self._options.log_lines
        event = first.received.event
        is_sum = first.member.role is Role.PARENT and tally.failed > 0
        if is_sum or first.member.role is Role.DEPENDENT or first.member not in standing.due:
            return digest.compose_digest(incident, tally, (), lines, standing.due)
        if isinstance(event, Unreadable):
            problem = {"problem": event.problem}
            self._ports.journal.note("unreadable event", Metric.UNREADABLE_EVENTS, problem)
            return digest.add_other_failures(
                compose_unreadable(event, incident.key), incident, tally, standing.due
            )

        def write() -> Alert:
            log = self.logs.read(event) if lines else None
            history = _run_history(event, self._ports)
            return compose(event, log, lines, incident.key, history)

        def write_without(problem: str) -> Alert:
            return compose(event, LogRead(unavailable=problem), lines, incident.key)

        alert = with_or_without_log(write, write_without, self._ports.journal)
        return digest.add_other_failures(alert, incident, tally, standing.due)


def _run_history(failure: Failure, ports: Ports) -> RunHistory | None:
    """Look up the runs before a failure; where they are unknown, the log and the message say so."""
    history = ports.history.look_up(failure) if is_comparable(failure) else None
    if history is not None and history.unknown:
        ports.journal.note("history unknown", Metric.HISTORY_UNKNOWN, {"problem": history.unknown})
    return history


def _opened(update: IncidentUpdate, now: int, intervals: Intervals) -> Incident:
    """Return a new incident, of which nothing was reported."""
    first = update.representative().received
    return Incident(
        key=update.place.key,
        first=first.failure.for_storage(),
        cause=first.diagnosis.cause,
        certainty=first.diagnosis.certainty,
        opened_at=now,
        interval=intervals.interval,
    )


def _is_below(update: IncidentUpdate, minimum: Severity) -> bool:
    """Return whether nothing is severe enough; a parent is as severe as what it sums up."""
    is_exempt = is_always_reported(update.received[0].failure)
    roles = {one.role for one in update.members}
    return update.severity < minimum and Role.PARENT not in roles and not is_exempt


def _is_only_counted(update: IncidentUpdate, known: Incident, now: int) -> bool:
    """Return whether an update needs no look at its incident: another message may report it."""
    is_critical = update.severity is Severity.CRITICAL
    if known.hold == RATE_LIMIT and now < known.due and not is_critical:
        return True
    is_reported = all(known.has_reported(one) for one in update.members)
    return is_reported or not decide(known, now).speaks


def _count_failures(done: Iterable[ReceivedFailure], journal: Journal) -> None:
    """Count what is not delivered again, so that a failure is counted once."""
    for labels, count in metrics.by_labels((one.failure, one.diagnosis) for one in done).items():
        journal.failed(labels, count)
