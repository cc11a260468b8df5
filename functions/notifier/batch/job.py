"""Parse the job of an event: what failed, where it ran, how it ended, where its log is."""

from __future__ import annotations

from notifier.batch import retry_strategy
from notifier.batch.containers import (
    Container,
    parse_outcome,
    platform_of,
    requested_resources,
)
from notifier.batch.failure import (
    DEFAULT_LOG_GROUP,
    JOB_NAME_LIMIT,
    NAME_LIMIT,
    REASON_LIMIT,
    Attempt,
    Failure,
    Kind,
    LogStream,
)
from notifier.batch.job_secrets import secrets_in
from notifier.batch.json_lookup import (
    Json,
    Sanitizer,
    dict_at,
    dicts_at,
    int_at,
    parse_envelope,
    sanitizer,
    str_at,
    time_at,
)
from notifier.batch.labels.labels import STEERING_TAGS
from notifier.batch.pipelines import recognise
from notifier.text import untrusted

# https://docs.aws.amazon.com/batch/latest/APIReference/API_LogConfiguration.html
LOG_DRIVERS = frozenset(
    ("awsfirelens", "awslogs", "fluentd", "gelf", "json-file", "journald", "logentries",
     "splunk", "syslog")
)  # fmt: skip
_DEPENDENCIES_KEPT = 20  # SubmitJob takes no more


def kind_of(detail: Json) -> Kind:
    """Return whether a job stands alone, or which part of an array or multi-node job it is."""
    if int_at(detail, "arrayProperties", "index") is not None:
        return Kind.ARRAY_CHILD
    if int_at(detail, "arrayProperties", "size"):
        return Kind.ARRAY_PARENT
    if int_at(detail, "nodeDetails", "nodeIndex") is not None:
        return Kind.NODE
    return Kind.MULTI_NODE if dict_at(detail, "nodeProperties") else Kind.JOB


def parse_job(event: Json, detail: Json, kind: Kind) -> Failure | None:
    """Parse the job that an event is about; None if the event names no job."""
    secrets = secrets_in(detail)
    name, reason = sanitizer(secrets, NAME_LIMIT), sanitizer(secrets, REASON_LIMIT)
    # Cut after masking: a part of a secret goes unnoticed.
    job_arn = name(str_at(detail, "jobArn"))
    job_id = name(str_at(detail, "jobId")) or job_arn.rpartition("job/")[2]
    if not job_id:
        return None
    envelope = parse_envelope(event, name, job_arn)
    return Failure(
        kind=kind,
        job_id=job_id,
        job_name=untrusted.truncate(name(str_at(detail, "jobName")) or job_id, JOB_NAME_LIMIT),
        **envelope,
        job_arn=job_arn,
        queue_arn=name(str_at(detail, "jobQueue")),
        definition_arn=name(str_at(detail, "jobDefinition")),
        status=name(str_at(detail, "status")),
        **_outcome(detail, kind, envelope["region"], reason),
        **_submission(detail, name, reason),
        **requested_resources(detail),
        **_array_and_nodes(detail),
        **_pipeline(detail, name),
        secrets=secrets,
    )


def _outcome(detail: Json, kind: Kind, region: str, safe: Sanitizer) -> Json:
    """Parse how the job ended, and where its log is."""
    containers, attempts = parse_outcome(detail, safe)
    failed = containers[0] if containers else Container()
    last = attempts[-1] if attempts else Attempt()
    no_log_reason = _no_log_reason(detail, kind, failed, attempts)
    log = LogStream(
        failed.log_group or DEFAULT_LOG_GROUP,
        failed.log_stream or last.log_stream,
        failed.log_region or region,
    )
    return {
        "status_reason": safe(str_at(detail, "statusReason")),
        "created_at": time_at(detail, "createdAt"),
        "started_at": time_at(detail, "startedAt"),
        "stopped_at": time_at(detail, "stoppedAt"),
        "stopped_by_request": True in (detail.get("isCancelled"), detail.get("isTerminated")),
        "attempts": attempts,
        "reasons": tuple(dict.fromkeys(one.reason for one in containers if one.reason)),
        "exit_code": last.exit_code if failed.exit_code is None else failed.exit_code,
        "container": failed.name or last.container,
        "image": failed.image,
        "platform": platform_of(detail, attempts),
        "log": None if no_log_reason else log,
        "no_log_reason": no_log_reason,
    }


def _submission(detail: Json, name: Sanitizer, reason: Sanitizer) -> Json:
    """Parse what the job was submitted with: retries, timeout, dependencies, tags."""
    retry, tags = dict_at(detail, "retryStrategy"), dict_at(detail, "tags")
    depends_on = dicts_at(detail, "dependsOn")[:_DEPENDENCIES_KEPT]
    return {
        "attempt_limit": int_at(retry, "attempts"),
        "retry_rules": retry_strategy.parse_rules(retry.get("evaluateOnExit"), reason),
        "timeout_seconds": int_at(detail, "timeout", "attemptDurationSeconds"),
        "depends_on": tuple(name(str_at(one, "jobId")) for one in depends_on),
        "tags": tuple((key, name(tags[key])) for key in STEERING_TAGS if key in tags),
    }


def _array_and_nodes(detail: Json) -> Json:
    array = dict_at(detail, "arrayProperties")
    return {
        "array_size": int_at(array, "size"),
        "array_index": int_at(array, "index"),
        "array_failed": int_at(array, "statusSummary", "FAILED"),
        "node_index": int_at(detail, "nodeDetails", "nodeIndex"),
        "node_count": int_at(detail, "nodeProperties", "numNodes"),
    }


def _pipeline(detail: Json, name: Sanitizer) -> Json:
    """Parse which run of which workflow engine the job is a task of."""
    definition = str_at(detail, "jobDefinition").rpartition("/")[2].partition(":")[0]
    known = recognise.settings_of(detail)
    found = recognise.recognise(str_at(detail, "jobName"), definition, known, name)
    return {"pipeline": found.engine, "run": name(found.run), "step": name(found.step)}


def _no_log_reason(
    detail: Json, kind: Kind, failed: Container, attempts: tuple[Attempt, ...]
) -> str:
    """Return why there is no log to read; empty if there is one."""
    last = attempts[-1] if attempts else Attempt()
    if kind is Kind.ARRAY_PARENT:
        return "each child of the array has its own"
    if dict_at(detail, "eksProperties"):
        return "Batch does not keep the logs of EKS pods"
    if last.started_at is None and last.exit_code is None:
        return "the container never started" if attempts else "the job never started"
    if failed.log_driver not in ("", "awslogs"):
        driver = failed.log_driver if failed.log_driver in LOG_DRIVERS else "chosen"
        return f"the {driver} log driver does not write to CloudWatch"
    return "" if failed.log_stream or last.log_stream else "the event names no log stream"
