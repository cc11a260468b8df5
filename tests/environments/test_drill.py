"""`batch-notifier drill` with deployed environments."""

from __future__ import annotations

import json
import re
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse

from tests.environments.conftest import root
from tests.environments.local import REGION, Deployment, aws
from workbench.commands import drill
from workbench.commands.main import main

_OUTPUT = re.compile(r"Outputs\.(\w+) of (\w+)")  # as `Stack` writes !GetAtt Nested.Outputs.Name


def deploy(deployment: Deployment, monkeypatch: pytest.MonkeyPatch, chosen: str) -> None:
    """Deploy the environments, and have CloudFormation return the outputs of the root."""
    stack = root(BatchEnvironment=chosen)
    deployment.apply(stack)
    outputs = [
        {"OutputKey": name, "OutputValue": with_outputs(deployment, output["Value"])}
        for name, output in stack.outputs.items()
    ]

    def answer(**_: object) -> tuple[AWSResponse, dict[str, Any]]:
        return AWSResponse("", 200, {}, None), {"Stacks": [{"Outputs": outputs}]}

    session = boto3.Session(region_name=REGION)
    session.events.register("before-call.cloudformation.DescribeStacks", answer)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", session)


def requests(operation: str) -> list[dict[str, Any]]:
    """Collect the parameters of an operation's requests from now on."""
    found: list[dict[str, Any]] = []
    boto3.DEFAULT_SESSION.events.register(
        f"before-parameter-build.{operation}", lambda params, **_: found.append(params)
    )
    return found


def with_outputs(deployment: Deployment, value: Any) -> str:
    return _OUTPUT.sub(lambda found: deployment.outputs[found[2]][found[1]], str(value))


def jobs(queue: str) -> dict[str, dict[str, Any]]:
    """Return the description of every job of a queue, by name."""
    batch = aws("batch")
    every = (
        batch.list_jobs(jobQueue=queue, jobStatus=status)["jobSummaryList"]
        for status in ("SUBMITTED", "PENDING", "RUNNABLE", "STARTING", "RUNNING", "SUCCEEDED")
    )
    ids = {job["jobId"] for found in every for job in found}
    described = batch.describe_jobs(jobs=sorted(ids))["jobs"] if ids else []
    return {job["jobName"]: job for job in described}


@pytest.mark.parametrize("on", ["fargate", "ec2"])
@pytest.mark.parametrize("cause", sorted({*drill.CAUSES} - {"efs-denied", "chain"}))
def test_each_cause_submits_its_job_definition(
    cause: str,
    on: str,
    deployment: Deployment,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    deploy(deployment, monkeypatch, "ec2+fargate")
    assert main(["drill", cause, "--on", on]) == 0
    (job,) = jobs(f"batch-notifier-{on}").values()
    definition = job["jobDefinition"].rpartition("/")[2].partition(":")[0]
    assert (job["jobName"], definition) == (f"drill-{cause}", f"batch-notifier-{on}-drill-{cause}")
    out = capsys.readouterr().out
    assert job["jobId"] in out
    assert drill.CAUSES[cause] in out
    assert "/batch/home?region=" in out


def test_an_array_has_twenty_children(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    deploy(deployment, monkeypatch, "fargate")
    submitted = requests("batch.SubmitJob")
    assert main(["drill", "array"]) == 0
    (request,) = submitted
    assert request["arrayProperties"] == {"size": 20}


def test_each_job_of_a_chain_depends_on_the_one_before(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    deploy(deployment, monkeypatch, "fargate")
    submitted = requests("batch.SubmitJob")
    assert main(["drill", "chain"]) == 0
    ids = re.findall(r"job ([0-9a-f-]{36})\.", capsys.readouterr().out)
    assert [each["jobName"] for each in submitted] == ["drill-exit-1", "drill-step", "drill-step"]
    assert [each.get("dependsOn") for each in submitted] == [
        None,
        [{"jobId": ids[0]}],
        [{"jobId": ids[1]}],
    ]


def test_efs_denied_runs_on_fargate(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    deploy(deployment, monkeypatch, "ec2+fargate-efs")
    assert main(["drill", "efs-denied"]) == 0
    assert list(jobs("batch-notifier-fargate")) == ["drill-efs-denied"]


@pytest.mark.parametrize(
    ("chosen", "arguments", "says"),
    [
        ("none", ["exit-1"], "no AWS Batch environment: deploy it with BatchEnvironment="),
        ("ec2", ["exit-1", "--on", "fargate"], "no queue on fargate, but on ec2"),
        ("fargate", ["efs-denied"], "BatchEnvironment=fargate-efs"),
        ("ec2+fargate-efs", ["efs-denied", "--on", "ec2"], "BatchEnvironment=fargate-efs"),
        ("none", ["--on", "ec2"], "name a CAUSE as well"),
        ("none", ["exit-2"], "'exit-2' is not one of"),
    ],
)
def test_an_impossible_drill_prints_one_line(
    chosen: str,
    arguments: list[str],
    says: str,
    deployment: Deployment,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    deploy(deployment, monkeypatch, chosen)
    assert main(["drill", *arguments]) == 2
    error = capsys.readouterr().err
    assert says in error
    assert error.count("\n") == 1


def test_without_a_cause_a_drill_event_is_sent(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    deploy(deployment, monkeypatch, "none")
    put = requests("events.PutEvents")
    assert main(["drill"]) == 0
    ((entry,),) = (request["Entries"] for request in put)
    assert entry["Source"] == "batch-notifier.drill"
    assert json.loads(entry["Detail"])["jobQueue"].endswith(":job-queue/drill")
    assert "A drill is on the event bus, event" in capsys.readouterr().out


@pytest.mark.parametrize("chosen", ["ec2", "fargate", "fargate-efs"])
def test_the_submit_commands_in_the_outputs_work(
    chosen: str, deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack = root(BatchEnvironment=chosen)
    deployment.apply(stack)
    lines = {
        name: with_outputs(deployment, output["Value"])
        for name, output in stack.outputs.items()
        if name.endswith("SubmitCommand")
    }
    assert lines
    for line in lines.values():
        words = line.split()
        assert words[:3] == ["aws", "batch", "submit-job"]
        options = dict(zip(words[3::2], words[4::2], strict=True))
        job = aws("batch").submit_job(
            jobName=options["--job-name"],
            jobQueue=options["--job-queue"],
            jobDefinition=options["--job-definition"],
        )
        assert job["jobId"]
