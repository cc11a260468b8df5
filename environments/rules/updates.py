"""Rules for updates that AWS Batch or CloudFormation refuses, though the resource was created."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2]))  # cfn-lint loads this file outside its package

from environments.evaluation.conditions import used_parameters
from environments.evaluation.jobs import EC2, FARGATE, compute_type
from environments.evaluation.scenarios import Resource
from environments.evaluation.values import given, text, word
from environments.rule import COMPUTE_ENVIRONMENT, GUIDE, BatchRule, Finding, warnings
from environments.rules.instances import strategy

SERVICE_LINKED_ROLE = "AWSServiceRoleForBatch"


class NamedAndReplaced(BatchRule):
    """A compute environment with a name cannot be replaced."""

    id = "WB1301"
    shortdesc = "A compute environment that updates replace has no name of its own"
    description = "CloudFormation makes the replacement first, while the old one still has the name"
    source_url = f"{GUIDE}/updating-compute-environments.html"
    applies_to = COMPUTE_ENVIRONMENT
    answer = "CloudFormation cannot update a stack when a custom-named resource requires replacing."
    instead = "leave ComputeEnvironmentName out, or set ReplaceComputeEnvironment: false."

    def find(self, resource: Resource) -> Iterator[Finding]:
        """Check for a name where an update of instances would replace the resource."""
        template = resource.scenario.template
        raw = template.resources[resource.name].get("Properties")
        name = raw.get("ComputeEnvironmentName") if isinstance(raw, dict) else None
        # A name that is made of another resource changes with that.
        named = name is not None and not list(used_parameters(name, template.resources))
        replaces = resource.get("ReplaceComputeEnvironment")
        certain = not given(replaces) or word(replaces) == "TRUE"
        if named and certain and compute_type(resource) in EC2:
            place = resource.place("ComputeEnvironmentName")
            yield (
                "A change of the instances replaces this compute environment, which is named",
                place,
            )


class NotUpdatableInPlace(BatchRule):
    """Updates in place need the service-linked role and a strategy other than BEST_FIT."""

    id = "EB1302"
    shortdesc = "ReplaceComputeEnvironment: false has what updates in place need"
    description = "They need the service-linked role, and an allocation strategy but BEST_FIT"
    source_url = f"{GUIDE}/infrastructure-updates.html"
    applies_to = COMPUTE_ENVIRONMENT
    answer = (
        "Following fields [instanceTypes] can be updated only for Compute Environment having a"
        " Batch Service Linked Role"
    )
    instead = (
        "leave ServiceRole out, and choose BEST_FIT_PROGRESSIVE or SPOT_PRICE_CAPACITY_OPTIMIZED."
    )

    def find(self, resource: Resource) -> Iterator[Finding]:
        """Check the role and the strategy."""
        in_place = word(resource.get("ReplaceComputeEnvironment")) == "FALSE"
        if not in_place or compute_type(resource) not in EC2:
            return
        role = resource.get("ServiceRole")
        own = resource.scenario.referenced(role, "AWS::IAM::Role")
        if own or (":role/" in text(role) and SERVICE_LINKED_ROLE not in text(role)):
            place = resource.place("ServiceRole")
            yield "ReplaceComputeEnvironment is false, with a service role of your own", place
        if strategy(resource) == "BEST_FIT":
            place = resource.place("ComputeResources", "AllocationStrategy")
            yield "ReplaceComputeEnvironment is false, with the allocation strategy BEST_FIT", place


class UpdatePolicyOnFargate(BatchRule):
    """Fargate has no infrastructure to update."""

    id = "EB1303"
    shortdesc = "A Fargate compute environment has no UpdatePolicy"
    description = "Creation works; every update that also sends these settings fails"
    source_url = "https://github.com/aws/aws-cdk/issues/27054"
    applies_to = COMPUTE_ENVIRONMENT
    answer = (
        "The following parameters can't be updated for Fargate compute environment: updatePolicy,"
        " updateToLatestImageVersion."
    )
    instead = "remove it."

    def find(self, resource: Resource) -> Iterator[Finding]:
        """Check for the settings of infrastructure updates."""
        paths = (("UpdatePolicy",), ("ComputeResources", "UpdateToLatestImageVersion"))
        for path in paths if compute_type(resource) in FARGATE else ():
            if given(resource.get(*path)):
                yield f"{path[-1]} is not for Fargate", resource.place(*path)


class FargateTypeByParameter(BatchRule):
    """The type of a Fargate compute environment stays."""

    id = "IB1304"
    shortdesc = "No parameter changes FARGATE to FARGATE_SPOT"
    description = "Only subnets, security groups and vCPUs of a Fargate environment can change"
    source_url = f"{GUIDE}/updating-compute-environments.html"
    applies_to = COMPUTE_ENVIRONMENT
    answer = "The following parameters can't be updated for Fargate compute environment: type."
    documented = True
    instead = "make two compute environments, each with a Condition."

    def find(self, resource: Resource) -> Iterator[Finding]:
        """Compare the type with that of the other scenarios."""
        scenarios = resource.scenario.template.scenarios(resource.name)
        others = [each.resource(resource.name) for each in scenarios]
        kinds = {compute_type(each) for each in others if each}
        if set(FARGATE) <= kinds:
            place = resource.place("ComputeResources")
            yield "A parameter changes the type from FARGATE to FARGATE_SPOT", (*place, "Type")


class MountTargetOfParameter(BatchRule):
    """A mount target stays in its subnet."""

    id = "IB1807"
    shortdesc = "The subnet of a mount target is no parameter that an update can change"
    description = "The new mount target is made first, beside the old one of the zone or VPC"
    source_url = "https://docs.aws.amazon.com/efs/latest/ug/API_CreateMountTarget.html"
    applies_to = "AWS::EFS::MountTarget"
    answer = "mount target already exists in this AZ"
    instead = "say at the parameter that it stays, or make the subnets in this template."

    def find(self, resource: Resource) -> Iterator[Finding]:
        """Check whether the subnet is a parameter, or an element of one."""
        template = resource.scenario.template
        raw = template.resources[resource.name].get("Properties")
        subnet = raw.get("SubnetId") if isinstance(raw, dict) else None
        if list(used_parameters(subnet, template.parameters)):
            yield "A change of the parameter moves the mount target", resource.place("SubnetId")


globals().update(warnings(globals()))
