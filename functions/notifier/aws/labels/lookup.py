"""Labels, read where AWS Batch keeps them: on the job, on its definition and on its queue."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from threading import Lock
from typing import Any

from notifier.aws import calls
from notifier.aws.calls import call_aws
from notifier.aws.history import batch_client
from notifier.aws.labels.definitions import Definitions
from notifier.aws.labels.kept import Kept
from notifier.batch.failure import Failure
from notifier.batch.identifiers import is_arn, is_job_id, is_region
from notifier.batch.labels.labels import Labels, Tags, merge
from notifier.incident.fingerprint import root_of
from notifier.ports.service_error import ErrorKind, ServiceError

# An alert must not wait for its labels: a call takes at most 3 s, and none begins after this time.
GIVE_UP_S = 4.0
MOST_DESCRIBED = 100  # in one DescribeJobs or DescribeJobQueues
# Each service job takes a call of its own.
MOST_SERVICE_JOBS = 10
_TOO_MANY = f"more than {MOST_SERVICE_JOBS} service jobs failed at once"
_TOO_SLOW = "too slow"


class LabelLookup:
    """Reads labels; see `ports.Labels`. One object serves all invocations of a container."""

    def __init__(self, definitions: Definitions) -> None:
        self._definitions = definitions
        self._jobs: Kept[Tags] = Kept()
        self._service_jobs: Kept[Tags] = Kept()
        self._queues: Kept[Tags] = Kept()

    def read(self, failures: Sequence[Failure]) -> Mapping[str, Labels]:
        """Call DescribeJobs, DescribeJobDefinitions and DescribeJobQueues, each once for 100.

        The children of an array have the tags of their parent, and nodes those of their job.
        """
        by_region: dict[str, list[Failure]] = {}
        for one in failures:
            by_region.setdefault(one.region, []).append(one)
        give_up = time.monotonic() + GIVE_UP_S
        found: dict[str, Labels] = {}
        for region, some in by_region.items():
            if is_region(region):
                problems = self._ask(region, some, give_up)
                found |= {one.job_id: self._labels(one, problems) for one in some}
        return found

    def _ask(self, region: str, failures: Sequence[Failure], give_up: float) -> list[str]:
        """Ask for what is not known, side by side; return the problems, each once."""
        plain = [root_of(one.job_id) for one in failures if not one.is_service_job]
        service = [one.job_id for one in failures if one.is_service_job]
        queues = filter(is_arn, (one.queue_arn for one in failures))
        definitions = filter(is_arn, (one.definition_arn for one in failures))
        steps: tuple[tuple[_Step, list[str]], ...] = (
            (self._ask_queues, self._queues.missing(queues)),
            (self._ask_jobs, self._jobs.missing(filter(is_job_id, plain))),
            (self._ask_service_jobs, self._service_jobs.missing(filter(is_job_id, service))),
            (self._ask_definitions, self._definitions.missing(definitions)),
        )
        asking = _Asking(region, give_up)
        tasks = [partial(_problem, step, asking, keys) for step, keys in steps if keys]
        return list(dict.fromkeys(filter(None, calls.at_once(tasks))))

    def _labels(self, failure: Failure, problems: Sequence[str]) -> Labels:
        definition = self._definitions.kept(failure.definition_arn)
        tags = merge(
            self._queues.get(failure.queue_arn) or {},
            definition.tags if definition else {},
            self._jobs.get(root_of(failure.job_id)) or {},
            self._service_jobs.get(failure.job_id) or {},
        )
        return Labels(tags, ", ".join(problems))

    def _ask_queues(self, asking: _Asking, arns: list[str]) -> None:
        for some in _chunks(arns):
            answer = asking.call("describe_job_queues", jobQueues=some)
            found = {one["jobQueueArn"]: one.get("tags", {}) for one in answer["jobQueues"]}
            self._queues.keep({arn: {} for arn in some} | found)

    def _ask_jobs(self, asking: _Asking, ids: list[str]) -> None:
        for some in _chunks(ids):
            answer = asking.call("describe_jobs", jobs=some)
            found = {one["jobId"]: one.get("tags", {}) for one in answer["jobs"]}
            self._jobs.keep({job_id: {} for job_id in some} | found)

    def _ask_service_jobs(self, asking: _Asking, ids: list[str]) -> None:
        for one in ids[:MOST_SERVICE_JOBS]:
            found = asking.call("describe_service_job", jobId=one)
            self._service_jobs.keep({one: found.get("tags", {})})
        if len(ids) > MOST_SERVICE_JOBS:
            raise ServiceError(ErrorKind.REJECTED, _TOO_MANY)

    def _ask_definitions(self, asking: _Asking, arns: list[str]) -> None:
        self._definitions.describe(
            arns, lambda some: asking.call("describe_job_definitions", jobDefinitions=some)
        )


def _problem(step: _Step, asking: _Asking, keys: list[str]) -> str:
    """Take a step; return why it failed. After an error it asks no more, but the others do."""
    try:
        step(asking, keys)
    except ServiceError as error:
        return _because(error)
    return ""


def _because(error: ServiceError) -> str:
    if error.kind is ErrorKind.DENIED:
        return f"not allowed to query AWS Batch ({error.says})"
    if error.kind is ErrorKind.RETRYABLE:
        return f"AWS Batch did not answer ({error.says})"
    return error.says


class _Asking:
    """The calls of one look-up in one Region, until the time to give up."""

    def __init__(self, region: str, give_up: float) -> None:
        self._region, self._give_up, self._lock = region, give_up, Lock()

    def call(self, operation: str, **request: Any) -> Mapping[str, Any]:
        if time.monotonic() > self._give_up:
            raise ServiceError(ErrorKind.RETRYABLE, _TOO_SLOW)
        with self._lock:  # the first makes the client for all of them
            batch = call_aws(batch_client, self._region)
        answer: Mapping[str, Any] = call_aws(getattr(batch, operation), **request)
        return answer


_Step = Callable[[_Asking, list[str]], None]


def _chunks(keys: Sequence[str]) -> list[list[str]]:
    starts = range(0, len(keys), MOST_DESCRIBED)
    return [list(keys[start : start + MOST_DESCRIBED]) for start in starts]
