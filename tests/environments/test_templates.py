"""Laws over the templates of the environments, worked out on paper."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

import boto3
import pytest
from cfnlint.schema import PROVIDER_SCHEMA_MANAGER
from moto import mock_aws

from tests.environments.conftest import LOCATIONS, root
from tests.environments.local import REGION, ROOT, read
from tests.template.stack import Stack, listed, role_statements

PATHS = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "environments").glob("*.yaml"))
NETWORK = {"VpcId": "vpc-0a", "SubnetIds": "subnet-0a,subnet-0b"}
GIVEN = NETWORK | {
    "Name": "batch-notifier",
    "SecurityGroupId": "sg-0a",
    "ExecutionRoleArn": "arn:aws:iam::111122223333:role/execution",
    "JobRoleArn": "arn:aws:iam::111122223333:role/job",
    "LogGroupName": "/aws/batch/batch-notifier/fargate",
}
# `Resource: "*"` is for what is listed here, and for these reasons. Nothing is.
UNBOUNDED: dict[str, str] = {}
# AWS's own policy is what Batch asks of its hosts, and follows what the ECS agent needs.
# https://docs.aws.amazon.com/batch/latest/userguide/instance_IAM_role.html
MANAGED = {"InstanceRole": ["AmazonEC2ContainerServiceforEC2Role"]}
# What ends an attempt, as (statusReason, reason, exit code), and whether another is worth it.
ENDS = {
    "EC2": {
        ("Host EC2 (instance i-0737c70432d64f82a) terminated.", "", ""): True,
        ("Essential container in task exited", "", "1"): False,
        ("Essential container in task exited", "OutOfMemoryError: Container killed", "137"): False,
        ("Task failed to start", "CannotPullContainerError: not found", ""): False,
        ("Job attempt duration exceeded timeout", "", ""): False,
    },
    "FARGATE": {
        ("Your Spot Task was interrupted.", "", ""): True,
        ("Essential container in task exited", "", "1"): False,
        ("Essential container in task exited", "OutOfMemoryError: container killed", "137"): False,
        ("CannotPullContainerError: not found", "", ""): False,
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


def test_every_one_is_used() -> None:
    assert set(PATHS) == set(LOCATIONS.values())


@pytest.mark.parametrize("name", STACKS)
def test_no_role_may_do_everything_or_do_it_to_everything(name: str) -> None:
    for policy, statement in role_statements(STACKS[name]):
        assert statement["Effect"] == "Allow"
        assert not [each for each in listed(statement["Action"]) if "*" in each], policy
        assert "NotAction" not in statement
        if "*" in listed(statement["Resource"]):
            assert statement["Sid"] in UNBOUNDED


@pytest.mark.parametrize("name", STACKS)
def test_roles_are_taken_by_one_service_and_hold_only_policies_that_are_listed(name: str) -> None:
    for role, properties in STACKS[name].of_type("AWS::IAM::Role").items():
        (statement,) = properties["AssumeRolePolicyDocument"]["Statement"]
        assert list(statement["Principal"]) == ["Service"]
        assert "Policies" not in properties, role
        arns = [each.rpartition("/")[2] for each in properties.get("ManagedPolicyArns", [])]
        assert arns == MANAGED.get(role, []), role


def test_the_managed_policy_of_hosts_allows_no_whole_service() -> None:
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
def test_what_has_a_name_of_its_own_is_never_replaced(name: str) -> None:
    """A replacement is made before what it replaces is gone, and the name would be taken."""
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
def test_a_job_tries_again_when_its_host_went_and_not_when_it_failed(name: str) -> None:
    definition = JOB_DEFINITIONS[name]
    (platform,) = definition["PlatformCapabilities"]
    assert definition["Type"] == "container"
    assert definition["PropagateTags"] is True
    assert definition["Tags"]["notify:owner"]
    assert 60 <= definition["Timeout"]["AttemptDurationSeconds"] <= 3600  # Batch takes 60 or more
    for (status_reason, reason, exit_code), again in ENDS[platform].items():
        given = {"OnStatusReason": status_reason, "OnReason": reason, "OnExitCode": exit_code}
        assert retries(definition["RetryStrategy"], given) is again, given


def retries(strategy: dict[str, Any], given: dict[str, str]) -> bool:
    """Decide as Batch does: the first condition that matches counts; without one it tries again.

    https://docs.aws.amazon.com/batch/latest/APIReference/API_EvaluateOnExit.html
    """
    for condition in strategy["EvaluateOnExit"]:
        patterns = {key: value for key, value in condition.items() if key != "Action"}
        assert all(re.fullmatch(r"[\w.:\s]*\*?", each) for each in patterns.values())
        if all(fnmatchcase(given[key], pattern) for key, pattern in patterns.items()):
            return str(condition["Action"]) == "RETRY"
    return True


@pytest.mark.parametrize("name", STACKS)
def test_logs_are_kept_for_a_while_and_go_with_the_stack(name: str) -> None:
    for group in STACKS[name].of_type("AWS::Logs::LogGroup").values():
        assert group["RetentionInDays"] == 30


def test_shared_files_are_encrypted_at_rest_and_on_their_way_and_behind_iam() -> None:
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


def test_the_root_gives_each_stack_what_it_asks_for_and_takes_only_what_it_gives() -> None:
    stack = root(BatchEnvironment="ec2+fargate-efs")
    outputs = json.dumps([stack.resources, stack.resolve(stack.template["Outputs"])])
    for name, nested in stack.of_type("AWS::CloudFormation::Stack").items():
        document = read(ROOT / LOCATIONS[name])
        declared = document["Parameters"]
        needed = {key for key, value in declared.items() if "Default" not in value}
        assert needed <= nested["Parameters"].keys() <= declared.keys(), name
        taken = set(re.findall(rf"Outputs\.(\w+) of {name}\b", outputs))
        assert taken <= document["Outputs"].keys(), name
