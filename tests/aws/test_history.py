"""The past of a failure, from AWS Batch as moto has it, and as it fails."""

from __future__ import annotations

import time
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError

from notifier.alert.history import RunHistory
from notifier.aws import history
from notifier.aws.history import DryRunHistoryLookup, RunHistoryLookup
from notifier.batch.failure import Failure, Kind
from tests.aws.conftest import REGION
from tests.batch_account import BatchAccount

ARN = f"arn:aws:batch:{REGION}:123456789012"
QUEUE, DEFINITION = f"{ARN}:job-queue/etl", f"{ARN}:job-definition/align"
NOON = 1_795_000_000_000
MINUTE = 60_000


def failure(**changes: Any) -> Failure:
    given = {
        "kind": Kind.JOB, "job_id": "failed", "job_name": "nightly", "event_id": "e",
        "event_time": "", "account": "123456789012", "region": REGION, "queue_arn": QUEUE,
        "definition_arn": f"{DEFINITION}:2", "stopped_at": NOON,
    }  # fmt: skip
    return Failure(**(given | changes))


def listed(job_id: str, name: str = "nightly", minutes: int = -60, **changes: Any) -> dict:
    at = NOON + minutes * MINUTE
    return {
        "jobId": job_id, "jobName": name, "jobDefinition": f"{DEFINITION}:1",
        "status": "SUCCEEDED", "createdAt": at - MINUTE, "startedAt": at - MINUTE, "stoppedAt": at,
    } | changes  # fmt: skip


def described(job_id: str, revision: int, memory: int = 2048) -> dict[str, Any]:
    sizes = [{"type": "MEMORY", "value": str(memory)}]
    return {
        "jobId": job_id, "jobName": "nightly", "jobQueue": QUEUE, "status": "FAILED",
        "startedAt": 0, "jobDefinition": f"{DEFINITION}:{revision}",
        "container": {"image": f"align:{revision}", "resourceRequirements": sizes},
    }  # fmt: skip


def defined(revision: int, memory: int = 2048) -> dict[str, Any]:
    found = described("", revision, memory)
    return {
        "jobDefinitionName": "align", "jobDefinitionArn": found["jobDefinition"],
        "revision": revision, "type": "container", "containerProperties": found["container"],
    }  # fmt: skip


class Batch:
    """The client's three calls, with the answers of its reference; what is an error is raised."""

    def __init__(
        self, jobs: Any = (), details: Any = (), definitions: Any = (), token: str = ""
    ) -> None:
        self.answers = {
            "jobSummaryList": jobs, "jobs": details, "jobDefinitions": definitions,
        }  # fmt: skip
        self.token = token
        self.asked: list[tuple[str, dict[str, Any]]] = []

    def list_jobs(self, **request: Any) -> Any:
        answer = self._answer("jobSummaryList", request)
        return answer | ({"nextToken": self.token} if self.token else {})

    def describe_jobs(self, **request: Any) -> Any:
        return self._answer("jobs", request)

    def describe_job_definitions(self, **request: Any) -> Any:
        return self._answer("jobDefinitions", request)

    def _answer(self, key: str, request: dict[str, Any]) -> dict[str, Any]:
        self.asked.append((key, request))
        if isinstance(self.answers[key], Exception):
            raise self.answers[key]
        return {key: list(self.answers[key])}


def looked_up(batch: Batch, monkeypatch: pytest.MonkeyPatch, **changes: Any) -> RunHistory:
    monkeypatch.setattr(history, "batch_client", lambda region: batch)
    return RunHistoryLookup().look_up(failure(**changes))


BOTH = [described("failed", 2, 1024), described("done", 1)]
REVISIONS = [defined(2), defined(1)]


def test_three_calls_tell_what_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    batch = Batch([listed("done")], BOTH, REVISIONS)
    past = looked_up(batch, monkeypatch)
    assert batch.asked == [
        ("jobSummaryList", {
            "jobQueue": QUEUE, "filters": [{"name": "JOB_DEFINITION", "values": ["align"]}],
        }),
        ("jobs", {"jobs": ["failed", "done"]}),
        ("jobDefinitions", {"jobDefinitions": [f"{DEFINITION}:2", f"{DEFINITION}:1"]}),
    ]  # fmt: skip
    assert past.success is not None
    assert (past.success.job_id, past.success.revision) == ("done", "1")
    assert [(one.what, one.text) for one in past.changes or ()] == [
        ("definition", "align:1 → align:2"),
        ("image", "align:1 → 2"),
        ("memory", "2,048 MiB → 1,024 MiB (at submission)"),
    ]
    assert (past.unknown, past.all_seen) == ("", True)


