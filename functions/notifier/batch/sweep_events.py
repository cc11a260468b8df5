"""What the sweep saw, as the events that tell it: read, grouped and told like any other.

What DescribeJobs gives of a job has the form of an event's `detail`. Values of its environment and
its parameters stay in it, as in the event that was missed: they mask secrets in the log, and the
queue is encrypted. Commands are dropped, and a stuck job, whose log nobody reads, loses all three.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from notifier.batch.failure import SWEEP_SOURCE
from notifier.text import units

# Amazon SQS takes 1 MiB, 256 KiB in some older queues; ten of these go into one call.
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
MOST_BYTES = 100_000
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
    "nodeDetails", "retryStrategy", "platformCapabilities", "timeout",
)  # fmt: skip
_ENVIRONMENT = ("computeEnvironmentName", "state", "status", "statusReason")
_RESOURCES = ("type", "maxvCpus", "desiredvCpus", "instanceTypes")


def missed(job: Mapping[str, Any], now: int) -> dict[str, Any]:
    """Give the event that must have been lost: the job failed, and nobody was told.

    Where the job is too large to send, its settings go, and with them whatever names a log: lines
    whose secrets could not be masked are better not shown.
    """
    ended = job.get("stoppedAt") or job.get("createdAt") or now
    arn = str(job.get("jobArn", ""))
    for detail in (_without(job, _COMMANDS), _small(job), {k: job[k] for k in _NEEDED if k in job}):
        event = _event("aws.batch", "Batch Job State Change", arn, detail, ended)
        if size_of(event) <= MOST_BYTES:
            break
    return event


def stuck(
    job: Mapping[str, Any], environments: Sequence[Mapping[str, Any]], since: int, now: int
) -> dict[str, Any]:
    """Tell of a job that has waited since `since`, with where it could run."""
    kept = [
        {key: one[key] for key in _ENVIRONMENT if key in one}
        | {"computeResources": _picked(one.get("computeResources", {}), _RESOURCES)}
        for one in environments
    ]
    more = {"waitingSince": since, "computeEnvironments": kept}
    arn = str(job.get("jobArn", ""))
    for detail in (_without(job, _SETTINGS), {k: job[k] for k in _NEEDED if k in job}):
        event = _event(SWEEP_SOURCE, "Batch Job Stuck", arn, {**detail, **more}, now)
        if size_of(event) <= MOST_BYTES:
            break
    return event


def unusable(
    arn: str, name: str, status: str, reason: str, queue_arn: str, now: int
) -> dict[str, Any]:
    """Tell of a queue or compute environment that runs no jobs; `status` is what it is instead."""
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


def size_of(event: Mapping[str, Any]) -> int:
    """Give the bytes that an event takes in a queue."""
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


def _small(job: Mapping[str, Any]) -> dict[str, Any]:
    kept: dict[str, Any] = _without(job, _SETTINGS | _BULKY | {"logStreamName"})
    return kept | {name: kept[name][-1:] for name in _ATTEMPTS if kept.get(name)}


def _picked(values: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    return {name: values[name] for name in names if name in values}


def _without(value: Any, names: frozenset[str]) -> Any:
    """Copy a value without the keys of these names, at any depth."""
    if isinstance(value, Mapping):
        return {key: _without(one, names) for key, one in value.items() if key not in names}
    return [_without(one, names) for one in value] if isinstance(value, list) else value
