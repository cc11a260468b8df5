"""The environments in a local AWS: created as the root wires them, updated, and deleted again."""

from __future__ import annotations

from typing import Any

import pytest

from tests.environments.changes import CHANGES, CHANGES_OF_ROOT
from tests.environments.conftest import root
from tests.environments.local import Deployment, aws

DRILLS = (
    "exit-1",
    "out-of-memory",
    "timeout",
    "image-not-found",
    "entry-point-not-found",
    "array",
    "step",
)
EVERY = {
    "ec2": {"EC2"},
    "fargate": {"FARGATE"},
    "fargate-efs": {"FARGATE"},
    "ec2+fargate": {"EC2", "FARGATE"},
    "ec2+fargate-efs": {"EC2", "FARGATE"},
}


def compute_environments() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = aws("batch").describe_compute_environments()[
        "computeEnvironments"
    ]
    return found


def job_definitions() -> set[str]:
    found = aws("batch").describe_job_definitions(status="ACTIVE")["jobDefinitions"]
    return {each["jobDefinitionName"] for each in found}


def remaining_resources() -> dict[str, list[str]]:
    """List the resources that the account did not have before."""
    iam, ec2, batch = aws("iam"), aws("ec2"), aws("batch")
    roles = {each["RoleName"] for each in iam.list_roles()["Roles"]} - {"service"}
    groups = ec2.describe_security_groups()["SecurityGroups"]
    vpcs = ec2.describe_vpcs()["Vpcs"]
    found = {
        "queues": [each["jobQueueName"] for each in batch.describe_job_queues()["jobQueues"]],
        "compute": [each["computeEnvironmentName"] for each in compute_environments()],
        "definitions": sorted(job_definitions()),
        "roles": sorted(roles),
        "profiles": iam.list_instance_profiles()["InstanceProfiles"],
        "groups": [each["GroupName"] for each in groups if each["GroupName"] != "default"],
        "vpcs": [each["VpcId"] for each in vpcs if not each["IsDefault"]],
        "logs": aws("logs").describe_log_groups()["logGroups"],
        "files": aws("efs").describe_file_systems()["FileSystems"],
    }
    return {name: things for name, things in found.items() if things}


@pytest.mark.parametrize("capacity", ["on-demand", "spot"])
@pytest.mark.parametrize("chosen", EVERY)
def test_an_environment_is_created_updated_and_deleted_completely(
    deployment: Deployment, chosen: str, capacity: str
) -> None:
    deployment.apply(root(BatchEnvironment=chosen, BatchCapacity=capacity))

    made = compute_environments()
    spot = {"EC2": "SPOT", "FARGATE": "FARGATE_SPOT"}
    assert {each["computeResources"]["type"] for each in made} == EVERY[chosen] | {
        spot[kind] for kind in EVERY[chosen] if capacity == "spot"
    }
    assert {(each["status"], each["state"]) for each in made} == {("VALID", "ENABLED")}
    queues = aws("batch").describe_job_queues()["jobQueues"]
    assert {each["jobQueueName"] for each in queues} == {
        f"batch-notifier-{kind.lower()}" for kind in EVERY[chosen]
    }
    assert {(each["status"], each["state"]) for each in queues} == {("VALID", "ENABLED")}
    wanted = {
        f"batch-notifier-{kind.lower()}-{name}"
        for kind in EVERY[chosen]
        for name in ("hello", *(f"drill-{drill}" for drill in DRILLS))
    }
    if "efs" in chosen:
        wanted |= {f"batch-notifier-fargate-{name}" for name in ("efs-hello", "drill-efs-denied")}
    if chosen == "ec2+fargate-efs":
        wanted.add("batch-notifier-ec2-efs-hello")
    assert job_definitions() == wanted

    before = deployment.outputs["Network"]
    deployment.apply(root(BatchEnvironment=chosen, BatchCapacity=capacity, MaxVcpus="32"))
    assert deployment.outputs["Network"] == before
    assert {each["status"] for each in compute_environments()} == {"VALID"}
    assert job_definitions() == wanted

    deployment.delete()
    assert remaining_resources() == {}


def own_network(zones: int) -> tuple[str, list[str]]:
    """Make a VPC with a subnet in each of some zones."""
    ec2 = aws("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    made = [
        ec2.create_subnet(
            VpcId=vpc, CidrBlock=f"10.0.{index}.0/24", AvailabilityZone=f"us-east-1{zone}"
        )
        for index, zone in enumerate("abcd"[:zones])
    ]
    return vpc, [each["Subnet"]["SubnetId"] for each in made]


