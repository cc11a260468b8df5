"""A change of every parameter of the environments, and what AWS would refuse of a change.

The second part is written from AWS's documentation and CloudFormation's own schemas, and knows none
of the rules: it decides which updates the rules must find.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cfnlint.schema import PROVIDER_SCHEMA_MANAGER

from tests.environments.local import REGION

CHANGES_OF_ROOT = {
    "BatchCapacity": "spot",
    "MaxVcpus": "32",
    "InstanceTypes": "m5.xlarge",
    "CpuArchitecture": "ARM64",
    "JobZones": "3",
    "JobSubnets": "private",
}
CHANGES = {
    "BatchEc2": {"DiskGiB": "50", "HostImage": "ECS_AL2023_NVIDIA", "MaxVcpus": "8"},
    "BatchFargate": {"EphemeralStorageGiB": "100", "MaxVcpus": "8"},
    "BatchFargateEfs": {"Backup": "DISABLED", "Ec2": "no", "ThroughputMode": "bursting"},
}
# What the root passes on, from its own parameters or from another nested stack.
PASSED = {
    "AssignPublicIp", "Capacity", "CpuArchitecture", "ExecutionRoleArn", "InstanceTypes",
    "JobRoleArn", "Kind", "LogGroupName", "MaxVcpus", "Name", "Platform", "SecurityGroupId",
    "SubnetIds", "VpcId", "Zones",
}  # fmt: skip

# https://docs.aws.amazon.com/batch/latest/userguide/updating-compute-environments.html
_OF_FARGATE = {"MaxvCpus", "SecurityGroupIds", "Subnets"}
_SCALING = {"DesiredvCpus", "MaxvCpus", "MinvCpus"}
_IN_PLACE = {"BEST_FIT_PROGRESSIVE", "SPOT_CAPACITY_OPTIMIZED", "SPOT_PRICE_CAPACITY_OPTIMIZED"}
_COMPUTE = "AWS::Batch::ComputeEnvironment"


def refused(before: dict[str, Any], after: dict[str, Any]) -> Iterator[str]:
    """Name the resources whose update AWS refuses, given all resources before and after it."""
    for name in before.keys() & after.keys():
        kind = before[name]["Type"]
        old, new = (each[name].get("Properties", {}) for each in (before, after))
        changed = {key for key in old.keys() | new.keys() if old.get(key) != new.get(key)}
        if kind == _COMPUTE and "ComputeResources" in changed:
            changed |= _changed_of_compute(old, new)
        if kind == _COMPUTE and not _is_updated(old, new, changed):
            yield name
        if kind == "AWS::EFS::MountTarget" and "SubnetId" in changed:
            yield name  # one a zone: https://docs.aws.amazon.com/efs/latest/ug/API_CreateMountTarget.html
        schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema(REGION, kind).schema
        fixed = {path.split("/")[2] for path in schema.get("createOnlyProperties", [])}
        own_name = {key for key in fixed & new.keys() if key.endswith("Name")}
        # The replacement is made while the old resource still has the name.
        if fixed & changed and any(old.get(key) == new[key] for key in own_name):
            yield name


def _changed_of_compute(old: dict[str, Any], new: dict[str, Any]) -> set[str]:
    one, other = old["ComputeResources"], new["ComputeResources"]
    return {f"ComputeResources.{key}" for key in one | other if one.get(key) != other.get(key)}


def _is_updated(old: dict[str, Any], new: dict[str, Any], changed: set[str]) -> bool:
    """Whether AWS Batch takes an update of a compute environment, in place or by a new one."""
    resources = {each.partition(".")[2] for each in changed} - {""}
    if not changed:
        return True
    if new["ComputeResources"]["Type"].startswith("FARGATE"):
        policy = {"UpdatePolicy"} & new.keys()
        return old["ComputeResources"]["Type"] == new["ComputeResources"]["Type"] and not (
            policy or resources - _OF_FARGATE
        )
    if resources <= _SCALING:
        return True
    if new.get("ReplaceComputeEnvironment", True) in (False, "false"):
        linked = "AWSServiceRoleForBatch" in new.get("ServiceRole", "AWSServiceRoleForBatch")
        return linked and new["ComputeResources"].get("AllocationStrategy") in _IN_PLACE
    return "ComputeEnvironmentName" not in new
