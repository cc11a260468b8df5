"""Events of failed jobs as AWS Batch writes them, made to order.

https://docs.aws.amazon.com/batch/latest/userguide/batch_cwe_events.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from notifier.incident.fingerprint import root_of
from notifier.text.units import MINUTE_MS
from workbench.local.aws import ACCOUNT, REGION

Event = dict[str, Any]
ARN = f"arn:aws:batch:{REGION}:{ACCOUNT}"


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

    With an `index` it is a child of the array `job_id`. With jobs in `depends_on` it never ran,
    because one of them failed. The tags of the job are no part of a real event: name some only
    to have them believed.
    """
    array: dict[str, Any] = {}
    if index is not None:
        job_id = f"{job_id}:{index}"
        array = {"arrayProperties": {"index": index, "statusSummary": {}}}
    stream = f"{definition.partition(':')[0]}/default/{job_id.replace(':', '-')}"
    container = {"exitCode": exit_code, "logStreamName": stream, "reason": container_reason}
    detail = {
        "jobName": name,
        "jobQueue": f"{ARN}:job-queue/{queue}",
        "jobDefinition": f"{ARN}:job-definition/{definition}",
        "createdAt": at - 2 * MINUTE_MS,
        "dependsOn": [{"jobId": each} for each in depends_on],
        "tags": {"resourceArn": f"{ARN}:job/{root_of(job_id)}", **(tags or {})},
    }
    run = _no_run(at) if depends_on else _run(at, reason, container)
    return _event(job_id, detail | run | array)


def _run(at: int, reason: str, container: Mapping[str, Any]) -> dict[str, Any]:
    times = {"startedAt": at - MINUTE_MS, "stoppedAt": at}
    attempt = {"container": container, "statusReason": reason, **times}
    return {"statusReason": reason, "attempts": [attempt], "container": container, **times}


def _no_run(at: int) -> dict[str, Any]:
    reason = "Dependent Job failed"
    return {"statusReason": reason, "attempts": [], "container": {}, "stoppedAt": at}


def _event(job_id: str, detail: dict[str, Any]) -> Event:
    return {
        "id": f"event-{job_id}",
        "source": "aws.batch",
        "detail-type": "Batch Job State Change",
        "account": ACCOUNT,
        "region": REGION,
        "time": "2026-11-18T13:46:40Z",
        "detail": detail | {"jobArn": f"{ARN}:job/{job_id}", "jobId": job_id, "status": "FAILED"},
    }


def array_parent(job_id: str, at: int, size: int, failures: int, **facts: Any) -> Event:
    """Make the event of an array whose children have all ended, so many of them as failures."""
    event = failed(job_id, at, reason="Array Child Job failed", **facts)
    event["detail"] |= {
        "attempts": [],
        "container": {},
        "arrayProperties": {"size": size, "statusSummary": {"FAILED": failures}},
    }
    return event
