"""What to do next, ready to use: the next valid size, links to follow, commands to paste."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping, Sequence
from urllib.parse import quote

from notifier.core import fargate
from notifier.core.failure import Failure, Kind, LogStream

# As Batch words its refusal: "Fargate resource requirements (2.00 vCPU, 1024 MiB) not valid."
_PAIR = re.compile(r"resource requirements \((\d{1,4}\.\d\d) vCPU, (\d{1,9}) MiB\)", re.I)
# The account's own names, so that nothing from an event can shape a link or a command.
_REGION = re.compile(r"[a-z]{2}(?:-[a-z]{2,12}){1,3}-[0-9]")
_JOB_ID = re.compile(r"[0-9A-Za-z-]{1,64}(?:[:#][0-9]{1,5})?")
# Of what is named in an ARN here, nothing has two slashes together: no URL stands in one.
_ARN = re.compile(
    r"(?!.*(?://|www\.))arn:aws[a-z-]{0,12}:[a-z-]+:[a-z0-9-]*:[0-9]{12}:[\w+=,.@:/#-]{1,512}",
    re.ASCII,
)
# Nothing that the AWS CLI takes for an option, nor a mail program for a link. CloudWatch Logs has
# no name with a colon or a star, so that no URL is one.
# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetLogEvents.html
_LOG_NAME = re.compile(r"(?!-|.*www\.)[ -)+-9;-~]{1,512}", re.IGNORECASE)
# https://docs.aws.amazon.com/batch/latest/APIReference/API_SubmitJob.html
_JOB_NAME = re.compile(r"[0-9A-Za-z][0-9A-Za-z_-]{0,127}")
_NAME = re.compile(rf"{_JOB_NAME.pattern}(?:\[\d{{1,5}}\]| node \d{{1,5}})?", re.ASCII)
_INDICES_LIMIT = 6_000  # characters; ECS takes 8,192 for all overrides of a task together
# Inside the container: the n-th child of the new array works as the n-th that failed. Names that
# begin with AWS_BATCH_ cannot be overridden, and a lone job has no index.
# https://docs.aws.amazon.com/batch/latest/userguide/job_env_vars.html
MAP_INDEX = (
    'export AWS_BATCH_JOB_ARRAY_INDEX=$(echo "$FAILED_INDICES" | '
    "cut -d, -f$((${AWS_BATCH_JOB_ARRAY_INDEX:-0} + 1)))"
)
_CONSOLES = {
    "aws": "https://{region}.console.aws.amazon.com",
    "aws-cn": "https://console.amazonaws.cn",
    "aws-us-gov": "https://console.amazonaws-us-gov.com",
}


def is_arn(text: str) -> bool:
    """Say whether a text is an ARN and nothing else."""
    return bool(_ARN.fullmatch(text))


def is_name(text: str) -> bool:
    """Say whether a text is a name that Batch allows, maybe of a child or node, and no markup."""
    return bool(_NAME.fullmatch(text))


def more_memory(failure: Failure) -> tuple[int, float | None] | None:
    """Give about twice the memory (MiB) and the vCPUs Fargate wants with it.

    None when the event does not say what the job asked for, or no larger size exists.
    """
    memory = failure.memory_mib
    if memory is None or memory <= 0:
        return None
    if failure.platform != "Fargate":
        return memory * 2, None
    smallest = failure.vcpus or 0.25
    for vcpus, sizes in fargate.MEMORY.items():
        for size in sizes if vcpus >= smallest else ():
            if size >= memory * 2:
                return size, vcpus
    largest = fargate.MEMORY[32][-1]
    return (largest, 32) if largest > memory and smallest <= 32 else None


def memory_advice(failure: Failure) -> str:
    """Say in one sentence how much memory to ask for next, or nothing."""
    if failure.memory_mib is None or failure.memory_mib <= 0:
        return ""
    larger = more_memory(failure)
    if larger is None:
        return "Fargate has no larger size: run this job on an EC2 queue."
    memory, vcpus = larger
    sentence = f"Raise the job's memory from {failure.memory_mib:,} to {memory:,} MiB"
    if vcpus is None:
        return f"{sentence}, then submit it again."
    more = f" and its vCPUs to {vcpus:g}" if vcpus != failure.vcpus else ""
    return f"{sentence}{more} (a size Fargate accepts), then submit it again."


def pair_advice(reason: str) -> str:
    """Say which pairs of vCPU and memory to choose from where Fargate refused one, or nothing."""
    found = _PAIR.search(reason)
    if not found:
        return ""
    return f"Choose a pair that Fargate has: {fargate.fitting(float(found[1]), int(found[2]))}."


def console_links(failure: Failure) -> tuple[tuple[str, str], ...]:
    """Give (label, URL) of the console pages of this failure; none from invalid parts."""
    pages = {
        "log": (_log_region(failure), _log_page(failure.log)),
        "job": (failure.region, _job_page(failure)),
        "queue": (failure.region, _queue_page(failure)),
        "definition": (failure.region, _definition_page(failure)),
        "training job": (failure.region, _training_page(failure)),
        "stack": (failure.region, _stack_page(failure)),
    }
    return tuple(
        (label, host + page.format(region=region))
        for label, (region, page) in pages.items()
        if page and (host := console(failure.partition, region))
    )


def console(partition: str, region: str) -> str:
    """Give the console of a Region, up to the path; nothing where either is not known."""
    host = _CONSOLES.get(partition, "")
    return host.format(region=region) if _REGION.fullmatch(region) else ""


def _job_page(failure: Failure) -> str:
    no_page = failure.kind in (Kind.ENVIRONMENT, Kind.SERVICE_JOB)
    if no_page or not _JOB_ID.fullmatch(failure.job_id):
        return ""
    pages = {Kind.ARRAY_PARENT: "array-job", Kind.MULTI_NODE: "mnp-job"}
    page = pages.get(failure.kind, "detail")
    return f"/batch/home?region={{region}}#jobs/{page}/{quote(failure.job_id, safe='')}"


def _queue_page(failure: Failure) -> str:
    queue = failure.queue_arn
    return f"/batch/home?region={{region}}#queues/detail/{queue}" if is_arn(queue) else ""


def _definition_page(failure: Failure) -> str:
    arn = failure.definition_arn
    return f"/batch/home?region={{region}}#job-definition/detail/{arn}" if is_arn(arn) else ""


def _training_page(failure: Failure) -> str:
    job = failure.training_job
    return f"/sagemaker/home?region={{region}}#/jobs/{job}" if _JOB_ID.fullmatch(job) else ""


def _stack_page(failure: Failure) -> str:
    stack = quote(failure.stack, safe="")
    page = f"/cloudformation/home?region={{region}}#/stacks/events?stackId={stack}"
    return page if is_arn(failure.stack) else ""


def _log_page(log: LogStream | None) -> str:
    if log is None or not _is_named(log):
        return ""
    # The CloudWatch console wants names encoded twice, with `$` for the second `%`.
    group, stream = (
        quote(quote(name, safe=""), safe="").replace("%", "$") for name in (log.group, log.stream)
    )
    page = "/cloudwatch/home?region={region}#logsV2:log-groups"
    return f"{page}/log-group/{group}/log-events/{stream}"


def _log_region(failure: Failure) -> str:
    """Name the Region of the log, which may be another than the job's."""
    return (failure.log and failure.log.region) or failure.region


