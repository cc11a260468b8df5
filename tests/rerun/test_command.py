"""`batch-notifier rerun` against a simulated account, field by field, and without a secret."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, ParamValidationError
from moto import mock_aws

from notifier.aws import calls
from tests.batch_account import FAILS, BatchAccount
from workbench.commands.main import main
from workbench.rerun import account as rerun_account
from workbench.rerun.account import peak_memory, without_values

REGION = "eu-west-1"
SECRETS = ("hunter2-env", "hunter3-arg", "hunter4-parameter", "hunter5-tag")
ALL = " ".join(SECRETS)
# What differs between two runs of one job.
OF_A_RUN = {"jobId", "jobArn", "createdAt", "startedAt", "stoppedAt", "attempts", "statusReason",
            "status", "tags", "container.logStreamName"}  # fmt: skip


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[BatchAccount]:
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    calls.session.cache_clear()
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    with mock_aws(config={"batch": {"use_docker": False}}):
        yield BatchAccount(REGION)


def failed(account: BatchAccount, patch: pytest.MonkeyPatch, **more: Any) -> str:
    patch.setenv(FAILS, "0")
    job: str = account.batch.submit_job(
        jobName="nightly",
        jobQueue=account.queue,
        jobDefinition=account.definition,
        containerOverrides={
            "command": ["run", "--key", SECRETS[1]],
            "environment": [{"name": "TOKEN", "value": SECRETS[0]}],
        },
        parameters={"input": SECRETS[2]},
        timeout={"attemptDurationSeconds": 300},
        retryStrategy={"attempts": 2},
        tags={"owner": SECRETS[3]},
        **more,
    )["jobId"]
    return job


def described(account: BatchAccount, job: str) -> dict[str, Any]:
    found: dict[str, Any] = account.batch.describe_jobs(jobs=[job])["jobs"][0]
    return found


def ran(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> str:
    assert main(["rerun", *words]) == code
    told = capsys.readouterr()
    assert not [secret for secret in SECRETS if secret in told.out + told.err]
    assert told.err.count("\n") == (1 if code > 1 else 0)
    return told.out + told.err


def submitted(said: str) -> str:
    found = re.search(r"Submitted job ([\w-]+)\.", said)
    assert found is not None
    return found[1]


def test_the_new_job_equals_the_first_field_by_field(
    account: BatchAccount, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    first = failed(account, monkeypatch)
    said = ran(capsys, first, "--yes")
    for name in ("environment: TOKEN", "parameters: input", "owner", "command", "timeout"):
        assert name in said
    old, new = described(account, first), described(account, submitted(said))
    assert _fields(old) == _fields(new)
    assert new["tags"] == {"owner": SECRETS[3], "notify:rerun-of": first}
    tagged = account.batch.list_tags_for_resource(resourceArn=old["jobArn"])["tags"]
    assert tagged == {"owner": SECRETS[3], "notify:rerun-by": new["jobId"]}


def _fields(job: dict[str, Any]) -> dict[str, Any]:
    fields = {**job, **{f"container.{k}": v for k, v in job["container"].items()}}
    del fields["container"]
    fields["container.environment"] = [
        each for each in fields["container.environment"] if each["name"] != "AWS_BATCH_JOB_ID"
    ]
    return {name: value for name, value in fields.items() if name not in OF_A_RUN}


def test_a_dry_run_submits_nothing_and_needs_no_answer(
    account: BatchAccount, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    first = failed(account, monkeypatch)
    said = ran(capsys, first, "--dry-run", "--memory", "next", "--output", "json")
    shown = json.loads(said)
    assert shown["jobs"][0]["changed"] == ["memory 128 -> 256 MiB"]
    assert "submitted" not in shown
    assert (
        len(account.batch.list_jobs(jobQueue=account.queue, jobStatus="FAILED")["jobSummaryList"])
        == 1
    )


def test_what_is_changed_is_said_and_done(
    account: BatchAccount, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    first = failed(account, monkeypatch)
    account.defined("new", "command")
    more = [
        "--memory",
        "4096",
        "--vcpus",
        "2",
        "--timeout",
        "900",
        "--definition-revision",
        "latest",
    ]
    sent: list[dict[str, Any]] = []
    submit = rerun_account.Account.submit

    def record(self: Any, plan: Any, *arguments: Any, **more: Any) -> str:
        sent.append(plan.request)  # moto shows no resource requirements
        return submit(self, plan, *arguments, **more)

    monkeypatch.setattr(rerun_account.Account, "submit", record)
    said = ran(capsys, first, "--yes", *more)
    for change in ("memory 128 -> 4,096 MiB", "vCPUs 1 -> 2", "timeout: 900 s", "revision 2"):
        assert change in said
    new = described(account, submitted(said))
    [request] = sent
    requirements = request["containerOverrides"]["resourceRequirements"]
    sizes = {each["type"]: each["value"] for each in requirements}
    assert sizes == {"MEMORY": "4096", "VCPU": "2"}
    assert new["timeout"] == {"attemptDurationSeconds": 900}
    assert new["jobDefinition"].endswith(":2")
    assert new["container"]["command"] == ["run", "--key", SECRETS[1]]


def test_failed_children_are_found_and_submitted(
    account: BatchAccount, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    first = failed(account, monkeypatch, arrayProperties={"size": 6})
    found = {"jobSummaryList": [{"arrayProperties": {"index": n}} for n in (4, 1)]}
    monkeypatch.setattr(
        rerun_account.Account, "failed_children",
        lambda self, job: sorted(e["arrayProperties"]["index"] for e in found["jobSummaryList"]),
    )  # fmt: skip
    monkeypatch.setattr(rerun_account.Account, "find", _with_array(rerun_account.Account.find))
    said = ran(capsys, first, "--failed-children", "--yes")
    assert "2 children of 6: their indices are in FAILED_INDICES" in " ".join(said.split())
    said = ran(capsys, f"{first}:3", "--dry-run")
    assert "1 child of 6" in " ".join(said.split())
    for wrong, says in (("--array-index=6", "indices 0 to 5"), ("--array-index=", "not indices")):
        assert says in ran(capsys, first, wrong, "--yes", code=2)


def _with_array(find: Any) -> Any:
    """Add what moto leaves out of an array's parent."""

    def found(self: Any, job_id: str) -> Any:
        job, is_service = find(self, job_id)
        return job | {"arrayProperties": {"size": 6}, "status": "FAILED"}, is_service

    return found


