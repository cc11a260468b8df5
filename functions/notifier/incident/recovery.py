"""What is known of a job's earlier runs: how many failed in a row, and whether it has recovered."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from notifier.incident.counts import Member, Role
from notifier.incident.fingerprint import FAMILIES
from notifier.incident.incident import Incident
from notifier.incident.job import Job, job_of
from notifier.text import units


@dataclass(frozen=True, slots=True)
class Success:
    """A job that succeeded: its name, and when it began and ended in epoch milliseconds."""

    name: str
    started_at: int
    stopped_at: int
    job_id: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """A run of a job as the ledger keeps it; an array or multi-node job is one, with its parts."""

    job_id: str
    started_at: int
    stopped_at: int
    succeeded: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """The failed runs of a job since its last success.

    `length` counts those that ran one after another: parallel runs are one. `began_at` is when the
    first of them failed, and `after` when the success before them ended; 0 is none.
    `has_failed_before` is whether a run before that success had failed.
    """

    failed: int = 0
    length: int = 0
    began_at: int = 0
    after: int = 0
    has_failed_before: bool = False


def row_of(runs: Sequence[Run], successes: Iterable[Success]) -> Row:
    """Return the failed runs since the last success before the newest of them."""
    failed = _merged(one for one in runs if not one.succeeded)
    if not failed:
        return Row()
    ended = [one.stopped_at for one in successes]
    ended += [one.stopped_at for one in runs if one.succeeded]
    newest = max(one.stopped_at for one in failed)
    after = max((at for at in ended if at <= newest), default=0)
    since = [one for one in failed if one.stopped_at > after]
    length, begin = 0, newest
    for one in sorted(since, key=lambda each: each.started_at, reverse=True):
        if one.stopped_at <= begin:
            length, begin = length + 1, one.started_at
    first = min((one.stopped_at for one in since), default=0)
    return Row(len(since), length, first, after, len(since) < len(failed))


def _merged(runs: Iterable[Run]) -> list[Run]:
    """Return one run for each job id: the parts of an array report it with times of their own."""
    found: dict[str, Run] = {}
    for one in runs:
        known = found.get(one.job_id, one)
        started = min(known.started_at, one.started_at)
        found[one.job_id] = Run(one.job_id, started, max(known.stopped_at, one.stopped_at))
    return list(found.values())


@dataclass(frozen=True, slots=True)
class Recovery:
    """A job of an incident that has succeeded since it failed, with its failures in between.

    What the sweep reported recovers without a success.
    """

    members: tuple[Member, ...]
    job: Job
    success: Success | None = None

    @property
    def key(self) -> str:
        """The key of the job; empty where the whole incident has recovered."""
        return self.job.key if self.success else ""


def open_jobs(incident: Incident, members: Iterable[Member]) -> dict[Job, list[Member]]:
    """Return the jobs whose last known run failed, with those failures.

    An array or multi-node job that failed without an event of a child or node counts as well.
    """
    every = [one for one in members if one.role is not Role.DEPENDENT]
    jobs = defaultdict[Job, list[Member]](list)
    for one in [one for one in every if one.role is Role.FAILED] or every:
        jobs[job_of(incident.first, one)].append(one)
    since = {job: incident.recovered_at(job.key) for job in jobs}
    still = {job: [one for one in runs if one.at > since[job]] for job, runs in jobs.items()}
    return {job: runs for job, runs in still.items() if runs}


def recoveries(
    jobs: Mapping[Job, Sequence[Member]], successes: Mapping[str, Sequence[Success]]
) -> list[Recovery]:
    """Return the jobs that have succeeded since their newest failure, the first success of each."""
    found = []
    for job, members in jobs.items():
        newest = max(one.at for one in members)
        later = [one for one in successes.get(job.key, ()) if one.started_at > newest]
        if later:
            success = min(later, key=lambda one: one.stopped_at)
            found.append(Recovery(tuple(members), job, success))
    return found


def relapsed(
    jobs: Mapping[Job, Sequence[Member]], successes: Mapping[str, Sequence[Success]]
) -> dict[str, int]:
    """Return when the last success began of the jobs that failed before and after it, by key."""
    found = {}
    for job, members in jobs.items():
        oldest, newest = min(one.at for one in members), max(one.at for one in members)
        between = [
            one.started_at
            for one in successes.get(job.key, ())
            if oldest < one.started_at and one.stopped_at <= newest
        ]
        if between:
            found[job.key] = max(between)
    return found


def took(recovery: Recovery, row: Row, now: int) -> str:
    """Return how long it took to recover, and how many runs failed until then.

    Examples are `after 3 h 10 min, 5 failed runs` and `after 25 h`.
    """
    since = (one.at for one in recovery.members if one.at > row.after)
    first = min(since, default=row.began_at)
    if recovery.success is None:
        return f"after {units.waited(now - first)}"
    runs, began = max(row.failed, 1), min(first, row.began_at or first)
    if not row.failed and all(one.index is None for one in recovery.members):
        runs = len(recovery.members)
    lasted = units.duration(recovery.success.stopped_at - began)
    return f"after {lasted}, {runs:,} failed run{'s' if runs != 1 else ''}"


def is_family(incident: Incident) -> bool:
    """Return whether it is an array or multi-node job with its parts."""
    return incident.first.kind in FAMILIES
