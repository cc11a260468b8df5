"""What a deployed stack says of itself, and what AWS says when it does not answer."""

from __future__ import annotations

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from notifier.core import text
from notifier.core.trouble import ServiceError
from workbench.preview import InputError

TABLE = "IncidentTableName"  # the output that no other application is likely to have


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
        raise InputError(f"the stack {stack_name} has no incident table: is it batch-notifier?")
    return found


def words(error: BaseException) -> str:
    """Say in one line what AWS answered, all of it: it is told to whoever asked."""
    if isinstance(error, ServiceError):
        return words(error.__cause__) if error.__cause__ else error.says
    if not isinstance(error, ClientError):
        return text.one_line(f"{type(error).__name__}: {error}")
    answer = error.response.get("Error", {})
    return text.one_line(f"{answer.get('Code', 'no error code')}: {answer.get('Message', '')}")


def cannot(what: str, error: BotoCoreError | ClientError | ServiceError) -> InputError:
    """Make the error that a person sees of one that AWS gave."""
    return InputError(f"cannot {what}: {words(error)}")