@pytest.mark.parametrize("zones", [2, 4])
def test_an_existing_network_is_used_and_not_changed(deployment: Deployment, zones: int) -> None:
    vpc, subnets = own_network(zones)
    deployment.apply(
        root(
            BatchEnvironment="fargate-efs",
            VpcId=vpc,
            SubnetIds=",".join(subnets),
            JobZones=str(zones),
        )
    )
    (made,) = compute_environments()
    assert made["computeResources"]["subnets"] == subnets
    targets = aws("efs").describe_mount_targets(
        FileSystemId=deployment.outputs["BatchFargateEfs"]["FileSystemId"]
    )["MountTargets"]
    assert {each["SubnetId"] for each in targets} == set(subnets)
    assert len(aws("ec2").describe_vpcs()["Vpcs"]) == 2  # this one, and the account's own
    deployment.delete()
    assert remaining_resources() == {"vpcs": [vpc]}


def test_security_groups_allow_only_nfs_from_jobs(deployment: Deployment) -> None:
    deployment.apply(root(BatchEnvironment="ec2+fargate-efs"))
    jobs = deployment.outputs["Network"]["JobsSecurityGroupId"]
    vpc = deployment.outputs["Network"]["VpcId"]
    groups = aws("ec2").describe_security_groups(
        Filters=[{"Name": "vpc-id", "Values": [vpc]}],
    )["SecurityGroups"]
    ours = {each["GroupId"]: each for each in groups if each["GroupName"] != "default"}
    assert ours.pop(jobs)["IpPermissions"] == []
    (files,) = ours.values()
    (rule,) = files["IpPermissions"]
    assert (rule["IpProtocol"], rule["FromPort"], rule["ToPort"]) == ("tcp", 2049, 2049)
    assert [pair["GroupId"] for pair in rule["UserIdGroupPairs"]] == [jobs]
    assert rule["IpRanges"] == []


def test_every_parameter_can_be_changed_once_and_all_is_deleted(deployment: Deployment) -> None:
    chosen = {"BatchEnvironment": "ec2+fargate-efs"}
    deployment.apply(root(**chosen))
    for parameter, value in CHANGES_OF_ROOT.items():
        chosen[parameter] = value
        deployment.apply(root(**chosen))
    assert len(deployment.outputs["Network"]["SubnetIds"].split(",")) == 3
    for name, changes in CHANGES.items():
        for parameter, value in changes.items():
            deployment.change(name, {parameter: value})
    kinds = {each["computeResources"]["type"] for each in compute_environments()}
    assert kinds == {"EC2", "SPOT", "FARGATE", "FARGATE_SPOT"}
    deployment.delete()
    assert remaining_resources().keys() <= {"files"}  # which may hold results


@pytest.mark.parametrize("zones", [2, 3, 4])
def test_private_subnets_have_endpoints_and_no_route_to_the_internet(
    deployment: Deployment, zones: int
) -> None:
    deployment.apply(root(BatchEnvironment="fargate", JobSubnets="private", JobZones=str(zones)))
    network = deployment.outputs["Network"]
    assert network["AssignPublicIp"] == "DISABLED"
    of_vpc = [{"Name": "vpc-id", "Values": [network["VpcId"]]}]
    endpoints = aws("ec2").describe_vpc_endpoints(Filters=of_vpc)["VpcEndpoints"]
    assert {each["ServiceName"].removeprefix("com.amazonaws.us-east-1.") for each in endpoints} == {
        *("s3", "dynamodb", "ecr.api", "ecr.dkr", "logs", "ecs", "ecs-agent", "ecs-telemetry")
    }
    private = set(network["SubnetIds"].split(","))
    made = aws("ec2").describe_subnets(SubnetIds=list(private))["Subnets"]
    assert len({each["AvailabilityZone"] for each in made}) == zones
    assert {zones} == {
        len(each["SubnetIds"]) for each in endpoints if each["VpcEndpointType"] == "Interface"
    }
    for table in aws("ec2").describe_route_tables(Filters=of_vpc)["RouteTables"]:
        if private & {link.get("SubnetId") for link in table["Associations"]}:
            assert not [each for each in table["Routes"] if "igw-" in each.get("GatewayId", "")]
    (made,) = compute_environments()
    assert set(made["computeResources"]["subnets"]) == private
    deployment.delete()
    assert remaining_resources() == {}


def test_none_creates_nothing() -> None:
    assert root().of_type("AWS::CloudFormation::Stack") == {}
