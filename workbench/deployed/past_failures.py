"""Past failures of a job queue: found in AWS Batch, made into the events that they were."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
from notifier.text import units, untrusted
from workbench.commands.preview import LOG_LINES
from workbench.deployed import deployment
from workbench.deployed.deployment import Deployment

DESCRIBED = 100  # DescribeJobs takes no more ids
RULE = "─" * 78


@dataclass(frozen=True, slots=True)
class Found:
    """Events of failed jobs, earliest first, and whether there were more than asked for."""

    events: tuple[dict[str, Any], ...]
    queue: str
    since: int
    more: bool = False


def failed_jobs(queue: str, since: int, most: int) -> Found:
    """Find the jobs of a queue that failed after `since` (epoch ms), children of arrays as well.

    Raises
    ------
    InputError
        When AWS Batch does not know the queue, or does not let us see it.
    """
    try:
        summaries = list(islice(_summaries(queue, since), most + 1))
        ids = [one["jobId"] for one in summaries[:most]]
        jobs = [
            job
            for start in range(0, len(ids), DESCRIBED)
            for job in _described(ids[start : start + DESCRIBED])
        ]
    except (BotoCoreError, ClientError) as error:
        raise deployment.cannot(f"list the failed jobs of {queue}", error) from error
    failed = [job for job in jobs if job["status"] == "FAILED" and _ended(job) >= since]
    failed.sort(key=_ended)
    return Found(tuple(map(as_event, failed)), queue, since, len(summaries) > most)


def _summaries(queue: str, since: int) -> Iterator[dict[str, Any]]:
    """Give failed jobs and, of an array that failed, the children that did."""
    for one in _listed(jobQueue=queue):
        if one.get("stoppedAt", since) < since:
            continue
        yield one
        if one.get("arrayProperties", {}).get("size"):
            yield from _listed(arrayJobId=one["jobId"])


def _listed(**what: str) -> Iterator[dict[str, Any]]:
    batch: Any = boto3.client("batch")
    for page in batch.get_paginator("list_jobs").paginate(jobStatus="FAILED", **what):
        yield from page["jobSummaryList"]


def _described(ids: Sequence[str]) -> list[dict[str, Any]]:
    batch: Any = boto3.client("batch")
    jobs: list[dict[str, Any]] = batch.describe_jobs(jobs=list(ids))["jobs"]
    return jobs


def _ended(job: dict[str, Any]) -> int:
    """When it ended, in epoch milliseconds; what says nothing of it ended just now."""
    now = datetime.now(UTC).timestamp() * 1000
    return int(job.get("stoppedAt") or job.get("createdAt") or now)


def as_event(job: dict[str, Any]) -> dict[str, Any]:
    """Make the event that AWS Batch sent for a job: its detail is what DescribeJobs gives.

    https://docs.aws.amazon.com/batch/latest/userguide/batch_job_events.html
    """
    arn = job.get("jobArn", "")
    region, account = [*arn.split(":"), "", "", "", "", ""][3:5]
    return {
        "version": "0",
        "id": f"replay-{job['jobId']}",
        "source": "aws.batch",
        "detail-type": "Batch Job State Change",
        "account": account,
        "region": region,
        "time": units.iso(_ended(job)),
        "resources": [arn],
        "detail": job,
    }


def shown(stack: Deployment, found: Found, *, full: bool) -> Iterator[str]:
    """Show each alert: subject and sentence, or all of the mail with its log."""
    logs = JobLogs() if full else None
    for one in found.events:
        alert = _alert(one, logs)
        texts = message.render_channels(alert)
        untrusted.forget_secrets()
        yield RULE if full else ""
        yield f"Subject: {texts['subject']}"
        yield f"\n{texts['email']}" if full else f"  {alert.sentence}"
    yield _told(found, "nothing was sent")
    if found.events and not full:
        yield "No log was read: it may say more. --full reads them."


def _alert(one: dict[str, Any], logs: JobLogs | None) -> Alert:
    told = parse_event(one)
    if told is None or isinstance(told, Unreadable):
        return compose_unreadable(told or Unreadable("it reports no failure"))
    log = logs.read(told.log) if logs and told.log else None
    return compose(told, log, LOG_LINES)


def sent(stack: Deployment, found: Found) -> Iterator[str]:
    """Put every event on the failure queue, as the rule would have."""
    try:
        FailureOutbox(stack.outputs["FailureQueueUrl"]).send(found.events)
    except ServiceError as error:
        raise deployment.cannot("send them to FailureQueue", error) from error
    yield _told(found, "all were sent to FailureQueue" if found.events else "nothing was sent")


def _told(found: Found, what: str) -> str:
    since = datetime.fromtimestamp(found.since / 1000, UTC)
    more = " (there are more, see --most)" if found.more else ""
    queue = found.queue.rpartition("/")[2]
    number = f"Jobs of {queue} that failed since {since:%Y-%m-%d %H:%M} UTC: {len(found.events)}"
    return f"{number}{more}; {what}."
