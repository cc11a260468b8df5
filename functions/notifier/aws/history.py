"""The last success of a job and the shape it had then, from AWS Batch."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

from notifier.alert.history import Run, RunHistory
from notifier.aws import calls
from notifier.aws.calls import Timeouts, call_aws
from notifier.aws.jobs import Listed
from notifier.aws.labels.definitions import Definitions
from notifier.batch.failure import JOB_NAME_LIMIT, NAME_LIMIT, Failure
from notifier.batch.job_shape import shape_of_job
from notifier.incident.fingerprint import root_of
from notifier.ports.service_error import ErrorKind, ServiceError
from notifier.text import untrusted

if TYPE_CHECKING:
    from mypy_boto3_batch import BatchClient
    from mypy_boto3_batch.type_defs import JobSummaryTypeDef, ListJobsResponseTypeDef

# An alert must not wait for its history: one try of at most 1 s + 2 s for each call, and no call
# after this time.
GIVE_UP_S = 4.0
_TIMEOUTS = Timeouts(connect_s=1, read_s=2, tries=1)
MOST_UNANSWERED = 2  # unanswered look-ups; the others of the invocation are skipped
NO_ANSWER = "AWS Batch did not answer"
REFUSED = "AWS Batch has no record of it"  # a deleted queue, an old job
FORGOTTEN = "AWS Batch no longer has one of the two runs"
_ROLES = ("after", "before")  # what failed, and its last success
_DEFINITION_ROLES = {"after": "definition_after", "before": "definition_before"}


class RunHistoryLookup:
    """Looks up earlier runs; see `ports.History`. One object serves one invocation."""

    def __init__(
        self, definitions: Definitions | None = None, listed: Listed | None = None
    ) -> None:
        self._unanswered = 0
        self._definitions, self._listed = definitions or Definitions(), listed or Listed()

    def look_up(self, failure: Failure) -> RunHistory:
        """Call ListJobs, DescribeJobs and DescribeJobDefinitions, each once at most."""
        if self._unanswered >= MOST_UNANSWERED:
            return RunHistory(unknown=NO_ANSWER)
        lookup = _Lookup(failure, self._definitions, self._listed)
        try:
            lookup.run()
        except ServiceError as error:
            self._unanswered += error.kind is ErrorKind.RETRYABLE
            lookup.found["unknown"] = _unknown_because(error)
        return RunHistory(**lookup.found)


def _unknown_because(error: ServiceError) -> str:
    if error.kind is ErrorKind.DENIED:
        return f"not allowed to query AWS Batch ({error.says})"
    said = NO_ANSWER if error.kind is ErrorKind.RETRYABLE else REFUSED
    return f"{said} ({error.says})"


class _Lookup:
    """One look-up; `found` keeps what is known if a call fails."""

    def __init__(self, failure: Failure, definitions: Definitions, listed: Listed) -> None:
        self._failure, self._give_up = failure, time.monotonic() + GIVE_UP_S
        self._definitions, self._listed = definitions, listed
        self.found: dict[str, Any] = {}

    def run(self) -> None:
        """Make all calls; raises `ServiceError`."""
        self._batch = call_aws(batch_client, self._failure.region)
        success = self._last_success()
        ids = [root_of(self._failure.job_id)]
        if success is not None:
            self.found["success"] = _run(success)
            ids.append(success["jobId"])
        jobs = self._call(self._batch.describe_jobs, jobs=ids)["jobs"]
        details = {job["jobId"]: cast("dict[str, Any]", job) for job in jobs}
        known = {
            role: details[one] for role, one in zip(_ROLES, ids, strict=False) if one in details
        }
        self.found |= {role: shape_of_job(detail) for role, detail in known.items()}
        if len(known) < len(ids):
            self.found["unknown"] = FORGOTTEN
        if known:
            self._add_definitions({role: detail["jobDefinition"] for role, detail in known.items()})

    def _add_definitions(self, arns: dict[str, str]) -> None:
        """Add the shapes of the job definitions themselves, without what each job overrode."""
        describe = self._batch.describe_job_definitions
        described = self._definitions.describe(
            arns.values(), lambda some: self._call(describe, jobDefinitions=some)
        )
        for role, arn in arns.items():
            known = described.get(arn)
            self.found[_DEFINITION_ROLES[role]] = known.shape if known else None

    def _last_success(self) -> JobSummaryTypeDef | None:
        """Find the newest success of the job's name, or else its definition, in the last 100 jobs.

        ListJobs takes one filter; the definition finds both. It lists parents, but no children or
        nodes.
        https://docs.aws.amazon.com/batch/latest/APIReference/API_ListJobs.html
        """
        failure, name = self._failure, self._failure.job_name.casefold()
        definition = failure.definition_name
        filters = [{"name": "JOB_DEFINITION", "values": [definition]}]
        page = self._call(self._batch.list_jobs, jobQueue=failure.queue_arn, filters=filters)
        self._listed.keep(failure.queue_arn, definition, cast("ListJobsResponseTypeDef", page))
        self.found["all_seen"] = not page.get("nextToken")
        succeeded: list[JobSummaryTypeDef] = [
            job
            for job in page["jobSummaryList"]
            if job.get("status") == "SUCCEEDED"
            and _definition(job).partition(":")[0] == definition
            and _ended(job) <= (failure.stopped_at or _ended(job))
        ]
        newest = sorted(succeeded, key=_ended, reverse=True)
        same = [job for job in newest if job["jobName"].casefold() == name]
        return next(iter(same or newest), None)

    def _call(
        self, operation: Callable[..., Mapping[str, Any]], **request: Any
    ) -> Mapping[str, Any]:
        if time.monotonic() > self._give_up:
            raise ServiceError(ErrorKind.RETRYABLE, "too slow")
        return call_aws(operation, **request)


def _run(job: JobSummaryTypeDef) -> Run:
    return Run(
        job_id=untrusted.one_line(job["jobId"], limit=NAME_LIMIT),
        name=untrusted.one_line(job["jobName"], limit=JOB_NAME_LIMIT),
        definition=untrusted.one_line(_definition(job), limit=NAME_LIMIT),
        stopped_at=_ended(job),
    )


def _ended(job: JobSummaryTypeDef) -> int:
    return job.get("stoppedAt") or job.get("startedAt") or job.get("createdAt") or 0


def _definition(job: JobSummaryTypeDef) -> str:
    """Return the name of a job's definition with its revision."""
    return job.get("jobDefinition", "").rpartition("/")[2]


@lru_cache(maxsize=4)  # as in `job_logs`: an event names the Region
def batch_client(region: str) -> BatchClient:
    """Return the client for look-ups that an alert does not wait for long."""
    made: BatchClient = calls.client("batch", _TIMEOUTS, region)
    return made


class DryRunHistoryLookup:
    """Looks up nothing, for `sam local invoke`."""

    def look_up(self, failure: Failure) -> None:
        """Return None."""
