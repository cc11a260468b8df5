"""Rules for every resource of every template, including resources added later."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from samtranslator.yaml_helper import yaml_parse

from tests.template.conftest import ROOT
from tests.template.stack import Stack, listed

TEMPLATES = (
    ROOT / "template.yaml",
    *sorted(
        path for folder in ("environments", "stacks") for path in (ROOT / folder).glob("*.yaml")
    ),
)
each_template = pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)

# Resources whose data is lost with the stack or with a replacement.
WITH_DATA = {
    "AWS::DynamoDB::Table",
    "AWS::EFS::FileSystem",
    "AWS::KMS::Key",
    "AWS::Logs::LogGroup",
    "AWS::SQS::Queue",
    "AWS::S3::Bucket",
    "AWS::SecretsManager::Secret",
}
# Resources that the template can create again.
WITHOUT_DATA = {
    "AWS::EC2::LaunchTemplate",
    "AWS::Batch::ComputeEnvironment", "AWS::Batch::JobDefinition", "AWS::Batch::JobQueue",
    "AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm", "AWS::CloudWatch::Dashboard",
    "AWS::EC2::InternetGateway", "AWS::EC2::Route", "AWS::EC2::RouteTable",
    "AWS::EC2::SecurityGroup", "AWS::EC2::Subnet", "AWS::EC2::SubnetRouteTableAssociation",
    "AWS::EC2::VPC", "AWS::EC2::VPCEndpoint", "AWS::EC2::VPCGatewayAttachment",
    "AWS::EFS::AccessPoint", "AWS::EFS::MountTarget", "AWS::Events::Rule",
    "AWS::IAM::InstanceProfile", "AWS::IAM::Policy", "AWS::IAM::Role", "AWS::KMS::Alias",
    "AWS::Lambda::EventInvokeConfig", "AWS::Lambda::Permission", "AWS::Scheduler::Schedule",
    "AWS::Scheduler::ScheduleGroup",
    "AWS::Serverless::Application", "AWS::Serverless::Function", "AWS::SNS::Subscription",
    "AWS::SNS::Topic", "AWS::SNS::TopicPolicy", "AWS::SQS::QueuePolicy",
}  # fmt: skip
# Services that assume only roles passed to them in this account, and that set neither aws:SourceArn
# nor aws:SourceAccount.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
SET_NO_SOURCE = {"lambda.amazonaws.com", "ec2.amazonaws.com"}
SECRET_PARAMETER = re.compile(
    r"secret|password|token|credential|private|api.?key|webhook|endpoint", re.IGNORECASE
)


# Names that are the same in every Region of an account: with one of these, the stack's name alone
# is taken in the second Region. Roles and policies are in IAM, bucket names in the whole partition.
GLOBAL_NAMES = (
    "DashboardName", "RoleName", "InstanceProfileName", "ManagedPolicyName", "UserName",
    "GroupName", "BucketName",
)  # fmt: skip
REGIONAL_GROUPS = {"AWS::Scheduler::Schedule", "AWS::EC2::SecurityGroup"}


def document(path: Path) -> dict[str, Any]:
    read: dict[str, Any] = yaml_parse(path.read_text(encoding="utf-8"))
    return read


def resources(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    yield from document(path)["Resources"].items()


@each_template
def test_resources_with_data_have_deletion_policies(path: Path) -> None:
    for name, resource in resources(path):
        if resource["Type"] in WITH_DATA:
            assert {"DeletionPolicy", "UpdateReplacePolicy"} <= resource.keys(), name
        else:
            assert resource["Type"] in WITHOUT_DATA, (
                f"{name}: add its type to WITH_DATA or WITHOUT_DATA"
            )


@each_template
def test_log_groups_have_a_retention(path: Path) -> None:
    for name, resource in resources(path):
        if resource["Type"] == "AWS::Logs::LogGroup":
            assert resource["Properties"]["RetentionInDays"], name


@each_template
def test_every_function_sets_or_declines_tracing(path: Path) -> None:
    """By Tracing or by an exception for WS1000, whose reason `test_template` checks."""
    shared = document(path).get("Globals", {}).get("Function", {})
    for name, resource in resources(path):
        if resource["Type"] == "AWS::Serverless::Function":
            excused = resource.get("Metadata", {}).get("cfn-lint", {}).get("config", {})
            decided = "WS1000" in excused.get("ignore_checks", [])
            assert decided or "Tracing" in shared | resource["Properties"], name


@each_template
def test_secret_parameters_are_not_echoed(path: Path) -> None:
    for name, declared in document(path).get("Parameters", {}).items():
        if SECRET_PARAMETER.search(name):
            assert declared.get("NoEcho") is True, name
            assert declared.get("Default", "") == "", name


def test_environment_variables_contain_no_secrets(stack: Stack) -> None:
    for name, function in stack.of_type("AWS::Lambda::Function").items():
        for setting in function["Environment"]["Variables"]:
            assert not SECRET_PARAMETER.search(setting), (name, setting)


@each_template
def test_roles_are_protected_from_confused_deputies(path: Path) -> None:
    for name, resource in resources(path):
        if resource["Type"] != "AWS::IAM::Role":
            continue
        for statement in resource["Properties"]["AssumeRolePolicyDocument"]["Statement"]:
            assert list(statement["Principal"]) == ["Service"], name
            services = set(listed(statement["Principal"]["Service"]))
            tests = statement.get("Condition", {}).values()
            named = {key for test in tests for key in test}
            assert services <= SET_NO_SOURCE or named & {
                "aws:SourceArn",
                "aws:SourceAccount",
            }, name


@each_template
def test_global_names_contain_the_region(path: Path) -> None:
    for name, resource in resources(path):
        for key in GLOBAL_NAMES:
            value = resource.get("Properties", {}).get(key)
            if value and not (key == "GroupName" and resource["Type"] in REGIONAL_GROUPS):
                assert "${AWS::Region}" in str(value), (name, key)


def test_services_act_only_for_the_resources_of_the_stack(stack: Stack) -> None:
    """Neither another alarm nor another schedule of the account may use what is ours."""
    [publish] = [
        one
        for one in stack.of_type("AWS::SNS::TopicPolicy")["OpsTopicPolicy"]["PolicyDocument"][
            "Statement"
        ]
        if one["Effect"] == "Allow"
    ]
    ours = "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:batch-notifier-*"
    assert publish["Condition"]["ArnLike"] == {"aws:SourceArn": ours}
    role = stack.of_type("AWS::IAM::Role")["SweepScheduleRole"]
    [assume] = role["AssumeRolePolicyDocument"]["Statement"]
    assert assume["Condition"]["ArnEquals"] == {"aws:SourceArn": "<SweepScheduleGroup>"}
    for schedule in stack.of_type("AWS::Scheduler::Schedule").values():
        assert schedule["GroupName"] == "<SweepScheduleGroup>"


def test_throttled_schedules_do_not_pile_up(stack: Stack) -> None:
    """Scheduler invokes asynchronously, and Lambda keeps what it throttles for six hours."""
    configured = {
        one["FunctionName"]: one for one in stack.of_type("AWS::Lambda::EventInvokeConfig").values()
    }
    for schedule in stack.of_type("AWS::Scheduler::Schedule").values():
        config = configured[schedule["Target"]["Arn"]]
        assert config["MaximumEventAgeInSeconds"] <= 120  # SweepMinutes is 2 at least
        assert config["MaximumRetryAttempts"] == 0


def test_lambda_permissions_name_the_caller(stack: Stack) -> None:
    for name, permission in stack.of_type("AWS::Lambda::Permission").items():
        assert {"SourceArn", "SourceAccount"} & permission.keys(), name


def test_schedules_repeat_soon_or_have_a_dead_letter_queue(stack: Stack) -> None:
    """The next invocation makes up for a lost one, and HeartbeatAlarm reports several."""
    for name, schedule in stack.of_type("AWS::Scheduler::Schedule").items():
        target = schedule["Target"]
        again = re.fullmatch(r"rate\(\d{1,2} minutes\)", schedule["ScheduleExpression"])
        soon = again and target["RetryPolicy"]["MaximumEventAgeInSeconds"] <= 300
        assert soon or target["DeadLetterConfig"]["Arn"], name


def test_resource_policies_are_not_open_to_everyone(stack: Stack) -> None:
    kinds = ("AWS::SNS::TopicPolicy", "AWS::SQS::QueuePolicy")
    for name, policy in stack.of_type(*kinds).items():
        for statement in policy["PolicyDocument"]["Statement"]:
            if statement["Effect"] == "Allow":
                assert statement["Principal"] not in ("*", {"AWS": "*"}), name
                assert not [one for one in listed(statement["Action"]) if "*" in one], name


@each_template
def test_no_aws_managed_key_is_used(path: Path) -> None:
    assert "alias/aws/" not in path.read_text(encoding="utf-8")


@each_template
def test_checkov_exceptions_have_a_reason(path: Path) -> None:
    for name, resource in resources(path):
        for skip in resource.get("Metadata", {}).get("checkov", {}).get("skip", []):
            assert re.fullmatch(r"CKV2?_AWS_\d+", skip["id"]), name
            assert len(skip["comment"].split()) >= 3, (name, skip["id"])


def test_checkov_exceptions_are_only_in_metadata() -> None:
    """Not in the configuration of checkov, and not in comments."""
    config = (ROOT / ".checkov.yaml").read_text(encoding="utf-8")
    assert not re.search(r"^(skip-check|soft-fail|baseline)", config, re.MULTILINE)
    assert not [path for path in TEMPLATES if "checkov:skip" in path.read_text(encoding="utf-8")]
