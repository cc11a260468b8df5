"""Past failures, found in AWS Batch and made into the events that they were."""

from __future__ import annotations

import json
import re
import time
from typing import Any

import pytest

from notifier.batch.event import parse_event
from notifier.batch.failure import Failure
from tests.aws.doctor_stack import DeployedStack, given, refused
from workbench.commands.main import main
from workbench.local import job_events

HOUR_MS = 3_600_000
QUEUE = "etl"


class Jobs:
    """Failed jobs as ListJobs and DescribeJobs return them."""

    def __init__(self, stack: DeployedStack) -> None:
        self.details: dict[str, dict[str, Any]] = {}
        self.listed: list[dict[str, Any]] = []
        self.described: list[int] = []
        self.now = time.time_ns() // 1_000_000
        stack.answer("batch.ListJobs", self._list)
        stack.answer("batch.DescribeJobs", self._describe)

    def fail(self, job_id: str, hours_ago: float, **more: Any) -> None:
        made = job_events.failed(job_id, self.now - round(hours_ago * HOUR_MS), queue=QUEUE, **more)
        self.details[made["detail"]["jobId"]] = made["detail"]

    def _list(self, asked: dict[str, Any]) -> Any:
        self.listed.append(asked)
        assert asked["jobStatus"] == "FAILED"
        parent = asked.get("arrayJobId")
        if parent is None and asked["jobQueue"].rpartition("/")[2] != QUEUE:
            return refused("ClientException", f"Job queue {asked['jobQueue']} does not exist")
        found = [job for key, job in self.details.items() if (":" in key) == bool(parent)]
        start = int(asked.get("nextToken", "0"))
        page = [
            {key: job[key] for key in ("jobId", "jobName", "stoppedAt", "arrayProperties")
             if key in job}
            for job in found[start : start + 100]
        ]  # fmt: skip
        more = {"nextToken": str(start + 100)} if start + 100 < len(found) else {}
        return given({"jobSummaryList": page, **more})

    def _describe(self, asked: dict[str, Any]) -> Any:
        self.described.append(len(asked["jobs"]))
        return given({"jobs": [self.details[job] for job in asked["jobs"]]})


@pytest.fixture
def jobs(stack: DeployedStack) -> Jobs:
    return Jobs(stack)


REPLAY = ["replay", "--queue", QUEUE, "--since", "24h"]


def ran(capsys: pytest.CaptureFixture[str], *more: str) -> str:
    assert main([*REPLAY, *more]) == 0
    return capsys.readouterr().out


def told(said: str) -> int:
    """Give the number of jobs that the last line tells of."""
    found = re.search(
        r"^Jobs of etl that failed since [\d-]+ [\d:]+ UTC: (\d+)", said, re.MULTILINE
    )
    assert found is not None
    return int(found[1])


def test_what_failed_since_then_is_shown_and_not_sent(
    jobs: Jobs, stack: DeployedStack, capsys: pytest.CaptureFixture[str]
) -> None:
    jobs.fail("11111111-0000-4000-8000-000000000001", 25, name="too-old")
    jobs.fail("11111111-0000-4000-8000-000000000002", 1, name="second")
    jobs.fail("11111111-0000-4000-8000-000000000003", 23, name="first")
    shown = ran(capsys, "--dry-run")
    subjects = [line for line in shown.splitlines() if line.startswith("Subject: FAILED ")]
    assert [line.split()[2] for line in subjects] == ["first:", "second:"]
    assert told(shown) == 2
    assert "; nothing was sent." in shown
    assert stack.bodies("FailureQueue") == []


def test_a_whole_mail_says_that_its_log_could_not_be_read(
    jobs: Jobs, capsys: pytest.CaptureFixture[str]
) -> None:
    jobs.fail("11111111-0000-4000-8000-000000000001", 1)
    shown = ran(capsys, "--dry-run", "--full")
    assert "DO NEXT" in shown.upper()
    assert "log unavailable: " in shown


