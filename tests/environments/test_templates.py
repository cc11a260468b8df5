"""Rules for the templates of the environments, checked without deploying them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import boto3
import pytest
from cfnlint.schema import PROVIDER_SCHEMA_MANAGER
from moto import mock_aws

from tests.environments.conftest import LOCATIONS, root
from tests.environments.local import REGION, ROOT, read
from tests.template.stack import Stack, listed, role_statements
from workbench.lint import linter

PATHS = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "environments").glob("*.yaml"))
NETWORK = {"VpcId": "vpc-0a", "SubnetIds": "subnet-0a,subnet-0b"}
GIVEN = NETWORK | {
    "Name": "batch-notifier",
    "SecurityGroupId": "sg-0a",
    "ExecutionRoleArn": "arn:aws:iam::111122223333:role/execution",
    "JobRoleArn": "arn:aws:iam::111122223333:role/job",
    "LogGroupName": "/aws/batch/batch-notifier/fargate",
}
# Statements that may have `Resource: "*"`, with the reason.
UNBOUNDED = {"LogInToTheRegistry": "ecr:GetAuthorizationToken has no resource"}
# Batch requires this AWS managed policy for its hosts.
# https://docs.aws.amazon.com/batch/latest/userguide/instance_IAM_role.html
MANAGED = {"InstanceRole": ["AmazonEC2ContainerServiceforEC2Role"]}
# How an attempt ends, as (statusReason, reason, exit code), and whether Batch should retry it.
ENDS: dict[str, dict[tuple[str, str, str], bool | str]] = {
    "EC2": {
        ("Host EC2 (instance i-0737c70432d64f82a) terminated.", "", ""): True,
        ("Essential container in task exited", "", "1"): False,
        ("Essential container in task exited", "OutOfMemoryError: Container killed", "137"): False,
        ("Task failed to start", "CannotPullContainerError: not found", ""): "pull",
        ("Job attempt duration exceeded timeout", "", ""): False,
    },
    "FARGATE": {
        ("Your Spot Task was interrupted.", "", ""): True,
        ("Essential container in task exited", "", "1"): False,
        ("Essential container in task exited", "OutOfMemoryError: container killed", "137"): False,
        ("Task failed to start", "CannotPullContainerError: x", ""): "pull",
        ("Job attempt duration exceeded timeout", "", ""): False,
    },
}


def stacks() -> Iterator[tuple[str, Stack]]:
    for path in PATHS:
        for platform in ("EC2", "FARGATE") if path.endswith("drills.yaml") else ("",):
            name = f"{path}:{platform}" if platform else path
            yield name, Stack(read(ROOT / path), GIVEN | {"Platform": platform})


STACKS = dict(stacks())
JOB_DEFINITIONS = {
    f"{name}:{logical_id}": definition
    for name, stack in STACKS.items()
    for logical_id, definition in stack.of_type("AWS::Batch::JobDefinition").items()
}


def test_every_template_is_used() -> None:
    assert set(PATHS) == set(LOCATIONS.values())


@pytest.mark.parametrize("name", STACKS)
def test_roles_have_no_wildcards(name: str) -> None:
    for policy, statement in role_statements(STACKS[name]):
        assert statement["Effect"] == "Allow"
        assert not [each for each in listed(statement["Action"]) if "*" in each], policy
        assert "NotAction" not in statement
        if "*" in listed(statement["Resource"]):
            assert statement["Sid"] in UNBOUNDED


@pytest.mark.parametrize("name", STACKS)
def test_roles_trust_one_service_and_have_only_listed_policies(name: str) -> None:
    for role, properties in STACKS[name].of_type("AWS::IAM::Role").items():
        (statement,) = properties["AssumeRolePolicyDocument"]["Statement"]
        assert list(statement["Principal"]) == ["Service"]
        assert "Policies" not in properties, role
        arns = [each.rpartition("/")[2] for each in properties.get("ManagedPolicyArns", [])]
        assert arns == MANAGED.get(role, []), role


def test_the_managed_policy_of_hosts_has_no_service_wildcard() -> None:
    with mock_aws(config={"iam": {"load_aws_managed_policies": True}}):
        iam = boto3.client("iam", REGION)
        arn = "arn:aws:iam::aws:policy/service-role/AmazonEC2ContainerServiceforEC2Role"
        version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
        found = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]
    actions = [
        action
        for statement in found["Document"]["Statement"]
        for action in listed(statement["Action"])
    ]
    assert actions
    assert not [action for action in actions if action.endswith(":*") or action == "*"]


@pytest.mark.parametrize("name", STACKS)
def test_named_resources_are_never_replaced(name: str) -> None:
    """CloudFormation creates a replacement first, while the old resource still has the name."""
    document = read(ROOT / name.partition(":")[0])
    parameters = document["Parameters"].keys() - {"Name", "Platform"}
    for logical_id, resource in document["Resources"].items():
        schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema(REGION, resource["Type"]).schema
        fixed = {each.split("/")[2] for each in schema.get("createOnlyProperties", [])}
        properties = resource.get("Properties", {})
        if not fixed & properties.keys() & {"JobQueueName", "JobDefinitionName", "LogGroupName"}:
            continue
        for key in fixed & properties.keys():
            used = set(re.findall(r"\w+", json.dumps(properties[key])))
            assert not used & parameters, (logical_id, key)


@pytest.mark.parametrize("name", JOB_DEFINITIONS)
def test_jobs_retry_interruptions_but_not_failures(name: str) -> None:
    definition = JOB_DEFINITIONS[name]
    (platform,) = definition["PlatformCapabilities"]
    assert definition["Type"] == "container"
    assert definition["PropagateTags"] is True
    assert definition["Tags"]["notify:owner"]
    assert 60 <= definition["Timeout"]["AttemptDurationSeconds"] <= 3600  # the minimum of Batch
    for (status_reason, reason, exit_code), again in ENDS[platform].items():
        given = {"OnStatusReason": status_reason, "OnReason": reason, "OnExitCode": exit_code}
        # A pull is repeated, but not in drills, one of which is an image that is not there.
        expected = "drills" not in name if again == "pull" else again
        assert retries(definition["RetryStrategy"], given) is expected, given


def retries(strategy: dict[str, Any], given: dict[str, str]) -> bool:
    """Decide as Batch does: the first condition that matches counts; without a match it retries.

    https://docs.aws.amazon.com/batch/latest/APIReference/API_EvaluateOnExit.html
    """
    for condition in strategy["EvaluateOnExit"]:
        patterns = {key: value for key, value in condition.items() if key != "Action"}
        assert all(re.fullmatch(r"[\w.:\s]*\*?", each) for each in patterns.values())
        if all(fnmatchcase(given[key], pattern) for key, pattern in patterns.items()):
            return str(condition["Action"]) == "RETRY"
    return True


@pytest.mark.parametrize("name", STACKS)
def test_logs_have_a_retention(name: str) -> None:
    for group in STACKS[name].of_type("AWS::Logs::LogGroup").values():
        assert group["RetentionInDays"] == 30


def test_shared_files_are_encrypted_and_need_iam() -> None:
    stack = STACKS["environments/batch-fargate-efs.yaml"]
    (file_system,) = stack.of_type("AWS::EFS::FileSystem").values()
    assert file_system["Encrypted"] is True
    assert len(stack.of_type("AWS::EFS::MountTarget")) == 2
    for definition in stack.of_type("AWS::Batch::JobDefinition").values():
        container = definition["ContainerProperties"]
        assert container["FargatePlatformConfiguration"]["PlatformVersion"] == "1.4.0"
        (volume,) = container["Volumes"]
        assert volume["EfsVolumeConfiguration"]["TransitEncryption"] == "ENABLED"
        assert volume["EfsVolumeConfiguration"]["AuthorizationConfig"]["Iam"] == "ENABLED"


def test_nested_stacks_get_and_return_the_declared_values() -> None:
    stack = root(BatchEnvironment="ec2+fargate-efs")
    outputs = json.dumps([stack.resources, stack.resolve(stack.template["Outputs"])])
    for name, nested in stack.of_type("AWS::CloudFormation::Stack").items():
        document = read(ROOT / LOCATIONS[name])
        declared = document["Parameters"]
        needed = {key for key, value in declared.items() if "Default" not in value}
        assert needed <= nested["Parameters"].keys() <= declared.keys(), name
        taken = set(re.findall(rf"Outputs\.(\w+) of {name}\b", outputs))
        assert taken <= document["Outputs"].keys(), name


@pytest.mark.parametrize(
    "path", sorted((ROOT / "environments").rglob("*.yaml")), ids=lambda path: path.stem
)
def test_no_template_has_a_mistake_that_the_rules_know(path: Path) -> None:
    assert linter.check([path], information=True) == []
