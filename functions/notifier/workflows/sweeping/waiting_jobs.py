"""Jobs that do not start, and the queues and compute environments that run none."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from notifier.batch import sweep_events
from notifier.batch.event import parse_event
from notifier.batch.failure import Failure, Kind
from notifier.batch.waiting.snapshot import FirstJob
from notifier.incident.fingerprint import fingerprint, identity
from notifier.ports.metrics import Metric
from notifier.ports.sweeping import Budget, Listed, Raw, SweepPorts, is_of_service_jobs

MOST_STUCK = 100  # described by one sweep, the oldest first: the limit of DescribeJobs
STARTING_KEPT = 4_000  # of 50 bytes in an item of at most 400 KB
_STARTED = ("STARTING", "RUNNING", "SUCCEEDED", "FAILED")
_WAITING = ("RUNNABLE", "STARTING", "PENDING")


@dataclass(slots=True)
class WaitingQueue:
    """Jobs of one queue that have not begun to run."""

    queue: Raw
    environments: tuple[Raw, ...]
    runnable: list[Listed] = field(default_factory=list)
    starting: list[Listed] = field(default_factory=list)
    arrays: list[Listed] = field(default_factory=list)

    @property
    def arn(self) -> str:
        """The queue's ARN."""
        return str(self.queue.get("jobQueueArn", ""))

    @property
    def are_waiting(self) -> bool:
        """Whether jobs wait that could start."""
        return bool(self.runnable or self.arrays)


def list_waiting(ports: SweepPorts, queues: Sequence[Raw], budget: Budget) -> list[WaitingQueue]:
    """List what waits in each queue, with the compute environments it could use."""
    arns = dict.fromkeys(arn for queue in queues for arn in _environment_arns(queue))
    known = {one["computeEnvironmentArn"]: one for one in ports.batch.environments(list(arns))}
    found: list[WaitingQueue] = []
    for queue in queues:
        at = WaitingQueue(
            queue, tuple(known[arn] for arn in _environment_arns(queue) if arn in known)
        )
        at.runnable += _list_jobs(ports, queue, "RUNNABLE", budget)
        if is_of_service_jobs(queue):  # they have no other state in which they can be stuck
            found.append(at)
            continue
        at.starting += _list_jobs(ports, queue, "STARTING", budget)
        at.arrays += [one for one in _list_jobs(ports, queue, "PENDING", budget) if one.is_array]
        found.append(at)
    return found


def _environment_arns(queue: Raw) -> list[str]:
    """Return the ARNs of a queue's compute environments in their order."""
    order = sorted(queue.get("computeEnvironmentOrder", ()), key=lambda one: one.get("order", 0))
    return [one["computeEnvironment"] for one in order if one.get("computeEnvironment")]


def _list_jobs(ports: SweepPorts, queue: Raw, status: str, budget: Budget) -> Iterator[Listed]:
    batch, token = ports.batch, ""
    list_page = batch.service_page if is_of_service_jobs(queue) else batch.page
    while budget.allows():
        page = list_page(queue["jobQueueArn"], status, token)
        yield from page.jobs
        token = page.token
        if not token:
            return
    ports.journal.note("more jobs wait than one run looks at", Metric.SWEEPS_CUT_SHORT, {})


def starting_since(
    waiting: Sequence[WaitingQueue], before: Mapping[str, int], now: int
) -> dict[str, int]:
    """Return since when each job has been STARTING: AWS gives no time for that."""
    every = [one for at in waiting for one in at.starting]
    oldest = sorted(every, key=lambda one: before.get(one.job_id, now))[:STARTING_KEPT]
    return {one.job_id: before.get(one.job_id, now) for one in oldest}


def stuck_candidates(
    waiting: Sequence[WaitingQueue],
    starting: Mapping[str, int],
    latest: int,
    firsts: Mapping[str, Sequence[FirstJob]],
) -> dict[str, WaitingQueue]:
    """Return the ids of jobs that may be stuck, oldest first: those that wait since `latest`.

    Of a queue in `firsts`, only the first jobs can be stuck: the others wait for their turn.
    """
    found: list[tuple[int, str, WaitingQueue]] = []
    for at in waiting:
        if at.arn in firsts:
            listed = [(one.since, one.job_id, at) for one in firsts[at.arn]]
        else:
            listed = [(one.created_at, one.job_id, at) for one in (*at.runnable, *at.arrays)]
        begun = [(starting.get(one.job_id, latest + 1), one.job_id, at) for one in at.starting]
        found += [one for one in (*listed, *begun) if 0 < one[0] <= latest]
    ordered = sorted(found, key=lambda one: (one[0], one[1]))
    return {job_id: at for _, job_id, at in ordered}


