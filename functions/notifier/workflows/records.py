"""The first step of a delivery: its records parsed and diagnosed, each failure once."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from notifier.batch.event import is_preemption, parse_event
from notifier.batch.failure import Failure, Unreadable
from notifier.batch.labels.scope import Scope
from notifier.batch.sweep_events import heartbeat_nonce
from notifier.diagnosis.alike import diagnose_event
from notifier.diagnosis.evidence import Diagnosis
from notifier.diagnosis.known_cause import UNREADABLE, diagnosis_for
from notifier.incident.assignment import ClassifiedFailure
from notifier.incident.fingerprint import identity
from notifier.ports.metrics import Metric
from notifier.ports.reporting import Ports
from notifier.ports.service_error import ServiceError

# Seconds that a dependent waits for the failure of the job before it, one delivery after another.
DEPENDENT_WAITS_S = (15, 60, 180)
_NO_FAILURES = {
    False: ("not a failure", Metric.NOT_A_FAILURE),
    True: ("a service job was preempted", Metric.PREEMPTIONS),
}
_NOT_JSON = object()


@dataclass(frozen=True, slots=True)
class Record:
    """One event as it was delivered: `body` is its JSON text, or the event itself.

    `receives` counts its deliveries; `waits` how often it was sent back to wait for another job.
    """

    message_id: str
    body: object
    receives: int = 1
    waits: int = 0


@dataclass(slots=True, eq=False)
class ReceivedFailure:
    """One failure with its diagnosis, and every record that reported it."""

    event: Failure | Unreadable
    failure: Failure
    diagnosis: Diagnosis
    records: list[Record] = field(default_factory=list)

    @property
    def classified(self) -> ClassifiedFailure:
        """What decides in which incident it is counted."""
        is_queued = all(isinstance(record.body, str) for record in self.records)
        waited = max(record.waits for record in self.records)
        may_wait = is_queued and waited < len(DEPENDENT_WAITS_S) and not self.failure.is_drill
        usual = diagnosis_for(self.diagnosis.cause).severity
        own = self.diagnosis.severity if self.diagnosis.severity is not usual else None
        return ClassifiedFailure(self.failure, self.diagnosis.cause, may_wait, severity=own)

    def become_unreadable(self, problem: str) -> None:
        """Report it as an event that could not be read: the message names it, the ledger does not.

        Whatever of it the ledger refused, its stand-in has nothing of it.
        """
        failure, message_id = self.failure, self.records[0].message_id
        stand_in = Unreadable(problem, event_id=message_id, is_drill=failure.is_drill)
        self.event = replace(
            stand_in,
            event_id=failure.event_id,
            event_time=failure.event_time,
            account=failure.account,
            region=failure.region,
            job_id=failure.job_id,
            job_name=failure.job_name,
        )
        self.failure, self.diagnosis = stand_in.as_failure(), UNREADABLE

    @property
    def receives(self) -> int:
        """How often the failure was delivered."""
        return max(record.receives for record in self.records)


def read_all(records: Sequence[Record], ports: Ports, scope: Scope) -> list[ReceivedFailure]:
    """Parse and diagnose the records that are watched; those of one failure become one value."""
    received: dict[str, ReceivedFailure] = {}
    for record in records:
        body = _decoded(record.body)
        if (nonce := heartbeat_nonce(body)) is not None:
            _count_heartbeat(nonce, record, ports)
            continue
        parsed = Unreadable("the message is not JSON") if body is _NOT_JSON else parse_event(body)
        if parsed is None:
            happened, count = _NO_FAILURES[is_preemption(body)]
            ports.journal.note(happened, count, {"message_id": record.message_id})
            continue
        if not _is_watched(parsed, scope):
            ports.journal.note("not watched", Metric.NOT_WATCHED, {"message_id": record.message_id})
            continue
        one = _received(parsed, record)
        received.setdefault(identity(one.failure), one).records.append(record)
    return list(received.values())


def _is_watched(parsed: Failure | Unreadable, scope: Scope) -> bool:
    """Return whether an operator wants to know; drills and unreadable events always count."""
    if isinstance(parsed, Unreadable) or parsed.is_drill:
        return True
    return scope.covers(parsed.queue, parsed.definition_name)


def _count_heartbeat(nonce: str, record: Record, ports: Ports) -> None:
    """Count a heartbeat that the sweep announced in the table: nobody else can write there."""
    facts = {"message_id": record.message_id}
    try:
        is_ours = bool(nonce) and ports.ledger.redeem_heartbeat(nonce)
    except ServiceError as error:  # the next heartbeat comes in minutes
        ports.journal.note(
            "heartbeat not checked", Metric.LEDGER_FAILURES, facts | {"problem": error.says}
        )
        return
    if is_ours:
        ports.journal.note("heartbeat", Metric.HEARTBEAT, facts)
    else:
        ports.journal.note("forged heartbeat", Metric.HEARTBEATS_FORGED, facts)


def _received(parsed: Failure | Unreadable, record: Record) -> ReceivedFailure:
    if isinstance(parsed, Failure):
        return ReceivedFailure(parsed, parsed, diagnose_event(parsed))
    parsed = replace(parsed, event_id=parsed.event_id or record.message_id)
    return ReceivedFailure(parsed, parsed.as_failure(), UNREADABLE)


def _decoded(body: object) -> object:
    if not isinstance(body, str):
        return body
    try:
        return json.loads(body)
    except (ValueError, RecursionError):  # not JSON; JSON nested too deep to be a Batch event
        return _NOT_JSON
