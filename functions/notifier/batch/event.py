"""An event from the bus read as a `Failure`, whatever shape the job has.

`read` is total: any JSON value gives a `Failure`, an `Unreadable` or None, never an exception.
Keys come and go between job kinds and AWS adds new ones, so every look-up tolerates absence and
a wrong type. Environment, command, parameters and log-driver options are dropped here, because
they hold secrets; all text that is kept is made safe here, so nothing later can leak it.
Shapes: https://docs.aws.amazon.com/batch/latest/userguide/batch_cwe_events.html
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from notifier.batch import job, wait_reasons
from notifier.batch.containers import secrets_of
from notifier.batch.failure import (
    DRILL_SOURCE,
    HEARTBEAT_SOURCE,
    ID_LIMIT,
    JOB_NAME_LIMIT,
    NAME_LIMIT,
    REASON_LIMIT,
    SWEEP_SOURCE,
    Failure,
    Kind,
    Unreadable,
)
from notifier.batch.json_lookup import envelope, items, made_safe, moment, node, string
from notifier.text import untrusted

_JOB_STATES = frozenset(
    ("SUBMITTED", "PENDING", "RUNNABLE", "SCHEDULED", "STARTING", "RUNNING", "SUCCEEDED")
)
_SOURCES = ("aws.batch", "aws.cloudformation", DRILL_SOURCE, SWEEP_SOURCE)
_BATCH_RESOURCE = re.compile(r"AWS::Batch::[A-Za-z]{1,64}")
# Of a queue, compute environment or stack: those have no settings that hold secrets.
_NAME, _REASON = made_safe((), NAME_LIMIT), made_safe((), REASON_LIMIT)


def read(event: object) -> Failure | Unreadable | None:
    """Read one EventBridge event.

    Parameters
    ----------
    event
        The decoded JSON, of any shape.

    Returns
    -------
    Failure | Unreadable | None
        None when the event is well formed and reports no failure (a job that succeeded).

    Examples
    --------
    >>> read([]).problem
    'the event is not a JSON object'
    """
    if not isinstance(event, dict):
        return Unreadable("the event is not a JSON object")
    source, detail_type, detail = event.get("source"), event.get("detail-type"), event.get("detail")
    if not isinstance(detail, dict):
        return _unreadable(event, "the event has no detail")
    if source not in _SOURCES:
        return _unreadable(event, "the event comes from a source this notifier does not know")
    reader = _READERS.get(detail_type) if isinstance(detail_type, str) else None
    if reader is None:
        return _unreadable(event, "the event has a detail-type this notifier does not know")
    return reader(event, detail)


def is_heartbeat(event: object) -> bool:
    """Say whether an event only proves that events arrive, of whichever stack.

    HeartbeatRule lets only those of its own stack into the queue.
    """
    source = event.get("source") if isinstance(event, dict) else None
    return isinstance(source, str) and f"{source}.".startswith(f"{HEARTBEAT_SOURCE}.")


def _unreadable(event: dict[str, Any], problem: str) -> Unreadable:
    detail = node(event, "detail")
    name = made_safe(secrets_of(detail), NAME_LIMIT)
    return Unreadable(
        problem=problem,
        **envelope(event, name),
        detail_type=name(event.get("detail-type")),
        job_id=name(detail.get("jobId")),
        job_name=name(detail.get("jobName")),
    )


def _job(event: dict[str, Any], detail: dict[str, Any]) -> Failure | Unreadable | None:
    status = string(detail, "status")
    if status in _JOB_STATES:
        return None
    if status != "FAILED":
        return _unreadable(event, "the event does not say in which state the job is")
    return _read_job(event, detail, job.kind_of(detail))


def _read_job(event: dict[str, Any], detail: dict[str, Any], kind: Kind) -> Failure | Unreadable:
    return job.read(event, detail, kind) or _unreadable(event, "the event names no job")


def _queue_blocked(event: dict[str, Any], detail: dict[str, Any]) -> Failure | Unreadable:
    return _read_job(event, detail, Kind.QUEUE_BLOCKED)


def _service_job(event: dict[str, Any], detail: dict[str, Any]) -> Failure | Unreadable | None:
    failure = _job(event, detail)
    if not isinstance(failure, Failure):
        return failure
    latest = string(detail, "latestAttempt", "serviceResourceId", "value")
    return replace(
        failure,
        kind=Kind.SERVICE_JOB,
        training_job=made_safe(failure.secrets, NAME_LIMIT)(latest).rpartition("training-job/")[2],
        no_log="SageMaker keeps it in /aws/sagemaker/TrainingJobs",
        platform="SageMaker",
    )


def _resource(event: dict[str, Any], detail: dict[str, Any]) -> Failure | Unreadable | None:
    """Read a CloudFormation event: an AWS Batch resource that could not be set up.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/event-detail-resource-status-change.html
    """
    status = string(detail, "status-details", "status")
    resource_type, stack = string(detail, "resource-type"), string(detail, "stack-id")
    if not (status and resource_type):
        return _unreadable(event, "the event does not say which resource is in which state")
    if not (status.endswith("_FAILED") and _BATCH_RESOURCE.fullmatch(resource_type)):
        return None
    logical = string(detail, "logical-resource-id")
    physical = string(detail, "physical-resource-id") or f"{stack}/{logical}"
    return Failure(
        kind=Kind.ENVIRONMENT,
        job_id=made_safe((), ID_LIMIT)(physical),
        job_name=untrusted.truncate(_NAME(logical or resource_type), JOB_NAME_LIMIT),
        **envelope(event, _NAME, _NAME(stack)),
        status=_NAME(status),
        status_reason=_REASON(string(detail, "status-details", "status-reason")),
        stack=_NAME(stack),
        resource_type=_NAME(resource_type),
    )


def _stuck(event: dict[str, Any], detail: dict[str, Any]) -> Failure | Unreadable:
    """Read what the sweep saw of a job that waits: the job, its queue, and where it could run."""
    failure = _read_job(event, detail, Kind.STUCK)
    if not isinstance(failure, Failure):
        return failure
    return replace(
        failure,
        waiting_since=moment(detail.get("waitingSince")) or failure.created_at,
        findings=wait_reasons.findings(failure, items(detail.get("computeEnvironments")), _REASON),
        log=None,
        no_log="the job has not started",
    )


def _unusable(event: dict[str, Any], detail: dict[str, Any]) -> Failure | Unreadable:
    """Read what the sweep saw of a queue or compute environment that runs no jobs."""
    arn, resource_type = string(detail, "arn"), string(detail, "resource-type")
    if not (arn and _BATCH_RESOURCE.fullmatch(resource_type)):
        return _unreadable(event, "the event does not say what cannot be used")
    return Failure(
        kind=Kind.ENVIRONMENT,
        job_id=_NAME(arn),
        job_name=untrusted.truncate(_NAME(string(detail, "name") or arn), JOB_NAME_LIMIT),
        **envelope(event, _NAME, _NAME(arn)),
        queue_arn=_NAME(string(detail, "jobQueue")),
        status=_NAME(string(detail, "status")),
        status_reason=_REASON(string(detail, "statusReason")),
        resource_type=_NAME(resource_type),
    )


_READERS: dict[str, Callable[[dict[str, Any], dict[str, Any]], Failure | Unreadable | None]] = {
    "Batch Job State Change": _job,
    "Batch Job Queue Blocked": _queue_blocked,
    "Batch Service Job State Change": _service_job,
    "CloudFormation Resource Status Change": _resource,
    "Batch Job Stuck": _stuck,
    "Batch Environment Unusable": _unusable,
}
