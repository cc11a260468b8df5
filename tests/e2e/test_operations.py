"""A notifier that is broken and mended, by the commands that a person would run."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator

import pytest

from workbench.local import sample_run, samples
from workbench.local.deployment import LocalDeployment
from workbench.local.sam import BIN, STACK

SAMPLE = next(sample for sample in samples.load_all() if sample.name == "timeout")
WAIT_SECONDS = 60.0  # two tries a second apart; the rest is for a machine that is busy


def ran(stage: LocalDeployment, *words: str) -> tuple[int, str]:
    done = subprocess.run(
        [str(BIN / "batch-notifier"), *words, "--stack-name", STACK],
        env=stage.aws.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    return done.returncode, done.stdout


def test_the_doctor_looks_at_everything_there_is(stage: LocalDeployment) -> None:
    """What the local AWS lacks is said: it has no SMS sandbox, and makes no metrics of logs."""
    _, said = ran(stage, "doctor")
    complaints = [line for line in said.splitlines() if not line.startswith(("ok ", " "))][:-1]
    assert [line.split(":")[0] for line in complaints] == [
        "WRONG    OpsTopic",
        "UNKNOWN  text messages",
        "WRONG    heartbeat",
    ]
    for logical in (
        "JobFailedRule",
        "QueueBlockedRule",
        "EnvironmentFailedRule",
        "DrillRule",
        "HeartbeatRule",
    ):
        assert f"ok       rule {logical}: enabled, with its target" in said
    assert said.count("ok       event source ") == 2
    assert said.count("ok       function ") == 3
    assert said.count("ok       recursive loop of ") == 2
    assert "ok       subscriptions of the stack: 2 exist" in said
    assert "ok       key of OpsTopic: " in said


@pytest.fixture
def killed(stage: LocalDeployment) -> Iterator[LocalDeployment]:
    """A function that refuses its settings, behind a queue that soon loses its patience."""
    queue, function = stage.resources["FailureQueue"], stage.resources["OnFailureFunction"]
    sqs, lambda_ = stage.aws.client("sqs"), stage.aws.client("lambda")
    names = ["RedrivePolicy", "VisibilityTimeout"]
    usual = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"]
    settings = lambda_.get_function_configuration(FunctionName=function)["Environment"]
    policy = json.loads(usual["RedrivePolicy"]) | {"maxReceiveCount": 2}
    hasty = {"RedrivePolicy": json.dumps(policy), "VisibilityTimeout": "1"}
    bad = {"Variables": settings["Variables"] | {"MAX_ALERTS_PER_MINUTE": "many"}}
    sqs.set_queue_attributes(QueueUrl=queue, Attributes=hasty)
    lambda_.update_function_configuration(FunctionName=function, Environment=bad)
    try:
        yield stage
    finally:
        repair(stage, settings)
        sqs.set_queue_attributes(QueueUrl=queue, Attributes=usual)


def repair(stage: LocalDeployment, settings: dict[str, dict[str, str]]) -> None:
    good = {"Variables": settings["Variables"] | {"MAX_ALERTS_PER_MINUTE": "120"}}
    stage.aws.client("lambda").update_function_configuration(
        FunctionName=stage.resources["OnFailureFunction"], Environment=good
    )


def waiting(stage: LocalDeployment, queue: str) -> int:
    said = stage.aws.client("sqs").get_queue_attributes(
        QueueUrl=stage.resources[queue], AttributeNames=["ApproximateNumberOfMessages"]
    )
    return int(said["Attributes"]["ApproximateNumberOfMessages"])


def test_a_killed_function_is_named_and_what_it_missed_is_reported_in_the_end(
    killed: LocalDeployment,
) -> None:
    settings = killed.aws.client("lambda").get_function_configuration(
        FunctionName=killed.resources["OnFailureFunction"]
    )["Environment"]
    sent = sample_run.put(killed.aws, SAMPLE)
    deadline = time.monotonic() + WAIT_SECONDS
    while not waiting(killed, "FailureDeadLetterQueue") and time.monotonic() < deadline:
        time.sleep(0.2)

    code, said = ran(killed, "doctor")
    assert code == 1
    assert "WRONG    FailureDeadLetterQueue: failures that were never reported: 1" in said
    assert f"batch-notifier redrive --stack-name {STACK} --region us-east-1" in said
    assert "WRONG    event source OnFailureFunctionFailures: its function failed on the" in said

    code, said = ran(killed, "redrive")
    assert code == 0
    [row] = [line for line in said.splitlines() if SAMPLE.detail["jobName"] in line]
    assert "timeout" in row
    assert waiting(killed, "FailureDeadLetterQueue") == 1

    repair(killed, settings)
    code, said = ran(killed, "redrive", "--yes")
    assert code == 0
    assert "Returned 1 to FailureQueue." in said
    told = killed.runner.listen(WAIT_SECONDS)
    killed.runner.unmatched.clear()
    assert told is not None
    assert told.event_id == sent.event_id
    assert waiting(killed, "FailureDeadLetterQueue") == 0


def test_replay_looks_into_a_queue_of_the_local_aws(stage: LocalDeployment) -> None:
    stage.aws.client("batch").create_job_queue(
        jobQueueName="replayed", priority=1, computeEnvironmentOrder=[]
    )
    code, said = ran(stage, "replay", "--queue", "replayed", "--since", "24h", "--dry-run")
    assert code == 0
    assert said.startswith("Jobs of replayed that failed since ")
    assert " UTC: 0; nothing was sent." in said
