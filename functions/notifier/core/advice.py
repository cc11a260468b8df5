"""What to do next, ready to use: the next valid size, links to follow, commands to paste."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from urllib.parse import quote

from notifier.core.failure import Failure, Kind, LogStream

# MiB that Fargate accepts for each vCPU.
# https://docs.aws.amazon.com/batch/latest/APIReference/API_ResourceRequirement.html
FARGATE_MEMORY: dict[float, tuple[int, ...]] = {
    0.25: (512, 1024, 2048),
    0.5: tuple(range(1024, 4097, 1024)),
    1: tuple(range(2048, 8193, 1024)),
    2: tuple(range(4096, 16385, 1024)),
    4: tuple(range(8192, 30721, 1024)),
    8: tuple(range(16384, 61441, 4096)),
    16: tuple(range(32768, 122881, 8192)),
    32: (61440, 122880, 249856),
}
# The account's own names, so that nothing from an event can shape a link or a command.
_REGION = re.compile(r"[a-z]{2}(?:-[a-z]{2,12}){1,3}-\d")
_JOB_ID = re.compile(r"[0-9A-Za-z-]{1,64}(?:[:#]\d{1,5})?")
_ARN = re.compile(r"arn:aws[a-z-]{0,12}:[a-z-]+:[a-z0-9-]*:\d{12}:[\w+=,.@:/-]{1,512}")
_CONSOLES = {
    "aws": "https://{region}.console.aws.amazon.com",
    "aws-cn": "https://console.amazonaws.cn",
    "aws-us-gov": "https://console.amazonaws-us-gov.com",
}


def more_memory(failure: Failure) -> tuple[int, float | None] | None:
    """Give about twice the memory (MiB) and the vCPUs Fargate wants with it.

    None when the event does not say what the job asked for, or no larger size exists.
    """
    memory = failure.memory_mib
    if not memory:
        return None
    if failure.platform != "Fargate":
        return memory * 2, None
    smallest = failure.vcpus or 0.25
    for vcpus, sizes in FARGATE_MEMORY.items():
        for size in sizes if vcpus >= smallest else ():
            if size >= memory * 2:
                return size, vcpus
    largest = FARGATE_MEMORY[32][-1]
    return (largest, 32) if largest > memory else None


def memory_advice(failure: Failure) -> str:
    """Say in one sentence how much memory to ask for next, or nothing."""
    if not failure.memory_mib:
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


def console_links(failure: Failure) -> tuple[tuple[str, str], ...]:
    """Give (label, URL) of the console pages of this failure; none from invalid parts."""
    console = _CONSOLES.get(failure.partition, "").format(region=failure.region)
    if not console or not _REGION.fullmatch(failure.region):
        return ()
    pages = {
        "log": _log_page(failure.log, failure.region),
        "job": _job_page(failure),
        "queue": f"batch/home?region={failure.region}#queues/detail/{failure.queue_arn}"
        if _ARN.fullmatch(failure.queue_arn)
        else "",
        "training job": f"sagemaker/home?region={failure.region}#/jobs/{failure.training_job}"
        if _JOB_ID.fullmatch(failure.training_job)
        else "",
        "stack": f"cloudformation/home?region={failure.region}#/stacks/events"
        f"?stackId={quote(failure.stack, safe='')}"
        if _ARN.fullmatch(failure.stack)
        else "",
    }
    # A log in another Region has its console there.
    log_region = failure.log.region if failure.log else failure.region
    return tuple(
        (label, f"{console.replace(failure.region, log_region) if label == 'log' else console}/{p}")
        for label, p in pages.items()
        if p
    )


def _job_page(failure: Failure) -> str:
    if failure.kind in (Kind.ENVIRONMENT, Kind.SERVICE_JOB) or not _JOB_ID.fullmatch(
        failure.job_id
    ):
        return ""
    page = {
        Kind.ARRAY_PARENT: "array-job",
        Kind.MULTI_NODE: "mnp-job",
    }.get(failure.kind, "detail")
    return f"batch/home?region={failure.region}#jobs/{page}/{quote(failure.job_id, safe='')}"


def _log_page(log: LogStream | None, region: str) -> str:
    if log is None or not _REGION.fullmatch(log.region or region):
        return ""
    # The CloudWatch console wants names encoded twice, with `$` for the second `%`.
    group, stream = (
        quote(quote(name, safe=""), safe="").replace("%", "$") for name in (log.group, log.stream)
    )
    where = log.region or region
    return f"cloudwatch/home?region={where}#logsV2:log-groups/log-group/{group}/log-events/{stream}"


def commands(failure: Failure, cause: str) -> tuple[str, ...]:
    """Give AWS CLI commands that show more, quoted for a shell, the most useful first."""
    if not _REGION.fullmatch(failure.region):
        return ()
    found = [_log_command(failure.log)] if failure.log else []
    if failure.kind is Kind.ENVIRONMENT:
        words = ("cloudformation", "describe-stack-events", "--stack-name", failure.stack)
        found += [_aws(words, failure.region)] if _ARN.fullmatch(failure.stack) else []
    elif _JOB_ID.fullmatch(failure.job_id):
        found += [_aws(words, failure.region) for words in _job_words(failure, cause)]
    return tuple(found)


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
        case Kind.QUEUE_BLOCKED if _ARN.fullmatch(failure.queue_arn):
            words.append(("batch", "describe-job-queues", "--job-queues", failure.queue_arn))
    if cause == "terminated-by-user":
        event = "AttributeKey=EventName,AttributeValue=TerminateJob"
        words.append(("cloudtrail", "lookup-events", "--lookup-attributes", event))
    if cause == "dependent-job-failed":
        upstream = [job for job in failure.depends_on if _JOB_ID.fullmatch(job)]
        words += [("batch", "describe-jobs", "--jobs", *upstream)] if upstream else []
    return [*words, ("batch", "describe-jobs", "--jobs", failure.job_id)]


def _log_command(log: LogStream) -> str:
    names = ("--log-group-name", log.group, "--log-stream-name", log.stream, "--limit", "100")
    only_text = ("--query", "events[].message", "--output", "text")
    return _aws(("logs", "get-log-events", *names, *only_text), log.region)


def _aws(words: Sequence[str], region: str) -> str:
    return shlex.join(("aws", *words, "--region", region))
