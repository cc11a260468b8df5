"""The records of one delivery as failures: what tells of one failure is one arrival."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from notifier.batch import event
from notifier.batch.failure import Failure, Unreadable
from notifier.diagnosis.diagnose import diagnose
from notifier.diagnosis.evidence import Diagnosis
from notifier.diagnosis.known_cause import UNREADABLE
from notifier.incident.assignment import ClassifiedFailure
from notifier.incident.fingerprint import identity
from notifier.ports.metrics import Metric
from notifier.ports.reporting import Journal

# Seconds that a job waits for the failure of the one it depended on, one delivery after another.
WAITS_S = (15, 60, 180)
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
class Arrival:
    """One failure, and every message that told of it."""

    told: Failure | Unreadable
    failure: Failure
    diagnosis: Diagnosis
    records: list[Record] = field(default_factory=list)

    @property
    def case(self) -> ClassifiedFailure:
        """What decides where it is counted."""
        queued = all(isinstance(record.body, str) for record in self.records)
        waited = max(record.waits for record in self.records)
        may_wait = queued and waited < len(WAITS_S) and not self.failure.is_drill
        return ClassifiedFailure(self.failure, self.diagnosis.cause, may_wait)

    @property
    def receives(self) -> int:
        """How often its failure was delivered."""
        return max(record.receives for record in self.records)


def read_all(records: Sequence[Record], journal: Journal) -> list[Arrival]:
    """Read all records; deliveries of one failure become one arrival."""
    arrivals: dict[str, Arrival] = {}
    for record in records:
        body = _decoded(record.body)
        if event.is_heartbeat(body):
            journal.note("heartbeat", Metric.HEARTBEAT, {"message_id": record.message_id})
            continue
        told = Unreadable("the message is not JSON") if body is _NOT_JSON else event.read(body)
        if told is None:
            journal.note("not a failure", Metric.NOT_A_FAILURE, {"message_id": record.message_id})
            continue
        if isinstance(told, Unreadable):
            told = replace(told, event_id=told.event_id or record.message_id)
            failure, diagnosis = told.stand_in(), UNREADABLE
        else:
            failure, diagnosis = told, diagnose(told)
        arrival = arrivals.setdefault(identity(failure), Arrival(told, failure, diagnosis))
        arrival.records.append(record)
    return list(arrivals.values())


def _decoded(body: object) -> object:
    if not isinstance(body, str):
        return body
    try:
        return json.loads(body)
    except (ValueError, RecursionError):  # not JSON; JSON nested too deep to be a Batch event
        return _NOT_JSON
