"""Which jobs have been first in their queue for too long: those are stuck, however deep it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from notifier.batch.waiting import snapshot
from notifier.batch.waiting.snapshot import FirstJob
from notifier.ports.metrics import Metric
from notifier.ports.service_error import ServiceError
from notifier.ports.sweeping import Budget, Raw, SweepPorts
from notifier.workflows.sweeping.waiting_jobs import WaitingQueue

Detail = dict[str, Any]


@dataclass(slots=True)
class QueueHeads:
    """The first jobs of queues by ARN, and what an event tells about each by the job's id.

    A queue that is not in `firsts` could not be read, for the reason in `unread`: there, age
    decides.
    """

    firsts: dict[str, tuple[FirstJob, ...]] = field(default_factory=dict)
    unread: dict[str, str] = field(default_factory=dict)
    details: dict[str, Detail] = field(default_factory=dict)

    def detail(self, job_id: str, queue_arn: str) -> Detail:
        """Return what an event of a stuck job tells about its place in the queue."""
        if job_id in self.details:
            return {snapshot.KEY: self.details[job_id]}
        problem = self.unread.get(queue_arn)
        return {snapshot.KEY: {"unread": problem}} if problem else {}


def read_heads(
    ports: SweepPorts, waiting: Sequence[WaitingQueue], latest: int, budget: Budget
) -> QueueHeads:
    """Take a snapshot of each queue in which a job has waited since `latest` or longer."""
    heads = QueueHeads()
    for at in waiting:
        if not any(0 < one.created_at <= latest for one in (*at.runnable, *at.arrays)):
            continue
        if not budget.allows():
            heads.unread[at.arn] = "no time left"
            continue
        try:
            _add(heads, at, ports.batch.snapshot(at.arn))
        except ServiceError as error:
            heads.unread[at.arn] = error.says
            ports.journal.note("no snapshot", Metric.SNAPSHOTS_UNREAD, {"problem": error.says})
    return heads


def _add(heads: QueueHeads, at: WaitingQueue, taken: Raw) -> None:
    heads.firsts[at.arn] = firsts = snapshot.first_jobs(taken)
    waits = max(len(at.runnable), snapshot.waiting_in_front(taken))
    for first in firsts:
        behind = 0 if first.share else max(0, waits - 1)
        heads.details[first.job_id] = snapshot.head_for_event(first, behind, taken)
