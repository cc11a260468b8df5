"""AWS Batch as the link `Run again` needs it: read a job, submit it once more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ProxyConnectionError,
)

from actions.misuse import UncertainError
from notifier.aws import calls
from notifier.aws.calls import Timeouts, call_aws
from notifier.aws.jobs import JobLookup
from notifier.incident.recovery import Success
from notifier.ports.service_error import ServiceError
from resubmission.overrides import Json
from resubmission.plan import BACK_LINK

# 2 tries of at most 1 s + 4 s: a person waits for the page.
_READS = Timeouts(connect_s=1, read_s=4, tries=2)
# SubmitJob has no token that makes two requests one, so botocore must not try it again.
# https://docs.aws.amazon.com/batch/latest/APIReference/API_SubmitJob.html
_SUBMITS = Timeouts(connect_s=1, read_s=8, tries=1)
# Of 100 children. The indices of more do not fit into one job, see `resubmission.array`.
MOST_PAGES = 11
_NOT_SENT = (
    ConnectTimeoutError, EndpointConnectionError, NoCredentialsError, ProxyConnectionError
)  # fmt: skip


class BatchJobs:
    """Jobs of this account and Region; each method raises `ServiceError`."""

    def __init__(self) -> None:
        self._client: Any = calls.client("batch", _READS)
        self._submitter: Any = calls.client("batch", _SUBMITS)
        self._lookup = JobLookup()

    def find(self, job_id: str) -> Json | None:
        """Read a job; None if AWS Batch no longer knows it."""
        found = call_aws(self._client.describe_jobs, jobs=[job_id])["jobs"]
        return found[0] if found else None

    def definition(self, arn: str) -> Json | None:
        """Read a revision of a job definition; None if there is none."""
        describe = self._client.describe_job_definitions
        found = call_aws(describe, jobDefinitions=[arn])["jobDefinitions"]
        return found[0] if found else None

    def statuses(self, job_ids: Sequence[str]) -> dict[str, str]:
        """Return the status of each of up to 100 jobs that still exists."""
        if not job_ids:
            return {}
        jobs = call_aws(self._client.describe_jobs, jobs=list(job_ids))["jobs"]
        return {each["jobId"]: each["status"] for each in jobs}

    def failed_children(self, job_id: str) -> list[int]:
        """Return the indices of the failed children of an array, up to 1,100 of them."""
        request: dict[str, Any] = {"arrayJobId": job_id, "jobStatus": "FAILED"}
        found: list[int] = []
        for _ in range(MOST_PAGES):
            page = call_aws(self._client.list_jobs, **request)
            found += [int(each["jobId"].rpartition(":")[2]) for each in page["jobSummaryList"]]
            if not page.get("nextToken"):
                break
            request["nextToken"] = page["nextToken"]
        return sorted(found)

    def later_success(self, job: Mapping[str, Any]) -> Success | None:
        """Find a run of the same job that began after this one ended, and succeeded."""
        definition = job["jobDefinition"].rpartition("/")[2].partition(":")[0]
        ended = job.get("stoppedAt") or job.get("createdAt") or 0
        names = [job["jobName"]]
        found = self._lookup.successes(job["jobQueue"], definition, names, ended)
        return max(found, key=lambda one: one.started_at, default=None)

    def submit(self, request: Json) -> str:
        """Submit a job, and return its id.

        Raises
        ------
        ServiceError
            When AWS Batch refused it, or it was not sent.
        UncertainError
            When it may have been submitted.
        """
        try:
            return str(call_aws(self._submitter.submit_job, **request)["jobId"])
        except ServiceError as error:
            if _may_have_arrived(error.__cause__):
                raise UncertainError(error.says) from error
            raise

    def link_back(self, job_arn: str, new: str) -> None:
        """Tag a job with the id of its next run."""
        call_aws(self._client.tag_resource, resourceArn=job_arn, tags={BACK_LINK: new})


def _may_have_arrived(error: BaseException | None) -> bool:
    """Say whether AWS may have done what was asked: it answered with no refusal, or not at all."""
    if isinstance(error, ClientError):
        return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 500)) >= 500
    return not isinstance(error, _NOT_SENT)