@pytest.mark.parametrize(
    ("jobs", "found"),
    [
        ([], None),
        ([listed("a")], "a"),
        ([listed("a"), listed("b", minutes=-30)], "b"),
        ([listed("a"), listed("b", "other", minutes=-30)], "a"),
        ([listed("a", "other")], "a"),
        ([listed("a", "NIGHTLY")], "a"),
        ([listed("a", status="FAILED"), listed("b", status="RUNNING")], None),
        ([listed("a", minutes=1)], None),  # it began after this one had failed
        ([listed("a", jobDefinition=f"{DEFINITION}er:1")], None),
    ],
)
def test_the_newest_success_of_that_name_or_else_of_its_definition(
    jobs: list[dict[str, Any]], found: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    past = looked_up(Batch(jobs, BOTH, REVISIONS), monkeypatch)
    assert (past.success and past.success.job_id) == found


@pytest.mark.parametrize("job_id", ["parent:12", "parent#3"])
def test_children_and_nodes_go_by_their_parent(
    job_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = Batch([listed("done")], BOTH, REVISIONS)
    looked_up(batch, monkeypatch, job_id=job_id)
    assert batch.asked[1] == ("jobs", {"jobs": ["parent", "done"]})


def test_older_jobs_that_were_not_read_are_not_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    past = looked_up(Batch([], BOTH[:1], REVISIONS, token="more"), monkeypatch)
    assert (past.success, past.all_seen, past.unknown) == (None, False, "")
    assert past.overridden == {"memory"}


DENIED = ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "ListJobs")
NO_QUEUE = ClientError({"Error": {"Code": "ClientException", "Message": "no"}}, "ListJobs")
NO_ANSWER = ConnectTimeoutError(endpoint_url="x")


@pytest.mark.parametrize("call", ["jobSummaryList", "jobs", "jobDefinitions"])
@pytest.mark.parametrize(
    ("error", "said"),
    [
        (DENIED, "not allowed to query AWS Batch (AccessDeniedException)"),
        (NO_ANSWER, "AWS Batch did not answer (ConnectTimeoutError)"),
        (NO_QUEUE, "AWS Batch has no record of it (ClientException)"),
    ],
)
def test_what_cannot_be_found_out_is_said_and_the_rest_is_kept(
    call: str, error: Exception, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = Batch([listed("done")], BOTH, REVISIONS)
    batch.answers[call] = error
    past = looked_up(batch, monkeypatch)
    assert past.unknown == said
    assert (past.success is None) is (call == "jobSummaryList")
    assert (past.changes is None) is (call != "jobDefinitions")
    assert batch.asked[-1][0] == call


@pytest.mark.parametrize(
    ("details", "said"),
    [
        ([], "AWS Batch no longer has one of the two runs"),
        (BOTH[:1], "AWS Batch no longer has one of the two runs"),
    ],
)
def test_what_batch_has_forgotten(
    details: list[dict[str, Any]], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    past = looked_up(Batch([listed("done")], details, REVISIONS), monkeypatch)
    assert (past.unknown, past.changes) == (said, None)


def test_slow_answers_end_the_look(monkeypatch: pytest.MonkeyPatch) -> None:
    batch = Batch([listed("done")], BOTH, REVISIONS)
    monkeypatch.setattr(history, "batch_client", lambda region: batch)
    ticks = iter([0.0, 0.0, history.GIVE_UP_S + 1])
    monkeypatch.setattr(time, "monotonic", lambda: next(ticks))
    past = RunHistoryLookup().look_up(failure())
    assert past.unknown == "AWS Batch did not answer (too slow)"
    assert [call for call, _ in batch.asked] == ["jobSummaryList"]


def test_after_two_look_ups_in_vain_the_others_go_without(monkeypatch: pytest.MonkeyPatch) -> None:
    batch = Batch(NO_ANSWER)
    monkeypatch.setattr(history, "batch_client", lambda region: batch)
    looking = RunHistoryLookup()
    assert all(looking.look_up(failure()).unknown for _ in range(5))
    assert len(batch.asked) == history.MOST_UNANSWERED


def test_a_region_that_is_none_is_not_asked() -> None:
    past = RunHistoryLookup().look_up(failure(region="not a Region"))
    assert past.unknown == "AWS Batch did not answer (InvalidRegionError)"


def test_a_dry_run_asks_nothing() -> None:
    assert DryRunHistoryLookup().look_up(failure()) is None


def test_requests_and_answers_are_those_of_the_client() -> None:
    """On moto, where each job succeeds: the second is looked at as if it had failed."""
    account = BatchAccount(REGION)
    first = account.succeeded()
    account.defined("true", "--verbose")
    second = account.succeeded()
    history.batch_client.cache_clear()
    ended = account.batch.describe_jobs(jobs=[first])["jobs"][0]["stoppedAt"]
    past = RunHistoryLookup().look_up(
        failure(job_id=second, queue_arn=account.queue, definition_arn=account.definition,
                stopped_at=ended)
    )  # fmt: skip
    assert past.unknown == ""
    assert past.success is not None
    assert [(one.what, one.text) for one in past.changes or ()] == [
        ("definition", "align:1 → align:2"),
        ("command", "1 → 2 words, different from word 2 onward"),
    ]
