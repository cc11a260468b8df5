"""Every command that is printed is one that AWS takes, and holds nothing that a job was given."""

from __future__ import annotations

import json
import shlex
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.alert.alert import Alert, compose
from notifier.alert.commands import resubmit
from notifier.alert.commands.aws_cli import MAP_INDEX
from notifier.alert.history import RunHistory
from notifier.batch import fargate_sizes, retry_strategy
from notifier.batch.event import parse_event
from notifier.batch.failure import Failure, Kind
from notifier.batch.job_shape import JobShape
from notifier.diagnosis.diagnose import Certainty, Diagnosis
from notifier.diagnosis.known_cause import diagnosis_for
from tests import aws_cli, command_line
from tests.golden.scenes import BATCH, SCENES, first
from tests.properties.planted import SECRETS, leaked
from tests.properties.strategies import SOME
from workbench.event_file import alert_from_file

EVENTS = Path(__file__).parents[2] / "events"
SAMPLES = sorted(file for file in EVENTS.glob("*.json") if file.name != "local.json")
OOM = diagnosis_for("oom-container", Certainty.CERTAIN)
SPOT = diagnosis_for("host-ec2-terminated", Certainty.CERTAIN)
EXIT = diagnosis_for("app-exit-1", Certainty.LIKELY)
PLAIN = JobShape("align:3", "a:1", 2, 4096)


def checked(alert: Alert) -> int:
    """Check each command but the line that belongs inside of a container."""
    commands = [*alert.commands, *(each for each in alert.submit_commands if each != MAP_INDEX)]
    for each in commands:
        program, *words = shlex.split(each)
        if program == "batch-notifier":
            assert command_line.problem(words) == ""
        else:
            aws_cli.check(each)
    return len(commands)


@pytest.mark.parametrize("file", SAMPLES, ids=lambda file: file.stem)
def test_the_aws_cli_takes_every_command_of_every_sample(file: Path) -> None:
    alert = alert_from_file(file)
    assert alert is not None
    assert checked(alert) > 0 or alert.failure is None


@pytest.mark.parametrize("scene", SCENES)
def test_the_aws_cli_takes_every_command_of_every_incident(scene: str) -> None:
    alert = SCENES[scene]()
    assert checked(alert) > 0 or scene in (
        "storm",
        "degraded",
        "unreadable",
        "recovered",
        "acknowledged",
        "run-again",
    )


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("aws batch describe-jobs --job a", "has no --job"),
        ("aws batch describe-jobs --jobs", "no value"),
        ("aws batch describe-jobs", "Missing required parameter"),
        ("aws batch submit-job --job-name a --job-queue q --job-definition d "
         "--retry-strategy attempts=many", "many"),
        ("""aws batch submit-job --job-name a --job-queue q --job-definition d --retry-strategy """
         """'{"evaluateOnExit":[{"action":"MAYBE"}]}'""", "MAYBE"),
        ("""aws batch submit-job --job-name a --job-queue q --job-definition d """
         """--container-overrides '{"memories":1}'""", "memories"),
        ("aws logs get-log-events --log-stream-name file://x --log-group-name g", "file://x"),
    ],
)  # fmt: skip
def test_the_check_finds_what_is_wrong(command: str, said: str) -> None:
    with pytest.raises((AssertionError, ValueError), match=said):
        aws_cli.check(command)


def options(
    failure: Failure, why: Diagnosis, run_history: RunHistory | None = None
) -> dict[str, Any]:
    (command,) = resubmit.submit_again(failure, why, run_history)
    _, asked = aws_cli.check(command)
    assert asked["jobName"] == failure.job_name
    assert asked["jobDefinition"] == failure.definition_arn
    return {
        key: value
        for key, value in asked.items()
        if key not in ("jobName", "jobQueue", "jobDefinition")
    }


def sizes(**asked: str) -> dict[str, Any]:
    given = [{"type": kind, "value": value} for kind, value in asked.items()]
    return {"containerOverrides": {"resourceRequirements": given}}


UNKNOWN = None
AS_DEFINED = RunHistory(after=PLAIN, definition_after=PLAIN)
SMALLER = RunHistory(
    after=PLAIN, definition_after=replace(PLAIN, memory_mib=8192, timeout_seconds=60)
)


