"""Rules for the IAM roles of compute environments and jobs."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2]))  # cfn-lint loads this file outside its package


from environments.evaluation.jobs import Task, api_name, tasks
from environments.evaluation.scenarios import Resource
from environments.evaluation.values import (
    HOLE,
    Items,
    Node,
    Reference,
    get,
    given,
    known,
    nodes,
    scalars,
    text,
    word,
)
from environments.rule import (
    COMPUTE_ENVIRONMENT,
    GUIDE,
    JOB_DEFINITION,
    BatchRule,
    Finding,
    warnings,
)

ROLE = "AWS::IAM::Role"


def trusts(role: Resource, service: str) -> bool:
    """Whether a role lets a service assume it; also where that cannot be known."""
    document = role.get("AssumeRolePolicyDocument")
    statements = get(document, "Statement")
    if not isinstance(document, Node) or not isinstance(statements, Node | Items):
        return True
    for each in [statements] if isinstance(statements, Node) else nodes(statements):
        principal = get(each, "Principal")
        services = get(principal, "Service") if isinstance(principal, Node) else principal
        names = [text(value) for value in scalars(services)] if given(services) else []
        if word(get(each, "Effect")) in ("ALLOW", "") and any(
            name.startswith((service, HOLE, "*")) for name in names
        ):
            return True
    return False


class InstanceProfileNotRole(BatchRule):
    """InstanceRole is an instance profile."""

    id = "EB1001"
    shortdesc = "InstanceRole is an instance profile, not a role"
    description = "InstanceRole takes the name or ARN of an instance profile that contains the role"
    source_url = f"{GUIDE}/instance_IAM_role.html"
    applies_to = COMPUTE_ENVIRONMENT
    answer = "ECS Instance Role should be an ECS Instance Profile ARN"
    instead = "use Fn::GetAtt Profile.Arn of an AWS::IAM::InstanceProfile that contains the role."

    def find(self, resource: Resource) -> Iterator[Finding]:
        """Check the ARN, or the resource that is referred to."""
        value = resource.get("ComputeResources", "InstanceRole")
        role = resource.scenario.referenced(value, "AWS::IAM::Role")
        named = isinstance(value, Reference) and not value.attribute
        if (role and not (named and _has_namesake(role))) or ":role/" in text(value):
            place = resource.place("ComputeResources", "InstanceRole")
            yield "InstanceRole is a role, and has to be an instance profile", place


def _has_namesake(role: Resource) -> bool:
    """Whether an instance profile has the name of a role, so that the name stands for both."""
    names = [
        profile.get("InstanceProfileName")
        for profile in role.scenario.of_type("AWS::IAM::InstanceProfile")
    ]
    return any(
        name in (Reference(role.name), role.get("RoleName")) for name in names if given(name)
    )


class ServiceNotTrusted(BatchRule):
    """The roles of a compute environment trust the services that use them."""

    id = "EB2101"
    shortdesc = "The roles of a compute environment trust their services"
    description = "ServiceRole trusts batch, the instance's role ec2, the fleet's role spotfleet"
    source_url = f"{GUIDE}/invalid_compute_environment.html"
    applies_to = COMPUTE_ENVIRONMENT
    answer = "CLIENT_ERROR - Not authorized to perform sts:AssumeRole"
    instead = "add the service to AssumeRolePolicyDocument."
    users = (
        (("ServiceRole",), "batch."),
        (("ComputeResources", "SpotIamFleetRole"), "spotfleet."),
    )

    def find(self, resource: Resource) -> Iterator[Finding]:
        """Check the roles that are in this template."""
        for path, service in self.users:
            role = resource.scenario.referenced(resource.get(*path), ROLE)
            if role and not trusts(role, service):
                yield f"{path[-1]} does not trust {service}amazonaws.com", resource.place(*path)
        path = ("ComputeResources", "InstanceRole")
        profile = resource.scenario.referenced(resource.get(*path), "AWS::IAM::InstanceProfile")
        for each in scalars(profile.get("Roles")) if profile else ():
            role = resource.scenario.referenced(each, ROLE)
            if role and not trusts(role, "ec2."):
                yield (
                    "The role of InstanceRole does not trust ec2.amazonaws.com",
                    resource.place(*path),
                )


class TasksNotTrusted(BatchRule):
    """The roles of a job trust ECS tasks."""

    id = "EB2102"
    shortdesc = "The roles of a job trust ecs-tasks.amazonaws.com"
    description = "The job starts, and fails, if ECS cannot assume its roles"
    source_url = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html"
    applies_to = JOB_DEFINITION
    answer = "ECS was unable to assume the role that was provided for this task."
    instead = "Principal: {Service: ecs-tasks.amazonaws.com} in AssumeRolePolicyDocument."

    def find(self, resource: Resource) -> Iterator[Finding]:
        """Check the roles that are in this template."""
        for task, key in roles_of_tasks(resource):
            role = resource.scenario.referenced(task.node[key], ROLE)
            if role and not trusts(role, "ecs-tasks."):
                yield f"{key} does not trust ecs-tasks.amazonaws.com", task.node.places[key]


def roles_of_tasks(resource: Resource) -> Iterator[tuple[Task, str]]:
    """Yield each task with the key of each role that it has."""
    for task in tasks(resource):
        for key in (task.job_role, "ExecutionRoleArn"):
            if given(get(task.node, key)):
                yield task, key


class RoleWithoutArn(BatchRule):
    """The roles of a job are ARNs."""

    id = "EB2103"
    shortdesc = "The roles of a job are ARNs"
    description = "A name of a role, which Ref gives, is no ARN"
    source_url = "https://github.com/kestra-io/plugin-aws/issues/432"
    applies_to = JOB_DEFINITION
    answer = "executionRoleArn ecsTaskExecutionRole is not an iam role arn"
    instead = "Fn::GetAtt Role.Arn, or the whole ARN."

    def find(self, resource: Resource) -> Iterator[Finding]:
        """Check what is known of each role."""
        for task, key in roles_of_tasks(resource):
            value, place = task.node[key], task.node.places[key]
            if known(value) and ":role/" not in text(value):
                answer = f"{api_name(key)} {text(value)} is not an iam role arn"
                yield f"{key} is {text(value)!r}", place, answer
            named = isinstance(value, Reference) and not value.attribute
            if named and resource.scenario.referenced(value, ROLE):
                yield f"{key} is a Ref, which gives the name of the role", place


globals().update(warnings(globals()))
