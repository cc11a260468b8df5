"""The facts of a failure as labelled lines: when, where, how often, which resources."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from notifier.alert.commands import console_links
from notifier.alert.context import queue_head
from notifier.batch.failure import Attempt, Failure, Kind
from notifier.batch.labels.labels import filter_labels
from notifier.text import units, untrusted
from notifier.text.links.defang import is_public_host

_RUNBOOK = re.compile(r"https://([\w.-]{1,200})(?:/[\w./#?=&%+~-]{0,500})?", re.ASCII)
_VERBS = {f"{verb.upper()}_FAILED": verb for verb in ("create", "update", "delete", "import")}
_RESOURCES = {
    "AWS::Batch::ComputeEnvironment": "Compute environment",
    "AWS::Batch::JobQueue": "Job queue",
}
_MIB_PER_GIB = 1024
Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class AttemptRow:
    """One row of the attempts table, with every cell as text."""

    number: str
    started: str
    ran: str
    exit: str
    reason: str


def status_word(failure: Failure) -> str:
    """Give what happened in one word."""
    if failure.is_unusable:
        return failure.status
    return {Kind.QUEUE_BLOCKED: "BLOCKED", Kind.STUCK: "STUCK"}.get(failure.kind, "FAILED")


def mark_drill(status: str, is_drill: bool) -> str:
    """Put `DRILL` first, so that a drill is not mistaken for a failure."""
    return f"DRILL {status}" if is_drill else status


def display_name(failure: Failure) -> str:
    """Name the job as its owner knows it, with the index of a child or node."""
    name = untrusted.defang(failure.job_name)
    if failure.array_index is not None:
        return f"{name}[{failure.array_index}]"
    return name if failure.node_index is None else f"{name} node {failure.node_index}"


def describe_failure(failure: Failure) -> str:
    """Say what happened, as the first half of a sentence."""
    name, queue = untrusted.defang(failure.job_name), untrusted.defang(failure.queue)
    on_queue = f" on queue {queue}" if queue else ""
    match failure.kind:
        case Kind.QUEUE_BLOCKED:
            return f"Queue {queue or 'unknown'} is blocked by job {name}"
        case Kind.STUCK:
            return f"Job {name} {queue_head.describe_wait(failure)}{on_queue}"
        case Kind.ENVIRONMENT:
            return _describe_resource(failure, name)
    return f"{_describe_job(failure, name)} failed{on_queue}"


def _describe_job(failure: Failure, name: str) -> str:
    nodes = f" ({failure.node_count} nodes)" if failure.node_count else ""
    named = {
        Kind.ARRAY_CHILD: f"Child {failure.array_index} of array job {name}",
        Kind.ARRAY_PARENT: f"Array job {name}",
        Kind.NODE: f"Node {failure.node_index} of multi-node job {name}",
        Kind.MULTI_NODE: f"Multi-node job {name}{nodes}",
        Kind.SERVICE_JOB: f"SageMaker job {name}",
    }
    return named.get(failure.kind, f"Job {name}")


def _describe_resource(failure: Failure, name: str) -> str:
    if failure.is_unusable:
        resource = _RESOURCES.get(failure.resource_type, failure.resource_type)
        return f"{resource} {name} is {failure.status}"
    verb = _VERBS.get(failure.status, "set up")
    return f"CloudFormation could not {verb} {failure.resource_type} {name}"


def count_failed_children(failure: Failure) -> str:
    """Say how many children of an array failed, where its parent counts them."""
    if failure.array_failed is None or failure.array_size is None:
        return ""
    return f"{failure.array_failed:,} of {failure.array_size:,} children failed"


def list_facts(failure: Failure) -> Pairs:
    """Give labelled lines; what the event does not have gets no line."""
    waiting_since, timeout = failure.waiting_since, failure.timeout_seconds
    unread = failure.labels_unread
    return _defang_pairs(filter_labels(failure) | {
        "when": _format_end(failure),
        "waiting since": units.moment(waiting_since) if waiting_since else "",
        **queue_head.list_facts(failure),
        "queue": failure.queue,
        "definition": failure.definition,
        "pipeline": failure.pipeline,
        "run": failure.run,
        "step": failure.step,
        "attempts": _count_attempts(failure),
        "requested": _requested_sizes(failure),
        "ran on": "" if failure.kind is Kind.STUCK else failure.platform,
        "image": failure.image,
        "exit": "" if failure.exit_code is None else units.exit_code(failure.exit_code),
        "container": failure.container,
        "time": _format_durations(failure),
        "used": _resource_hours(failure),
        "timeout": units.duration(timeout * 1000) if timeout else "",
        "children": count_failed_children(failure),
        "depends on": ", ".join(failure.depends_on),
        "training job": failure.training_job,
        "preempted": failure.preempted,
        "owner": failure.tag("notify:owner"),
        "labels": f"labels not read: {unread}" if unread else "",
    })  # fmt: skip


def _defang_pairs(found: dict[str, str]) -> Pairs:
    return tuple((label, untrusted.defang(value)) for label, value in found.items() if value)


def _format_end(failure: Failure) -> str:
    if failure.stopped_at is None:
        return failure.event_time.replace("T", " ").replace("Z", " UTC")
    return units.moment(failure.stopped_at)


def _format_durations(failure: Failure) -> str:
    """Say how long the job waited in its queue, and how long it ran over all attempts."""
    runs = _run_times(failure)
    parts = [f"ran {units.duration(sum(runs))}"] if runs else []
    if failure.created_at and failure.stopped_at:
        waited = failure.stopped_at - failure.created_at - sum(runs)
        parts = [f"waited {units.duration(waited)}", *parts] if waited >= 0 else parts
    return ", ".join(parts) + (f" in {len(runs)} attempts" if len(runs) > 1 else "")


def _run_times(failure: Failure) -> list[int]:
    runs = [run for attempt in failure.attempts if (run := _run_time(attempt)) is not None]
    if not runs and failure.started_at and failure.stopped_at:
        return [max(0, failure.stopped_at - failure.started_at)]
    return runs


def _count_attempts(failure: Failure) -> str:
    number = len(failure.attempts)
    of = f" of {failure.attempt_limit}" if failure.attempt_limit else ""
    return f"{number}{of}" if number else ""


def _requested_sizes(failure: Failure) -> str:
    sizes = [
        f"{failure.vcpus:g} vCPU" if failure.vcpus else "",
        f"{failure.memory_mib:,} MiB" if failure.memory_mib else "",
        f"{failure.gpus} GPU" if failure.gpus else "",
    ]
    listed = ", ".join(filter(None, sizes))
    return f"{listed} on each node" if listed and failure.kind is Kind.MULTI_NODE else listed


def _resource_hours(failure: Failure) -> str:
    """Sum the vCPU-hours and GiB-hours of all attempts: the cost of the failure."""
    hours = sum(_run_time(attempt) or 0 for attempt in failure.attempts) / units.HOUR_MS
    hours *= failure.node_count or 1
    if not hours or not failure.vcpus:
        return ""
    gib_hours = hours * (failure.memory_mib or 0) / _MIB_PER_GIB
    memory = f", {gib_hours:,.2f} GiB-hours" if failure.memory_mib else ""
    return f"{hours * failure.vcpus:,.2f} vCPU-hours{memory}"


def _run_time(attempt: Attempt) -> int | None:
    if attempt.started_at is None or attempt.stopped_at is None:
        return None
    return max(0, attempt.stopped_at - attempt.started_at)


def list_attempts(failure: Failure) -> tuple[AttemptRow, ...]:
    """Give the table of attempts, oldest first."""
    return tuple(
        AttemptRow(
            number=str(number),
            started=units.moment(a.started_at).removesuffix(" UTC") if a.started_at else "never",
            ran=units.duration(ran) if (ran := _run_time(a)) is not None else "-",
            exit="-" if a.exit_code is None else str(a.exit_code),
            reason=untrusted.defang(a.reason or a.status_reason),
        )
        for number, a in enumerate(failure.attempts, start=1)
    )


def list_links(failure: Failure) -> Pairs:
    """Give the runbook in the job's tag `notify:runbook`, and the console pages.

    Anyone may send a drill, so its runbook is no link.
    """
    runbook = _RUNBOOK.fullmatch(failure.tag("notify:runbook"))
    is_link = runbook and is_public_host(runbook[1]) and not failure.is_drill
    own = (("runbook", runbook[0]),) if runbook and is_link else ()
    return (*own, *console_links.list_links(failure))


def filter_values(failures: Iterable[Failure]) -> dict[str, list[str]]:
    """Return what several failures have of each of those labels."""
    found: dict[str, list[str]] = {}
    for failure in failures:
        for key, value in (filter_labels(failure) | {"run": failure.run}).items():
            found.setdefault(key, []).append(value)
    return found


def list_ids(failure: Failure) -> Pairs:
    """Give the identifiers for a search or a ticket."""
    log = failure.log
    return _defang_pairs({
        "resource" if failure.kind is Kind.ENVIRONMENT else "job id": failure.job_id,
        "account": f"{failure.account} {failure.region}".strip(),
        "log group": log.group if log else "",
        "log stream": log.stream if log else "",
        "host": failure.attempts[-1].host if failure.attempts else "",
        "stack": failure.stack,
        "event": failure.event_id,
    })  # fmt: skip
