"""The doctor looks at who is told, and at what watches the notifier itself."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import boto3

from notifier.ports.metrics import NAMESPACE, Metric
from workbench.deployed.deployment import Deployment
from workbench.doctor.finding import Finding, found
from workbench.doctor.pipeline import REDEPLOY

HEARTBEAT_WITHIN = timedelta(minutes=20)  # as HeartbeatAlarm has it
ALARMS_A_CALL = 100  # DescribeAlarms takes no more names
CLOUDWATCH = "cloudwatch.amazonaws.com"
NEEDED = ("kms:Decrypt", "kms:GenerateDataKey")
PENDING = "PendingConfirmation"


def subscriptions(stack: Deployment) -> Iterator[Finding]:
    """Whether anybody is told, and who has not confirmed."""
    for output, meaning in (
        ("AlertTopicArn", "nobody is told of failed jobs"),
        ("OpsTopicArn", "nobody is told of trouble with the notifier itself"),
    ):
        name = output.removesuffix("Arn")
        yield from found(name, partial(_subscribers, stack, name, stack.outputs[output], meaning))
    topic = stack.outputs["AlertTopicArn"]
    yield from found("text messages", partial(_texts, stack, topic))


def _all(topic: str) -> list[Any]:
    pages = (
        boto3.client("sns").get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic)
    )
    return [one for page in pages for one in page["Subscriptions"]]


def _subscribers(stack: Deployment, name: str, topic: str, meaning: str) -> Iterator[Finding]:
    every = _all(topic)
    pending = [one for one in every if one["SubscriptionArn"] == PENDING]
    confirmed = [one for one in every if one["SubscriptionArn"].startswith("arn:")]
    if confirmed:
        yield Finding(f"{name}: confirmed subscribers: {len(confirmed)}")
    else:
        address = "--protocol email --notification-endpoint you@example.com"
        yield Finding(name, meaning, stack.aws(f"sns subscribe --topic-arn {topic} {address}"))
    for one in pending:
        yield Finding(
            f"{name}: {one['Protocol']} {_shown(one['Endpoint'])}",
            "not confirmed yet; this sends the link again",
            stack.aws(
                f"sns subscribe --topic-arn {topic} --protocol {one['Protocol']}"
                f" --notification-endpoint {shlex.quote(one['Endpoint'])}"
            ),
        )


def _shown(endpoint: str) -> str:
    """Show where a URL leads, but not its path, which may be all that keeps others out."""
    return urlsplit(endpoint).hostname or endpoint if "://" in endpoint else endpoint


def _texts(stack: Deployment, topic: str) -> Iterator[Finding]:
    phones = [one["Endpoint"] for one in _all(topic) if one["Protocol"] == "sms"]
    if not phones:
        return
    sns = boto3.client("sns")
    if not sns.get_sms_sandbox_account_status()["IsInSandbox"]:
        yield Finding("text messages: the account is out of the SMS sandbox")
        return
    pages = sns.get_paginator("list_sms_sandbox_phone_numbers").paginate()
    known = [one for page in pages for one in page["PhoneNumbers"]]
    verified = {one["PhoneNumber"] for one in known if one["Status"] == "Verified"}
    for phone in phones:
        what = f"text messages to {phone}"
        if phone in verified:
            yield Finding(f"{what}: verified in the SMS sandbox")
        else:
            verify = f"sns create-sms-sandbox-phone-number --phone-number {phone}"
            yield Finding(
                what, "not verified, and the account is in the SMS sandbox", stack.aws(verify)
            )


def key(stack: Deployment) -> Iterator[Finding]:
    """Whether alarms may use the key of the ops topic: without it they are lost in silence."""
    yield from found("key of OpsTopic", partial(_key, stack, stack.outputs["OpsTopicArn"]))


def _key(stack: Deployment, topic: str) -> Iterator[Finding]:
    said = boto3.client("sns").get_topic_attributes(TopicArn=topic)["Attributes"]
    key_id, kms, what = said.get("KmsMasterKeyId", ""), boto3.client("kms"), "key of OpsTopic"
    if not key_id:
        yield Finding(f"{what}: there is none, so alarms may publish")
        return
    described = kms.describe_key(KeyId=key_id)["KeyMetadata"]
    if described["KeyState"] != "Enabled":
        mend = f"kms enable-key --key-id {described['KeyId']}"
        yield Finding(what, f"the key is {described['KeyState']}", stack.aws(mend))
        return
    policy = kms.get_key_policy(KeyId=described["KeyId"], PolicyName="default")["Policy"]
    if may_use(json.loads(policy)["Statement"], CLOUDWATCH):
        yield Finding(f"{what}: alarms may use it")
    else:
        yield Finding(what, "its policy does not let CloudWatch use it: no alarm arrives", REDEPLOY)


def may_use(statements: Sequence[Mapping[str, Any]], service: str) -> bool:
    """Whether key policy statements let a service encrypt for a topic."""
    allowed = [
        action
        for one in statements
        if one["Effect"] == "Allow" and service in _listed(_principal(one))
        for action in _listed(one["Action"])
    ]
    return all(any(fnmatchcase(needed, action) for action in allowed) for needed in NEEDED)


def _principal(statement: Mapping[str, Any]) -> Any:
    principal = statement.get("Principal", {})
    return principal.get("Service", []) if isinstance(principal, dict) else []


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def heartbeat(stack: Deployment) -> Iterator[Finding]:
    """When the whole way was last walked."""
    yield from found("heartbeat", partial(_heartbeat, stack))


def _heartbeat(stack: Deployment) -> Iterator[Finding]:
    now = datetime.now(UTC)
    said = boto3.client("cloudwatch").get_metric_statistics(
        Namespace=NAMESPACE,
        MetricName=Metric.HEARTBEAT,
        Dimensions=[{"Name": "service", "Value": stack.name}],
        StartTime=now - timedelta(days=1),
        EndTime=now,
        Period=300,  # a day of five minutes is 288 points of the 1,440 that one call gives
        Statistics=["Sum"],
    )
    beats = [point["Timestamp"] for point in said["Datapoints"] if point["Sum"]]
    look = stack.aws(f"scheduler list-schedules --name-prefix {stack.name}")
    if not beats:
        yield Finding("heartbeat", "none in the last 24 hours", look)
    elif now - max(beats) > HEARTBEAT_WITHIN + timedelta(minutes=5):  # a point stands for its start
        yield Finding("heartbeat", f"the last one was at {max(beats):%Y-%m-%d %H:%M} UTC", look)
    else:
        yield Finding(f"heartbeat: at {max(beats):%H:%M} UTC")


def alarms(stack: Deployment) -> Iterator[Finding]:
    """Which alarms are raised, or muted."""
    yield from found("alarms", partial(_alarms, stack))


def _alarms(stack: Deployment) -> Iterator[Finding]:
    logical = {name: one for one, name in stack.ids("AWS::CloudWatch::Alarm").items()}
    names, quiet, left = list(logical), 0, dict(logical)
    for start in range(0, len(names), ALARMS_A_CALL):
        said = boto3.client("cloudwatch").describe_alarms(
            AlarmNames=names[start : start + ALARMS_A_CALL]
        )
        for one in said["MetricAlarms"]:
            what = f"alarm {left.pop(one['AlarmName'])}"
            meaning, *more = one.get("AlarmDescription", "").splitlines() or [""]
            commands = [line for line in more if line.startswith(("aws ", "batch-notifier "))]
            if one["StateValue"] == "ALARM":
                yield Finding(what, meaning, commands[0] if commands else "")
            elif not one["ActionsEnabled"]:
                enable = f"cloudwatch enable-alarm-actions --alarm-names {one['AlarmName']}"
                yield Finding(what, "it tells nobody: its actions are off", stack.aws(enable))
            else:
                quiet += 1
    for gone in left.values():
        yield Finding(f"alarm {gone}", "somebody has deleted it", REDEPLOY)
    yield Finding(f"alarms: {quiet} of {len(names)} quiet")
