"""The search for failures without an event: failed jobs compared with the ledger."""

from __future__ import annotations

from collections.abc import Iterable

from notifier.batch.labels.scope import Scope, definition_name
from notifier.incident.counts import fold
from notifier.incident.incident import Place
from notifier.incident.sweep_position import Progress
from notifier.ports.service_error import ServiceError
from notifier.ports.sweeping import Budget, Listed, Page, Raw, SweepPorts, is_of_service_jobs

MOST_MISSED = 500  # sent by one run: five DescribeJobs and fifty SendMessageBatch
_EXPIRED_TOKEN = "ClientException"  # how AWS Batch answers a token that it does not know any more


class MissedFailureSearch:
    """The search of one sweep; `found` are ids of failed jobs that the ledger does not know.

    `service_jobs` are the service jobs among them, as they were listed.

    An array is searched when it has ended: its parent is then listed as FAILED, with the number of
    its failed children. The nodes of a multi-node job are not, because the parent reports them.
    """

    def __init__(self, ports: SweepPorts, budget: Budget, now: int, scope: Scope) -> None:
        self._ports, self._budget, self._now, self._scope = ports, budget, now, scope
        self.found: list[str] = []
        self.service_jobs: dict[str, Raw] = {}

    @property
    def is_full(self) -> bool:
        """Whether this sweep has found as many as it may send."""
        return len(self.found) >= MOST_MISSED

    def search_queue(self, queue: Raw, progress: Progress) -> Progress:
        """Search the failed jobs of a queue page by page; return how far it came.

        The position moves on when a page is finished: whatever stops the search, the next sweep
        begins with that page.
        """
        if not progress.began:
            progress = Progress(progress.watched, progress.since, began=self._now)
        is_resumed, batch = bool(progress.token), self._ports.batch
        list_page = batch.service_page if is_of_service_jobs(queue) else batch.page
        while not self.is_full and self._budget.allows():
            try:
                page = list_page(str(queue["jobQueueArn"]), "FAILED", progress.token)
            except ServiceError as error:
                if is_resumed and error.says == _EXPIRED_TOKEN:
                    return progress.turned("")
                raise
            is_resumed = False
            if not self._compare(page, progress):
                return progress
            if not page.token:
                return progress.ended()
            progress = progress.turned(page.token)
        return progress

    def _compare(self, page: Page, progress: Progress) -> bool:
        """Compare one page with the ledger; False when there was more than one sweep may do."""
        jobs = [
            one
            for one in page.jobs
            if progress.covers(one.created_at, one.stopped_at, self._now)
            and self._scope.covers("", definition_name(one.definition))
        ]
        if not jobs:
            return True
        places = self._ports.ledger.read({one.job_id for one in jobs}, ()).places
        for job in jobs:
            if self.is_full:
                return False
            if job.is_array and not self._compare_array(job, places.get(job.job_id)):
                return False
            if not job.is_array and job.job_id not in places:
                self.found.append(job.job_id)
                self.service_jobs |= {job.job_id: job.summary} if job.summary else {}
        return True

    def _compare_array(self, parent: Listed, place: Place | None) -> bool:
        """Find children and a parent that are not counted where their array is."""
        members = self._ports.ledger.members(place) if place else ()
        tally, known = fold(members), {one.job_id for one in members}
        if parent.job_id not in known:
            self.found.append(parent.job_id)
        elif tally.parent and (tally.parent.failed or 0) <= tally.failed:
            return True  # as many as Batch itself counts
        token = ""
        while self._budget.allows():
            page = self._ports.batch.page(parent.job_id, "FAILED", token)
            self._add(one.job_id for one in page.jobs if one.job_id not in known)
            token = page.token
            if self.is_full or not token:
                return not self.is_full
        return False

    def _add(self, job_ids: Iterable[str]) -> None:
        for job_id in job_ids:
            if self.is_full:
                return
            self.found.append(job_id)
