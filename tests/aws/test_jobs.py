"""What became of jobs, in memory and from AWS Batch: one contract."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from botocore.stub import Stubber

from notifier.aws.jobs import MOST_PAGES, JobLookup, Listed
from notifier.incident.recovery import Success
from notifier.ports.service_error import ErrorKind, ServiceError
from tests.fakes import FakeJobs

QUEUE = "arn:aws:batch:eu-west-1:111122223333:job-queue/etl"
SINCE = 1_795_000_000_000
NIGHTLY = Success("nightly", SINCE + 60_000, SINCE + 90_000, job_id="a")
EARLIER = Success("nightly", SINCE - 60_000, SINCE + 90_000, job_id="a")
WEEKLY = Success("weekly", SINCE + 60_000, SINCE + 90_000, job_id="a")
LOUD = Success("Nightly", SINCE + 60_000, SINCE + 90_000, job_id="a")


class JobsContract:
    """What the stories may rely on when they ask whether a job has recovered."""

    def jobs(self, succeeded: Sequence[Success]) -> Any:
        raise NotImplementedError

    @pytest.mark.parametrize(
        ("succeeded", "found"),
        [
            ([], ()),
            ([NIGHTLY], (NIGHTLY,)),
            ([NIGHTLY, WEEKLY], (NIGHTLY,)),
            ([EARLIER], ()),
            ([LOUD], (LOUD,)),
        ],
    )
    def test_successes_of_that_name_that_began_since(
        self, succeeded: list[Success], found: tuple[Success, ...]
    ) -> None:
        assert self.jobs(succeeded).successes(QUEUE, "load", ["nightly"], SINCE) == found

    def test_successes_of_several_names(self) -> None:
        jobs = self.jobs([NIGHTLY, WEEKLY])
        assert jobs.successes(QUEUE, "load", ["nightly", "weekly"], SINCE) == (NIGHTLY, WEEKLY)


class TestFakeJobs(JobsContract):
    def jobs(self, succeeded: Sequence[Success]) -> FakeJobs:
        return FakeJobs(list(succeeded))


def summary(
    success: Success, status: str = "SUCCEEDED", revision: str = "load:4"
) -> dict[str, Any]:
    return {
        "jobId": "a",
        "jobName": success.name,
        "jobDefinition": f"arn:aws:batch:eu-west-1:111122223333:job-definition/{revision}",
        "status": status,
        "createdAt": success.started_at - 1_000,
        "startedAt": success.started_at,
        "stoppedAt": success.stopped_at,
    }


class TestJobLookup(JobsContract):
    """ListJobs as its reference describes it: moto's has no filters."""

    @pytest.fixture(autouse=True)
    def stubbed(self) -> None:
        self.batch = JobLookup()
        self.stub = Stubber(self.batch._client)
        self.stub.activate()

    def answers(self, *jobs: dict[str, Any], token: str = "") -> None:
        self.stub.add_response(
            "list_jobs", {"jobSummaryList": list(jobs)} | ({"nextToken": token} if token else {})
        )

    def asks(self, names: Sequence[str]) -> tuple[Success, ...]:
        found = self.batch.successes(QUEUE, "load", names, SINCE)
        self.stub.assert_no_pending_responses()
        return found

    def jobs(self, succeeded: Sequence[Success]) -> JobLookup:
        self.answers(*map(summary, succeeded))
        return self.batch

    @pytest.mark.parametrize(
        ("names", "wanted"),
        [
            (["nightly"], ("JOB_NAME", "nightly")),
            (["nightly", "weekly"], ("JOB_DEFINITION", "load")),
            (["night*"], ("JOB_DEFINITION", "load")),  # would ask for all that begin with it
        ],
    )
    def test_it_asks_for_as_little_as_can_be(
        self, names: list[str], wanted: tuple[str, str]
    ) -> None:
        name, value = wanted
        asked = {"jobQueue": QUEUE, "filters": [{"name": name, "values": [value]}]}
        self.stub.add_response("list_jobs", {"jobSummaryList": []}, asked)
        assert self.asks(names) == ()

    def test_a_page_that_reaches_back_far_enough_is_not_asked_for_again(self) -> None:
        listed = Listed()
        batch = JobLookup(listed)
        jobs = [summary(NIGHTLY), summary(NIGHTLY, "FAILED"), summary(NIGHTLY, revision="other:1")]
        page: Any = {"jobSummaryList": jobs, "nextToken": "more"}
        listed.keep(QUEUE, "load", page)
        oldest = NIGHTLY.started_at - 1_000  # when the last of the page was created
        with Stubber(batch._client) as stub:  # which expects no call
            assert batch.successes(QUEUE, "load", ["nightly"], oldest) == (NIGHTLY,)
            stub.add_response("list_jobs", {"jobSummaryList": []})
            assert batch.successes(QUEUE, "load", ["nightly"], oldest - 1) == ()
            stub.add_response("list_jobs", {"jobSummaryList": []})
            assert batch.successes(QUEUE, "other", ["nightly"], oldest) == ()
            stub.assert_no_pending_responses()

    def test_what_has_not_succeeded_or_is_of_another_definition_is_left_out(self) -> None:
        self.answers(
            summary(NIGHTLY, "FAILED"), summary(NIGHTLY, "RUNNING"),
            summary(NIGHTLY, revision="loader:4"),
        )  # fmt: skip
        assert self.asks(["nightly"]) == ()

    def test_where_a_job_says_too_little_its_creation_counts(self) -> None:
        self.answers(
            {"jobId": "a", "jobName": "nightly", "status": "SUCCEEDED", "createdAt": SINCE + 5}
        )
        assert self.asks(["nightly"]) == (Success("nightly", SINCE + 5, SINCE + 5, job_id="a"),)

    def test_it_looks_back_no_further_than_it_must(self) -> None:
        self.answers(summary(NIGHTLY), token="1")
        self.answers(summary(EARLIER), token="2")
        assert self.asks(["nightly"]) == (NIGHTLY,)

    def test_of_many_pages_it_reads_the_newest(self) -> None:
        for number in range(MOST_PAGES):
            self.answers(summary(NIGHTLY), token=str(number))
        assert self.asks(["nightly"]) == (NIGHTLY,) * MOST_PAGES

    def test_a_refusal_is_trouble(self) -> None:
        self.stub.add_client_error("list_jobs", "AccessDeniedException")
        with pytest.raises(ServiceError) as raised:
            self.asks(["nightly"])
        assert raised.value.kind is ErrorKind.DENIED
