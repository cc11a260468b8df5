"""Events for what the sweep found, so that it is parsed, grouped and reported like any other.

DescribeJobs returns a job in the form of an event's `detail`. Environment and parameters stay in
it, as in the event that was missed: they are needed to mask secrets in the log, and the queue is
encrypted. Commands are dropped. A stuck job has no log, so it loses all three.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from notifier.batch.failure import HEARTBEAT_SOURCE, SWEEP_SOURCE
from notifier.batch.json_lookup import str_at
from notifier.text import units

# Amazon SQS accepts 1 MiB, older queues 256 KiB; one call sends up to ten events.
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
MOST_BYTES = 100_000
_NONCE = re.compile(r"[0-9a-f]{32}")
_COMMANDS = frozenset(("command", "args"))
_SETTINGS = _COMMANDS | {"environment", "env", "parameters", "options", "secrets", "secretOptions"}
_BULKY = frozenset(
    ("volumes", "mountPoints", "ulimits", "networkInterfaces", "linuxParameters", "tags",
     "dependsOn", "podProperties", "nodeProperties", "taskProperties")
)  # fmt: skip
_ATTEMPTS = ("attempts", "eksAttempts")
_NEEDED = (
    "jobArn", "jobId", "jobName", "jobQueue", "jobDefinition", "status", "statusReason",
    "createdAt", "startedAt", "stoppedAt", "isCancelled", "isTerminated", "arrayProperties",
    "nodeDetails", "retryStrategy", "platformCapabilities", "timeout", "serviceJobType",
)  # fmt: skip
_OF_SERVICE_JOB = (
    "jobArn", "jobId", "jobName", "jobQueue", "status", "statusReason", "createdAt", "startedAt",
    "stoppedAt", "isTerminated", "latestAttempt", "serviceJobType", "shareIdentifier",
    "quotaShareName",
)  # fmt: skip
_OF_ATTEMPT = ("startedAt", "stoppedAt", "statusReason")
_ENVIRONMENT = ("computeEnvironmentName", "state", "status", "statusReason")
_MANAGED = ("instanceRequirements", "capacityOptionType")
_RESOURCES = ("type", "maxvCpus", "desiredvCpus", "instanceTypes")


def missed_failure(job: Mapping[str, Any], now: int) -> dict[str, Any]:
    """Return an event for a failed job whose own event never arrived.

    If the job is too large to send, it loses its settings and the names of its log streams: without
    the settings, secrets in the log could not be masked.
    """
    ended = job.get("stoppedAt") or job.get("createdAt") or now
    details = (_without(job, _COMMANDS), _without_settings(job), _only(job, _NEEDED))
    return _first_that_fits("aws.batch", "Batch Job State Change", details, ended)


def missed_service_job(summary: Mapping[str, Any], now: int) -> dict[str, Any]:
    """Return an event for a failed service job, from what ListServiceJobs says about it."""
    ended = summary.get("stoppedAt") or summary.get("createdAt") or now
    last = {**summary.get("latestAttempt", {}), **_only(summary, _OF_ATTEMPT)}
    attempts = [last] if summary.get("startedAt") else []
    detail = {**_only(summary, _OF_SERVICE_JOB), "attempts": attempts}
    arn = str(summary.get("jobArn", ""))
    return _event("aws.batch", "Batch Service Job State Change", arn, detail, ended)


def stuck_job(
    job: Mapping[str, Any],
    environments: Sequence[Mapping[str, Any]],
    since: int,
    now: int,
    place: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return an event for a job that has waited since `since` (epoch ms).

    `place` is what the snapshot of its queue says about it.
    """
    kept = [
        {key: one[key] for key in _ENVIRONMENT if key in one}
        | {"computeResources": _resources(one.get("computeResources", {}))}
        for one in environments
    ]
    more = {"waitingSince": since, "computeEnvironments": kept, **(place or {})}
    details = ({**detail, **more} for detail in (_without(job, _SETTINGS), _only(job, _NEEDED)))
    return _first_that_fits(SWEEP_SOURCE, "Batch Job Stuck", details, now)


def _resources(resources: Mapping[str, Any]) -> dict[str, Any]:
    """Keep what decides whether a job can run; of Managed Instances, which types and capacity."""
    kept = _only(resources, _RESOURCES)
    provider = resources.get("managedInstancesProvider", {})
    template = _only(provider.get("instanceLaunchTemplate", {}), _MANAGED)
    return kept | (
        {"managedInstancesProvider": {"instanceLaunchTemplate": template}} if template else {}
    )


def unusable_environment(
    arn: str, name: str, status: str, reason: str, queue_arn: str, now: int
) -> dict[str, Any]:
    """Return an event for a queue or compute environment that is INVALID or DISABLED."""
    kind = "JobQueue" if ":job-queue/" in arn else "ComputeEnvironment"
    detail = {
        "arn": arn,
        "name": name,
        "resource-type": f"AWS::Batch::{kind}",
        "status": status,
        "statusReason": reason,
        "jobQueue": queue_arn,
    }
    return _event(SWEEP_SOURCE, "Batch Environment Unusable", arn, detail, now)


def _first_that_fits(
    source: str, detail_type: str, details: Iterable[Mapping[str, Any]], at: int
) -> dict[str, Any]:
    """Return the event with the first detail that is small enough, or else the last."""
    for detail in details:
        event = _event(source, detail_type, str(detail.get("jobArn", "")), detail, at)
        if size_of(event) <= MOST_BYTES:
            break
    return event


def size_of(event: Mapping[str, Any]) -> int:
    """Return the bytes that an event takes in a queue."""
    return len(json.dumps(event, ensure_ascii=False).encode("utf-8", "replace"))


def _event(
    source: str, detail_type: str, arn: str, detail: Mapping[str, Any], at: int
) -> dict[str, Any]:
    parts = arn.split(":")
    return {
        "version": "0",
        "id": f"sweep-{parts[-1].rpartition('/')[2] if len(parts) < 7 else arn.partition('/')[2]}",
        "detail-type": detail_type,
        "source": source,
        "account": parts[4] if len(parts) > 4 else "",
        "time": units.iso(at),
        "region": parts[3] if len(parts) > 3 else "",
        "resources": [arn],
        "detail": dict(detail),
    }


def _without_settings(job: Mapping[str, Any]) -> dict[str, Any]:
    kept: dict[str, Any] = _without(job, _SETTINGS | _BULKY | {"logStreamName"})
    return kept | {name: kept[name][-1:] for name in _ATTEMPTS if kept.get(name)}


def _only(values: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    return {name: values[name] for name in names if name in values}


def _without(value: Any, names: frozenset[str]) -> Any:
    """Copy a value without the keys of these names, at any depth."""
    if isinstance(value, Mapping):
        return {key: _without(one, names) for key, one in value.items() if key not in names}
    return [_without(one, names) for one in value] if isinstance(value, list) else value


def heartbeat_nonce(event: object) -> str | None:
    """Return the nonce of a heartbeat, which only proves that events arrive; None for the rest.

    HeartbeatRule lets only those of its own stack into the queue, but everyone who may put events
    on the bus can name that source: without a nonce of the right form, the text is empty.
    """
    source = event.get("source") if isinstance(event, dict) else None
    if not (isinstance(source, str) and f"{source}.".startswith(f"{HEARTBEAT_SOURCE}.")):
        return None
    nonce = str_at(event, "detail", "nonce")
    return nonce if _NONCE.fullmatch(nonce) else ""
