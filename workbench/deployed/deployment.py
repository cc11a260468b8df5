"""A deployed stack, and AWS errors as one line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import boto3
from botocore import exceptions
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
from workbench.errors import AwsError, InputError

TABLE = "IncidentTableName"  # an output that no other application is likely to have
# How to fix the most common configuration errors.
REMEDIES: dict[type[BotoCoreError], str] = {
    NoRegionError: "use --region, or set one with aws configure",
    NoCredentialsError: "set them with aws configure or aws sso login",
    ProfileNotFound: (
        "--profile or AWS_PROFILE names it; list the profiles with aws configure list-profiles"
    ),
    EndpointConnectionError: "check the spelling of the Region, and the network connection",
}

# An endpoint or proxy that does not take a connection; one that does not answer.
UNREACHABLE = (exceptions.ConnectionError, exceptions.HTTPClientError)


def use_profile(profile: str) -> None:
    """Let boto3 and the functions' adapters use a profile, whatever the environment says."""
    _configure("profile", profile)


def use_region(region: str) -> None:
    """Set the Region of boto3 and of the functions' adapters; empty keeps the configured one.

    Raises
    ------
    InputError
        When the AWS configuration cannot be used, such as a profile that does not exist.
    """
    if region:
        _configure("region", region)


def _configure(name: str, value: str) -> None:
    try:
        session = calls.session()
        session.set_config_variable(name, value)
        chosen = session.instance_variables()
        boto3.setup_default_session(
            region_name=chosen.get("region"), profile_name=chosen.get("profile")
        )
    except BotoCoreError as error:
        raise aws_error("use the AWS configuration", error) from error


def stack_outputs(stack_name: str) -> dict[str, str]:
    """Read the outputs of a stack by name, in the Region that boto3 is set to.

    Raises
    ------
    BotoCoreError, ClientError
        When the stack does not exist, or access is denied.
    InputError
        When it belongs to another application.
    """
    [stack] = boto3.client("cloudformation").describe_stacks(StackName=stack_name)["Stacks"]
    found = {
        output.get("OutputKey", ""): output.get("OutputValue", "")
        for output in stack.get("Outputs", [])
    }
    if TABLE not in found:
        name = f"{stack_name} ({stack['StackStatus']})"
        raise InputError(f"the stack {name} has no incident table: is it batch-notifier?")
    return found


def table_of(stack_name: str, region: str) -> str:
    """Return the name of a stack's incident table; raises `InputError` when it cannot be read."""
    use_region(region)
    try:
        return stack_outputs(stack_name)[TABLE]
    except (BotoCoreError, ClientError) as error:
        raise aws_error(f"open the stack {stack_name}", error) from error


def describe_error(error: BaseException) -> str:
    """Describe an error of AWS or botocore in one line."""
    if isinstance(error, ServiceError):
        return describe_error(error.__cause__) if error.__cause__ else error.says
    if isinstance(error, ClientError):
        answer = error.response.get("Error", {})
        text = f"{answer.get('Code', 'no error code')}: {answer.get('Message', '')}"
        return untrusted.one_line(text)
    remedy = next((f" ({fix})" for kind, fix in REMEDIES.items() if isinstance(error, kind)), "")
    return untrusted.one_line(f"{type(error).__name__}: {error}{remedy}")


def aws_error(action: str, error: BotoCoreError | ClientError | ServiceError) -> InputError:
    """Convert an AWS error into one that the command reports; it names the Region asked."""
    region = boto3.DEFAULT_SESSION.region_name if boto3.DEFAULT_SESSION else ""
    is_answer = any(isinstance(each, ClientError) for each in (error, error.__cause__))
    where = f" (in {region})" if is_answer and region else ""
    is_unreachable = any(isinstance(each, UNREACHABLE) for each in (error, error.__cause__))
    kind = AwsError if is_answer or is_unreachable else InputError
    return kind(f"cannot {action}: {describe_error(error)}{where}")


@dataclass(frozen=True, slots=True)
class Deployment:
    """A deployed stack."""

    name: str
    region: str
    outputs: Mapping[str, str]
    resources: tuple[tuple[str, str, str], ...]
    """(type, logical id, physical id) of each."""

    def ids(self, resource_type: str) -> dict[str, str]:
        """Map logical to physical ids of the resources of one type."""
        return {name: physical for kind, name, physical in self.resources if kind == resource_type}

    def aws_command(self, words: str) -> str:
        """Return a command of the AWS CLI, ready to paste."""
        return f"aws {words} --region {self.region}"

    def notifier_command(self, words: str) -> str:
        """Return a `batch-notifier` command, ready to paste."""
        return f"batch-notifier {words} --stack-name {self.name} --region {self.region}"


def open_deployment(stack_name: str, region: str) -> Deployment:
    """Read a stack in `region`, or else in the configured Region.

    Raises
    ------
    InputError
        When the stack does not exist, belongs to another application, or access is denied.
    """
    use_region(region)
    try:
        client = boto3.client("cloudformation")
        outputs = stack_outputs(stack_name)
        pages = client.get_paginator("list_stack_resources").paginate(StackName=stack_name)
        resources = tuple(
            (each["ResourceType"], each["LogicalResourceId"], each["PhysicalResourceId"])
            for page in pages
            for each in page["StackResourceSummaries"]
            if each.get("PhysicalResourceId") and not each["ResourceStatus"].startswith("DELETE")
        )
    except (BotoCoreError, ClientError) as error:
        raise aws_error(f"open the stack {stack_name}", error) from error
    return Deployment(stack_name, client.meta.region_name, outputs, resources)
