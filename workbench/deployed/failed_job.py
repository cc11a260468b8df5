"""One failed job of an AWS account, read as the alert that it became."""

from __future__ import annotations

import re
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from notifier.alert.alert import Alert, compose, compose_unreadable
from notifier.alert.history import is_comparable
from notifier.aws.history import BatchHistory
from notifier.aws.job_logs import JobLogs
from notifier.batch.event import parse_event
from notifier.batch.failure import Unreadable
from notifier.text import units
from workbench.commands.preview import LOG_LINES, InputError
from workbench.deployed import deployment

# A child's id ends in :12, a node's in #3; the console copies whole ARNs.
_GIVEN = re.compile(
    r"(?:arn:aws[a-z-]*:batch:(?P<region>[a-z0-9-]+):\d{12}:job/)?"
    r"(?P<id>[0-9A-Za-z-]{1,64}(?:[:#]\d{1,5})?)",
    re.ASCII,
)


def alert_of(given: str, region: str = "") -> Alert:
    """Compose the alert of a failed job, with its log and what changed since its last success.

    Parameters
    ----------
    given
        The job's id or ARN; of a child or node as well.
    region
        Where to look; by default that of the ARN, or else of the AWS configuration.

    Raises
    ------
    InputError
        When there is no such job, when it has not failed, or when AWS does not say.
    """
    found = _GIVEN.fullmatch(given)
    if found is None:
        raise InputError(f"not the id or ARN of a job: {given!r}")
    deployment.use_region(region or found["region"] or "")
    try:
        detail = _described(boto3.client("batch"), found["id"])
        return _alert(_as_event(detail))
    except (BotoCoreError, ClientError) as error:
        raise deployment.cannot(f"explain job {found['id']}", error) from error


def _described(batch: Any, job_id: str) -> dict[str, Any]:
    jobs: list[dict[str, Any]] = batch.describe_jobs(jobs=[job_id])["jobs"]
    if not jobs:
        raise InputError(
            f"there is no job {job_id} in {batch.meta.region_name}; AWS Batch forgets jobs a week"
            " or so after their end"
        )
    if jobs[0]["status"] != "FAILED":
        raise InputError(f"job {job_id} has not failed: it is {jobs[0]['status']}")
    return jobs[0]


def _as_event(detail: dict[str, Any]) -> dict[str, Any]:
    """Give the event that Batch sent: its detail is what DescribeJobs answers."""
    region, account = detail["jobArn"].split(":")[3:5]
    ended = detail.get("stoppedAt")  # which the parent of an array does not have
    return {
        "source": "aws.batch",
        "detail-type": "Batch Job State Change",
        "time": units.iso(ended) if ended else "",
        "account": account,
        "region": region,
        "detail": detail,
    }


def _alert(given: dict[str, Any]) -> Alert:
    failure = parse_event(given)
    if isinstance(failure, Unreadable):
        return compose_unreadable(failure)
    if failure is None:
        raise AssertionError("a job that has failed is a failure")
    log = JobLogs().read(failure.log) if failure.log else None
    run_history = BatchHistory().look_up(failure) if is_comparable(failure) else None
    return compose(failure, log, LOG_LINES, run_history=run_history)
