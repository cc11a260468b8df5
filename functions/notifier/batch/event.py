"""Parse an EventBridge event into a `Failure`, whatever shape the job has.

`parse_event` never raises: any JSON value gives a `Failure`, an `Unreadable` or None. Keys differ
between kinds of jobs and AWS adds new ones, so every look-up accepts a missing key and a wrong
type. Environment, command, parameters and log driver options are dropped here, because they hold
secrets; all text that is kept is sanitized here, so no later step can leak it.
Shapes: https://docs.aws.amazon.com/batch/latest/userguide/batch_cwe_events.html
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from notifier.batch import job
from notifier.batch.failure import (
    DRILL_SOURCE,
    ID_LIMIT,
    JOB_NAME_LIMIT,
    NAME_LIMIT,
    REASON_LIMIT,
    SERVICE_PLATFORM,
    SWEEP_SOURCE,
    Failure,
    Kind,
    Unreadable,
)
from notifier.batch.job_secrets import secrets_in
from notifier.batch.json_lookup import (
    Json,
    dict_at,
    dicts_at,
    parse_envelope,
    sanitizer,
    str_at,
    time_at,
)
from notifier.batch.wait_reasons import find_wait_reasons
from notifier.batch.waiting.preemption import describe_preemptions
from notifier.batch.waiting.snapshot import parse_head
from notifier.text import untrusted

Parsed = Failure | Unreadable | None
_JOB_STATES = frozenset(
    ("SUBMITTED", "PENDING", "RUNNABLE", "SCHEDULED", "STARTING", "RUNNING", "SUCCEEDED")
)
_SOURCES = ("aws.batch", "aws.cloudformation", DRILL_SOURCE, SWEEP_SOURCE)
PREEMPTIONS = ("Batch Service Job Preemption Started", "Batch Service Job Preemption Completed")
_BATCH_RESOURCE = re.compile(r"AWS::Batch::[A-Za-z]{1,64}")
# CloudFormation stops the siblings in progress when one resource of a stack fails.
_STOPPED_SIBLING = re.compile(r"\s*Resource (?:creation|update|deletion) cancell?ed", re.IGNORECASE)
# For a queue, compute environment or stack, whose settings hold no secrets.
_NAME, _REASON = sanitizer((), NAME_LIMIT), sanitizer((), REASON_LIMIT)


def parse_event(event: object) -> Parsed:
    """Parse one EventBridge event.

    Parameters
    ----------
    event
        The decoded JSON, of any shape.

    Returns
    -------
    Failure | Unreadable | None
        None if the event reports no failure (for example a job that succeeded).

    Examples
    --------
    >>> parse_event([]).problem
    'the event is not a JSON object'
    """
    if not isinstance(event, dict):
        return Unreadable("the event is not a JSON object")
    source, detail_type, detail = event.get("source"), event.get("detail-type"), event.get("detail")
    if not isinstance(detail, dict):
        return _unreadable(event, "the event has no detail")
    if source not in _SOURCES:
        return _unreadable(event, "the event comes from a source this notifier does not know")
    parse = _PARSERS.get(detail_type) if isinstance(detail_type, str) else None
    if parse is None:
        return _unreadable(event, "the event has a detail-type this notifier does not know")
    return parse(event, detail)


def is_preemption(event: object) -> bool:
    """Return whether an event says that a service job gives its capacity to another one."""
    return isinstance(event, dict) and event.get("detail-type") in PREEMPTIONS


def _unreadable(event: Json, problem: str) -> Unreadable:
    detail = dict_at(event, "detail")
    name = sanitizer(secrets_in(detail), NAME_LIMIT)
    return Unreadable(
        problem=problem,
        **parse_envelope(event, name),
        detail_type=name(event.get("detail-type")),
        job_id=name(detail.get("jobId")),
        job_name=name(detail.get("jobName")),
    )


def _parse_failed_job(event: Json, detail: Json) -> Parsed:
    status = str_at(detail, "status")
    if status in _JOB_STATES:
        return None
    if status != "FAILED":
        return _unreadable(event, "the event does not say in which state the job is")
    return _parse_any_job(event, detail, job.kind_of(detail))


def _parse_any_job(event: Json, detail: Json, kind: Kind) -> Parsed:
    return job.parse_job(event, detail, kind) or _unreadable(event, "the event names no job")


def _parse_blocked_queue(event: Json, detail: Json) -> Parsed:
    return _parse_any_job(event, detail, Kind.QUEUE_BLOCKED)


def _parse_service_job(event: Json, detail: Json) -> Parsed:
    failure = _parse_failed_job(event, detail)
    if not isinstance(failure, Failure):
        return failure
    latest = str_at(detail, "latestAttempt", "serviceResourceId", "value")
    return replace(
        failure,
        kind=Kind.SERVICE_JOB,
        training_job=sanitizer(failure.secrets, NAME_LIMIT)(latest).rpartition("training-job/")[2],
        no_log_reason="SageMaker keeps it in /aws/sagemaker/TrainingJobs",
        platform=SERVICE_PLATFORM,
        preempted=describe_preemptions(detail, sanitizer(failure.secrets, REASON_LIMIT)),
    )


def _parse_blocked_service_queue(event: Json, detail: Json) -> Parsed:
    """Parse a service job that blocks its queue.

    https://docs.aws.amazon.com/batch/latest/userguide/batch-service-job-queue-blocked-events.html
    """
    failure = _parse_blocked_queue(event, detail)
    return replace(failure, platform=SERVICE_PLATFORM) if isinstance(failure, Failure) else failure


def _parse_preemption(event: Json, detail: Json) -> Parsed:
    """Ignore a preemption: the job is queued again, and if it fails, that event sums them up.

    https://docs.aws.amazon.com/batch/latest/userguide/batch-service-job-preemption-events.html
    """
    return None


def _parse_stack_event(event: Json, detail: Json) -> Parsed:
    """Parse the event of an AWS Batch resource that CloudFormation could not set up.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/event-detail-resource-status-change.html
    """
    status = str_at(detail, "status-details", "status")
    resource_type, stack = str_at(detail, "resource-type"), str_at(detail, "stack-id")
    if not (status and resource_type):
        return _unreadable(event, "the event does not say which resource is in which state")
    if not (status.endswith("_FAILED") and _BATCH_RESOURCE.fullmatch(resource_type)):
        return None
    reason = str_at(detail, "status-details", "status-reason")
    if _STOPPED_SIBLING.match(reason):
        return None  # the resource that failed first is reported
    logical = str_at(detail, "logical-resource-id")
    physical = str_at(detail, "physical-resource-id") or f"{stack}/{logical}"
    return Failure(
        kind=Kind.ENVIRONMENT,
        job_id=sanitizer((), ID_LIMIT)(physical),
        job_name=untrusted.truncate(_NAME(logical or resource_type), JOB_NAME_LIMIT),
        **parse_envelope(event, _NAME, _NAME(stack)),
        status=_NAME(status),
        status_reason=_REASON(reason),
        stack=_NAME(stack),
        resource_type=_NAME(resource_type),
    )


def _parse_stuck_job(event: Json, detail: Json) -> Parsed:
    """Parse a waiting job that the sweep found, with its queue's compute environments."""
    failure = _parse_any_job(event, detail, Kind.STUCK)
    if not isinstance(failure, Failure):
        return failure
    environments = dicts_at(detail, "computeEnvironments")
    return replace(
        failure,
        waiting_since=time_at(detail, "waitingSince") or failure.created_at,
        queue_head=parse_head(detail, _REASON),
        platform=SERVICE_PLATFORM if str_at(detail, "serviceJobType") else failure.platform,
        wait_reasons=find_wait_reasons(failure, environments, _REASON),
        log=None,
        no_log_reason="the job has not started",
    )