def test_waiting_ends_with_the_job_and_a_failure_is_found(
    account: BatchAccount, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(rerun_account, "POLL_S", 0.05)
    first = failed(account, monkeypatch)
    assert "FAILED" in ran(capsys, first, "--yes", "--wait", code=1)
    monkeypatch.delenv(FAILS)
    assert "SUCCEEDED" in ran(capsys, first, "--yes", "--wait")


@pytest.mark.parametrize(
    ("words", "says", "code"),
    [
        (["gone"], "there is no job gone", 2),
        (["a b"], "not the id or ARN of a job", 2),
        (["FIRST", "--memory", "much"], "not next or a number of MiB", 2),
        (["FIRST", "--vcpus", "0"], "not a number of vCPUs", 2),
        (["FIRST", "--queue", "a b"], "not the name or ARN of a job queue", 2),
        (["FIRST", "--array-index", "1", "--yes"], "is not an array", 2),
        (["FIRST", "--failed-children", "--array-index", "1"], "exclude each other", 2),
        (["FIRST", "--timeout", "5"], "not a whole number from 60", 2),
        (["FIRST", "--definition-revision", "9", "--yes"], "there is no align:9", 2),
        (["FIRST"], "add --yes to submit it without a question", 2),
        (["FIRST", "--queue", "gone", "--yes"], "cannot submit the job", 3),
    ],
)
def test_what_stands_in_the_way_is_one_line(
    words: list[str], says: str, code: int, account: BatchAccount,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    first = failed(account, monkeypatch)
    said = ran(capsys, *[first if word == "FIRST" else word for word in words], code=code)
    assert says in said


JOB = {
    "container": {"environment": [{"name": "A", "value": SECRETS[0]}], "command": [SECRETS[1]]},
    "parameters": {"p": SECRETS[2]}, "serviceRequestPayload": SECRETS[3],
}  # fmt: skip


@pytest.mark.parametrize(
    "error",
    [
        ClientError({"Error": {"Code": "ClientException", "Message": f"bad {ALL}"}}, "x"),
        ParamValidationError(
            report=f"Invalid type for parameter containerOverrides.environment[0].value, value: "
            f"{ALL}, type: <class 'str'>"
        ),
    ],
)  # fmt: skip
def test_an_error_shows_no_value(error: Exception) -> None:
    said = str(without_values(error, JOB))
    assert not [secret for secret in SECRETS if secret in said]
    assert "environment[0].value" in said or "ClientException: bad ***" in said


def test_peak_memory_is_that_of_container_insights(monkeypatch: pytest.MonkeyPatch) -> None:
    task = "arn:aws:ecs:eu-west-1:111122223333:task/AWSBatch-hosts/0123abcd"
    job = {"container": {"taskArn": task}, "startedAt": 0}
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    with mock_aws():
        monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
        assert peak_memory(job) is None  # Container Insights is off
        logs: Any = boto3.client("logs")
        group = "/aws/ecs/containerinsights/AWSBatch-hosts/performance"
        logs.create_log_group(logGroupName=group)
        logs.create_log_stream(logGroupName=group, logStreamName="s")
        now = 1_795_000_000_000
        events = [
            {"timestamp": now, "message": json.dumps({"Type": "Task", "MemoryUtilized": used})}
            for used in (100, 612.4, 300)
        ]
        monkeypatch.setattr("moto.logs.models.LogGroup.filter_log_events", _all(events))
        assert peak_memory(job) == 612
    assert peak_memory({"container": {}}) is None


def _all(events: list[dict[str, Any]]) -> Any:
    """Answer FilterLogEvents: moto knows no JSON patterns."""
    return lambda *_, **__: (events, None, [])


def test_the_help_says_that_values_are_not_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rerun", "--help"]) == 0
    assert "are never shown" in capsys.readouterr().out
