"""Rules for the ids and ARNs of what AWS Batch uses."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.append(str(Path(__file__).parents[3]))  # cfn-lint loads this file outside its package

from environments.evaluation.networks import vpc
from environments.evaluation.scenarios import Resource
from environments.evaluation.values import items, nodes
from environments.rule import (
    API,
    COMPUTE_ENVIRONMENT,
    GUIDE,
    JOB_QUEUE,
    BatchRule,
    Finding,
    FormRule,
    warnings,
)

LAUNCH_TEMPLATE_ID = r"lt-\w+"


class IdOfAnotherKind(FormRule):
    """The ids of compute resources are those of their kind."""

    id = "EB2207"
    shortdesc = "The ids of subnets, security groups, images and launch templates are of that kind"
    description = "subnet-..., sg-..., ami-... and lt-...; a service role is an ARN or a name"
    source_url = f"{API}/API_ComputeResource.html"
    applies_to = COMPUTE_ENVIRONMENT
    answer = 'CLIENT_ERROR - Invalid id: "default" (expecting "sg-...")'
    documented = True
    instead = "the id, which begins with its kind, or a Ref of the resource."
    forms = (
        (("ComputeResources", "Subnets"), r"subnet-\w+"),
        (("ComputeResources", "SecurityGroupIds"), r"sg-\w+"),
        (("ComputeResources", "ImageId"), r"ami-\w+"),
        (("ComputeResources", "LaunchTemplate", "LaunchTemplateId"), LAUNCH_TEMPLATE_ID),
        (("ServiceRole",), r"arn:[\w-]+:iam::\w*:role/.+|[\w+=,.@/-]+"),
    )
    of_override = ((("LaunchTemplateId",), LAUNCH_TEMPLATE_ID),)

    def find(self, resource: Resource) -> Iterator[Finding]:
        """Check the ids of the compute resources, and of the launch template's overrides."""
        yield from super().find(resource)
        for each in nodes(resource.get("ComputeResources", "LaunchTemplate", "Overrides")):
            yield from self.unlike(each, self.of_override)


class PolicyNoArn(FormRule):
    """A queue names its scheduling policy by an ARN."""

    id = "EB2208"
    shortdesc = "The scheduling policy of a queue is an ARN"
    description = "A name of a scheduling policy, as the console shows it, is no ARN"
    source_url = f"{API}/API_CreateJobQueue.html"
    applies_to = JOB_QUEUE
    answer = "schedulingPolicyArn fair is not a valid ARN"
    documented = True
    instead = "Fn::GetAtt Policy.Arn, or the whole ARN."
    forms = ((("SchedulingPolicyArn",), r"arn:[\w-]+:batch:.+:scheduling-policy/.+"),)


class SecurityGroupOfAnotherVpc(BatchRule):
    """Security groups and subnets are of one VPC."""

    id = "EB2209"
    shortdesc = "Security groups and subnets are of one VPC"
    description = "Only where the template makes the security group and the subnet"
    source_url = f"{GUIDE}/invalid_compute_environment.html"
    applies_to = COMPUTE_ENVIRONMENT
    answer = "CLIENT_ERROR - Security group sg-1 and subnet subnet-1 belong to different networks."
    instead = "make the security group in the VPC of the subnets."

    def find(self, resource: Resource) -> Iterator[Finding]:
        """Compare the VPCs, as far as they are known."""
        groups, subnets = (
            [(vpc(each, kind, resource.scenario), place) for each, place in items(listed)]
            for kind, listed in (
                ("AWS::EC2::SecurityGroup", resource.get("ComputeResources", "SecurityGroupIds")),
                ("AWS::EC2::Subnet", resource.get("ComputeResources", "Subnets")),
            )
        )
        homes = {each for each, _ in subnets if each}
        for each, place in groups:
            if each and homes and each not in homes:
                yield "The security group is of another VPC than the subnets", place


globals().update(warnings(globals()))