def test_what_failed_goes_through_once_more_as_the_event_it_was(
    jobs: Jobs, stack: DeployedStack, capsys: pytest.CaptureFixture[str]
) -> None:
    job_id = "11111111-0000-4000-8000-000000000001"
    jobs.fail(job_id, 2, exit_code=137)
    assert told(said := ran(capsys)) == 1
    assert "; all were sent to FailureQueue." in said
    [body] = stack.bodies("FailureQueue")
    read = parse_event(json.loads(body))
    assert isinstance(read, Failure)
    assert (read.job_id, read.queue, read.exit_code) == (job_id, QUEUE, 137)
    assert read.region == "us-east-1"
    assert read.account == "111122223333"
    assert not read.is_drill


def test_children_of_an_array_are_found_and_jobs_described_in_hundreds(
    jobs: Jobs, capsys: pytest.CaptureFixture[str]
) -> None:
    array = "11111111-0000-4000-8000-000000000001"
    parent = job_events.array_parent(array, jobs.now - HOUR_MS, 500, 150, queue=QUEUE)
    jobs.details[array] = parent["detail"]
    for index in range(150):
        jobs.fail(array, 1, index=index)
    assert told(ran(capsys)) == 151
    assert jobs.described == [100, 51]


def test_no_more_are_sent_than_asked_for_and_that_is_said(
    jobs: Jobs, stack: DeployedStack, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(5):
        jobs.fail(f"11111111-0000-4000-8000-00000000000{number}", 1)
    assert told(said := ran(capsys, "--most", "3")) == 3
    assert "there are more, see --most" in said
    assert len(stack.bodies("FailureQueue")) == 3


def test_nothing_failed(
    jobs: Jobs, stack: DeployedStack, capsys: pytest.CaptureFixture[str]
) -> None:
    assert jobs.details == {}
    assert told(said := ran(capsys)) == 0
    assert said.endswith("; nothing was sent.\n")
    assert stack.bodies("FailureQueue") == []


def test_large_jobs_go_in_messages_that_sqs_takes(
    jobs: Jobs, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(4):
        job_id = f"11111111-0000-4000-8000-00000000000{number}"
        jobs.fail(job_id, 1)
        jobs.details[job_id]["container"]["command"] = ["x" * 400_000]
    assert told(said := ran(capsys)) == 4
    assert "all were sent" in said


def test_no_permission_to_send_is_one_line(
    jobs: Jobs, stack: DeployedStack, capsys: pytest.CaptureFixture[str]
) -> None:
    jobs.fail("11111111-0000-4000-8000-000000000001", 1)
    stack.answer("sqs.SendMessageBatch", lambda _: refused("AccessDenied", "ana may not"))
    assert main(REPLAY) == 3
    assert capsys.readouterr().err == (
        "batch-notifier: cannot send them to FailureQueue: AccessDenied: ana may not"
        " (in eu-west-1)\n"
    )


@pytest.mark.usefixtures("jobs")
@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["replay"], "--queue"),
        (["replay", "--queue", "etl"], "--since"),
        (["replay", "--queue", "a b", "--since", "1h"], "not the name or ARN of a job queue"),
        (["replay", "--queue", "etl", "--since", "soon"], "not like 45m, 24h or 3d"),
        (["replay", "--queue", "etl", "--since", "15d"], "at most 14d"),
        (["replay", "--queue", "etl", "--since", "0h"], "not like 45m, 24h or 3d"),
        ([*REPLAY, "--most", "0"], "not a whole number from 1"),
        ([*REPLAY, "--full"], "--full requires --dry-run"),
        ([*REPLAY, "--stack-name", "gone"], "cannot open the stack gone"),
        (["replay", "--queue", "gone", "--since", "1h"], "Job queue gone does not exist"),
    ],
)
def test_bad_input_is_one_line(
    arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == (3 if "gone" in arguments else 2)
    printed = capsys.readouterr()
    assert (printed.out, printed.err.count("\n")) == ("", 1)
    assert says in printed.err
