"""Rules for functions and for the template as a whole."""

from __future__ import annotations

import json
import re
import shlex
import tomllib
from typing import Any

import pytest
from samtranslator.yaml_helper import yaml_parse

from notifier.ports.metrics import NAMESPACE
from tests.template.conftest import ROOT
from tests.template.stack import Stack, arn, dead_letter_queues, listed, role_statements

FOURTEEN_DAYS = 14 * 24 * 3600
ENVIRONMENT = {
    "ALERT_TOPIC_ARN": arn("AlertTopic"),
    "TABLE_NAME": arn("IncidentTable"),
    "FAILURE_QUEUE_URL": arn("FailureQueue"),
    "FOLLOW_UP_QUEUE_URL": arn("FollowUpQueue"),
    "ACTIONS_URL": "",
    "ACTIONS_KEY_ARN": "",
    "ALLOW_RERUN": "off",
    "GROUP_BY": "queue,definition,cause,error",
    "MAX_ALERTS_PER_MINUTE": "5",
    "MAX_ALERTS_PER_HOUR": "30",
    "MAX_TEXTS_PER_HOUR": "6",
    "FOLLOW_UP_MINUTES": "5",
    "LONGEST_FOLLOW_UP_MINUTES": "240",
    "CLOSE_AFTER_HOURS": "24",
    "LOG_LINES": "25",
    "MINIMUM_SEVERITY": "warning",
    "FILTER_LABELS": "",
    "WATCH": "",
    "JOB_QUEUE_ARNS": "",
    "STUCK_AFTER_MINUTES": "60",
    "DRY_RUN": "false",
    "LOG_LEVEL": "INFO",
    "POWERTOOLS_SERVICE_NAME": "batch-notifier",
    "POWERTOOLS_METRICS_NAMESPACE": NAMESPACE,
}


def test_every_function_has_limits_and_its_own_log_group(stack: Stack) -> None:
    groups = {arn(name): group for name, group in stack.of_type("AWS::Logs::LogGroup").items()}
    functions = stack.of_type("AWS::Lambda::Function")
    assert functions
    for name, function in functions.items():
        assert {"Timeout", "MemorySize", "Architectures"} <= function.keys(), name
        assert function["Runtime"] == "python3.13", name
        group = groups.pop(function["LoggingConfig"]["LogGroup"])  # popped: not shared
        assert group["RetentionInDays"] * 24 * 3600 >= FOURTEEN_DAYS, name


def test_every_function_may_write_to_its_log_group(stack: Stack) -> None:
    writable = {
        resource
        for _, statement in role_statements(stack)
        if "logs:PutLogEvents" in statement["Action"]
        for resource in listed(statement["Resource"])
    }
    for function in stack.of_type("AWS::Lambda::Function").values():
        assert function["LoggingConfig"]["LogGroup"] in writable


def test_functions_have_exactly_the_settings_they_read(stack: Stack) -> None:
    for function in stack.of_type("AWS::Lambda::Function").values():
        assert function["Environment"]["Variables"] == ENVIRONMENT


@pytest.mark.parametrize("architecture", ["arm64", "x86_64"])
def test_functions_run_on_the_chosen_processor(template: dict[str, Any], architecture: str) -> None:
    stack = Stack(template, {"Architecture": architecture})
    for function in stack.of_type("AWS::Lambda::Function").values():
        assert function["Architectures"] == [architecture]


def test_dead_letter_queues_are_kept_with_unreported_failures(
    template: dict[str, Any], stack: Stack
) -> None:
    for end in dead_letter_queues(stack):
        resource = template["Resources"][end.strip("<>")]
        assert resource["DeletionPolicy"] in ("Retain", "RetainExceptOnCreate")
        assert resource["UpdateReplacePolicy"] == "Retain"


def test_every_number_has_a_reason(source: str) -> None:
    lines = source.splitlines()
    bare = [
        f"{number}: {line.strip()}"
        for number, line in enumerate(lines, start=1)
        if re.fullmatch(r"\s+\w+: \d+\s*(#.*)?", line)
        and "#" not in line
        and not lines[number - 2].lstrip().startswith("#")
    ]
    assert bare == []


def test_every_lint_exception_has_a_reason(source: str) -> None:
    excused = re.findall(r"(?:- |\[)([A-Z]{1,2}\d{4})\b", source)
    assert excused
    for rule in excused:
        assert re.search(rf"# {rule} \(", source), rule


def test_no_yaml_aliases_are_used(source: str) -> None:
    assert not re.search(r":\s[&*]\w", source)


def test_the_drill_command_sends_an_event_that_matches(stack: Stack) -> None:
    command = stack.resolve(stack.template["Outputs"]["DrillCommand"]["Value"])
    words = shlex.split(command)
    assert words[:3] == ["aws", "events", "put-events"]
    (entry,) = json.loads(words[words.index("--entries") + 1])
    assert stack.of_type("AWS::Events::Rule")["DrillRule"]["EventPattern"] == {
        "source": [entry["Source"]],
        "account": ["111122223333"],
    }
    assert json.loads(entry["Detail"])["status"] == "FAILED"


def test_outputs_include_every_topic_queue_and_function(stack: Stack) -> None:
    given = {stack.resolve(output["Value"]) for output in stack.template["Outputs"].values()}
    kinds = ("AWS::SNS::Topic", "AWS::SQS::Queue", "AWS::Lambda::Function")
    assert {arn(name) for name in stack.of_type(*kinds)} <= given


@pytest.mark.parametrize("environment", ["default", "local"])
def test_samconfig_has_every_needed_option(source: str, environment: str) -> None:
    config = tomllib.loads((ROOT / "samconfig.toml").read_text(encoding="utf-8"))[environment]
    assert config["build"]["parameters"]["beta_features"] is True  # the python-uv builder
    capabilities = "CAPABILITY_IAM CAPABILITY_AUTO_EXPAND"  # roles; nested stacks
    assert config["deploy"]["parameters"]["capabilities"] == capabilities
    assert config["global"]["parameters"]["stack_name"]
    given = config["deploy"]["parameters"].get("parameter_overrides", "")
    declared = yaml_parse(source)["Parameters"]
    assert {pair.split("=")[0] for pair in given.split()} <= declared.keys()
