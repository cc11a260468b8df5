"""Events for the jobs that are stuck, as AWS Batch describes them now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from notifier.batch import sweep_events
from notifier.batch.labels.scope import Scope, definition_name
from notifier.ports.sweeping import Raw, SweepPorts, is_of_service_jobs
from notifier.workflows.sweeping.queue_heads import QueueHeads
from notifier.workflows.sweeping.waiting_jobs import (
    WaitingQueue,
    dependencies_of,
    is_waiting,
    since_when,
)


class StuckJobs:
    """Makes the events of one sweep; `starting` is since when jobs have been STARTING."""

    def __init__(
        self, ports: SweepPorts, heads: QueueHeads, starting: Mapping[str, int], scope: Scope
    ) -> None:
        self._ports, self._heads, self._starting = ports, heads, starting
        self._scope = scope

    def events(
        self, where: Mapping[str, WaitingQueue], latest: int, now: int
    ) -> list[dict[str, Any]]:
        """Make the events of those that still wait, since `latest` or longer."""
        jobs = self._describe(where)
        upstream = self._upstream(jobs)
        made = []
        for job_id, at in where.items():
            job = jobs.get(job_id)
            if job is None or not is_waiting(job):
                continue
            if not self._scope.covers("", definition_name(str(job.get("jobDefinition", "")))):
                continue
            since = self._since(job_id, at, job, upstream)
            if since <= latest:
                place = self._heads.detail(job_id, at.arn) if _is_queued(job) else {}
                made.append(sweep_events.stuck_job(job, at.environments, since, now, place))
        return made

    def _describe(self, where: Mapping[str, WaitingQueue]) -> dict[str, Raw]:
        """Describe jobs, 100 in a call; of service jobs the list says enough."""
        listed = {
            one.job_id: one.summary
            for at in where.values()
            if is_of_service_jobs(at.queue)
            for one in at.runnable
        }
        described = self._ports.batch.describe([one for one in where if one not in listed])
        return {str(job.get("jobId")): job for job in described} | listed

    def _upstream(self, jobs: Mapping[str, Raw]) -> dict[str, Raw]:
        before = self._ports.batch.describe(dependencies_of(jobs.values()))
        return {str(job.get("jobId")): job for job in before}

    def _since(self, job_id: str, at: WaitingQueue, job: Raw, upstream: Mapping[str, Raw]) -> int:
        """Return since when it is first in its queue, or else since when it could start."""
        if at.arn in self._heads.firsts and _is_queued(job):
            return int(self._heads.details.get(job_id, {}).get("since", 0))
        return since_when(job, self._starting, upstream)


def _is_queued(job: Raw) -> bool:
    return job.get("status") != "STARTING"
