"""Commands of the AWS CLI, quoted for a shell: they show more of a failure, or run it again."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence

from notifier.batch.failure import Failure, Kind
from notifier.batch.identifiers import are_log_names, is_arn, is_job_id, is_job_name, is_region

_INDICES_LIMIT = 6_000  # characters; ECS takes 8,192 for all overrides of a task together
# Inside the container: the n-th child of the new array works as the n-th that failed. Names that
# begin with AWS_BATCH_ cannot be overridden, and a lone job has no index.
# https://docs.aws.amazon.com/batch/latest/userguide/job_env_vars.html
MAP_INDEX = (
    'export AWS_BATCH_JOB_ARRAY_INDEX=$(echo "$FAILED_INDICES" | '
    "cut -d, -f$((${AWS_BATCH_JOB_ARRAY_INDEX:-0} + 1)))"
)


def inspect_failure(failure: Failure, cause: str) -> tuple[str, ...]:
    """Give commands that show more of a failure, the most useful first."""
    if not is_region(failure.region):
        return ()
    found = _read_log(failure)
    if failure.kind is Kind.ENVIRONMENT:
        words = ("cloudformation", "describe-stack-events", "--stack-name", failure.stack)
        found += [_aws(words, failure.region)] if is_arn(failure.stack) else []
        found += _inspect_resource(failure)
    elif is_job_id(failure.job_id):
        found += [_aws(words, failure.region) for words in _inspect_job(failure, cause)]
    return tuple(found)


def _inspect_resource(failure: Failure) -> list[str]:
    """Show a queue or compute environment as it is now."""
    if not failure.is_unusable or not is_arn(failure.job_id):
        return []
    queue = ("batch", "describe-job-queues", "--job-queues", failure.job_id)
    compute = ("batch", "describe-compute-environments", "--compute-environments", failure.job_id)
    return [_aws(queue if failure.is_queue else compute, failure.region)]


def _inspect_job(failure: Failure, cause: str) -> list[Sequence[str]]:
    failed: Sequence[str] = ("--job-status", "FAILED")
    words: list[Sequence[str]] = []
    match failure.kind:
        case Kind.ARRAY_PARENT:
            words.append(("batch", "list-jobs", "--array-job-id", failure.job_id, *failed))
        case Kind.MULTI_NODE:
            words.append(("batch", "list-jobs", "--multi-node-job-id", failure.job_id, *failed))
        case Kind.SERVICE_JOB:
            return [("batch", "describe-service-job", "--job-id", failure.job_id)]
        case Kind.QUEUE_BLOCKED | Kind.STUCK if is_arn(failure.queue_arn):
            words.append(("batch", "describe-job-queues", "--job-queues", failure.queue_arn))
    if cause == "terminated-by-user":
        # CancelJob stops only a job that has not started, TerminateJob any.
        call = "TerminateJob" if failure.attempts or failure.started_at else "CancelJob"
        event = f"AttributeKey=EventName,AttributeValue={call}"
        words.append(("cloudtrail", "lookup-events", "--lookup-attributes", event))
    if cause == "dependent-job-failed":
        upstream = [job for job in failure.depends_on if is_job_id(job)]
        words += [("batch", "describe-jobs", "--jobs", *upstream)] if upstream else []
    return [*words, ("batch", "describe-jobs", "--jobs", failure.job_id)]


def describe_jobs(job_ids: Sequence[str], region: str) -> tuple[str, ...]:
    """Give the command that shows all about some jobs; DescribeJobs takes at most 100."""
    known = [job for job in job_ids if is_job_id(job)]
    if not known or not is_region(region):
        return ()
    return (_aws(("batch", "describe-jobs", "--jobs", *known), region),)


def submit_job(failure: Failure, *more: str) -> tuple[str, ...]:
    """Give the command that submits a job once more; none from invalid parts.

    Parameters and overrides of the first submission are not known here.
    """
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
    EKS that would have to be set for each container of the pod by its name. `requirements` are
    sizes that the children need and did not have.
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
    """Say whether indices are too many for the overrides of a job."""
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
