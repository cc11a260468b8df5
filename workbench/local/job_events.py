"""Events of failed jobs as AWS Batch writes them, made to order.

https://docs.aws.amazon.com/batch/latest/userguide/batch_cwe_events.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from notifier.text.units import MINUTE_MS
from workbench.local.aws import ACCOUNT, REGION

Event = dict[str, Any]


def failed(
    job_id: str,
    at: int,
    *,
    name: str = "nightly",
    queue: str = "etl",
    definition: str = "load:3",
    exit_code: int = 1,
    reason: str = "Essential container in task exited",
    container_reason: str = "",
    index: int | None = None,
    depends_on: Sequence[str] = (),
    tags: Mapping[str, str] | None = None,
) -> Event:
    """Make the event of a job that failed `at` a time in epoch milliseconds.

    With an `index` it is a child of the array `job_id`; with jobs in `depends_on` it has waited for
    them in vain.
    """
    batch = f"arn:aws:batch:{REGION}:{ACCOUNT}"
    detail: dict[str, Any] = {"arrayProperties": {"index": index, "statusSummary": {}}}
    if index is None:
        del detail["arrayProperties"]
    else:
        job_id = f"{job_id}:{index}"
    stream = f"{definition.partition(':')[0]}/default/{job_id.replace(':', '-')}"
    container = {"exitCode": exit_code, "logStreamName": stream, "reason": container_reason}
    times = {"startedAt": at - MINUTE_MS, "stoppedAt": at}
    attempts = [{"container": container, "statusReason": reason, **times}]
    if depends_on:  # it has never run
        reason, attempts, container, times = "Dependent Job failed", [], {}, {"stoppedAt": at}
    return {
        "id": f"event-{job_id}",
        "source": "aws.batch",
        "detail-type": "Batch Job State Change",
        "account": ACCOUNT,
        "region": REGION,
        "time": "2026-11-18T13:46:40Z",
        "detail": {
            "jobArn": f"{batch}:job/{job_id}",
            "jobId": job_id,
            "jobName": name,
            "jobQueue": f"{batch}:job-queue/{queue}",
            "jobDefinition": f"{batch}:job-definition/{definition}",
            "status": "FAILED",
            "statusReason": reason,
            "attempts": attempts,
            "container": container,
            "createdAt": at - 2 * MINUTE_MS,
            "dependsOn": [{"jobId": one} for one in depends_on],
            "tags": dict(tags or {}),
            **times,
            **detail,
        },
    }


def array_parent(job_id: str, at: int, size: int, failures: int, **more: Any) -> Event:
    """Make the event of an array whose children have all ended, so many of them as failures."""
    event = failed(job_id, at, reason="Array Child Job failed", **more)
    event["detail"] |= {
        "attempts": [],
        "container": {},
        "arrayProperties": {"size": size, "statusSummary": {"FAILED": failures}},
    }
    return event
