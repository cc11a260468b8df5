"""The job half of an event: what failed, where it ran and how it ended, and where its log is."""

from __future__ import annotations

from typing import Any

from notifier.batch import retry_strategy
from notifier.batch.containers import (
    Container,
    attempts_of,
    containers_of,
    platform_of,
    resources_of,
    secrets_of,
)
from notifier.batch.failure import (
    DEFAULT_LOG_GROUP,
    JOB_NAME_LIMIT,
    LOG_DRIVERS,
    NAME_LIMIT,
    REASON_LIMIT,
    STEERING_TAGS,
    Attempt,
    Failure,
    Kind,
    LogStream,
)
from notifier.batch.json_lookup import envelope, integer, items, made_safe, moment, node, string
from notifier.text import untrusted

_DEPENDENCIES_KEPT = 20  # SubmitJob takes no more


def kind_of(detail: dict[str, Any]) -> Kind:
    """Say what a failed job is: one of its own, or which part of an array or multi-node job."""
    array, nodes = node(detail, "arrayProperties"), node(detail, "nodeProperties")
    if integer(array.get("index")) is not None:
        return Kind.ARRAY_CHILD
    if integer(array.get("size")):
        return Kind.ARRAY_PARENT
    if integer(node(detail, "nodeDetails").get("nodeIndex")) is not None:
        return Kind.NODE
    return Kind.MULTI_NODE if nodes else Kind.JOB


def read(event: dict[str, Any], detail: dict[str, Any], kind: Kind) -> Failure | None:
    """Read the job that an event is about; None where it names none."""
    secrets = secrets_of(detail)
    name, reason = made_safe(secrets, NAME_LIMIT), made_safe(secrets, REASON_LIMIT)
    # Parts are taken of what is safe: without what stands before it, a secret is not known for one.
    job_arn = name(string(detail, "jobArn"))
    job_id = name(string(detail, "jobId")) or job_arn.rpartition("job/")[2]
    if not job_id:
        return None
    containers = containers_of(detail, reason)
    attempts = attempts_of(detail, reason)
    ended = containers[0] if containers else Container()
    last = attempts[-1] if attempts else Attempt()
    array, nodes = node(detail, "arrayProperties"), node(detail, "nodeProperties")
    tags = node(detail, "tags")
    about = envelope(event, name, job_arn)
    log, no_log = _log(detail, kind, ended, attempts, about["region"])
    return Failure(
        kind=kind,
        job_id=job_id,
        job_name=untrusted.truncate(name(string(detail, "jobName")) or job_id, JOB_NAME_LIMIT),
        **about,
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
        retry_rules=retry_strategy.read(
            node(detail, "retryStrategy").get("evaluateOnExit"), reason
        ),
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
            name(string(other, "jobId"))
            for other in items(detail.get("dependsOn"))[:_DEPENDENCIES_KEPT]
        ),
        stopped_by_request=True in (detail.get("isCancelled"), detail.get("isTerminated")),
        log=log,
        no_log=no_log,
        # The other tags are the owner's business.
        tags=tuple((key, name(tags[key])) for key in STEERING_TAGS if key in tags),
        secrets=secrets,
    )


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
