"""The end of a stack: what CloudFormation leaves behind is deleted as well."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import boto3
from botocore.exceptions import ClientError

from workbench.deploy.bucket import Bucket
from workbench.deploy.stack import Stack
from workbench.deployed.deployment import TABLE
from workbench.errors import InputError

_GONE = frozenset(("AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"))


def check(stack_name: str) -> None:
    """Raise `InputError` unless the stack is a notifier, or one that was never created."""
    found = Stack(stack_name).describe()
    if found is None:
        raise InputError(f"there is no stack {stack_name}")
    names = {each.get("OutputKey") for each in found.get("Outputs", ())}
    tags = {each["Key"]: each["Value"] for each in found.get("Tags", ())}
    if TABLE not in names and tags.get("application") != "batch-notifier":
        raise InputError(f"the stack {stack_name} is not a batch-notifier: it is not deleted")


def remove(stack_name: str, step: Callable[[str], None]) -> list[str]:
    """Delete the stack, the queues that it keeps, and its files; return what was deleted."""
    kept = Stack(stack_name).delete(step)
    removed = [f"the stack {stack_name}"]
    sqs: Any = boto3.client("sqs")
    for kind, physical in kept:
        if kind == "AWS::SQS::Queue":
            step(f"deleting {physical}")
            try:
                sqs.delete_queue(QueueUrl=physical)
            except ClientError as error:
                if error.response["Error"]["Code"] not in _GONE:
                    raise
            removed.append(f"the queue {physical.rpartition('/')[2]}")
    bucket = Bucket.of_account(stack_name)
    if bucket.remove():
        removed.append(f"its files in the bucket {bucket.name}")
    return removed
