"""What the sweep reads from AWS Batch: queues, compute environments and jobs."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

from notifier.aws import calls
from notifier.aws.calls import Timeouts, call_aws
from notifier.ports.sweeping import Listed, Page, Raw

if TYPE_CHECKING:
    from mypy_boto3_batch import BatchClient

MOST_DESCRIBED = 100  # in one DescribeJobs or DescribeComputeEnvironments
MOST_LISTED = 1_000  # in one ListJobs by status
MOST_SERVICE_LISTED = 100  # in one ListServiceJobs
# https://docs.aws.amazon.com/batch/latest/APIReference/API_DescribeJobs.html
# https://docs.aws.amazon.com/batch/latest/APIReference/API_ListJobs.html
# Adaptive, because people and workflow tools share the account's request rate.
# 4 tries of at most 1 s + 4 s; after that the next sweep continues.
_TIMEOUTS = Timeouts(connect_s=1, read_s=4, tries=4, adaptive=True)


class BatchScanner:
    """Reads AWS Batch; see `ports.sweeping.Batch`."""

    def __init__(self) -> None:
        self._client: BatchClient = calls.client("batch", _TIMEOUTS)

    def queues(self, arns: Collection[str]) -> tuple[Raw, ...]:
        """Describe these job queues, or all if none is given."""
        request: dict[str, Any] = {"jobQueues": list(arns)} if arns else {}
        found: list[Raw] = []
        while True:
            answer = call_aws(self._client.describe_job_queues, **request)
            found += answer["jobQueues"]
            if not answer.get("nextToken"):
                return tuple(found)
            request["nextToken"] = answer["nextToken"]

    def environments(self, arns: Collection[str]) -> tuple[Raw, ...]:
        """Describe compute environments."""
        found: list[Raw] = []
        for some in _chunks(list(arns)):
            answer = call_aws(self._client.describe_compute_environments, computeEnvironments=some)
            found += answer["computeEnvironments"]
        return tuple(found)

    def page(self, of: str, status: str, token: str = "") -> Page:
        """List jobs in a status, of a queue (by ARN) or an array (by the id of its parent)."""
        key = "jobQueue" if ":job-queue/" in of else "arrayJobId"
        request: dict[str, Any] = {key: of, "jobStatus": status, "maxResults": MOST_LISTED}
        request |= {"nextToken": token} if token else {}
        answer = call_aws(self._client.list_jobs, **request)
        jobs = tuple(_listed_job(one) for one in answer["jobSummaryList"])
        return Page(jobs, answer.get("nextToken", ""))

    def service_page(self, queue_arn: str, status: str, token: str = "") -> Page:
        """List service jobs in a status of a queue."""
        request: dict[str, Any] = {"jobQueue": queue_arn, "jobStatus": status}
        request |= {"maxResults": MOST_SERVICE_LISTED} | ({"nextToken": token} if token else {})
        answer = call_aws(self._client.list_service_jobs, **request)
        jobs = tuple(_listed_service_job(one, queue_arn) for one in answer["jobSummaryList"])
        return Page(jobs, answer.get("nextToken", ""))

    def snapshot(self, queue_arn: str) -> Raw:
        """Return which jobs are first in a queue, since when, and what the queue uses."""
        return call_aws(self._client.get_job_queue_snapshot, jobQueue=queue_arn)

    def describe(self, job_ids: Sequence[str]) -> tuple[Raw, ...]:
        """Describe jobs, 100 in a call; the result lacks those that no longer exist."""
        found: list[Raw] = []
        for some in _chunks(job_ids):
            found += call_aws(self._client.describe_jobs, jobs=some)["jobs"]
        return tuple(found)


def _listed_job(job: Raw) -> Listed:
    return Listed(
        job_id=job["jobId"],
        created_at=job.get("createdAt", 0),
        stopped_at=job.get("stoppedAt", 0),
        is_array=bool(job.get("arrayProperties", {}).get("size")),
        definition=job.get("jobDefinition", ""),
    )


def _listed_service_job(job: Raw, queue_arn: str) -> Listed:
    summary = {**job, "jobQueue": queue_arn}
    return Listed(job["jobId"], job.get("createdAt", 0), job.get("stoppedAt", 0), summary=summary)


def _chunks(ids: Sequence[str]) -> list[list[str]]:
    starts = range(0, len(ids), MOST_DESCRIBED)
    return [list(ids[start : start + MOST_DESCRIBED]) for start in starts]
