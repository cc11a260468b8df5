"""Past failures of a job queue, rebuilt from AWS Batch as the events that they were."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from notifier.alert.alert import Alert, compose, compose_unreadable
from notifier.aws.job_logs import JobLogs
from notifier.aws.queues import FailureOutbox
from notifier.batch.event import parse_event
from notifier.batch.failure import Unreadable
from notifier.channels import message
from notifier.ports.service_error import ServiceError
from notifier.text import untrusted
from workbench.deployed import deployment
from workbench.deployed.deployment import Deployment
from workbench.deployed.failed_job import job_event
from workbench.event_file import LOG_LINES

DESCRIBE_LIMIT = 100  # job ids in one DescribeJobs call


@dataclass(frozen=True, slots=True)
class PastFailures:
    """Events of failed jobs, earliest first."""

    events: tuple[dict[str, Any], ...]
    queue: str
    since: int
    """Epoch milliseconds."""
    has_more: bool = False
    """Whether there were more than the requested maximum."""


def find_failed_jobs(
    queue: str, since: int, maximum: int, step: Callable[[str], None] = lambda _: None
) -> PastFailures:
    """Find the jobs of a queue that failed after `since` (epoch ms), children of arrays as well.

    `step` is told what is being done, again and again.

    Raises
    ------
    InputError
        When the queue does not exist, or access is denied.
    """
    try:
        summaries = list(islice(_list_failed(queue, since), maximum + 1))
        ids = [summary["jobId"] for summary in summaries[:maximum]]
        jobs: list[dict[str, Any]] = []
        for start in range(0, len(ids), DESCRIBE_LIMIT):
            step(f"reading failed jobs of {queue}: {start:,} of {len(ids):,}")
            jobs += _describe(ids[start : start + DESCRIBE_LIMIT])
    except (BotoCoreError, ClientError) as error:
        raise deployment.aws_error(f"list the failed jobs of {queue}", error) from error
    failed = [job for job in jobs if job["status"] == "FAILED" and _ended_at(job) >= since]
    failed.sort(key=_ended_at)
    events = tuple(job_event(job, _ended_at(job), f"replay-{job['jobId']}") for job in failed)
    return PastFailures(events, queue, since, len(summaries) > maximum)


def _list_failed(queue: str, since: int) -> Iterator[dict[str, Any]]:
    """List failed jobs and, for an array that failed, its failed children."""
    for summary in _list_jobs(jobQueue=queue):
        if summary.get("stoppedAt", since) < since:
            continue
        yield summary
        if summary.get("arrayProperties", {}).get("size"):
            yield from _list_jobs(arrayJobId=summary["jobId"])


def _list_jobs(**parent: str) -> Iterator[dict[str, Any]]:
    batch: Any = boto3.client("batch")
    for page in batch.get_paginator("list_jobs").paginate(jobStatus="FAILED", **parent):
        yield from page["jobSummaryList"]


def _describe(ids: Sequence[str]) -> list[dict[str, Any]]:
    batch: Any = boto3.client("batch")
    jobs: list[dict[str, Any]] = batch.describe_jobs(jobs=list(ids))["jobs"]
    return jobs


def _ended_at(job: dict[str, Any]) -> int:
    """Return when a job ended, in epoch milliseconds; now, where the job does not say."""
    now = datetime.now(UTC).timestamp() * 1000
    return int(job.get("stoppedAt") or job.get("createdAt") or now)


def compose_alerts(failures: PastFailures, *, full: bool) -> Iterator[tuple[str, str, str]]:
    """Compose each alert: subject, summary, and the email; with its log if `full` is set."""
    logs = JobLogs() if full else None
    for each in failures.events:
        alert = _compose(each, logs)
        texts = message.render_channels(alert)
        untrusted.forget_secrets()
        yield texts["subject"], alert.sentence, texts["email"]


def _compose(failure_event: dict[str, Any], logs: JobLogs | None) -> Alert:
    failure = parse_event(failure_event)
    if failure is None or isinstance(failure, Unreadable):
        return compose_unreadable(failure or Unreadable("it reports no failure"))
    log = logs.read(failure.log) if logs and failure.log else None
    return compose(failure, log, LOG_LINES)


def send(stack: Deployment, failures: PastFailures) -> None:
    """Put every event on the failure queue, as the rule did."""
    try:
        FailureOutbox(stack.outputs["FailureQueueUrl"]).send(failures.events)
    except ServiceError as error:
        raise deployment.aws_error("send them to FailureQueue", error) from error


def summarize(failures: PastFailures, result: str) -> str:
    """Say how many jobs were found, and what was done with them."""
    since = datetime.fromtimestamp(failures.since / 1000, UTC)
    queue, count = failures.queue.rpartition("/")[2], len(failures.events)
    more = " (there are more, see --most)" if failures.has_more else ""
    return f"Jobs of {queue} that failed since {since:%Y-%m-%d %H:%M} UTC: {count}{more}; {result}."
