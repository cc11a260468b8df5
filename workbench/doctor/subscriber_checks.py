"""Checks of who receives alerts, and of what monitors the notifier itself."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import urlsplit

import boto3

from notifier.ports.metrics import NAMESPACE, Metric
from workbench.deployed.deployment import Deployment
from workbench.doctor.finding import Finding
from workbench.doctor.pipeline_checks import REDEPLOY, metric_sums

METRIC_PERIOD = timedelta(minutes=5)  # 288 points a day; one call returns up to 1,440
HEARTBEAT_WITHIN = timedelta(minutes=20) + METRIC_PERIOD  # HeartbeatAlarm; a point marks its start
ALARMS_A_CALL = 100  # names in one DescribeAlarms call
CLOUDWATCH = "cloudwatch.amazonaws.com"
PUBLISH_ACTIONS = ("kms:Decrypt", "kms:GenerateDataKey")
PENDING = "PendingConfirmation"


def check_alert_topic(stack: Deployment) -> Iterator[Finding]:
    """Check that someone receives alerts, and who has not confirmed."""
    return _check_subscribers(stack, "AlertTopic", "nobody receives the alerts about failed jobs")


def check_ops_topic(stack: Deployment) -> Iterator[Finding]:
    """Check that someone receives the alarms about the notifier, and who has not confirmed."""
    problem = "nobody receives the alarms about the notifier itself"
    return _check_subscribers(stack, "OpsTopic", problem)


def list_subscriptions(topic: str) -> list[Any]:
    """List all subscriptions of a topic."""
    paginator = boto3.client("sns").get_paginator("list_subscriptions_by_topic")
    return [each for page in paginator.paginate(TopicArn=topic) for each in page["Subscriptions"]]


def _check_subscribers(stack: Deployment, name: str, problem: str) -> Iterator[Finding]:
    topic = stack.outputs[f"{name}Arn"]

    def subscribe(protocol: str, endpoint: str) -> str:
        target = f"--protocol {protocol} --notification-endpoint {shlex.quote(endpoint)}"
        return stack.aws_command(f"sns subscribe --topic-arn {topic} {target}")

    subscriptions = list_subscriptions(topic)
    confirmed = sum(each["SubscriptionArn"].startswith("arn:") for each in subscriptions)
    if confirmed:
        yield Finding(f"{name}: confirmed subscribers: {confirmed}")
    else:
        yield Finding(name, problem, subscribe("email", "you@example.com"))
    for each in subscriptions:
        if each["SubscriptionArn"] == PENDING:
            yield Finding(
                f"{name}: {each['Protocol']} {_without_path(each['Endpoint'])}",
                "not confirmed yet; this sends the link again",
                subscribe(each["Protocol"], each["Endpoint"]),
            )


def _without_path(endpoint: str) -> str:
    """Return the host of a URL: its path may be a secret."""
    return urlsplit(endpoint).hostname or endpoint if "://" in endpoint else endpoint


def check_text_messages(stack: Deployment) -> Iterator[Finding]:
    """Check that the SMS sandbox blocks no phone number."""
    subscriptions = list_subscriptions(stack.outputs["AlertTopicArn"])
    phones = [each["Endpoint"] for each in subscriptions if each["Protocol"] == "sms"]
    if not phones:
        return
    if not boto3.client("sns").get_sms_sandbox_account_status()["IsInSandbox"]:
        yield Finding("text messages: the account is out of the SMS sandbox")
        return
    verified = _verified_phones()
    for phone in phones:
        subject = f"text messages to {phone}"
        if phone in verified:
            yield Finding(f"{subject}: verified in the SMS sandbox")
        else:
            verify = f"sns create-sms-sandbox-phone-number --phone-number {phone}"
            problem = "not verified, and the account is in the SMS sandbox"
            yield Finding(subject, problem, stack.aws_command(verify))


def _verified_phones() -> set[str]:
    paginator = boto3.client("sns").get_paginator("list_sms_sandbox_phone_numbers")
    phones = [phone for page in paginator.paginate() for phone in page["PhoneNumbers"]]
    return {phone["PhoneNumber"] for phone in phones if phone["Status"] == "Verified"}


def check_ops_key(stack: Deployment) -> Iterator[Finding]:
    """Check that alarms may use the key of the ops topic: otherwise they are lost silently."""
    subject, kms = "key of OpsTopic", boto3.client("kms")
    topic = boto3.client("sns").get_topic_attributes(TopicArn=stack.outputs["OpsTopicArn"])
    key_id = topic["Attributes"].get("KmsMasterKeyId", "")
    if not key_id:
        yield Finding(f"{subject}: there is none, so alarms may publish")
        return
    key = kms.describe_key(KeyId=key_id)["KeyMetadata"]
    if key["KeyState"] != "Enabled":
        enable = stack.aws_command(f"kms enable-key --key-id {key['KeyId']}")
        yield Finding(subject, f"the key is {key['KeyState']}", enable)
        return
    policy = kms.get_key_policy(KeyId=key["KeyId"], PolicyName="default")["Policy"]
    if may_use_key(json.loads(policy)["Statement"], CLOUDWATCH):
        yield Finding(f"{subject}: alarms may use it")
    else:
        problem = "its policy does not let CloudWatch use it: alarms do not arrive"
        yield Finding(subject, problem, REDEPLOY)


def may_use_key(statements: Sequence[Mapping[str, Any]], service: str) -> bool:
    """Whether key policy statements let a service publish to an encrypted topic."""
    allowed = [
        action
        for statement in statements
        if statement["Effect"] == "Allow" and service in _services(statement)
        for action in _as_list(statement["Action"])
    ]
    return all(any(fnmatchcase(needed, action) for action in allowed) for needed in PUBLISH_ACTIONS)


def _services(statement: Mapping[str, Any]) -> list[Any]:
    principal = statement.get("Principal", {})
    return _as_list(principal.get("Service", [])) if isinstance(principal, dict) else []


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def check_heartbeat(stack: Deployment) -> Iterator[Finding]:
    """Check when the last heartbeat passed through the whole pipeline."""
    service, day = ("service", stack.name), timedelta(days=1)
    points = metric_sums(NAMESPACE, Metric.HEARTBEAT, service, day, METRIC_PERIOD)
    beats = [point["Timestamp"] for point in points if point["Sum"]]
    schedules = stack.aws_command(f"scheduler list-schedules --name-prefix {stack.name}")
    if not beats:
        yield Finding("heartbeat", "none in the last 24 hours", schedules)
    elif datetime.now(UTC) - max(beats) > HEARTBEAT_WITHIN:
        problem = f"the last one was at {max(beats):%Y-%m-%d %H:%M} UTC"
        yield Finding("heartbeat", problem, schedules)
    else:
        yield Finding(f"heartbeat: at {max(beats):%H:%M} UTC")


def check_alarms(stack: Deployment) -> Iterator[Finding]:
    """Check which alarms are active, disabled or deleted."""
    logical_ids = {name: logical for logical, name in stack.ids("AWS::CloudWatch::Alarm").items()}
    quiet, missing = 0, dict(logical_ids)
    for alarm in _describe_alarms(list(logical_ids)):
        subject = f"alarm {missing.pop(alarm['AlarmName'])}"
        if alarm["StateValue"] == "ALARM":
            yield _active_alarm(subject, alarm.get("AlarmDescription", ""))
        elif not alarm["ActionsEnabled"]:
            enable = f"cloudwatch enable-alarm-actions --alarm-names {alarm['AlarmName']}"
            problem = "it notifies nobody: its actions are disabled"
            yield Finding(subject, problem, stack.aws_command(enable))
        else:
            quiet += 1
    for logical in missing.values():
        yield Finding(f"alarm {logical}", "it was deleted", REDEPLOY)
    yield Finding(f"alarms: {quiet} of {len(logical_ids)} quiet")


def _describe_alarms(names: list[str]) -> Iterator[Any]:
    for start in range(0, len(names), ALARMS_A_CALL):
        chunk = names[start : start + ALARMS_A_CALL]
        yield from boto3.client("cloudwatch").describe_alarms(AlarmNames=chunk)["MetricAlarms"]


def _active_alarm(subject: str, description: str) -> Finding:
    """Report an active alarm with the first command of its description."""
    meaning, *more = description.removeprefix("In ALARM: ").splitlines() or [""]
    commands = [line for line in more if line.startswith(("aws ", "batch-notifier "))]
    return Finding(subject, meaning, commands[0] if commands else "")
