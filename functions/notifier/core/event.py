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
from functools import partial
from typing import Any

from notifier.core import retry, text, waiting
from notifier.core.containers import (
    Container,
    attempts_of,
    containers_of,
    integer,
    items,
    moment,
    node,
    platform_of,
    resources_of,
    secrets_of,
    string,
)
from notifier.core.failure import (
    DEFAULT_LOG_GROUP,
    DRILL_SOURCE,
    HEARTBEAT_SOURCE,
    ID_LIMIT,
    JOB_NAME_LIMIT,
    LOG_DRIVERS,
    NAME_LIMIT,
    REASON_LIMIT,
    STEERING_TAGS,
    SWEEP_SOURCE,
    Attempt,
    Failure,
    Kind,
    LogStream,
    Unreadable,
)

_JOB_STATES = frozenset(
    ("SUBMITTED", "PENDING", "RUNNABLE", "SCHEDULED", "STARTING", "RUNNING", "SUCCEEDED")
)
_SOURCES = ("aws.batch", "aws.cloudformation", DRILL_SOURCE, SWEEP_SOURCE)
_BATCH_RESOURCE = re.compile(r"AWS::Batch::[A-Za-z]{1,64}")
_Safe = Callable[[object], str]


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
    """Say whether an event only proves that events arrive."""
    return isinstance(event, dict) and event.get("source") == HEARTBEAT_SOURCE


def _unreadable(event: dict[str, Any], problem: str) -> Unreadable:
    detail = node(event, "detail")
    name: _Safe = partial(_safe, secrets=secrets_of(detail), limit=NAME_LIMIT)
    return Unreadable(
        problem=problem,
        event_id=name(event.get("id")),
        event_time=name(event.get("time")),
        account=name(event.get("account")),
        region=name(event.get("region")),
        detail_type=name(event.get("detail-type")),
        job_id=name(detail.get("jobId")),
        job_name=name(detail.get("jobName")),
        is_drill=event.get("source") == DRILL_SOURCE,
    )


def _job(event: dict[str, Any], detail: dict[str, Any]) -> Failure | Unreadable | None:
    status = string(detail, "status")
    if status in _JOB_STATES:
        return None
    if status != "FAILED":
        return _unreadable(event, "the event does not say in which state the job is")
    return _read_job(event, detail, _kind(detail))


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
        training_job=_safe(latest, failure.secrets, NAME_LIMIT).rpartition("training-job/")[2],
        no_log="SageMaker keeps it in /aws/sagemaker/TrainingJobs",
        platform="SageMaker",
    )


def _kind(detail: dict[str, Any]) -> Kind:
    array, nodes = node(detail, "arrayProperties"), node(detail, "nodeProperties")
    if integer(array.get("index")) is not None:
        return Kind.ARRAY_CHILD
    if integer(array.get("size")):
        return Kind.ARRAY_PARENT
    if integer(node(detail, "nodeDetails").get("nodeIndex")) is not None:
        return Kind.NODE
    return Kind.MULTI_NODE if nodes else Kind.JOB


def _read_job(event: dict[str, Any], detail: dict[str, Any], kind: Kind) -> Failure | Unreadable:
    secrets = secrets_of(detail)
    name: _Safe = partial(_safe, secrets=secrets, limit=NAME_LIMIT)
    # Parts are taken of what is safe: without what stands before it, a secret is not known for one.
    job_arn = name(string(detail, "jobArn"))
    job_id = name(string(detail, "jobId")) or job_arn.rpartition("job/")[2]
    if not job_id:
        return _unreadable(event, "the event names no job")
    reason: _Safe = partial(_safe, secrets=secrets, limit=REASON_LIMIT)
    containers = containers_of(detail, reason)
    attempts = attempts_of(detail, reason)
    ended = containers[0] if containers else Container()
    last = attempts[-1] if attempts else Attempt()
    array, nodes = node(detail, "arrayProperties"), node(detail, "nodeProperties")
    region = _part(job_arn, 3) or name(event.get("region"))
    log, no_log = _log(detail, kind, ended, attempts, region)
    return Failure(
        kind=kind,
        job_id=job_id,
        job_name=text.truncate(name(string(detail, "jobName")) or job_id, JOB_NAME_LIMIT),
        event_id=name(event.get("id")),
        event_time=name(event.get("time")),
        account=_part(job_arn, 4) or name(event.get("account")),
        region=region,
        job_arn=job_arn,
        queue_arn=name(string(detail, "jobQueue")),
        definition_arn=name(string(detail, "jobDefinition")),
        status=name(string(detail, "status")),
        status_reason=reason(string(detail, "statusReason")),
        created_at=moment(detail.get("createdAt")),
        started_at=moment(detail.get("startedAt")),
        stopped_at=moment(detail.get("stoppedAt")),
        attempts=attempts,
        attempt_limit=integer(node(detail, "retryStrategy").get("attempts")),
        retry_rules=retry.read(node(detail, "retryStrategy").get("evaluateOnExit"), reason),
        reasons=tuple(dict.fromkeys(c.reason for c in containers if c.reason)),
        exit_code=ended.exit_code if ended.exit_code is not None else last.exit_code,
        container=ended.name or last.container,
        image=ended.image,
        **resources_of(detail),
        platform=platform_of(detail, attempts),
        timeout_seconds=integer(node(detail, "timeout").get("attemptDurationSeconds")),
        array_size=integer(array.get("size")),
        array_index=integer(array.get("index")),
        array_failed=integer(node(array, "statusSummary").get("FAILED")),
        node_index=integer(node(detail, "nodeDetails").get("nodeIndex")),
        node_count=integer(nodes.get("numNodes")),
        depends_on=tuple(
            name(string(other, "jobId")) for other in items(detail.get("dependsOn"))[:20]
        ),
        stopped_by_request=True in (detail.get("isCancelled"), detail.get("isTerminated")),
        log=log,
        no_log=no_log,
        tags=_tags(node(detail, "tags"), name),
        is_drill=event.get("source") == DRILL_SOURCE,
        secrets=secrets,
    )


