"""The story of a sweep: a heartbeat, who listens, what was missed, what waits, what is broken."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from notifier.batch import sweep_events
from notifier.incident.fingerprint import waiting_id
from notifier.incident.sweep_position import Progress, SweepPosition
from notifier.ports.metrics import Metric
from notifier.ports.service_error import ServiceError
from notifier.ports.sweeping import Budget, Raw, SweepOptions, SweepPorts
from notifier.workflows import waiting_jobs
from notifier.workflows.missed_failures import Search
from notifier.workflows.waiting_jobs import MOST_STUCK, Waiting

# Lists of at most 1,000 jobs each: what is left over is looked at by the next runs.
MISSED_PAGES, WAITING_PAGES = 20, 60
# Describing, sending and saving take a few seconds; a call that hangs takes 20 s with its tries.
RESERVE_MS = 30_000
_CONTAINER_QUEUES = ("", "ECS", "ECS_FARGATE", "ECS_MANAGED_INSTANCES", "EKS")


def run(ports: SweepPorts, options: SweepOptions) -> None:
    """Look after AWS Batch once; what is not finished goes on with the next run.

    Each part stands by itself: whether one has trouble, the others are done, and it is noted.
    """
    _try(
        ports,
        "no heartbeat sent",
        Metric.HEARTBEATS_UNSENT,
        lambda: ports.health.beat(ports.now_ms()),
    )
    _try(
        ports, "subscriptions not counted", Metric.SUBSCRIPTIONS_UNCOUNTED, lambda: _audience(ports)
    )
    _try(
        ports, "sweep stopped early", Metric.SWEEPS_CUT_SHORT, lambda: _Sweep(ports, options).look()
    )


def _try(ports: SweepPorts, problem: str, count: Metric, part: Any) -> None:
    try:
        part()
    except ServiceError as error:
        ports.journal.note(problem, count, {"problem": error.says})


def _audience(ports: SweepPorts) -> None:
    """Count who listens; a subscription that nobody confirmed is told with the next alert."""
    confirmed, pending = ports.health.subscriptions()
    ports.journal.measure(Metric.CONFIRMED_SUBSCRIPTIONS, confirmed, "Count")
    ports.journal.measure(Metric.PENDING_SUBSCRIPTIONS, pending, "Count")
    ports.ledger.note_unconfirmed(pending)


class _Sweep:
    """One look at AWS Batch."""

    def __init__(self, ports: SweepPorts, options: SweepOptions) -> None:
        self._ports, self._options, self._now = ports, options, ports.now_ms()
        self._queues: tuple[Raw, ...] = ()

    def look(self) -> None:
        """Look at the queues, send what was found, and remember how far this came.

        The bookmark is saved last: who crashes before it sends some failures twice, which are
        counted once.
        """
        ports = self._ports
        every = ports.batch.queues(self._options.queue_arns)
        # Queues of SageMaker jobs have lists of their own kind.
        self._queues = tuple(q for q in every if q.get("jobQueueType", "") in _CONTAINER_QUEUES)
        before = ports.ledger.sweep_position()
        missed, progress = self._missed(before)
        budget = Budget(WAITING_PAGES, ports.remaining_ms, RESERVE_MS)
        waiting = waiting_jobs.survey(ports, self._queues, budget)
        broken = waiting_jobs.untold(ports, waiting_jobs.unusable_events(waiting, self._now))
        starting = waiting_jobs.starting_since(waiting, before.starting, self._now)
        lost, stuck = self._described(missed, waiting, starting)
        ports.outbox.send([*broken, *lost, *stuck])
        ports.ledger.save_sweep_position(SweepPosition(progress, starting))
        self._measure(lost, stuck, broken)

    def _missed(self, before: SweepPosition) -> tuple[list[str], dict[str, Progress]]:
        """Search all queues, those first that have waited longest; what throttles ends it."""
        ports, budget = self._ports, Budget(MISSED_PAGES, self._ports.remaining_ms, RESERVE_MS)
        begin = Progress(watched=self._now, since=self._now)
        arns = [str(queue["jobQueueArn"]) for queue in self._queues]
        progress = {arn: before.queues.get(arn, begin) for arn in arns}
        search = Search(ports, budget, self._now)
        try:
            for arn in sorted(arns, key=lambda each: progress[each].began or progress[each].since):
                progress[arn] = search.through(arn, progress[arn])
        except ServiceError as error:
            ports.journal.note("search cut short", Metric.SWEEPS_CUT_SHORT, {"problem": error.says})
        return search.found, progress

    def _described(
        self, missed: Sequence[str], waiting: Sequence[Waiting], starting: dict[str, int]
    ) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """Describe what was found, all in one go, and make the events of it."""
        latest = self._now - self._options.stuck_after
        where = self._suspects(waiting, starting, latest)
        described = self._ports.batch.describe([*missed, *where])
        jobs = {str(job.get("jobId")): job for job in described}
        lost = [
            sweep_events.missed(jobs[one], self._now)
            for one in missed
            if jobs.get(one, {}).get("status") == "FAILED"
        ]
        held = [jobs[one] for one in where if one in jobs]
        before = self._ports.batch.describe(waiting_jobs.waits_for(held))
        upstream = {str(job.get("jobId")): job for job in before}
        stuck = waiting_jobs.stuck_events(held, where, starting, upstream, latest, self._now)
        return lost, stuck

    def _suspects(
        self, waiting: Sequence[Waiting], starting: dict[str, int], latest: int
    ) -> dict[str, Waiting]:
        """Give jobs that may be stuck and are not told yet."""
        if not self._options.stuck_after:
            return {}
        found = waiting_jobs.candidates(waiting, starting, latest)
        keys = {at.arn: waiting_jobs.stuck_key(at.arn) for at in found.values()}
        counted = waiting_jobs.counted_in(self._ports, set(keys.values()))
        new = [
            (job_id, at)
            for job_id, at in found.items()
            if waiting_id(job_id) not in counted[keys[at.arn]]
        ]
        return dict(new[:MOST_STUCK])

    def _measure(self, lost: Sequence[Raw], stuck: Sequence[Raw], broken: Sequence[Raw]) -> None:
        found = {
            Metric.MISSED_EVENTS: lost,
            Metric.STUCK_JOBS: stuck,
            Metric.UNUSABLE_ENVIRONMENTS: broken,
        }
        for name, events in found.items():
            if events:
                self._ports.journal.measure(name, len(events), "Count")
        facts = {name: str(len(events)) for name, events in found.items()}
        self._ports.journal.note("swept", Metric.SWEEPS, facts | {"queues": str(len(self._queues))})
