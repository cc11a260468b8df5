"""The story of a sweep: heartbeat, subscriptions, missed failures, stuck jobs, unusable queues."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from notifier.batch import sweep_events
from notifier.incident.fingerprint import waiting_id
from notifier.incident.sweep_position import Progress, SweepPosition
from notifier.ports.metrics import Metric
from notifier.ports.service_error import ServiceError
from notifier.ports.sweeping import Budget, Raw, SweepOptions, SweepPorts
from notifier.workflows.sweeping import waiting_jobs
from notifier.workflows.sweeping.missed_failures import MissedFailureSearch
from notifier.workflows.sweeping.queue_heads import read_heads
from notifier.workflows.sweeping.stuck_jobs import StuckJobs
from notifier.workflows.sweeping.waiting_jobs import MOST_STUCK, WaitingQueue

# Lists of at most 1,000 jobs each; the next sweeps read the rest.
MISSED_PAGES, WAITING_PAGES = 20, 60
# Describing, sending and saving take a few seconds; a call that hangs takes 20 s with retries.
RESERVE_MS = 30_000


def run(ports: SweepPorts, options: SweepOptions) -> None:
    """Look at AWS Batch once; what is not finished continues with the next sweep.

    Each part stands by itself: when one fails, that is logged and the others are done.
    """
    parts: tuple[tuple[str, Metric, Callable[[], None]], ...] = (
        ("no heartbeat sent", Metric.HEARTBEATS_UNSENT, partial(_beat, ports)),
        (
            "subscriptions not counted",
            Metric.SUBSCRIPTIONS_UNCOUNTED,
            partial(_count_subscriptions, ports),
        ),
        ("sweep stopped early", Metric.SWEEPS_CUT_SHORT, _Sweep(ports, options).run),
    )
    for problem, count, part in parts:
        try:
            part()
        except ServiceError as error:
            ports.journal.note(problem, count, {"problem": error.says})


def _beat(ports: SweepPorts) -> None:
    """Send a heartbeat that only this stack can send: its nonce is in the table first."""
    nonce = secrets.token_hex(16)
    ports.ledger.announce_heartbeat(nonce)
    ports.health.beat(ports.now_ms(), nonce)


def _count_subscriptions(ports: SweepPorts) -> None:
    """Count subscriptions; the next alert says how many are not confirmed."""
    confirmed, pending = ports.health.subscriptions()
    ports.journal.measure(Metric.CONFIRMED_SUBSCRIPTIONS, confirmed, "Count")
    ports.journal.measure(Metric.PENDING_SUBSCRIPTIONS, pending, "Count")
    ports.ledger.note_unconfirmed(pending)


class _Sweep:
    """One look at AWS Batch."""

    def __init__(self, ports: SweepPorts, options: SweepOptions) -> None:
        self._ports, self._options, self._now = ports, options, ports.now_ms()
        self._queues: tuple[Raw, ...] = ()

    def run(self) -> None:
        """Look at the queues, send what was found, and store how far this came.

        The position is stored last: after a crash before it, some failures are sent twice, and
        counted once.
        """
        ports = self._ports
        every, scope = ports.batch.queues(self._options.queue_arns), self._options.scope
        self._queues = tuple(
            one for one in every if scope.covers(str(one["jobQueueArn"]).rpartition("/")[2], "")
        )
        before = ports.ledger.sweep_position()
        missed, progress = self._missed(before)
        budget = Budget(WAITING_PAGES, ports.remaining_ms, RESERVE_MS)
        waiting = waiting_jobs.list_waiting(ports, self._queues, budget)
        broken = waiting_jobs.unreported(ports, waiting_jobs.unusable_events(waiting, self._now))
        starting = waiting_jobs.starting_since(waiting, before.starting, self._now)
        lost, stuck = self._lost(missed), self._stuck(waiting, starting, budget)
        ports.outbox.send([*broken, *lost, *stuck])
        ports.ledger.save_sweep_position(SweepPosition(progress, starting))
        self._measure(lost, stuck, broken)

    def _missed(self, before: SweepPosition) -> tuple[MissedFailureSearch, dict[str, Progress]]:
        """Search all queues, those first that have waited longest; throttling ends the search."""
        ports = self._ports
        budget = Budget(MISSED_PAGES, ports.remaining_ms, RESERVE_MS)
        begin = Progress(watched=self._now, since=self._now)
        queues = {str(queue["jobQueueArn"]): queue for queue in self._queues}
        progress = {arn: before.queues.get(arn, begin) for arn in queues}
        search = MissedFailureSearch(ports, budget, self._now, self._options.scope)
        try:
            for arn in sorted(queues, key=lambda one: progress[one].began or progress[one].since):
                progress[arn] = search.search_queue(queues[arn], progress[arn])
        except ServiceError as error:
            ports.journal.note("search cut short", Metric.SWEEPS_CUT_SHORT, {"problem": error.says})
        return search, progress

    def _lost(self, missed: MissedFailureSearch) -> list[dict[str, Any]]:
        """Make events of missed failures; jobs are described in as few calls as possible."""
        listed = missed.service_jobs
        described = self._ports.batch.describe([one for one in missed.found if one not in listed])
        jobs = {str(job.get("jobId")): job for job in described}
        return [
            sweep_events.missed_failure(jobs[one], self._now)
            for one in missed.found
            if jobs.get(one, {}).get("status") == "FAILED"
        ] + [sweep_events.missed_service_job(one, self._now) for one in listed.values()]

    def _stuck(
        self, waiting: Sequence[WaitingQueue], starting: dict[str, int], budget: Budget
    ) -> list[dict[str, Any]]:
        """Make events of the jobs that are stuck and were not reported yet."""
        if not self._options.stuck_after:
            return []
        latest = self._now - self._options.stuck_after
        heads = read_heads(self._ports, waiting, latest, budget)
        found = waiting_jobs.stuck_candidates(waiting, starting, latest, heads.firsts)
        new = dict(self._unreported(found)[:MOST_STUCK])
        return StuckJobs(self._ports, heads, starting, self._options.scope).events(
            new, latest, self._now
        )

    def _unreported(self, found: dict[str, WaitingQueue]) -> list[tuple[str, WaitingQueue]]:
        keys = {at.arn: waiting_jobs.stuck_key(at.arn) for at in found.values()}
        counted = waiting_jobs.counted_jobs(self._ports, set(keys.values()))
        return [
            (job_id, at)
            for job_id, at in found.items()
            if waiting_id(job_id) not in counted[keys[at.arn]]
        ]

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
