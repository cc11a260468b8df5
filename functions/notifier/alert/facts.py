"""The particulars of a failure as labelled lines: when, where, how often, what it used."""

from __future__ import annotations

import re
from dataclasses import dataclass

from notifier.alert.commands import console_links
from notifier.batch.failure import Attempt, Failure, Kind
from notifier.text import units, untrusted

_RUNBOOK = re.compile(r"https://[\w.-]{1,200}(?:/[\w./#?=&%+~-]{0,500})?", re.ASCII)
_VERBS = {f"{verb.upper()}_FAILED": verb for verb in ("create", "update", "delete", "import")}
_RESOURCES = {
    "AWS::Batch::ComputeEnvironment": "Compute environment",
    "AWS::Batch::JobQueue": "Job queue",
}
_MIB_PER_GIB = 1024
Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class AttemptRow:
    """One line of the attempts table, every cell ready to print."""

    number: str
    started: str
    ran: str
    exit: str
    reason: str


def word_of(failure: Failure) -> str:
    """Give what happened in one word."""
    if failure.is_unusable:
        return failure.status
    return {Kind.QUEUE_BLOCKED: "BLOCKED", Kind.STUCK: "STUCK"}.get(failure.kind, "FAILED")


def status_of(status: str, is_drill: bool) -> str:
    """Give the first word of every message."""
    # Nobody is to be woken by a drill twice: it says what it is before anything else.
    return f"DRILL {status}" if is_drill else status


def title_of(failure: Failure) -> str:
    """Name the job as its owner knows it, with the index of a child or node."""
    name = untrusted.defang(failure.job_name)
    if failure.array_index is not None:
        return f"{name}[{failure.array_index}]"
    return name if failure.node_index is None else f"{name} node {failure.node_index}"


def subject_of(failure: Failure) -> str:
    """Say what happened to what, as the first half of a sentence."""
    name, queue = untrusted.defang(failure.job_name), untrusted.defang(failure.queue)
    on_queue = f" on queue {queue}" if queue else ""
    if failure.kind in (Kind.STUCK, Kind.ENVIRONMENT):
        return _state_of(failure, name, on_queue)
    match failure.kind:
        case Kind.ARRAY_CHILD:
            return f"Child {failure.array_index} of array job {name} failed{on_queue}"
        case Kind.ARRAY_PARENT:
            return f"Array job {name} failed{on_queue}"
        case Kind.NODE:
            return f"Node {failure.node_index} of multi-node job {name} failed{on_queue}"
        case Kind.MULTI_NODE:
            nodes = f" ({failure.node_count} nodes)" if failure.node_count else ""
            return f"Multi-node job {name}{nodes} failed{on_queue}"
        case Kind.SERVICE_JOB:
            return f"SageMaker job {name} failed{on_queue}"
        case Kind.QUEUE_BLOCKED:
            return f"Queue {queue or 'unknown'} is blocked by job {name}"
    return f"Job {name} failed{on_queue}"


def _state_of(failure: Failure, name: str, on_queue: str) -> str:
    if failure.kind is Kind.STUCK:
        return f"Job {name} has waited{_for(failure)} in {failure.status}{on_queue}"
    if failure.is_unusable:
        what = _RESOURCES.get(failure.resource_type, failure.resource_type)
        return f"{what} {name} is {failure.status}"
    verb = _VERBS.get(failure.status, "set up")
    return f"CloudFormation could not {verb} {failure.resource_type} {name}"


def _for(failure: Failure) -> str:
    """Say how long a job had waited when the sweep saw it."""
    if failure.waiting_since is None or not failure.event_at:
        return ""
    return f" for {units.waited(failure.event_at - failure.waiting_since)}"


def children(failure: Failure) -> str:
    """Say how many children of an array failed, where its parent counts them."""
    if failure.array_failed is None or failure.array_size is None:
        return ""
    return f"{failure.array_failed:,} of {failure.array_size:,} children failed"


