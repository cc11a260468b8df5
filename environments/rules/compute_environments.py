"""Rules for what a compute environment must have."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2]))  # cfn-lint loads this file outside its package

from environments.evaluation.jobs import EC2, FARGATE, compute_type
from environments.evaluation.scenarios import Resource
from environments.evaluation.values import get, given, items, number, text, word
from environments.rule import (
    API,
    COMPUTE_ENVIRONMENT,
    GUIDE,
    BatchRule,
    Finding,
    RangeRule,
    RequiredRule,
    warnings,
)


def too_many(resource: Resource, setting: str, most: int, what: str) -> Iterator[Finding]:
    """Check the length of a list that Fargate limits."""
    listed = resource.get("ComputeResources", setting)
    if compute_type(resource) in FARGATE and len(items(listed)) > most:
        answer = f"Fargate supports a maximum of {most} {what}."
        place = resource.place("ComputeResources", setting)
        yield f"There are {len(listed)} {what}", place, answer


class ManagedWithoutResources(BatchRule):
    """A managed compute environment has compute resources."""

    id = "EB1101"
    shortdesc = "A managed compute environment has ComputeResources"
    description = "AWS Batch needs to know what to start for a MANAGED compute environment"
    source_url = f"{API}/API_CreateComputeEnvironment.html"
    applies_to = COMPUTE_ENVIRONMENT
    answer = "computeResources must be provided for a MANAGED compute environment"
    documented = True
    instead = "give ComputeResources, or Type: UNMANAGED for instances of your own."

    def find(self, resource: Resource) -> Iterator[Finding]:
        """Check that ComputeResources is there."""
        if word(resource.get("Type")) == "MANAGED" and not given(resource.get("ComputeResources")):
            yield "A MANAGED compute environment has no ComputeResources", resource.place("Type")


class SubnetsMissing(RequiredRule):
    """Compute resources need subnets."""

    id = "EB1102"
    shortdesc = "Compute resources have subnets"
    description = "Instances and Fargate tasks need subnets, on Fargate at most 16"
    source_url = f"{API}/API_ComputeResource.html"
    applies_to = COMPUTE_ENVIRONMENT
    answer = "Resource subnets are required."
    instead = "list the subnets of one VPC in ComputeResources.Subnets."
    setting = "Subnets"
    types = (*EC2, *FARGATE)

    def find(self, resource: Resource) -> Iterator[Finding]:
        """Check that the setting is there, and not too long for Fargate."""
        yield from super().find(resource)
        yield from too_many(resource, self.setting, 16, "subnets")


class SecurityGroupsMissing(RequiredRule):
    """Compute resources need security groups."""

    id = "EB1103"
    shortdesc = "Compute resources have security groups"
    description = (
        "Fargate needs one to five security groups; on EC2 a launch template can give them"
    )
    source_url = f"{API}/API_ComputeResource.html"
    applies_to = COMPUTE_ENVIRONMENT
    answer = "Security group ids are required."
    instead = "list one to five security groups in ComputeResources.SecurityGroupIds."
    setting = "SecurityGroupIds"
    types = (*EC2, *FARGATE)

    def find(self, resource: Resource) -> Iterator[Finding]:
        """Check that the setting is there; a launch template may replace it on EC2."""
        template = resource.get("ComputeResources", "LaunchTemplate")
        if compute_type(resource) in FARGATE or not given(template):
            yield from super().find(resource)
        yield from too_many(resource, self.setting, 5, "security groups")


class InstanceRoleMissing(RequiredRule):
    """Instances need an instance profile."""

    id = "EB1104"
    shortdesc = "Compute resources on EC2 have an instance role"
    description = "The instances need a profile to register with Amazon ECS or Amazon EKS"
    source_url = f"{API}/API_ComputeResource.html"
    applies_to = COMPUTE_ENVIRONMENT
    answer = "Instance role is required."
    instead = "set ComputeResources.InstanceRole to the ARN of an instance profile."
    setting = "InstanceRole"
    types = EC2


class InstanceTypesMissing(RequiredRule):
    """Compute resources on EC2 need instance types."""

    id = "EB1105"
    shortdesc = "Compute resources on EC2 have instance types"
    description = "AWS Batch needs at least one instance type, family or default_x86_64"
    source_url = f"{API}/API_ComputeResource.html"
    applies_to = COMPUTE_ENVIRONMENT
    answer = "Resource instanceTypes are required."
    instead = "list instance types or families, or default_x86_64 or default_arm64."
    setting = "InstanceTypes"
    types = EC2


class MostVcpusMissing(RequiredRule):
    """Compute resources need a highest number of vCPUs."""

    id = "EB1110"
    shortdesc = "Compute resources have MaxvCpus"
    description = "AWS Batch needs to know how many vCPUs it may start"
    source_url = f"{API}/API_ComputeResource.html"
    applies_to = COMPUTE_ENVIRONMENT
    answer = "Resource maxvCpus is required."
    instead = "set ComputeResources.MaxvCpus."
    setting = "MaxvCpus"
    types = (*EC2, *FARGATE, "ECS_MANAGED_INSTANCES")


class VcpusOutOfOrder(BatchRule):
    """MinvCpus, DesiredvCpus and MaxvCpus are in order."""

    id = "EB1106"
    shortdesc = "MinvCpus <= DesiredvCpus <= MaxvCpus"
    description = "DesiredvCpus has to lie between MinvCpus and MaxvCpus"
    source_url = f"{GUIDE}/updating-compute-environments.html"
    applies_to = COMPUTE_ENVIRONMENT
    answer = "desiredvCpus should be between minvCpus and maxvCpus."
    instead = "leave DesiredvCpus out: AWS Batch sets it by demand; keep MinvCpus below MaxvCpus."

    def find(self, resource: Resource) -> Iterator[Finding]:
        """Compare the numbers that are known."""
        keys = ("MinvCpus", "DesiredvCpus", "MaxvCpus")
        low, desired, high = (number(resource.get("ComputeResources", key)) for key in keys)
        pairs = (
            ("MinvCpus", low, "DesiredvCpus", desired),
            ("DesiredvCpus", desired, "MaxvCpus", high),
        )
        for one, lower, other, higher in (*pairs, ("MinvCpus", low, "MaxvCpus", high)):
            if lower is not None and higher is not None and lower > higher:
                place = resource.place("ComputeResources", one)
                yield f"{one} {lower:g} is above {other} {higher:g}", place
        if low is not None and low < 0:
            yield f"MinvCpus is {low:g}", resource.place("ComputeResources", "MinvCpus")


class NumberOutOfRange(RangeRule):
    """The numbers of compute resources are in their ranges."""

    id = "EB1107"
    shortdesc = "BidPercentage, scale-down delay and update timeout are in range"
    description = "BidPercentage 0 to 100, scale-down delay 20 to 10080 minutes, timeout to 7200"
    source_url = f"{API}/API_ComputeScalingPolicy.html"
    applies_to = COMPUTE_ENVIRONMENT
    answer = "Bid percentage must be between 0 to 100."
    instead = "use a number in the range."
    ranges = (
        (("ComputeResources", "BidPercentage"), 0, 100),
        (("ComputeResources", "ScalingPolicy", "MinScaleDownDelayMinutes"), 20, 10080),
        (("UpdatePolicy", "JobExecutionTimeoutMinutes"), 1, 7200),
    )

    def find(self, resource: Resource) -> Iterator[Finding]:
        """Check each number; a delay of 0 turns the delay off."""
        off = ("ComputeResources", "ScalingPolicy", "MinScaleDownDelayMinutes")
        place = resource.place(*off) if number(resource.get(*off)) == 0 else None
        yield from (each for each in super().find(resource) if each[1] != place)


class UnmanagedSettings(BatchRule):
    """Managed and unmanaged compute environments have their own settings."""

    id = "EB1108"
    shortdesc = "UNMANAGED needs a service role, MANAGED has no UnmanagedvCpus"
    description = "AWS Batch makes its service-linked role only for managed compute environments"
    source_url = f"{API}/API_CreateComputeEnvironment.html"
    applies_to = COMPUTE_ENVIRONMENT
    answer = "ServiceRole is required."
    instead = "give a role that trusts batch.amazonaws.com to UNMANAGED; UnmanagedvCpus only there."

    def find(self, resource: Resource) -> Iterator[Finding]:
        """Compare the type with ServiceRole and UnmanagedvCpus."""
        kind, role = word(resource.get("Type")), resource.get("ServiceRole")
        if kind == "UNMANAGED" and not given(role):
            yield "An UNMANAGED compute environment has no ServiceRole", resource.place("Type")
        if kind == "UNMANAGED" and "AWSServiceRoleForBatch" in text(role):
            place = resource.place("ServiceRole")
            answer = "Service Linked Role cannot be used with UNMANAGED Compute Environment"
            yield "UNMANAGED has the service-linked role", place, answer
        if kind == "MANAGED" and given(resource.get("UnmanagedvCpus")):
            place = resource.place("UnmanagedvCpus")
            answer = "unmanagedvCpus is not applicable for managed Compute Environments"
            yield "UnmanagedvCpus is for UNMANAGED", place, answer


class ManagedInstancesProvider(BatchRule):
    """ECS Managed Instances have a provider and no settings of EC2."""

    id = "EB1109"
    shortdesc = "ECS_MANAGED_INSTANCES has a ManagedInstancesProvider, no other type has"
    description = "Amazon ECS Managed Instances take subnets, roles and types from their provider"
    source_url = f"{API}/API_ComputeResource.html"
    applies_to = COMPUTE_ENVIRONMENT
    answer = "managedInstancesProvider is required when type is ECS_MANAGED_INSTANCES"
    documented = True
    instead = "give ManagedInstancesProvider with ECS_MANAGED_INSTANCES, and only there."

    def find(self, resource: Resource) -> Iterator[Finding]:
        """Compare the type with ManagedInstancesProvider."""
        kind = compute_type(resource)
        provider = resource.get("ComputeResources", "ManagedInstancesProvider")
        if kind == "ECS_MANAGED_INSTANCES":
            if not given(provider):
                place = resource.place("ComputeResources", "Type")
                yield "ECS_MANAGED_INSTANCES has no ManagedInstancesProvider", place
            for key in ("InstanceTypes", "InstanceRole", "LaunchTemplate", "SpotIamFleetRole"):
                if given(get(resource.get("ComputeResources"), key)):
                    yield (
                        f"{key} is not for ECS_MANAGED_INSTANCES",
                        resource.place("ComputeResources", key),
                    )
        elif kind and given(provider):
            place = resource.place("ComputeResources", "ManagedInstancesProvider")
            yield f"ManagedInstancesProvider is not for the type {kind}", place


globals().update(warnings(globals()))
