"""Commands, quoted for a shell: they show more of a failure, or run it again."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping, Sequence

from notifier.batch.failure import Failure, Kind
from notifier.batch.identifiers import are_log_names, is_arn, is_job_id, is_job_name, is_region

CANCELLED_AT_ONCE = 50
_STILL_WAITS = 'jobSummaryList[?contains(`["SUBMITTED","PENDING","RUNNABLE"]`, status)].jobId'
_INDICES_LIMIT = 6_000  # characters; ECS takes 8,192 for all overrides of a task together
# In the container: the n-th child of the new array takes the index of the n-th that failed. Names
# that begin with AWS_BATCH_ cannot be overridden, and a single job has no index.
# https://docs.aws.amazon.com/batch/latest/userguide/job_env_vars.html
MAP_INDEX = (
    'export AWS_BATCH_JOB_ARRAY_INDEX=$(echo "$FAILED_INDICES" | '
    "cut -d, -f$((${AWS_BATCH_JOB_ARRAY_INDEX:-0} + 1)))"
)


def inspect_failure(failure: Failure, cause: str) -> tuple[str, ...]:
    """Give commands that show more of a failure, the most useful first."""
    if not is_region(failure.region):
        return ()
    commands = _read_log(failure)
    if failure.kind is Kind.ENVIRONMENT:
        commands += [_aws(words, failure.region) for words in _inspect_resource(failure)]
    elif is_job_id(failure.job_id):
        commands += [_aws(words, failure.region) for words in _inspect_job(failure, cause)]
    return tuple(commands)


def _inspect_resource(failure: Failure) -> Iterator[Sequence[str]]:
    if is_arn(failure.stack):
        yield "cloudformation", "describe-stack-events", "--stack-name", failure.stack
    if failure.is_unusable and is_arn(failure.job_id):
        if failure.is_queue:
            yield "batch", "describe-job-queues", "--job-queues", failure.job_id
        else:
            option = "--compute-environments"
            yield "batch", "describe-compute-environments", option, failure.job_id


def _inspect_job(failure: Failure, cause: str) -> Iterator[Sequence[str]]:
    job = failure.job_id
    match failure.kind:
        case Kind.ARRAY_PARENT:
            yield "batch", "list-jobs", "--array-job-id", job, "--job-status", "FAILED"
        case Kind.MULTI_NODE:
            yield "batch", "list-jobs", "--multi-node-job-id", job, "--job-status", "FAILED"
        case Kind.SERVICE_JOB:
            yield "batch", "describe-service-job", "--job-id", job
            return
        case Kind.QUEUE_BLOCKED | Kind.STUCK if is_arn(failure.queue_arn):
            yield "batch", "describe-job-queues", "--job-queues", failure.queue_arn
    yield from _inspect_cause(failure, cause)
    yield "batch", "describe-jobs", "--jobs", job


def _inspect_cause(failure: Failure, cause: str) -> Iterator[Sequence[str]]:
    if cause == "terminated-by-user":
        # CancelJob stops only a job that has not started, TerminateJob any.
        call = "TerminateJob" if failure.attempts or failure.started_at else "CancelJob"
        event = f"AttributeKey=EventName,AttributeValue={call}"
        yield "cloudtrail", "lookup-events", "--lookup-attributes", event
    upstream = [job for job in failure.depends_on if is_job_id(job)]
    if cause == "dependent-job-failed" and upstream:
        yield "batch", "describe-jobs", "--jobs", *upstream


def describe_jobs(job_ids: Sequence[str], region: str) -> tuple[str, ...]:
    """Give the command that shows jobs in full; DescribeJobs takes at most 100."""
    known = [job for job in job_ids if is_job_id(job)]
    if not known or not is_region(region):
        return ()
    return (_aws(("batch", "describe-jobs", "--jobs", *known), region),)


def cancel_jobs(job_ids: Sequence[str], region: str) -> tuple[str, ...]:
    """Give the command that cancels waiting jobs; CancelJobs takes at most 50.

    https://docs.aws.amazon.com/batch/latest/APIReference/API_CancelJobs.html
    """
    known = [job for job in job_ids if is_job_id(job)][:CANCELLED_AT_ONCE]
    if not known or not is_region(region):
        return ()
    words = ("batch", "cancel-jobs", "--jobs", *known, "--reason", "it does not start")
    return (_aws(words, region),)


def cancel_waiting(queue_arn: str, definition_arn: str, region: str) -> tuple[str, ...]:
    """Give the command that cancels what waits in a queue of one definition, 50 jobs in a call.

    With a filter, ListJobs returns jobs in every state.
    https://docs.aws.amazon.com/batch/latest/APIReference/API_ListJobs.html
    """
    if not (is_arn(queue_arn) and is_arn(definition_arn) and is_region(region)):
        return ()
    only = ("--filters", f"name=JOB_DEFINITION,values={definition_arn}")
    shown = ("--query", _STILL_WAITS, "--output", "text")
    found = _aws(("batch", "list-jobs", "--job-queue", queue_arn, *only, *shown), region)
    cancel = f"xargs -n {CANCELLED_AT_ONCE} aws batch cancel-jobs --region {region}"
    return (f"{found} | {cancel} --reason 'others like it failed' --jobs",)


def terminate_job(job_id: str, region: str) -> tuple[str, ...]:
    """Give the command that stops a job; of an array, all children that have not ended."""
    if not (is_job_id(job_id) and is_region(region)):
        return ()
    words = ("batch", "terminate-job", "--job-id", job_id, "--reason", "too many children failed")
    return (_aws(words, region),)


def rerun(job_ids: Sequence[str], region: str, *options: str) -> tuple[str, ...]:
    """Give the command of `batch-notifier` that runs jobs again; none from invalid parts."""
    known = [job for job in job_ids if is_job_id(job)]
    if not known or not is_region(region):
        return ()
    return (shlex.join(("batch-notifier", "rerun", *known, *options, "--region", region)),)


def submit_job(failure: Failure, *more: str) -> tuple[str, ...]:
    """Give the command that submits a job again; none from invalid parts."""
    queue, definition = failure.queue_arn, failure.definition_arn
    is_valid = is_arn(queue) and is_arn(definition) and is_region(failure.region)
    if not is_valid or not is_job_name(failure.job_name):
        return ()
    names = ("--job-name", failure.job_name, "--job-queue", queue, "--job-definition", definition)
    return (_aws(("batch", "submit-job", *names, *more), failure.region),)


def submit_array(
    failure: Failure,
    indices: Sequence[int],
    size: int | None,
    requirements: Sequence[Mapping[str, str]] = (),
) -> tuple[str, ...]:
    """Give the command that runs some children of an array again; none when they are too many.

    Batch takes no list of indices: a new array reads them from a variable, see `MAP_INDEX`. On
    EKS each container of the pod would need it by name. `requirements` are larger sizes.
    """
    array = ("--array-properties", f"size={len(indices)}") if len(indices) > 1 else ()
    sizes = {"resourceRequirements": list(requirements)} if requirements else {}
    if len(indices) == size:
        return submit_job(failure, *array, *_overrides(sizes))
    if not indices or exceed_override_limit(indices) or failure.platform == "EKS":
        return ()
    environment = [{"name": "FAILED_INDICES", "value": ",".join(map(str, indices))}]
    return submit_job(failure, *array, *_overrides({"environment": environment, **sizes}))


def _overrides(chosen: Mapping[str, object]) -> tuple[str, ...]:
    if not chosen:
        return ()
    return ("--container-overrides", json.dumps(chosen, separators=(",", ":")))


def exceed_override_limit(indices: Sequence[int]) -> bool:
    """Say whether there are too many indices for the overrides of a job."""
    return len(",".join(map(str, indices))) > _INDICES_LIMIT


def _read_log(failure: Failure) -> list[str]:
    log, region = failure.log, failure.log_region
    if log is None or not (are_log_names(log.group, log.stream) and is_region(region)):
        return []
    names = ("--log-group-name", log.group, "--log-stream-name", log.stream, "--limit", "100")
    only_text = ("--query", "events[].message", "--output", "text")
    return [_aws(("logs", "get-log-events", *names, *only_text), region)]


def _aws(words: Sequence[str], region: str) -> str:
    return shlex.join(("aws", *words, "--region", region))
