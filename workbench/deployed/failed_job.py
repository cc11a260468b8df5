"""One failed job of an AWS account, as the alert that it became."""

from __future__ import annotations

import re
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from notifier.alert.alert import Alert, compose, compose_unreadable
from notifier.alert.history import is_comparable
from notifier.aws.history import RunHistoryLookup
from notifier.aws.job_logs import JobLogs
from notifier.aws.labels.definitions import Definitions
from notifier.aws.labels.lookup import LabelLookup
from notifier.batch.event import parse_event
from notifier.batch.failure import Unreadable
from notifier.batch.labels.labels import Labels, with_labels
from notifier.text import units
from workbench.deployed import deployment
from workbench.errors import InputError
from workbench.event_file import LOG_LINES

# The id of a child ends in :12, that of a node in #3; the console copies whole ARNs.
_JOB = re.compile(
    r"(?:arn:aws[a-z-]*:batch:(?P<region>[a-z0-9-]+):\d{12}:job/)?"
    r"(?P<id>[0-9A-Za-z-]{1,64}(?:[:#]\d{1,5})?)",
    re.ASCII,
)


def compose_alert(job: str, region: str = "") -> Alert:
    """Compose the alert of a failed job, with its log and what changed since its last success.

    Parameters
    ----------
    job
        Id or ARN of a job, child or node.
    region
        Where to look; the default is the Region of the ARN, or else the configured one.

    Raises
    ------
    InputError
        When the job does not exist or has not failed, or AWS returns an error.
    """
    found = _JOB.fullmatch(job)
    if found is None:
        raise InputError(f"not the id or ARN of a job: {job!r}")
    deployment.use_region(region or found["region"] or "")
    try:
        return _compose(_describe_failed_job(boto3.client("batch"), found["id"]))
    except (BotoCoreError, ClientError) as error:
        raise deployment.aws_error(f"explain job {found['id']}", error) from error


def _describe_failed_job(batch: Any, job_id: str) -> dict[str, Any]:
    jobs: list[dict[str, Any]] = batch.describe_jobs(jobs=[job_id])["jobs"]
    if not jobs:
        raise InputError(
            f"there is no job {job_id} in {batch.meta.region_name}; AWS Batch deletes jobs about a"
            " week after they end"
        )
    if jobs[0]["status"] != "FAILED":
        raise InputError(f"job {job_id} has not failed: it is {jobs[0]['status']}")
    return jobs[0]


def _compose(job: dict[str, Any]) -> Alert:
    failure = parse_event(job_event(job, job.get("stoppedAt")))
    if isinstance(failure, Unreadable):
        return compose_unreadable(failure)
    if failure is None:
        raise AssertionError("a job that has failed is a failure")
    labels = LabelLookup(Definitions()).read([failure]).get(failure.job_id, Labels())
    failure = with_labels(failure, labels, names=())
    log = JobLogs().read(failure.log) if failure.log else None
    run_history = RunHistoryLookup().look_up(failure) if is_comparable(failure) else None
    return compose(failure, log, LOG_LINES, run_history=run_history)


def job_event(job: dict[str, Any], ended_at: int | None, event_id: str = "") -> dict[str, Any]:
    """Rebuild the event that AWS Batch sent for a job: its detail is what DescribeJobs returns.

    https://docs.aws.amazon.com/batch/latest/userguide/batch_job_events.html

    Parameters
    ----------
    ended_at
        Epoch milliseconds; None where it is not known, as for the parent of an array.
    """
    arn = job.get("jobArn", "")
    region, account = [*arn.split(":"), "", "", "", "", ""][3:5]
    return {
        "version": "0",
        "id": event_id,
        "source": "aws.batch",
        "detail-type": "Batch Job State Change",
        "account": account,
        "region": region,
        "time": units.iso(ended_at) if ended_at else "",
        "resources": [arn],
        "detail": job,
    }
