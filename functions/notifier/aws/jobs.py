"""Later states of jobs and queues, from AWS Batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from notifier.aws import calls
from notifier.aws.calls import Timeouts, call_aws
from notifier.batch.job_secrets import secrets_in
from notifier.incident.job import stable_name
from notifier.incident.recovery import Success

if TYPE_CHECKING:
    from mypy_boto3_batch import BatchClient
    from mypy_boto3_batch.type_defs import (
        JobSummaryTypeDef,
        KeyValuesPairTypeDef,
        ListJobsRequestTypeDef,
        ListJobsResponseTypeDef,
    )

_WAITING = ("SUBMITTED", "PENDING", "RUNNABLE", "STARTING")
_WAITING_SERVICES = (*_WAITING, "SCHEDULED")
MOST_PAGES = 3  # of 100 jobs, newest first: enough to find whether a job ran again
# 2 tries of at most 1 s + 4 s: a follow-up is sent without an answer as well.
_TIMEOUTS = Timeouts(connect_s=1, read_s=4, tries=2)


class Listed:
    """The newest jobs by queue and definition: what one look-up of an invocation asked for.

    The history of a failure and its runs in a row need the same page.
    """

    def __init__(self) -> None:
        self._pages: dict[tuple[str, str], ListJobsResponseTypeDef] = {}

    def keep(self, queue_arn: str, definition: str, page: ListJobsResponseTypeDef) -> None:
        """Keep the first page of all jobs of a definition, whatever their status."""
        self._pages[queue_arn, definition] = page

    def since(self, queue_arn: str, definition: str, since: int) -> list[JobSummaryTypeDef] | None:
        """Return the jobs of a page that reaches back to `since` (epoch ms), or None."""
        page = self._pages.get((queue_arn, definition))
        return page["jobSummaryList"] if page and _reaches(page, since) else None


def make_client() -> BatchClient:
    """Create the client for look-ups; all invocations of a container share it."""
    made: BatchClient = calls.client("batch", _TIMEOUTS)
    return made


class JobLookup:
    """Looks up jobs; see `ports.Jobs`. One object serves one invocation."""

    def __init__(
        self, listed: Listed | None = None, client: Callable[[], BatchClient] = make_client
    ) -> None:
        self._listed, self._make_client = listed or Listed(), client

    @cached_property
    def _client(self) -> BatchClient:
        return self._make_client()

    def successes(
        self, queue_arn: str, definition: str, names: Sequence[str], since: int
    ) -> tuple[Success, ...]:
        """List runs of these jobs that began after `since` and succeeded.

        Names that differ in their dates, ids and numbers are one job's. With a filter, ListJobs
        returns jobs of every status, but no children or nodes.
        https://docs.aws.amazon.com/batch/latest/APIReference/API_ListJobs.html
        """
        jobs = self._listed.since(queue_arn, definition, since)
        if jobs is None:
            jobs = self._list(queue_arn, _filter(definition, names), since)
        wanted = {stable_name(name) for name in names}
        found = [job for job in jobs if _has_succeeded(job, definition, since)]
        return tuple(_success(job) for job in found if stable_name(job["jobName"]) in wanted)

    def _list(
        self, queue_arn: str, wanted: KeyValuesPairTypeDef, since: int
    ) -> list[JobSummaryTypeDef]:
        request: ListJobsRequestTypeDef = {"jobQueue": queue_arn, "filters": [wanted]}
        found: list[JobSummaryTypeDef] = []
        for _ in range(MOST_PAGES):
            page = call_aws(self._client.list_jobs, **request)
            found += page["jobSummaryList"]
            if _reaches(page, since):
                break
            request["nextToken"] = page["nextToken"]
        return found

    def waiting(self, job_ids: Sequence[str]) -> frozenset[str]:
        """Return those of up to 100 jobs that have not begun to run."""
        jobs = call_aws(self._client.describe_jobs, jobs=list(job_ids))["jobs"]
        return frozenset(job["jobId"] for job in jobs if job["status"] in _WAITING)

    def waiting_services(self, job_ids: Sequence[str]) -> frozenset[str]:
        """Return those service jobs that have not begun to run."""
        describe = self._client.describe_service_job
        states = {job_id: call_aws(describe, jobId=job_id)["status"] for job_id in job_ids}
        return frozenset(job_id for job_id, state in states.items() if state in _WAITING_SERVICES)

    def secrets(self, job_ids: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """Return the secret values in the settings of up to 100 jobs, by id.

        AWS Batch describes a job that has ended for at least 7 days.
        https://docs.aws.amazon.com/batch/latest/APIReference/API_DescribeJobs.html
        """
        jobs: Any = call_aws(self._client.describe_jobs, jobs=list(job_ids))["jobs"]
        return {job["jobId"]: secrets_in(job) for job in jobs}

    def is_usable(self, arn: str) -> bool:
        """Return whether a queue or compute environment is VALID and ENABLED, or deleted."""
        found: Sequence[Any]
        if ":job-queue/" in arn:
            found = call_aws(self._client.describe_job_queues, jobQueues=[arn])["jobQueues"]
        else:
            describe = self._client.describe_compute_environments
            found = call_aws(describe, computeEnvironments=[arn])["computeEnvironments"]
        states = [(one.get("status"), one.get("state")) for one in found]
        return all(state == ("VALID", "ENABLED") for state in states)


def _filter(definition: str, names: Sequence[str]) -> KeyValuesPairTypeDef:
    """Ask for one name, if it is always the same, and otherwise for the definition."""
    is_fixed = all(name.casefold() == stable_name(name) for name in names)
    if len(names) == 1 and is_fixed and "*" not in names[0]:
        return {"name": "JOB_NAME", "values": [names[0]]}
    return {"name": "JOB_DEFINITION", "values": [definition]}


def _reaches(page: ListJobsResponseTypeDef, since: int) -> bool:
    """Return whether no page after this one has a job that was created after `since`."""
    jobs = page["jobSummaryList"]
    return not page.get("nextToken") or bool(jobs and jobs[-1].get("createdAt", 0) <= since)


def _has_succeeded(job: JobSummaryTypeDef, definition: str, since: int) -> bool:
    is_same = _definition(job) in ("", definition)
    return is_same and job.get("status") == "SUCCEEDED" and _began(job) > since


def _success(job: JobSummaryTypeDef) -> Success:
    ended = job.get("stoppedAt") or _began(job)
    return Success(job["jobName"], _began(job), ended, job["jobId"])


def _began(job: JobSummaryTypeDef) -> int:
    return job.get("startedAt") or job.get("createdAt") or 0


def _definition(job: JobSummaryTypeDef) -> str:
    """Return the name of the definition without revision; empty if the summary lacks it."""
    return job.get("jobDefinition", "").rpartition("/")[2].partition(":")[0]


class DryRunJobLookup:
    """Finds nothing, for `sam local invoke`."""

    def successes(
        self, queue_arn: str, definition: str, names: Sequence[str], since: int
    ) -> tuple[Success, ...]:
        """Return none."""
        return ()

    def waiting(self, job_ids: Sequence[str]) -> frozenset[str]:
        """Return all of them."""
        return frozenset(job_ids)

    def waiting_services(self, job_ids: Sequence[str]) -> frozenset[str]:
        """Return all of them."""
        return frozenset(job_ids)

    def secrets(self, job_ids: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """Return none."""
        return {}

    def is_usable(self, arn: str) -> bool:
        """Return False."""
        return False