def _parse_unusable_environment(event: Json, detail: Json) -> Parsed:
    """Parse a queue or compute environment that the sweep found unable to run jobs."""
    arn, resource_type = str_at(detail, "arn"), str_at(detail, "resource-type")
    if not (arn and _BATCH_RESOURCE.fullmatch(resource_type)):
        return _unreadable(event, "the event does not say what cannot be used")
    return Failure(
        kind=Kind.ENVIRONMENT,
        job_id=_NAME(arn),
        job_name=untrusted.truncate(_NAME(str_at(detail, "name") or arn), JOB_NAME_LIMIT),
        **parse_envelope(event, _NAME, _NAME(arn)),
        queue_arn=_NAME(str_at(detail, "jobQueue")),
        status=_NAME(str_at(detail, "status")),
        status_reason=_REASON(str_at(detail, "statusReason")),
        resource_type=_NAME(resource_type),
    )


_PARSERS: dict[str, Callable[[Json, Json], Parsed]] = {
    "Batch Job State Change": _parse_failed_job,
    "Batch Job Queue Blocked": _parse_blocked_queue,
    "Batch Service Job State Change": _parse_service_job,
    "Batch Service Job Queue Blocked": _parse_blocked_service_queue,
    **dict.fromkeys(PREEMPTIONS, _parse_preemption),
    "CloudFormation Resource Status Change": _parse_stack_event,
    "Batch Job Stuck": _parse_stuck_job,
    "Batch Environment Unusable": _parse_unusable_environment,
}
