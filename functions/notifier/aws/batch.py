"""AWS Batch as the sweep looks at it: queues, compute environments, lists of jobs, jobs."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from notifier.aws import calls
from notifier.aws.calls import Timeouts, call
from notifier.ports.sweeping import Listed, Page, Raw

if TYPE_CHECKING:
    from mypy_boto3_batch import BatchClient

MOST_DESCRIBED = 100  # in one DescribeJobs or DescribeComputeEnvironments
MOST_LISTED = 1_000  # in one ListJobs by status
# https://docs.aws.amazon.com/batch/latest/APIReference/API_DescribeJobs.html
# https://docs.aws.amazon.com/batch/latest/APIReference/API_ListJobs.html
# Adaptive: people and workflow tools share the account's rate, so who is throttled slows down.
# 4 tries of at most 1 s + 4 s; after that this run stops, and the next goes on.
_TIMEOUTS = Timeouts(connect_s=1, read_s=4, tries=4, adaptive=True)


class BatchLists:
    """Looks at AWS Batch; see `sweep_ports.Batch`."""

    @cached_property
    def _client(self) -> BatchClient:
        made: BatchClient = calls.client("batch", _TIMEOUTS)
        return made

    def queues(self, arns: Collection[str]) -> tuple[Raw, ...]:
        """Describe job queues: those named, or all where none is."""
        named: dict[str, Any] = {"jobQueues": list(arns)} if arns else {}
        found: list[Raw] = []
        while True:
            answer = call(self._client.describe_job_queues, **named)
            found += answer["jobQueues"]
            if not answer.get("nextToken"):
                return tuple(found)
            named["nextToken"] = answer["nextToken"]

    def environments(self, arns: Collection[str]) -> tuple[Raw, ...]:
        """Describe compute environments."""
        found: list[Raw] = []
        for some in _hundreds(list(arns)):
            answer = call(self._client.describe_compute_environments, computeEnvironments=some)
            found += answer["computeEnvironments"]
        return tuple(found)

    def page(self, of: str, status: str, token: str = "") -> Page:
        """List jobs in a status, of a queue (by ARN) or an array (by the id of its parent)."""
        whose = "jobQueue" if ":job-queue/" in of else "arrayJobId"
        request: dict[str, Any] = {whose: of, "jobStatus": status, "maxResults": MOST_LISTED}
        request |= {"nextToken": token} if token else {}
        answer = call(self._client.list_jobs, **request)
        jobs = tuple(_listed(one) for one in answer["jobSummaryList"])
        return Page(jobs, answer.get("nextToken", ""))

    def describe(self, job_ids: Sequence[str]) -> tuple[Raw, ...]:
        """Describe jobs, in as few calls as can be; those that are gone are left out."""
        found: list[Raw] = []
        for some in _hundreds(job_ids):
            found += call(self._client.describe_jobs, jobs=some)["jobs"]
        return tuple(found)


def _listed(job: Raw) -> Listed:
    return Listed(
        job_id=job["jobId"],
        created_at=job.get("createdAt", 0),
        stopped_at=job.get("stoppedAt", 0),
        is_array=bool(job.get("arrayProperties", {}).get("size")),
    )


def _hundreds(ids: Sequence[str]) -> list[list[str]]:
    starts = range(0, len(ids), MOST_DESCRIBED)
    return [list(ids[start : start + MOST_DESCRIBED]) for start in starts]