@pytest.mark.parametrize(
    ("changes", "why", "run_history", "expected"),
    [
        ({}, EXIT, AS_DEFINED, {}),
        ({}, EXIT, UNKNOWN, sizes(VCPU="2", MEMORY="4096")),
        ({"gpus": 1}, EXIT, UNKNOWN, sizes(VCPU="2", MEMORY="4096", GPU="1")),
        ({}, EXIT, SMALLER, sizes(MEMORY="4096")),
        ({"timeout_seconds": 900}, EXIT, AS_DEFINED, {}),
        ({"timeout_seconds": 900}, EXIT, SMALLER,
         {**sizes(MEMORY="4096"), "timeout": {"attemptDurationSeconds": 900}}),
        ({}, OOM, AS_DEFINED, sizes(MEMORY="8192")),
        ({}, OOM, UNKNOWN, sizes(VCPU="2", MEMORY="8192")),
        ({"vcpus": 0.5}, OOM, AS_DEFINED, sizes(VCPU="1", MEMORY="8192")),
        ({"platform": "EC2", "vcpus": 0.5}, OOM, AS_DEFINED, sizes(MEMORY="8192")),
        ({"memory_mib": 249_856, "vcpus": 32}, OOM, AS_DEFINED, {}),
        ({}, replace(OOM, certainty=Certainty.LIKELY), AS_DEFINED, {}),
        # Several containers, and pods, are not reached by --container-overrides.
        ({"container": "app"}, OOM, UNKNOWN, {}),
        ({"platform": "EKS"}, OOM, UNKNOWN, {}),
        ({"attempt_limit": 3}, EXIT, UNKNOWN,
         {**sizes(VCPU="2", MEMORY="4096"), "retryStrategy": {"attempts": 3}}),
        ({"attempt_limit": 3}, EXIT, AS_DEFINED, {}),
        ({"attempt_limit": 1}, SPOT, AS_DEFINED,
         {"retryStrategy": {"attempts": 5, "evaluateOnExit": [
             {"onStatusReason": "Your Spot Task*", "action": "RETRY"},
             {"onReason": "*", "action": "EXIT"}]}}),
        ({"attempt_limit": 3, "platform": "EC2"}, SPOT, AS_DEFINED,
         {"retryStrategy": {"attempts": 6, "evaluateOnExit": [
             {"onStatusReason": "Host EC2*", "action": "RETRY"},
             {"onReason": "*", "action": "EXIT"}]}}),
    ],
)  # fmt: skip
def test_it_is_submitted_as_it_was_but_for_what_made_it_fail(
    changes: dict[str, Any],
    why: Diagnosis,
    run_history: RunHistory | None,
    expected: dict[str, Any],
) -> None:
    assert options(first(**changes), why, run_history) == expected


@SOME
@given(
    vcpus=st.sampled_from(tuple(fargate_sizes.MEMORY)),
    place=st.integers(0, 27),
)
def test_the_next_size_is_one_that_fargate_has(vcpus: float, place: int) -> None:
    memory = fargate_sizes.MEMORY[vcpus][place % len(fargate_sizes.MEMORY[vcpus])]
    asked = options(first(vcpus=float(vcpus), memory_mib=memory), OOM)
    given_sizes = {
        one["type"]: float(one["value"])
        for one in asked["containerOverrides"]["resourceRequirements"]
    }
    assert int(given_sizes["MEMORY"]) in fargate_sizes.MEMORY[given_sizes["VCPU"]]


@pytest.mark.parametrize("file", SAMPLES, ids=lambda file: file.stem)
def test_the_first_command_of_every_failed_job_runs_it_again(file: Path) -> None:
    alert = alert_from_file(file)
    assert alert is not None
    failure = alert.failure
    again = [each for each in alert.commands if each.startswith("batch-notifier rerun ")]
    has_job = failure is not None and failure.kind not in (
        Kind.STUCK, Kind.QUEUE_BLOCKED, Kind.ENVIRONMENT, Kind.UNREADABLE,
    )  # fmt: skip
    assert again == list(alert.commands[:1] if has_job and not alert.is_drill else ())
    if again and failure is not None:
        assert shlex.split(again[0])[2] == failure.job_id.partition("#")[0]
        assert alert.steps[-1] == "To run it again, use the first command below."
    assert not any("submit-job" in each for each in alert.commands)


def test_a_digest_of_several_jobs_runs_all_of_them_again() -> None:
    (first_command, *_) = SCENES["nightly-5th"]().commands
    assert first_command.startswith("batch-notifier rerun ")