def facts(failure: Failure) -> Pairs:
    """Give labelled lines; what the event does not say has no line."""
    found = {
        "when": _when(failure),
        "waits since": units.moment(failure.waiting_since) if failure.waiting_since else "",
        "queue": failure.queue,
        "definition": failure.definition,
        "attempts": _attempts_made(failure),
        "asked": _asked(failure),
        "ran on": "" if failure.kind is Kind.STUCK else failure.platform,
        "image": failure.image,
        "exit": units.exit_code(failure.exit_code) if failure.exit_code is not None else "",
        "container": failure.container,
        "time": _time(failure),
        "used": _used(failure),
        "timeout": units.duration(failure.timeout_seconds * 1000)
        if failure.timeout_seconds
        else "",
        "children": children(failure),
        "waited for": ", ".join(failure.depends_on),
        "training job": failure.training_job,
        "owner": failure.tag("notify:owner"),
    }
    return tuple((label, untrusted.defang(value)) for label, value in found.items() if value)


def _when(failure: Failure) -> str:
    if failure.stopped_at is None:
        return failure.event_time.replace("T", " ").replace("Z", " UTC")
    return units.moment(failure.stopped_at)


def _time(failure: Failure) -> str:
    """Say how long it waited in its queue, and how long it ran, over all attempts."""
    spans = [ran for attempt in failure.attempts if (ran := _ran(attempt)) is not None]
    if not spans and failure.started_at and failure.stopped_at:
        spans = [max(0, failure.stopped_at - failure.started_at)]
    ran, parts = sum(spans), []
    if failure.created_at and failure.stopped_at:
        waited = failure.stopped_at - failure.created_at - ran
        parts += [f"waited {units.duration(waited)}"] if waited >= 0 else []
    parts += [f"ran {units.duration(ran)}"] if spans else []
    in_all = f" in {len(spans)} attempts" if len(spans) > 1 else ""
    return ", ".join(parts) + in_all


def _attempts_made(failure: Failure) -> str:
    if not failure.attempts:
        return ""
    made = len(failure.attempts)
    return f"{made} of {failure.attempt_limit}" if failure.attempt_limit else str(made)


def _asked(failure: Failure) -> str:
    sizes = [
        f"{failure.vcpus:g} vCPU" if failure.vcpus else "",
        f"{failure.memory_mib:,} MiB" if failure.memory_mib else "",
        f"{failure.gpus} GPU" if failure.gpus else "",
    ]
    asked = ", ".join(size for size in sizes if size)
    return f"{asked} on each node" if asked and failure.kind is Kind.MULTI_NODE else asked


def _used(failure: Failure) -> str:
    """Sum what all attempts held, in vCPU-hours and GiB-hours: the price of the failure."""
    hours = sum(_ran(attempt) or 0 for attempt in failure.attempts) / units.HOUR_MS
    hours *= failure.node_count or 1
    if not hours or not failure.vcpus:
        return ""
    used = f"{hours * failure.vcpus:,.2f} vCPU-hours"
    if not failure.memory_mib:
        return used
    return f"{used}, {hours * failure.memory_mib / _MIB_PER_GIB:,.2f} GiB-hours"


def _ran(attempt: Attempt) -> int | None:
    if attempt.started_at is None or attempt.stopped_at is None:
        return None
    return max(0, attempt.stopped_at - attempt.started_at)


def attempt_rows(failure: Failure) -> tuple[AttemptRow, ...]:
    """Give the table of attempts, oldest first."""
    return tuple(
        AttemptRow(
            number=str(number),
            started=units.moment(a.started_at).removesuffix(" UTC") if a.started_at else "never",
            ran=units.duration(ran) if (ran := _ran(a)) is not None else "-",
            exit="-" if a.exit_code is None else str(a.exit_code),
            reason=untrusted.defang(a.reason or a.status_reason),
        )
        for number, a in enumerate(failure.attempts, start=1)
    )


def links(failure: Failure) -> Pairs:
    """Give the console pages, and the runbook its owner named in a tag."""
    runbook = failure.tag("notify:runbook")
    own = (("runbook", runbook),) if _RUNBOOK.fullmatch(runbook) else ()
    return (*own, *console_links.links(failure))


def ids(failure: Failure) -> Pairs:
    """Give the identifiers that a search or a ticket needs, last in every message."""
    log = failure.log
    found = {
        "resource" if failure.kind is Kind.ENVIRONMENT else "job id": failure.job_id,
        "account": f"{failure.account} {failure.region}".strip(),
        "log group": log.group if log else "",
        "log stream": log.stream if log else "",
        "host": failure.attempts[-1].host if failure.attempts else "",
        "stack": failure.stack,
        "event": failure.event_id,
    }
    return tuple((label, untrusted.defang(value)) for label, value in found.items() if value)
