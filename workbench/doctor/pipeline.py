"""The doctor looks at the way of a failure: rules, queues, functions, and what is stuck."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import boto3

from workbench.deployed.deployment import Deployment
from workbench.doctor.finding import Finding, found

REDEPLOY = "sam deploy"  # puts back what the template says
ERRORS_SINCE = timedelta(hours=1)  # long enough to see five tries of a message, six minutes apart
NOT_TAKEN = ("PROBLEM", "FAILED")  # how an event source says so; the latter is that of the demo
# Output of the stack: what its messages are, and the command that deals with them.
DEAD_LETTERS = {
    "FailureDeadLetterQueueUrl": "failures nobody was told of",
    "FollowUpDeadLetterQueueUrl": "incidents that are no longer looked after",
    "UndeliveredAlertQueueUrl": "alerts that a subscriber did not take",
}


def rules(stack: Deployment) -> Iterator[Finding]:
    """Whether every rule is enabled and still sends to its queue."""
    for logical, name in stack.ids("AWS::Events::Rule").items():
        yield from found(f"rule {logical}", partial(_rule, stack, logical, name))


def _rule(stack: Deployment, logical: str, name: str) -> Iterator[Finding]:
    what, events = f"rule {logical}", boto3.client("events")
    name = name.rpartition("|")[2]  # of a rule on another bus, the bus comes first
    if events.describe_rule(Name=name)["State"] == "DISABLED":
        yield Finding(what, "it is disabled", stack.aws(f"events enable-rule --name {name}"))
        return
    targets = events.list_targets_by_rule(Rule=name)["Targets"]
    if not targets:
        yield Finding(what, "it has no target: what it matches is lost", REDEPLOY)
    elif any("DeadLetterConfig" not in target for target in targets):
        yield Finding(what, "a target has no dead-letter queue", REDEPLOY)
    else:
        yield Finding(f"{what}: enabled, with its target")


def schedules(stack: Deployment) -> Iterator[Finding]:
    """Whether every schedule is enabled."""
    for logical, name in stack.ids("AWS::Scheduler::Schedule").items():
        yield from found(f"schedule {logical}", partial(_schedule, logical, name))


def _schedule(logical: str, name: str) -> Iterator[Finding]:
    what = f"schedule {logical}"
    state = boto3.client("scheduler").get_schedule(Name=name)["State"]
    if state == "DISABLED":
        yield Finding(what, "it is disabled", REDEPLOY)
    else:
        yield Finding(f"{what}: enabled")


def queues(stack: Deployment) -> Iterator[Finding]:
    """Whether a dead-letter queue holds anything, and EventBridge can write to the first one."""
    for output, meaning in DEAD_LETTERS.items():
        name = output.removesuffix("Url")
        yield from found(name, partial(_dead_letters, stack, name, stack.outputs[output], meaning))
    yield from found("FailureQueue", partial(_encryption, stack.outputs["FailureQueueUrl"]))


def _dead_letters(stack: Deployment, name: str, url: str, meaning: str) -> Iterator[Finding]:
    waiting = depth(url)
    if not waiting:
        yield Finding(f"{name}: empty")
    elif name == "UndeliveredAlertQueue":
        look = f"sqs receive-message --queue-url {url} --max-number-of-messages 10"
        yield Finding(name, f"{meaning}: {waiting}", stack.aws(f"{look} --visibility-timeout 0"))
    else:
        yield Finding(name, f"{meaning}: {waiting}", stack.ours("redrive"))


def depth(url: str) -> int:
    """Count the messages of a queue, those that somebody looks at included; about, as SQS says."""
    names: list[Any] = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    said = boto3.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=names)
    return sum(int(said["Attributes"][name]) for name in names)


def _encryption(url: str) -> Iterator[Finding]:
    said = boto3.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
    key = said["Attributes"].get("KmsMasterKeyId")
    if key:
        yield Finding(
            "FailureQueue", f"it is encrypted with {key}, which EventBridge may not use", REDEPLOY
        )
    else:
        yield Finding("FailureQueue: EventBridge can write to it")


def functions(stack: Deployment) -> Iterator[Finding]:
    """Whether every function is ready, is let run, and did not crash of late."""
    for logical, name in stack.ids("AWS::Lambda::Function").items():
        yield from found(f"function {logical}", partial(_function, stack, logical, name))


def _function(stack: Deployment, logical: str, name: str) -> Iterator[Finding]:
    what, client = f"function {logical}", boto3.client("lambda")
    said = client.get_function_configuration(FunctionName=name)
    state, update = said.get("State", "Active"), said.get("LastUpdateStatus", "Successful")
    limit = client.get_function_concurrency(FunctionName=name).get("ReservedConcurrentExecutions")
    crashes = errors_of(name)
    if state == "Failed" or update == "Failed":
        reason = said.get("StateReason") or said.get("LastUpdateStatusReason") or "no reason given"
        yield Finding(what, f"it cannot run: {reason}", REDEPLOY)
    elif limit == 0:
        again = f"lambda delete-function-concurrency --function-name {name}"
        yield Finding(what, "its reserved concurrency is 0: it never runs", stack.aws(again))
    elif crashes:
        minutes = ERRORS_SINCE // timedelta(minutes=1)
        yield Finding(
            what,
            f"errors in the last {minutes} minutes: {crashes}",
            stack.aws(f"logs tail {_log_group(said)} --since {minutes}m"),
        )
    else:
        yield Finding(f"{what}: ready, no errors in the last hour")


def _log_group(said: Mapping[str, Any]) -> str:
    """Name the log group of a function from its configuration."""
    group: str = said.get("LoggingConfig", {}).get("LogGroup", "")
    return group or f"/aws/lambda/{said['FunctionName']}"


def errors_of(function: str) -> int:
    """Count the errors of a function in the last hour, as CloudWatch has them."""
    now = datetime.now(UTC)
    said = boto3.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/Lambda",
        MetricName="Errors",
        Dimensions=[{"Name": "FunctionName", "Value": function}],
        StartTime=now - ERRORS_SINCE,
        EndTime=now,
        Period=ERRORS_SINCE // timedelta(seconds=1),
        Statistics=["Sum"],
    )
    return int(sum(point["Sum"] for point in said["Datapoints"]))


def mappings(stack: Deployment) -> Iterator[Finding]:
    """Whether every function takes from its queue."""
    for logical, uuid in stack.ids("AWS::Lambda::EventSourceMapping").items():
        yield from found(f"event source {logical}", partial(_mapping, stack, logical, uuid))


def _mapping(stack: Deployment, logical: str, uuid: str) -> Iterator[Finding]:
    what = f"event source {logical}"
    client = boto3.client("lambda")
    said = client.get_event_source_mapping(UUID=uuid)
    last = said.get("LastProcessingResult", "")
    if said["State"] not in ("Enabled", "Enabling", "Updating"):
        enable = f"lambda update-event-source-mapping --uuid {uuid} --enabled"
        yield Finding(what, f"it is {said['State'].lower()}: nothing is told", stack.aws(enable))
    elif last.startswith(NOT_TAKEN):
        function = client.get_function_configuration(FunctionName=said["FunctionArn"])
        look = f"logs tail {_log_group(function)} --since 1h"
        yield Finding(what, f"its function did not take the last messages: {last}", stack.aws(look))
    else:
        yield Finding(f"{what}: enabled")
