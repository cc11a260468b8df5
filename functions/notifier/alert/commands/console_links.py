"""Links to AWS console pages, built from valid identifiers alone, in the partition of the job."""

from __future__ import annotations

from urllib.parse import quote

from notifier.batch.failure import Failure, Kind, LogStream
from notifier.batch.identifiers import are_log_names, is_arn, is_job_id, is_region

_HOMES = {
    "aws": "https://{region}.console.aws.amazon.com",
    "aws-cn": "https://console.amazonaws.cn",
    "aws-eusc": "https://{region}.console.amazonaws-eusc.eu",
    "aws-us-gov": "https://console.amazonaws-us-gov.com",
}


def list_links(failure: Failure) -> tuple[tuple[str, str], ...]:
    """Give (label, URL) of the console pages; none from invalid parts."""
    pages = {
        "log": (failure.log_region, _log_page(failure.log)),
        "job": (failure.region, _job_page(failure)),
        "queue": (failure.region, _queue_page(failure)),
        "definition": (failure.region, _definition_page(failure)),
        "training job": (failure.region, _training_page(failure)),
        "stack": (failure.region, _stack_page(failure)),
        "pipeline run": (failure.region, _run_page(failure)),
    }
    return tuple(
        (label, host + page.format(region=region))
        for label, (region, page) in pages.items()
        if page and (host := console_address(failure.partition, region))
    )


def console_address(partition: str, region: str) -> str:
    """Give the address of a Region's console, without a path; empty where it is not known."""
    host = _HOMES.get(partition, "")
    return host.format(region=region) if is_region(region) else ""


def _job_page(failure: Failure) -> str:
    no_page = failure.kind in (Kind.ENVIRONMENT, Kind.SERVICE_JOB)
    if no_page or not is_job_id(failure.job_id):
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
    return f"/sagemaker/home?region={{region}}#/jobs/{job}" if is_job_id(job) else ""


def _stack_page(failure: Failure) -> str:
    stack = quote(failure.stack, safe="")
    page = f"/cloudformation/home?region={{region}}#/stacks/events?stackId={stack}"
    return page if is_arn(failure.stack) else ""


def _run_page(failure: Failure) -> str:
    """Give the page of an execution of Step Functions; other engines have no page in AWS."""
    is_execution = is_arn(failure.run) and failure.run.split(":")[2] == "states"
    page = "/states/home?region={region}#/v2/executions/details/"
    return page + failure.run if is_execution else ""


def _log_page(log: LogStream | None) -> str:
    if log is None or not are_log_names(log.group, log.stream):
        return ""
    # The CloudWatch console takes names encoded twice, with `$` for the second `%`.
    group, stream = (
        quote(quote(name, safe=""), safe="").replace("%", "$") for name in (log.group, log.stream)
    )
    page = "/cloudwatch/home?region={region}#logsV2:log-groups"
    return f"{page}/log-group/{group}/log-events/{stream}"
