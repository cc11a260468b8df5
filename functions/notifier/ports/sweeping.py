"""What the sweep needs of the world, beside what reporting needs."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from notifier.batch.labels.scope import Scope
from notifier.incident.counts import Member
from notifier.incident.incident import Place
from notifier.incident.sweep_position import SweepPosition
from notifier.ports.reporting import Journal, LedgerSnapshot

Raw = Mapping[str, Any]  # one object as AWS describes it


@dataclass(frozen=True, slots=True)
class Listed:
    """One job of a list; times in epoch milliseconds, 0 where AWS gives none.

    `summary` is what the list says about a service job: describing each would take a call.
    """

    job_id: str
    created_at: int = 0
    stopped_at: int = 0
    is_array: bool = False
    definition: str = ""
    summary: Raw = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list, and the token of the next."""

    jobs: tuple[Listed, ...] = ()
    token: str = ""


class Batch(Protocol):
    """Looks at AWS Batch; all raise `ServiceError`."""

    def queues(self, arns: Collection[str]) -> tuple[Raw, ...]:
        """Describe job queues: those named, or all where none is."""
        ...

    def environments(self, arns: Collection[str]) -> tuple[Raw, ...]:
        """Describe compute environments."""
        ...

    def page(self, of: str, status: str, token: str = "") -> Page:
        """List jobs in a status, of a queue (by ARN) or an array (by the id of its parent)."""
        ...

    def service_page(self, queue_arn: str, status: str, token: str = "") -> Page:
        """List service jobs in a status of a queue."""
        ...

    def snapshot(self, queue_arn: str) -> Raw:
        """Return which jobs are first in a queue, since when, and what the queue uses."""
        ...

    def describe(self, job_ids: Sequence[str]) -> tuple[Raw, ...]:
        """Describe jobs, in as few calls as can be; those that are gone are left out."""
        ...


class SweepLedger(Protocol):
    """What the sweep reads and stores in the ledger; all raise `ServiceError`."""

    def read(self, roots: Collection[str], keys: Collection[str]) -> LedgerSnapshot:
        """Look up where jobs are counted, and incidents by key."""
        ...

    def members(self, place: Place) -> tuple[Member, ...]:
        """Return every member counted in a place."""
        ...

    def sweep_position(self) -> SweepPosition:
        """Return where the last sweep stopped."""
        ...

    def save_sweep_position(self, sweep_position: SweepPosition) -> None:
        """Store where this sweep stopped."""
        ...

    def announce_heartbeat(self, nonce: str) -> None:
        """Store the nonce of a heartbeat before it is sent."""
        ...

    def note_unconfirmed(self, pending: int) -> None:
        """Store how many subscriptions are not confirmed, for the next alert."""
        ...


class Outbox(Protocol):
    """Sends what the sweep found to the failure queue; raises `ServiceError`."""

    def send(self, events: Sequence[Raw]) -> None:
        """Send events, all or as many as it took until one was refused."""
        ...


class HealthSignals(Protocol):
    """Proves that events arrive, and counts subscriptions; both raise `ServiceError`."""

    def beat(self, now: int, nonce: str) -> None:
        """Put one heartbeat with this nonce on the event bus."""
        ...

    def subscriptions(self) -> tuple[int, int]:
        """Count the topic's subscriptions: confirmed, and pending."""
        ...


@dataclass(frozen=True, slots=True)
class SweepOptions:
    """What an operator chose: what to watch, and after how long (ms) a job is stuck; 0: never."""

    queue_arns: tuple[str, ...] = ()
    stuck_after: int = 60 * 60_000
    scope: Scope = field(default_factory=Scope)


@dataclass(frozen=True, slots=True)
class SweepPorts:
    """Everything outside that a sweep uses."""

    batch: Batch
    ledger: SweepLedger
    outbox: Outbox
    health: HealthSignals
    journal: Journal
    remaining_ms: Callable[[], int]
    now_ms: Callable[[], int]


def is_of_service_jobs(queue: Raw) -> bool:
    """Return whether a queue runs SageMaker jobs, which AWS Batch lists by another operation."""
    return queue.get("jobQueueType") == "SAGEMAKER_TRAINING"


class Budget:
    """How many lists one sweep may still request; the next sweep requests the rest."""

    def __init__(self, pages: int, remaining_ms: Callable[[], int], reserve_ms: int) -> None:
        self._left, self._remaining_ms, self._reserve_ms = pages, remaining_ms, reserve_ms

    def allows(self) -> bool:
        """Take one list; False when none is left, or no time."""
        if self._left <= 0 or self._remaining_ms() < self._reserve_ms:
            return False
        self._left -= 1
        return True
