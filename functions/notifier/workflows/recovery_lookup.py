"""What AWS Batch knows of the runs of a job: asked before a message says a word about the past."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from functools import partial
from itertools import takewhile

from notifier.batch.failure import Kind
from notifier.incident.counts import Role
from notifier.incident.decision import Standing
from notifier.incident.fingerprint import job_of as waiting_job
from notifier.incident.fingerprint import root_of
from notifier.incident.incident import CLOSE_AFTER_MS, Incident
from notifier.incident.job import LISTED, Job, job_of, stable_name
from notifier.incident.recovery import (
    Recovery,
    Row,
    Run,
    Success,
    open_jobs,
    recoveries,
    relapsed,
    row_of,
)
from notifier.ports.metrics import Metric
from notifier.ports.reporting import Ports
from notifier.ports.service_error import ServiceError

DESCRIBE_JOBS_LIMIT = 100
SERVICE_JOBS_LIMIT = 5  # each takes a call
MOST_LEFT_AT_ONCE = 100  # each takes three; the next is reported here
_Successes = dict[str, list[Success]]


@dataclass(frozen=True, slots=True)
class Later:
    """What became of an incident: its state with the successes in it, and a job to report."""

    incident: Incident
    recovery: Recovery | None = None


class RecoveryLookup:
    """Looks up what became of jobs; where AWS Batch gives no answer, nothing is said of it."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports

    def later(self, standing: Standing) -> Later:
        """Return which jobs of an incident have succeeded since they failed.

        Only what was reported recovers, and what was held back on purpose until now.
        """
        incident = standing.incident
        jobs = open_jobs(incident, standing.members) if standing.has_recoveries else {}
        told = {
            one.job_id for one in (*standing.reported, *(standing.due if incident.hold else ()))
        }
        if not any(one.job_id in told for members in jobs.values() for one in members):
            return Later(incident)
        if incident.first.is_from_sweep:
            members = tuple(one for several in jobs.values() for one in several)
            over = Recovery(members, next(iter(jobs)))
            return Later(incident, over if self._is_cleared(standing) else None)
        since = min(one.at for members in jobs.values() for one in members)
        successes = self._successes(jobs, since)
        if successes is None:
            return Later(incident)
        found = recoveries(jobs, successes)
        self._record(found)
        spoken = [one for one in found if any(each.job_id in told for each in one.members)]
        is_left = partial(self._is_left_to_another, incident)
        left = list(takewhile(is_left, spoken[:MOST_LEFT_AT_ONCE]))
        ended = {one.key: one.success.started_at for one in left if one.success}
        again = relapsed(jobs, successes)
        later = replace(incident, recovered={**incident.recovered, **again, **ended})
        if left and not open_jobs(later, standing.reported):
            later = replace(later, interval=0)
        return Later(later, next(iter(spoken[len(left) :]), None))

    def row(self, standing: Standing) -> Row | None:
        """Return the failed runs in a row of the one job that a message is about, or None."""
        first = standing.incident.first
        if first.kind is Kind.SERVICE_JOB or not standing.is_about_one_job:
            return None
        if first.kind not in LISTED or first.is_drill:
            ended = standing.incident.recovered.get("", 0)
            return Row(1, 1, after=ended, has_failed_before=ended > 0)
        shown = [one for one in standing.shown if one.role is not Role.DEPENDENT]
        newest, own = max(one.at for one in shown), {root_of(one.job_id) for one in shown}
        return self.row_of_job(job_of(first, shown[0]), newest, own)

    def row_of_job(
        self, job: Job, until: int | None = None, own: Collection[str] = ()
    ) -> Row | None:
        """Return the failed runs in a row of a job until then, or None without an answer.

        A run of its `own` counts, too, if a child that is held ended it later.
        """
        runs = [
            one
            for one in self._ports.ledger.runs(job.key)
            if until is None or one.stopped_at <= until or one.job_id in own
        ]
        since = min((one.started_at for one in runs), default=0) - 1
        successes = self._successes([job], since)
        return None if successes is None else row_of(runs, successes[job.key])

    def runs_failed(self, job: Job) -> int:
        """Return how many runs of a job have failed since its last success, as far as is known."""
        row = self.row_of_job(job)
        return row.failed if row else row_of(self._ports.ledger.runs(job.key), ()).failed

    def others_closed(self, recovery: Recovery, incident: Incident) -> tuple[str, ...]:
        """Return the keys of other incidents that a success ends: of earlier runs of its job."""
        if recovery.success is None:
            return ()
        own, before = _roots_of(recovery), recovery.success.started_at
        roots = {
            one.job_id
            for one in self._failed_runs(recovery.job)
            if before - CLOSE_AFTER_MS < one.stopped_at <= before
        }
        if not roots - own:
            return ()
        places = self._ports.ledger.read(roots - own, ()).places.values()
        return tuple(sorted({one.key for one in places} - {incident.key}))

    def _is_left_to_another(self, incident: Incident, recovery: Recovery) -> bool:
        """Return whether another incident speaks of a job: that of its newest failed run.

        One success is one message, though each night's array is an incident of its own.
        """
        if recovery.success is None or incident.hold:  # what was held says itself what became of it
            return False
        runs = self._failed_runs(recovery.job)
        newest = max(runs, key=lambda one: (one.stopped_at, one.job_id), default=None)
        if newest is None or newest.job_id in _roots_of(recovery):
            return False
        place = self._ports.ledger.read((newest.job_id,), ()).places.get(newest.job_id)
        if place is None or place.key == incident.key:
            return False
        other = self._ports.ledger.read((), (place.key,)).incidents.get(place.key)
        if other is None or other.hold or not other.reported_at:
            return False  # what is not reported, or still held, says nothing of a success
        return other.due > 0 or other.reported_at >= newest.stopped_at

    def _failed_runs(self, job: Job) -> list[Run]:
        return [one for one in self._ports.ledger.runs(job.key) if not one.succeeded]

    def _successes(self, jobs: Iterable[Job], since: int) -> _Successes | None:
        """Ask for the successes of jobs by their keys; None where there is no answer."""
        groups = defaultdict[tuple[str, str], list[Job]](list)
        for job in jobs:
            groups[job.queue, job.definition].append(job)
        found = defaultdict[str, list[Success]](list)
        try:
            for (queue, definition), alike in groups.items():
                names = [one.name for one in alike]
                by_name = {one.stable: one.key for one in alike}
                for one in self._ports.jobs.successes(queue, definition, names, since):
                    found[by_name.get(stable_name(one.name), "")].append(one)
        except ServiceError as error:
            problem = {"problem": error.says}
            self._ports.journal.note("recovery unknown", Metric.RECOVERY_UNKNOWN, problem)
            return None
        return found

    def _record(self, found: Iterable[Recovery]) -> None:
        """Remember successes: AWS Batch forgets them after some days."""
        runs = [
            (one.job.key, Run(each.job_id, each.started_at, each.stopped_at, succeeded=True))
            for one in found
            if (each := one.success)
        ]
        if runs:
            self._ports.ledger.record((), {}, runs)

    def _is_cleared(self, standing: Standing) -> bool:
        """Return whether the sweep would no longer see what it reported."""
        first, jobs = standing.incident.first, self._ports.jobs
        try:
            if first.kind is Kind.ENVIRONMENT:
                return jobs.is_usable(first.job_id)
            # The newest: those before them in the queue start before them, as a rule.
            newest = [
                waiting_job(one.job_id) for one in sorted(standing.members, key=lambda m: m.at)
            ]
            if first.is_service_job:
                return not jobs.waiting_services(newest[-SERVICE_JOBS_LIMIT:])
            return not jobs.waiting(newest[-DESCRIBE_JOBS_LIMIT:])
        except ServiceError as error:
            problem = {"problem": error.says}
            self._ports.journal.note("recovery unknown", Metric.RECOVERY_UNKNOWN, problem)
            return False


def _roots_of(recovery: Recovery) -> set[str]:
    return {root_of(one.job_id) for one in recovery.members}
