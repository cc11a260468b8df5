"""One CloudFormation stack: its change set in words, its progress, and its end."""

from __future__ import annotations

import time
import uuid
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.exceptions import ClientError

from workbench.errors import AwsError, InputError

# CloudFormation names the roles; nested stacks and the SAM transform need the second.
CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]
POLL_S = 2.0
MOST_WAIT_S = 3_600
_NO_CHANGES = ("didn't contain changes", "No updates are to be performed")
_VERBS = {"Add": "create", "Modify": "change", "Remove": "delete"}


@dataclass(frozen=True, slots=True)
class ChangeSet:
    """What CloudFormation would do; without an id, there is nothing to do."""

    id: str
    is_new: bool
    changes: tuple[tuple[str, str, str], ...]
    """(Add, Modify or Remove; resource type; logical id) of each."""

    def in_words(self) -> list[str]:
        """Describe the changes: how many of each type."""
        counted = Counter((action, kind) for action, kind, _ in self.changes)
        lines = []
        for action, verb in _VERBS.items():
            found = [(kind, n) for (done, kind), n in sorted(counted.items()) if done == action]
            if found:
                kinds = ", ".join(f"{n} {kind.removeprefix('AWS::')}" for kind, n in found)
                lines.append(f"{verb} {sum(n for _, n in found)} resources: {kinds}")
        return lines


class Stack:
    """A stack by its name; AWS errors are not caught here."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._client: Any = boto3.client("cloudformation")

    def describe(self) -> dict[str, Any] | None:
        """Return the stack; None if there is none, or only one that was never created."""
        try:
            [found] = self._client.describe_stacks(StackName=self.name)["Stacks"]
        except ClientError as error:
            if "does not exist" in str(error):
                return None
            raise
        return None if found["StackStatus"] == "REVIEW_IN_PROGRESS" else dict(found)

    def plan(
        self, template_url: str, parameters: Mapping[str, str], names: frozenset[str]
    ) -> ChangeSet:
        """Create a change set; parameters that are not given keep their values.

        Parameters
        ----------
        names
            All parameters of the template.
        """
        current = self.describe()
        if current and current["StackStatus"] == "ROLLBACK_COMPLETE":
            raise InputError(
                f"the stack {self.name} was never created (ROLLBACK_COMPLETE): uninstall it first"
            )
        had = {each["ParameterKey"] for each in (current or {}).get("Parameters", ())}
        given = [{"ParameterKey": k, "ParameterValue": v} for k, v in parameters.items()]
        kept = sorted(had & names - parameters.keys())
        name = f"batch-notifier-{uuid.uuid4().hex[:12]}"
        created = self._client.create_change_set(
            StackName=self.name,
            ChangeSetName=name,
            ChangeSetType="UPDATE" if current else "CREATE",
            TemplateURL=template_url,
            Parameters=[*given, *({"ParameterKey": k, "UsePreviousValue": True} for k in kept)],
            Capabilities=CAPABILITIES,
            Tags=[{"Key": "application", "Value": "batch-notifier"}],
        )
        return self._read_changes(created["Id"], is_new=current is None)

    def _read_changes(self, change_set: str, *, is_new: bool) -> ChangeSet:
        while True:
            found = self._client.describe_change_set(ChangeSetName=change_set, StackName=self.name)
            if found["Status"] in ("CREATE_COMPLETE", "FAILED"):
                break
            time.sleep(POLL_S)
        if found["Status"] == "FAILED":
            reason = found.get("StatusReason", "no reason given")
            self._client.delete_change_set(ChangeSetName=change_set, StackName=self.name)
            if any(words in reason for words in _NO_CHANGES):
                return ChangeSet("", is_new, ())
            raise AwsError(f"CloudFormation refused the change: {reason}")
        changes = tuple(
            (each["ResourceChange"]["Action"], each["ResourceChange"]["ResourceType"],
             each["ResourceChange"]["LogicalResourceId"])
            for each in found.get("Changes", ())
        )  # fmt: skip
        return ChangeSet(change_set, is_new, changes)

    def discard(self, plan: ChangeSet) -> None:
        """Delete a change set, and the empty stack that it has made."""
        self._client.delete_change_set(ChangeSetName=plan.id, StackName=self.name)
        if plan.is_new:
            self._client.delete_stack(StackName=self.name)

    def execute(self, plan: ChangeSet, step: Callable[[str], None]) -> None:
        """Apply a change set, and wait; raises `AwsError` with CloudFormation's first reason."""
        started = {each["EventId"] for each in self._events(self.name)}
        self._client.execute_change_set(ChangeSetName=plan.id, StackName=self.name)
        self._wait(self.name, started, step)

    def delete(self, step: Callable[[str], None]) -> list[tuple[str, str]]:
        """Delete the stack; return (type, physical id) of what CloudFormation leaves."""
        found = self.describe()
        if found is None:
            raise InputError(f"there is no stack {self.name}")
        stack_id = found["StackId"]  # a deleted stack has no name any more
        started = {each["EventId"] for each in self._events(stack_id)}
        self._client.delete_stack(StackName=self.name)
        self._wait(stack_id, started, step)
        return [
            (each["ResourceType"], each["PhysicalResourceId"])
            for each in self._events(stack_id)
            if each["ResourceStatus"] == "DELETE_SKIPPED" and each["EventId"] not in started
        ]

    def _events(self, stack: str) -> list[dict[str, Any]]:
        pages = self._client.get_paginator("describe_stack_events").paginate(StackName=stack)
        try:
            return [each for page in pages for each in page["StackEvents"]]
        except ClientError:
            return []  # a stack that is only planned, or that is gone

    def _wait(self, stack: str, seen: set[str], step: Callable[[str], None]) -> None:
        deadline, failure = time.monotonic() + MOST_WAIT_S, ""
        while time.monotonic() < deadline:
            for each in reversed(self._events(stack)):
                if each["EventId"] in seen:
                    continue
                seen.add(each["EventId"])
                status = each["ResourceStatus"]
                step(f"{each['LogicalResourceId']}: {status.lower().replace('_', ' ')}")
                if status.endswith("_FAILED") and not failure:
                    reason = each.get("ResourceStatusReason", "no reason given")
                    failure = f"{each['LogicalResourceId']}: {reason}"
            status = self._status(stack)
            if not status.endswith("IN_PROGRESS"):
                if failure or "ROLLBACK" in status or status.endswith("FAILED"):
                    raise AwsError(f"the stack {self.name} is {status}: {failure or status}")
                return
            time.sleep(POLL_S)
        raise AwsError(f"the stack {self.name} is not ready after {MOST_WAIT_S // 60} minutes")

    def _status(self, stack: str) -> str:
        try:
            [found] = self._client.describe_stacks(StackName=stack)["Stacks"]
        except ClientError as error:
            if "does not exist" in str(error):
                return "DELETE_COMPLETE"
            raise
        return str(found["StackStatus"])
