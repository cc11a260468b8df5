"""The usual function behind an EventBridge rule: one event, the end of its log, one message."""

from __future__ import annotations

import os
from typing import Any

import boto3

LOG_GROUP = "/aws/batch/job"
LOG_LINES = 50
SUBJECT_LIMIT = 100  # https://docs.aws.amazon.com/sns/latest/api/API_Publish.html

sns = boto3.client("sns")
logs = boto3.client("logs")


def handler(event: dict[str, Any], _: object) -> None:
    """Publish the job, the reason and the last lines of the log."""
    job = event["detail"]
    lines = [
        f"Job: {job['jobName']} ({job['jobId']})",
        f"Queue: {job['jobQueue']}",
        f"Reason: {job.get('statusReason', 'unknown')}",
        f"Exit code: {job['container'].get('exitCode', 'none')}",
        "",
        *_log(job["container"].get("logStreamName")),
    ]
    sns.publish(
        TopicArn=os.environ["ALERT_TOPIC_ARN"],
        Subject=f"AWS Batch job failed: {job['jobName']}"[:SUBJECT_LIMIT],
        Message="\n".join(lines),
    )


def _log(stream: str | None) -> list[str]:
    if not stream:
        return ["(no log)"]
    try:
        answer = logs.get_log_events(
            logGroupName=LOG_GROUP, logStreamName=stream, limit=LOG_LINES, startFromHead=False
        )
    except logs.exceptions.ResourceNotFoundException:
        return ["(no log)"]
    return [each["message"] for each in answer["events"]]
