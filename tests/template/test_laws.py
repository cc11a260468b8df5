"""Laws over whatever there is in any template, so that what is added is held to them too."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from samtranslator.yaml_helper import yaml_parse

from tests.template.conftest import ROOT
from tests.template.stack import Stack, listed

TEMPLATES = (ROOT / "template.yaml", *sorted((ROOT / "environments").glob("*.yaml")))
each_template = pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)

# What would be missed if it went with a stack, or with an update that replaces it.
HOLDING = {
    "AWS::DynamoDB::Table",
    "AWS::EFS::FileSystem",
    "AWS::KMS::Key",
    "AWS::Logs::LogGroup",
    "AWS::SQS::Queue",
    "AWS::S3::Bucket",
    "AWS::SecretsManager::Secret",
}
# What is made anew from the template as it was.
MADE_ANEW = {
    "AWS::Batch::ComputeEnvironment", "AWS::Batch::JobDefinition", "AWS::Batch::JobQueue",
    "AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm", "AWS::CloudWatch::Dashboard",
    "AWS::EC2::InternetGateway", "AWS::EC2::Route", "AWS::EC2::RouteTable",
    "AWS::EC2::SecurityGroup", "AWS::EC2::Subnet", "AWS::EC2::SubnetRouteTableAssociation",
    "AWS::EC2::VPC", "AWS::EC2::VPCEndpoint", "AWS::EC2::VPCGatewayAttachment",
    "AWS::EFS::AccessPoint", "AWS::EFS::MountTarget", "AWS::Events::Rule",
    "AWS::IAM::InstanceProfile", "AWS::IAM::Policy", "AWS::IAM::Role", "AWS::KMS::Alias",
    "AWS::Lambda::EventInvokeConfig", "AWS::Lambda::Permission", "AWS::Scheduler::Schedule",
    "AWS::Serverless::Application", "AWS::Serverless::Function", "AWS::SNS::Subscription",
    "AWS::SNS::Topic", "AWS::SNS::TopicPolicy", "AWS::SQS::QueuePolicy",
}  # fmt: skip
# Services that take a role in the name of one caller only, who passed it on in this account, and
# that set neither aws:SourceArn nor aws:SourceAccount when they do.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
TAKE_WHAT_IS_PASSED = {"lambda.amazonaws.com", "ec2.amazonaws.com"}
SECRET_PARAMETER = re.compile(
    r"secret|password|token|credential|private|api.?key|webhook|endpoint", re.IGNORECASE
)


def document(path: Path) -> dict[str, Any]:
    read: dict[str, Any] = yaml_parse(path.read_text(encoding="utf-8"))
    return read


def resources(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    yield from document(path)["Resources"].items()


@each_template
def test_what_holds_data_says_what_becomes_of_it(path: Path) -> None:
    for name, resource in resources(path):
        if resource["Type"] in HOLDING:
            assert {"DeletionPolicy", "UpdateReplacePolicy"} <= resource.keys(), name
        else:
            assert resource["Type"] in MADE_ANEW, f"{name}: say here whether it holds data"


@each_template
def test_log_groups_forget(path: Path) -> None:
    for name, resource in resources(path):
        if resource["Type"] == "AWS::Logs::LogGroup":
            assert resource["Properties"]["RetentionInDays"], name


@each_template
def test_every_function_decides_on_tracing(path: Path) -> None:
    """By Tracing, or by an excuse of WS1000 beside it; `test_template` asks for its reason."""
    shared = document(path).get("Globals", {}).get("Function", {})
    for name, resource in resources(path):
        if resource["Type"] == "AWS::Serverless::Function":
            excused = resource.get("Metadata", {}).get("cfn-lint", {}).get("config", {})
            decided = "WS1000" in excused.get("ignore_checks", [])
            assert decided or "Tracing" in shared | resource["Properties"], name


@each_template
def test_parameters_that_hold_a_secret_are_not_echoed(path: Path) -> None:
    for name, declared in document(path).get("Parameters", {}).items():
        if SECRET_PARAMETER.search(name):
            assert declared.get("NoEcho") is True, name
            assert declared.get("Default", "") == "", name


def test_settings_of_functions_hold_no_secret(stack: Stack) -> None:
    for name, function in stack.of_type("AWS::Lambda::Function").items():
        for setting in function["Environment"]["Variables"]:
            assert not SECRET_PARAMETER.search(setting), (name, setting)


@each_template
def test_no_service_takes_a_role_without_saying_for_whom(path: Path) -> None:
    for name, resource in resources(path):
        if resource["Type"] != "AWS::IAM::Role":
            continue
        for statement in resource["Properties"]["AssumeRolePolicyDocument"]["Statement"]:
            assert list(statement["Principal"]) == ["Service"], name
            services = set(listed(statement["Principal"]["Service"]))
            tests = statement.get("Condition", {}).values()
            named = {key for test in tests for key in test}
            assert services <= TAKE_WHAT_IS_PASSED or named & {
                "aws:SourceArn",
                "aws:SourceAccount",
            }, name


def test_who_may_call_a_function_is_named(stack: Stack) -> None:
    for name, permission in stack.of_type("AWS::Lambda::Permission").items():
        assert {"SourceArn", "SourceAccount"} & permission.keys(), name


def test_a_schedule_hands_on_what_it_cannot_deliver_or_comes_again_soon(stack: Stack) -> None:
    """A look that was missed loses nothing where the next is minutes away; HeartbeatAlarm tells."""
    for name, schedule in stack.of_type("AWS::Scheduler::Schedule").items():
        target = schedule["Target"]
        again = re.fullmatch(r"rate\(\d{1,2} minutes\)", schedule["ScheduleExpression"])
        soon = again and target["RetryPolicy"]["MaximumEventAgeInSeconds"] <= 300
        assert soon or target["DeadLetterConfig"]["Arn"], name


def test_no_role_is_open_to_whoever_has_an_account(stack: Stack) -> None:
    kinds = ("AWS::SNS::TopicPolicy", "AWS::SQS::QueuePolicy")
    for name, policy in stack.of_type(*kinds).items():
        for statement in policy["PolicyDocument"]["Statement"]:
            if statement["Effect"] == "Allow":
                assert statement["Principal"] not in ("*", {"AWS": "*"}), name
                assert not [one for one in listed(statement["Action"]) if "*" in one], name


@each_template
def test_no_key_that_aws_manages_is_used(path: Path) -> None:
    assert "alias/aws/" not in path.read_text(encoding="utf-8")


@each_template
def test_every_exception_from_checkov_has_its_reason(path: Path) -> None:
    for name, resource in resources(path):
        for skip in resource.get("Metadata", {}).get("checkov", {}).get("skip", []):
            assert re.fullmatch(r"CKV2?_AWS_\d+", skip["id"]), name
            assert len(skip["comment"].split()) >= 3, (name, skip["id"])


def test_exceptions_from_checkov_stand_nowhere_else() -> None:
    """Neither in its configuration, nor as comments, which nobody would find."""
    config = (ROOT / ".checkov.yaml").read_text(encoding="utf-8")
    assert not re.search(r"^(skip-check|soft-fail|baseline)", config, re.MULTILINE)
    assert not [path for path in TEMPLATES if "checkov:skip" in path.read_text(encoding="utf-8")]
