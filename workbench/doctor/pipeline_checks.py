"""Checks of what a failure passes through: rules, queues, functions, dead-letter queues."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3

from workbench.deployed.deployment import Deployment
from workbench.doctor.finding import Finding

REDEPLOY = "sam deploy"  # restores what the template defines
ERROR_WINDOW = timedelta(hours=1)  # covers five receives of a message, six minutes apart
# How an event source reports that a function failed; FAILED is that of the demo's local AWS.
FAILED_RESULTS = ("PROBLEM", "FAILED")
# They send to their own queue; tests/template/test_cycles.py compares them with the template.
RECURSIVE_FUNCTIONS = ("OnFailureFunction", "OnFollowUpFunction")
DEAD_LETTERS = {
    "FailureDeadLetterQueue": "failures that were never reported",
    "FollowUpDeadLetterQueue": "incidents that get no more updates",
    "UndeliveredAlertQueue": "alerts that a subscriber did not accept",
}


def check_rule(stack: Deployment, subject: str, name: str) -> Iterator[Finding]:
    """Check that a rule is enabled and sends to its queue."""
    events = boto3.client("events")
    name = name.rpartition("|")[2]  # the id of a rule on another bus starts with the bus
    if events.describe_rule(Name=name)["State"] == "DISABLED":
        enable = stack.aws_command(f"events enable-rule --name {name}")
        yield Finding(subject, "it is disabled", enable)
        return
    targets = events.list_targets_by_rule(Rule=name)["Targets"]
    if not targets:
        yield Finding(subject, "it has no target: matching events are lost", REDEPLOY)
    elif any("DeadLetterConfig" not in target for target in targets):
        yield Finding(subject, "a target has no dead-letter queue", REDEPLOY)
    else:
        yield Finding(f"{subject}: enabled, with its target")


def check_schedule(stack: Deployment, subject: str, name: str) -> Iterator[Finding]:
    """Check that a schedule is enabled."""
    group = next(iter(stack.ids("AWS::Scheduler::ScheduleGroup").values()), "default")
    schedule = boto3.client("scheduler").get_schedule(Name=name, GroupName=group)
    if schedule["State"] == "DISABLED":
        yield Finding(subject, "it is disabled", REDEPLOY)
    else:
        yield Finding(f"{subject}: enabled")


def check_event_source(stack: Deployment, subject: str, uuid: str) -> Iterator[Finding]:
    """Check that a function receives the messages of its queue."""
    client = boto3.client("lambda")
    mapping = client.get_event_source_mapping(UUID=uuid)
    last_result = mapping.get("LastProcessingResult", "")
    if mapping["State"] not in ("Enabled", "Enabling", "Updating"):
        state = mapping["State"].lower()
        enable = f"lambda update-event-source-mapping --uuid {uuid} --enabled"
        yield Finding(subject, f"it is {state}: nothing is reported", stack.aws_command(enable))
    elif last_result.startswith(FAILED_RESULTS):
        function = client.get_function_configuration(FunctionName=mapping["FunctionArn"])
        logs = stack.aws_command(f"logs tail {_log_group(function)} --since 1h")
        yield Finding(subject, f"its function failed on the last messages: {last_result}", logs)
    else:
        yield Finding(f"{subject}: enabled")


def check_function(stack: Deployment, subject: str, name: str) -> Iterator[Finding]:
    """Check that a function is ready, may run, and had no recent errors."""
    client = boto3.client("lambda")
    function = client.get_function_configuration(FunctionName=name)
    concurrency = client.get_function_concurrency(FunctionName=name)
    errors = count_errors(name)
    if "Failed" in (function.get("State"), function.get("LastUpdateStatus")):
        reason = function.get("StateReason") or function.get("LastUpdateStatusReason")
        yield Finding(subject, f"it cannot run: {reason or 'no reason given'}", REDEPLOY)
    elif concurrency.get("ReservedConcurrentExecutions") == 0:
        delete = stack.aws_command(f"lambda delete-function-concurrency --function-name {name}")
        yield Finding(subject, "its reserved concurrency is 0: it never runs", delete)
    elif errors:
        minutes = ERROR_WINDOW // timedelta(minutes=1)
        logs = stack.aws_command(f"logs tail {_log_group(function)} --since {minutes}m")
        yield Finding(subject, f"errors in the last {minutes} minutes: {errors}", logs)
    else:
        yield Finding(f"{subject}: ready, no errors in the last hour")


def check_recursive_loop(stack: Deployment, subject: str, name: str) -> Iterator[Finding]:
    """Check that Lambda does not stop a function that sends to its own queue on purpose.

    Where loops are allowed, Lambda reports no RecursiveInvocationsDropped, so only the setting
    shows it. https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
    """
    if subject.split()[-1] not in RECURSIVE_FUNCTIONS:
        return
    config: Any = boto3.client("lambda").get_function_recursion_config(FunctionName=name)
    if config["RecursiveLoop"] == "Allow":
        yield Finding(f"{subject}: allowed")
        return
    allow = f"lambda put-function-recursion-config --function-name {name} --recursive-loop Allow"
    problem = "Lambda stops its follow-ups after about 16 invocations"
    yield Finding(subject, problem, stack.aws_command(allow))


def _log_group(function: Mapping[str, Any]) -> str:
    group: str = function.get("LoggingConfig", {}).get("LogGroup", "")
    return group or f"/aws/lambda/{function['FunctionName']}"


def count_errors(function_name: str) -> int:
    """Count the errors of a function in the last hour, from CloudWatch."""
    dimension = ("FunctionName", function_name)
    points = metric_sums("AWS/Lambda", "Errors", dimension, ERROR_WINDOW, ERROR_WINDOW)
    return int(sum(point["Sum"] for point in points))


def metric_sums(
    namespace: str, metric: str, dimension: tuple[str, str], window: timedelta, period: timedelta
) -> list[Any]:
    """Read the sums of a metric up to now: points with `Timestamp` and `Sum`."""
    now, (name, value) = datetime.now(UTC), dimension
    statistics: Any = boto3.client("cloudwatch").get_metric_statistics(
        Namespace=namespace,
        MetricName=metric,
        Dimensions=[{"Name": name, "Value": value}],
        StartTime=now - window,
        EndTime=now,
        Period=period // timedelta(seconds=1),
        Statistics=["Sum"],
    )
    points: list[Any] = statistics["Datapoints"]
    return points


def check_dead_letters(stack: Deployment, queue: str) -> Iterator[Finding]:
    """Check that a dead-letter queue is empty."""
    url = stack.outputs[f"{queue}Url"]
    count = depth(url)
    if not count:
        yield Finding(f"{queue}: empty")
        return
    fix = stack.notifier_command("redrive")
    if queue == "UndeliveredAlertQueue":
        receive = f"sqs receive-message --queue-url {url} --max-number-of-messages 10"
        fix = stack.aws_command(f"{receive} --visibility-timeout 0")
    yield Finding(queue, f"{DEAD_LETTERS[queue]}: {count}", fix)


def depth(url: str) -> int:
    """Count the messages of a queue, including those in flight. SQS gives approximate numbers."""
    names: list[Any] = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    answer = boto3.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=names)
    return sum(int(answer["Attributes"][name]) for name in names)


def check_failure_queue(stack: Deployment) -> Iterator[Finding]:
    """Check that EventBridge can write to the failure queue."""
    url = stack.outputs["FailureQueueUrl"]
    answer = boto3.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
    if key := answer["Attributes"].get("KmsMasterKeyId"):
        problem = f"it is encrypted with {key}, which EventBridge may not use"
        yield Finding("FailureQueue", problem, REDEPLOY)
    else:
        yield Finding("FailureQueue: EventBridge can write to it")