def _safe(value: object, secrets: tuple[str, ...], limit: int) -> str:
    return text.one_line(value, secrets, limit) if isinstance(value, str) else ""


def _part(arn: str, number: int) -> str:
    """Region (3) or account (4) of a safe ARN; a drill's envelope has the bus's own instead."""
    parts = arn.split(":")
    return parts[number] if len(parts) > number and parts[0] == "arn" else ""


def _tags(tags: dict[str, Any], name: _Safe) -> tuple[tuple[str, str], ...]:
    """Keep the tags that steer this notifier; the others are the owner's business."""
    return tuple((key, name(tags[key])) for key in STEERING_TAGS if key in tags)


def _log(
    detail: dict[str, Any],
    kind: Kind,
    ended: Container,
    attempts: tuple[Attempt, ...],
    region: str,
) -> tuple[LogStream | None, str]:
    """Where the log is, or in a few words why there is none to read."""
    last = attempts[-1] if attempts else Attempt()
    if kind is Kind.ARRAY_PARENT:
        return None, "each child of the array has its own"
    if node(detail, "eksProperties"):
        return None, "Batch does not keep the logs of EKS pods"
    if last.started_at is None and last.exit_code is None:
        return None, "the job never started" if not attempts else "the container never started"
    if ended.log_driver not in ("", "awslogs"):
        driver = ended.log_driver if ended.log_driver in LOG_DRIVERS else "chosen"
        return None, f"the {driver} log driver does not write to CloudWatch"
    stream = ended.log_stream or last.log_stream
    if not stream:
        return None, "the event names no log stream"
    return LogStream(ended.log_group or DEFAULT_LOG_GROUP, stream, ended.log_region or region), ""


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
    name: _Safe = partial(_safe, secrets=(), limit=NAME_LIMIT)
    logical = string(detail, "logical-resource-id")
    return Failure(
        kind=Kind.ENVIRONMENT,
        job_id=_safe(string(detail, "physical-resource-id") or f"{stack}/{logical}", (), ID_LIMIT),
        job_name=text.truncate(name(logical or resource_type), JOB_NAME_LIMIT),
        event_id=name(event.get("id")),
        event_time=name(event.get("time")),
        account=_part(name(stack), 4) or name(event.get("account")),
        region=_part(name(stack), 3) or name(event.get("region")),
        status=name(status),
        status_reason=_safe(string(detail, "status-details", "status-reason"), (), REASON_LIMIT),
        stack=name(stack),
        resource_type=name(resource_type),
        is_drill=event.get("source") == DRILL_SOURCE,
    )


def _stuck(event: dict[str, Any], detail: dict[str, Any]) -> Failure | Unreadable:
    """Read what the sweep saw of a job that waits: the job, its queue, and where it could run."""
    failure = _read_job(event, detail, Kind.STUCK)
    if not isinstance(failure, Failure):
        return failure
    reason: _Safe = partial(_safe, secrets=(), limit=REASON_LIMIT)
    return replace(
        failure,
        waiting_since=moment(detail.get("waitingSince")) or failure.created_at,
        findings=waiting.findings(failure, items(detail.get("computeEnvironments")), reason),
        log=None,
        no_log="the job has not started",
    )


def _unusable(event: dict[str, Any], detail: dict[str, Any]) -> Failure | Unreadable:
    """Read what the sweep saw of a queue or compute environment that runs no jobs."""
    arn, resource_type = string(detail, "arn"), string(detail, "resource-type")
    if not (arn and _BATCH_RESOURCE.fullmatch(resource_type)):
        return _unreadable(event, "the event does not say what cannot be used")
    name: _Safe = partial(_safe, secrets=(), limit=NAME_LIMIT)
    return Failure(
        kind=Kind.ENVIRONMENT,
        job_id=name(arn),
        job_name=text.truncate(name(string(detail, "name") or arn), JOB_NAME_LIMIT),
        event_id=name(event.get("id")),
        event_time=name(event.get("time")),
        account=_part(arn, 4) or name(event.get("account")),
        region=_part(arn, 3) or name(event.get("region")),
        queue_arn=name(string(detail, "jobQueue")),
        status=name(string(detail, "status")),
        status_reason=_safe(string(detail, "statusReason"), (), REASON_LIMIT),
        resource_type=name(resource_type),
        is_drill=event.get("source") == DRILL_SOURCE,
    )


_READERS: dict[str, Callable[[dict[str, Any], dict[str, Any]], Failure | Unreadable | None]] = {
    "Batch Job State Change": _job,
    "Batch Job Queue Blocked": _queue_blocked,
    "Batch Service Job State Change": _service_job,
    "CloudFormation Resource Status Change": _resource,
    "Batch Job Stuck": _stuck,
    "Batch Environment Unusable": _unusable,
}
