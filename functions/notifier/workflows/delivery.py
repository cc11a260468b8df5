"""The story of one delivery: parse and diagnose, group and record, announce."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from notifier.alert import digest
from notifier.alert.alert import Alert, compose, compose_unreadable
from notifier.alert.history import RunHistory, is_comparable
from notifier.batch.failure import Failure, Unreadable
from notifier.incident.counts import Role, Tally, fold
from notifier.incident.decision import decide
from notifier.incident.incident import Incident, Intervals
from notifier.joblog.excerpt import LogRead
from notifier.ports import metrics
from notifier.ports.metrics import Metric
from notifier.ports.reporting import Journal, Options, Ports
from notifier.ports.service_error import ErrorKind, ServiceError, where
from notifier.text import untrusted
from notifier.workflows.announcer import Announcer
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
    done = set(received).difference(again, grouped.waiting)
    _count_failures((one for one in received if one in done), ports.journal)
    untrusted.forget_secrets()
    return tuple(record.message_id for one in again for record in one.records)


class _Delivery:
    """One delivery, and what of it has to be delivered again."""

    def __init__(self, ports: Ports, options: Options) -> None:
        self._ports, self._options = ports, options
        self._again: list[ReceivedFailure] = []
        self._unrecorded: list[ReceivedFailure] = []
        self._ledger_problem, self._is_down = "", False
        self._degraded_from = DEGRADED_FROM
        self.logs = LogReader(ports, RESERVE_MS)

    def send_to_wait(self, waiting: Iterable[ReceivedFailure]) -> None:
        """Send back what waits for the failure of the job it depended on."""
        for one in waiting:
            for record in one.records:
                delay = DEPENDENT_WAITS_S[min(record.waits, len(DEPENDENT_WAITS_S) - 1)]
                self._ports.queues.wait(str(record.body), record.waits + 1, delay)
            self._ports.journal.note(
                "waits for the job that it depended on", Metric.DEPENDENTS_WAITING, {}
            )

    def announce(self, grouped: Grouped) -> None:
        """Report each incident that is due, the most severe first."""
        announcer = Announcer(self._ports, self._options, grouped.snapshot)
        for update in sorted(grouped.updates, key=lambda one: one.urgency, reverse=True):
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
        now, intervals = self._ports.now_ms(), self._options.intervals
        incident = _current(update, known, now, intervals)
        if _is_early(update, known, incident, now) or not decide(incident, now, intervals).speaks:
            self._ports.journal.note("counted", Metric.COUNTED, {"incident": incident.key})
            return
        tally = fold([*self._ports.ledger.members(update.place), *update.members])
        decision = decide(incident, now, intervals, tally)
        if decision.speaks:
            announcer.announce(
                incident, decision, tally, lambda: self._alert(update, incident, tally)
            )

    def _alert(self, update: IncidentUpdate, incident: Incident, tally: Tally) -> Alert:
        first, lines = update.representative, self._options.log_lines
        event = first.received.event
        if first.member.role is Role.DEPENDENT:
            return digest.compose_digest(incident, tally, (), lines)
        if isinstance(event, Unreadable):
            problem = {"problem": event.problem}
            self._ports.journal.note("unreadable event", Metric.UNREADABLE_EVENTS, problem)
            return digest.add_other_failures(
                compose_unreadable(event, incident.key), incident, tally
            )

        def write() -> Alert:
            log = self.logs.read(event) if lines else None
            history = _run_history(event, self._ports)
            return compose(event, log, lines, incident.key, history)

        def write_without(problem: str) -> Alert:
            return compose(event, LogRead(unavailable=problem), lines, incident.key)

        alert = with_or_without_log(write, write_without, self._ports.journal)
        return digest.add_other_failures(alert, incident, tally)


def _run_history(failure: Failure, ports: Ports) -> RunHistory | None:
    """Look up the runs before a failure; where they are unknown, the log and the message say so."""
    history = ports.history.look_up(failure) if is_comparable(failure) else None
    if history is not None and history.unknown:
        ports.journal.note("history unknown", Metric.HISTORY_UNKNOWN, {"problem": history.unknown})
    return history


def _current(
    update: IncidentUpdate, known: Incident | None, now: int, intervals: Intervals
) -> Incident:
    """Return the incident in the episode of the update: as it is known, or just opened."""
    if known and known.episode >= update.place.episode:
        return known
    first = update.representative.received
    opened = Incident(
        key=update.place.key,
        episode=update.place.episode,
        first=first.failure.for_storage(),
        cause=first.diagnosis.cause,
        certainty=first.diagnosis.certainty,
        severity=update.severity,
        opened_at=now,
        interval=intervals.interval,
    )
    return opened.after(known) if known else opened


def _is_early(update: IncidentUpdate, known: Incident | None, incident: Incident, now: int) -> bool:
    """Return whether the update is only counted, because another message will report it."""
    # A dependent is reported with the job it depended on, whose own delivery is on its way.
    is_dependent = all(one.role is Role.DEPENDENT for one in update.members)
    is_past = incident.episode > update.place.episode
    is_held = incident.held_reason and now < incident.due and not incident.first.tag("notify:after")
    return bool((known is None and is_dependent) or is_past or is_held)


def _count_failures(done: Iterable[ReceivedFailure], journal: Journal) -> None:
    """Count what is not delivered again, so that a failure is counted once."""
    for labels, count in metrics.by_labels((one.failure, one.diagnosis) for one in done).items():
        journal.failed(labels, count)