def _is_named(log: LogStream) -> bool:
    """Say whether group and stream have names that CloudWatch Logs would take."""
    return bool(_LOG_NAME.fullmatch(log.group) and _LOG_NAME.fullmatch(log.stream))


def commands(failure: Failure, cause: str) -> tuple[str, ...]:
    """Give AWS CLI commands that show more, quoted for a shell, the most useful first."""
    if not _REGION.fullmatch(failure.region):
        return ()
    found = _log_commands(failure)
    if failure.kind is Kind.ENVIRONMENT:
        words = ("cloudformation", "describe-stack-events", "--stack-name", failure.stack)
        found += [_aws(words, failure.region)] if is_arn(failure.stack) else []
        found += _batch_commands(failure)
    elif _JOB_ID.fullmatch(failure.job_id):
        found += [_aws(words, failure.region) for words in _job_words(failure, cause)]
    return tuple(found)


def _batch_commands(failure: Failure) -> list[str]:
    """Show a queue or compute environment as it is now."""
    if not failure.is_unusable or not is_arn(failure.job_id):
        return []
    queue = ("batch", "describe-job-queues", "--job-queues", failure.job_id)
    compute = ("batch", "describe-compute-environments", "--compute-environments", failure.job_id)
    is_queue = failure.resource_type.endswith("Queue")
    return [_aws(queue if is_queue else compute, failure.region)]


def _job_words(failure: Failure, cause: str) -> list[Sequence[str]]:
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
        upstream = [job for job in failure.depends_on if _JOB_ID.fullmatch(job)]
        words += [("batch", "describe-jobs", "--jobs", *upstream)] if upstream else []
    return [*words, ("batch", "describe-jobs", "--jobs", failure.job_id)]


def describe(job_ids: Sequence[str], region: str) -> tuple[str, ...]:
    """Give the command that shows all about some jobs; DescribeJobs takes at most 100."""
    known = [job for job in job_ids if _JOB_ID.fullmatch(job)]
    if not known or not _REGION.fullmatch(region):
        return ()
    return (_aws(("batch", "describe-jobs", "--jobs", *known), region),)


def submit_again(failure: Failure, *more: str) -> tuple[str, ...]:
    """Give the command that submits a job once more; none from invalid parts.

    Parameters and overrides of the first submission are not known here.
    """
    queue, definition = failure.queue_arn, failure.definition_arn
    is_valid = is_arn(queue) and is_arn(definition) and _REGION.fullmatch(failure.region)
    if not is_valid or not _JOB_NAME.fullmatch(failure.job_name):
        return ()
    names = ("--job-name", failure.job_name, "--job-queue", queue, "--job-definition", definition)
    return (_aws(("batch", "submit-job", *names, *more), failure.region),)


def array_again(
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
        return submit_again(failure, *array, *_overrides(sizes))
    if not indices or is_too_long(indices) or failure.platform == "EKS":
        return ()
    environment = [{"name": "FAILED_INDICES", "value": ",".join(map(str, indices))}]
    return submit_again(failure, *array, *_overrides({"environment": environment, **sizes}))


def _overrides(chosen: Mapping[str, object]) -> tuple[str, ...]:
    if not chosen:
        return ()
    return ("--container-overrides", json.dumps(chosen, separators=(",", ":")))


def is_too_long(indices: Sequence[int]) -> bool:
    """Say whether indices are too many for the overrides of a job."""
    return len(",".join(map(str, indices))) > _INDICES_LIMIT


def _log_commands(failure: Failure) -> list[str]:
    log, region = failure.log, _log_region(failure)
    if log is None or not _is_named(log) or not _REGION.fullmatch(region):
        return []
    names = ("--log-group-name", log.group, "--log-stream-name", log.stream, "--limit", "100")
    only_text = ("--query", "events[].message", "--output", "text")
    return [_aws(("logs", "get-log-events", *names, *only_text), region)]


def _aws(words: Sequence[str], region: str) -> str:
    return shlex.join(("aws", *words, "--region", region))