@pytest.mark.parametrize("kind", sorted(set(Kind) - {Kind.JOB}))
def test_what_is_no_job_of_its_own_has_no_such_command(kind: Kind) -> None:
    assert resubmit.submit_again(first(kind), EXIT, None) == ()


@pytest.mark.parametrize("change", [{"queue_arn": "x; rm -rf /"}, {"job_name": "$(id)"},
                                    {"definition_arn": ""}, {"region": "evil"}])  # fmt: skip
def test_no_command_from_invalid_parts(change: dict[str, str]) -> None:
    assert resubmit.submit_again(first(**change), EXIT, None) == ()


# ---- Rules of evaluateOnExit --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "kept"),
    [
        (None, 0),
        ("x", 0),
        ([7, None], 0),
        ([{"action": "RETRY"}], 0),
        ([{"onReason": "*"}], 0),
        ([{"onReason": "*", "action": "exit"}], 1),
        ([{"onStatusReason": "Host EC2*", "onReason": "", "action": "RETRY"}], 1),
        ([{"onStatusReason": "Host EC2*", "onExitCode": None, "action": "RETRY"}], 1),
        ([{"onStatusReason": "Host EC2 (instance*", "action": "RETRY"}], 0),
        ([{"onReason": "*full", "action": "RETRY"}], 0),
        ([{"onExitCode": "13*", "action": "RETRY"}], 1),
        ([{"onExitCode": "-1", "action": "RETRY"}], 0),
        ([{"onReason": "x" * 513, "action": "RETRY"}], 0),
        ([{"onReason": "*", "action": "MAYBE"}], 0),
        ([{"onReason": "*", "action": "EXIT"}] * 9, retry_strategy.MOST_RULES),
    ],
)  # fmt: skip
def test_rules_that_batch_would_refuse_are_left_out(raw: object, kept: int) -> None:
    assert len(retry_strategy.parse_rules(raw, str)) == kept


def test_a_rule_with_a_secret_of_the_job_in_it_is_left_out() -> None:
    rule = [{"onReason": "hunter2", "action": "RETRY"}]
    assert (
        retry_strategy.parse_rules(rule, lambda value: str(value).replace("hunter2", "[redacted]"))
        == ()
    )


@pytest.mark.parametrize("limit", [None, 1, 3, 10])
@pytest.mark.parametrize("rules", [0, 1, 4, 5])
def test_the_strategy_for_spot_is_within_the_limits(limit: int | None, rules: int) -> None:
    own = tuple((("onExitCode", str(n)), ("action", "EXIT")) for n in range(rules))
    told = json.loads(retry_strategy.spot_strategy(own, limit, "EC2"))
    assert 5 <= told["attempts"] <= retry_strategy.MOST_ATTEMPTS
    assert told["evaluateOnExit"][0] == dict(retry_strategy.HOST_LOST)
    assert len(told["evaluateOnExit"]) <= retry_strategy.MOST_RULES
    again = json.loads(retry_strategy.spot_strategy((retry_strategy.HOST_LOST, *own), limit, "EC2"))
    assert again["evaluateOnExit"].count(dict(retry_strategy.HOST_LOST)) == 1


@pytest.mark.parametrize("planted", SECRETS, ids=lambda planted: planted.kind)
def test_nothing_that_a_job_was_given_is_in_a_command(planted: Any) -> None:
    secret = planted.line
    detail = {
        "jobId": "a", "jobName": "a", "status": "FAILED", "jobQueue": f"{BATCH}:job-queue/q",
        "jobDefinition": f"{BATCH}:job-definition/d:1", "jobArn": f"{BATCH}:job/a",
        "parameters": {"p": secret},
        "container": {"command": [secret], "environment": [{"name": "TOKEN", "value": secret}]},
        "retryStrategy": {"attempts": 2, "evaluateOnExit": [
            {"onReason": secret, "action": "RETRY"},
            {"onReason": "*", "action": "EXIT"}]},
    }  # fmt: skip
    read = parse_event(
        {"source": "aws.batch", "detail-type": "Batch Job State Change", "detail": detail}
    )
    assert isinstance(read, Failure)
    alert = compose(read, None, 25)
    assert any("submit-job" in each for each in alert.submit_commands)
    assert not leaked(planted.private, " ".join((*alert.commands, *alert.submit_commands)))
