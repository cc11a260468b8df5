"""What a deployed stack says of itself, and what AWS says when it does not answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import boto3
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    NoRegionError,
    ProfileNotFound,
)

from notifier.aws import calls
from notifier.ports.service_error import ServiceError
from notifier.text import untrusted
from workbench.commands.preview import InputError

TABLE = "IncidentTableName"  # the output that no other application is likely to have
# What to do about what people run into first.
REMEDIES: dict[type[BotoCoreError], str] = {
    NoRegionError: "say --region, or set one with aws configure",
    NoCredentialsError: "aws configure or aws sso login sets them",
    ProfileNotFound: "AWS_PROFILE names it, aws configure list-profiles shows those there are",
    EndpointConnectionError: "is the Region spelt right, and is there a network?",
}


def use_region(region: str) -> None:
    """Work in a Region, the adapters of the functions too; empty is that of the configuration.

    Raises
    ------
    InputError
        When the AWS configuration cannot be used, such as a profile that is not there.
    """
    if not region:
        return
    try:
        boto3.setup_default_session(region_name=region)
        calls.session().set_config_variable("region", region)
    except BotoCoreError as error:
        raise cannot("use the AWS configuration", error) from error


def outputs(stack_name: str) -> dict[str, str]:
    """Read the outputs of a stack by name, in the Region that boto3 is set to.

    Raises
    ------
    BotoCoreError, ClientError
        When there is no such stack, or AWS does not let us see it.
    InputError
        When it is another application's.
    """
    [stack] = boto3.client("cloudformation").describe_stacks(StackName=stack_name)["Stacks"]
    found = {
        output.get("OutputKey", ""): output.get("OutputValue", "")
        for output in stack.get("Outputs", [])
    }
    if TABLE not in found:
        named = f"{stack_name} ({stack['StackStatus']})"
        raise InputError(f"the stack {named} has no incident table: is it batch-notifier?")
    return found


def words(error: BaseException) -> str:
    """Say in one line what AWS answered, all of it: it is told to whoever asked."""
    if isinstance(error, ServiceError):
        return words(error.__cause__) if error.__cause__ else error.says
    if not isinstance(error, ClientError):
        remedy = next((f" ({do})" for kind, do in REMEDIES.items() if isinstance(error, kind)), "")
        return untrusted.one_line(f"{type(error).__name__}: {error}{remedy}")
    answer = error.response.get("Error", {})
    return untrusted.one_line(f"{answer.get('Code', 'no error code')}: {answer.get('Message', '')}")


def cannot(what: str, error: BotoCoreError | ClientError | ServiceError) -> InputError:
    """Make the error that a person sees of one that AWS gave, and where: it may be elsewhere."""
    region = boto3.DEFAULT_SESSION.region_name if boto3.DEFAULT_SESSION else ""
    answered = any(isinstance(one, ClientError) for one in (error, error.__cause__))
    where = f" (in {region})" if answered and region else ""
    return InputError(f"cannot {what}: {words(error)}{where}")


@dataclass(frozen=True, slots=True)
class Deployment:
    """A stack as it stands.

    `resources` are (type, logical id, physical id), `outputs` go by their name.
    """

    name: str
    region: str
    outputs: Mapping[str, str]
    resources: tuple[tuple[str, str, str], ...]

    def ids(self, kind: str) -> dict[str, str]:
        """Map logical to physical ids of one type of resource."""
        return {logical: physical for type_, logical, physical in self.resources if type_ == kind}

    def aws(self, words: str) -> str:
        """Write a command of the AWS CLI, ready to paste."""
        return f"aws {words} --region {self.region}"

    def ours(self, words: str) -> str:
        """Write a command of this program, ready to paste."""
        return f"batch-notifier {words} --stack-name {self.name} --region {self.region}"


def deployment(stack_name: str, region: str) -> Deployment:
    """Look at a stack: `region`, or else that of the AWS configuration.

    Raises
    ------
    InputError
        When there is no such stack, it is another application's, or AWS does not let us see it.
    """
    use_region(region)
    try:
        client = boto3.client("cloudformation")
        found = outputs(stack_name)
        pages = client.get_paginator("list_stack_resources").paginate(StackName=stack_name)
        resources = tuple(
            (one["ResourceType"], one["LogicalResourceId"], one["PhysicalResourceId"])
            for page in pages
            for one in page["StackResourceSummaries"]
            if one.get("PhysicalResourceId") and not one["ResourceStatus"].startswith("DELETE")
        )
    except (BotoCoreError, ClientError) as error:
        raise cannot(f"open the stack {stack_name}", error) from error
    return Deployment(stack_name, client.meta.region_name, found, resources)