def since_when(job: Raw, starting: Mapping[str, int], upstream: Mapping[str, Raw]) -> int:
    """Return since when a job could have started: after submission, last attempt, upstream."""
    if job.get("status") == "STARTING":
        return starting.get(str(job.get("jobId")), 0) or int(job.get("createdAt", 0))
    attempts = [one.get("stoppedAt", 0) for one in job.get("attempts", ())]
    before = [upstream.get(job_id, {}).get("stoppedAt", 0) for job_id in dependencies_of([job])]
    return int(max([job.get("createdAt", 0), *attempts, *before]))


def dependencies_of(jobs: Iterable[Raw]) -> list[str]:
    """Return the ids of the jobs that these depended on: they may have waited for those alone."""
    ids = (one.get("jobId") for job in jobs for one in job.get("dependsOn", ()))
    return list(dict.fromkeys(str(job_id) for job_id in ids if job_id))


def is_waiting(job: Raw) -> bool:
    """Return whether it still waits; an array waits while none of its children has begun."""
    if job.get("status") not in _WAITING:
        return False
    children = job.get("arrayProperties", {}).get("statusSummary") or {}
    if job.get("status") != "PENDING":
        return True
    begun = any(children.get(status, 0) for status in _STARTED)
    return bool(children.get("RUNNABLE", 0)) and not begun


def unusable_events(waiting: Sequence[WaitingQueue], now: int) -> list[dict[str, Any]]:
    """Make the events of queues and compute environments that run no jobs.

    INVALID always matters. DISABLED is somebody's decision, and matters when jobs wait for it: a
    compute environment when its queue has no other that could be used.
    """
    made: dict[str, dict[str, Any]] = {}
    for at in waiting:
        has_usable = any(_status(one) == "" for one in at.environments)
        for one in (at.queue, *at.environments):
            status = _status(one)
            is_queue = one is at.queue
            is_needed = at.are_waiting and (is_queue or not has_usable)
            if status == "INVALID" or (status == "DISABLED" and is_needed):
                event = _unusable(one, status, at.arn, now)
                made.setdefault(event["detail"]["arn"], event)
    return list(made.values())


def _status(one: Raw) -> str:
    if one.get("status") == "INVALID":
        return "INVALID"
    return "DISABLED" if one.get("state") == "DISABLED" else ""


def _unusable(one: Raw, status: str, queue_arn: str, now: int) -> dict[str, Any]:
    arn = str(one.get("computeEnvironmentArn") or one.get("jobQueueArn", ""))
    name = str(one.get("computeEnvironmentName") or one.get("jobQueueName", ""))
    return sweep_events.unusable_environment(
        arn, name, status, str(one.get("statusReason", "")), queue_arn, now
    )


def unreported(ports: SweepPorts, events: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Leave out what is counted already in an incident that still goes on."""
    seen = [(event, one) for event in events if isinstance(one := parse_event(event), Failure)]
    counted = counted_jobs(ports, {fingerprint(one, "") for _, one in seen})
    return [event for event, one in seen if identity(one) not in counted[fingerprint(one, "")]]


def counted_jobs(ports: SweepPorts, keys: Collection[str]) -> dict[str, frozenset[str]]:
    """Return what is counted in incidents that still go on, by key; nothing where none does."""
    known = ports.ledger.read((), keys).incidents if keys else {}
    found: dict[str, frozenset[str]] = dict.fromkeys(keys, frozenset())
    for key, incident in known.items():
        if not incident.is_over:
            members = ports.ledger.members(incident.place)
            found[key] = frozenset(one.job_id for one in members)
    return found


def stuck_key(queue_arn: str) -> str:
    """Return the key of the incident that jobs stuck in a queue are counted in."""
    return fingerprint(Failure(Kind.STUCK, "", "", "", "", "", "", queue_arn=queue_arn), "")
