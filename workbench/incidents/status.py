"""What `batch-notifier` alone shows: the state of the stack in ten lines."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from notifier.ports.metrics import NAMESPACE, Metric
from notifier.text import units
from workbench.cli.command import Invocation
from workbench.deployed import deployment, silences
from workbench.deployed.deployment import Deployment
from workbench.deployed.incidents import IncidentStore, describe_age
from workbench.doctor.pipeline_checks import DEAD_LETTERS, depth, metric_sums
from workbench.errors import InputError

INCIDENTS_SHOWN = 3
ALARMS_IN_CALL = 100
HEARTBEAT_WINDOW = timedelta(hours=3)


def show(invocation: Invocation) -> None:
    """Show the state; what cannot be read is said in its line."""
    out = invocation.out
    with out.progress("reading the stack"):
        stack = invocation.open_stack()
        now = time.time_ns() // 1_000_000
        answers = {
            "incidents": _try(lambda: _incidents(stack, now)),
            "silences": _try(lambda: _silences(stack, now)),
            "last alert": _try(lambda: _last_alert(stack, now)),
            "heartbeat": _try(lambda: _heartbeat(stack, now)),
            "dead letters": _try(lambda: _dead_letters(stack)),
            "alarms": _try(lambda: _alarms(stack)),
        }
    out.line(f"{stack.name} in {stack.region}", bold=True)
    for name, answer in answers.items():
        first, *more = answer
        out.line(f"  {name:<13} {first}")
        for each in more:
            out.line(f"  {'':<13} {each}")
    out.line("Next: batch-notifier incidents list, batch-notifier doctor, batch-notifier --help")
    out.add(
        stack=stack.name,
        region=stack.region,
        **{n.replace(" ", "_"): a for n, a in answers.items()},
    )


def _try(read: Callable[[], list[str]]) -> list[str]:
    try:
        return read()
    except (BotoCoreError, ClientError) as error:
        return [f"unknown: {deployment.describe_error(error)}"]
    except InputError as error:
        return [f"unknown: {error}"]


def _incidents(stack: Deployment, now: int) -> list[str]:
    found = IncidentStore(stack.outputs[deployment.TABLE]).list_all(only_open=True)
    shown = [
        f"{each.key[:8]} {each.first.job_name}: {each.cause}, {describe_age(each.opened_at, now)}"
        for each in found[:INCIDENTS_SHOWN]
    ]
    return [f"{len(found):,} open", *shown]


def _silences(stack: Deployment, now: int) -> list[str]:
    store = silences.open_store(stack.outputs[deployment.TABLE], stack.name, "")
    return [f"{len(silences.list_active(store, now)):,} active"]


def _last_alert(stack: Deployment, now: int) -> list[str]:
    found = IncidentStore(stack.outputs[deployment.TABLE]).list_all(only_open=False)
    last = max((each.reported_at for each in found), default=0)
    return [describe_age(last, now) if last else "none yet"]


def _heartbeat(stack: Deployment, now: int) -> list[str]:
    minute = timedelta(minutes=1)
    points = metric_sums(
        NAMESPACE, Metric.HEARTBEAT, ("service", stack.name), HEARTBEAT_WINDOW, minute
    )
    beats = [point["Timestamp"] for point in points if point["Sum"]]
    if not beats:
        return [f"none in {units.duration(round(HEARTBEAT_WINDOW.total_seconds() * 1000))}"]
    return [describe_age(round(max(beats).timestamp() * 1000), now)]


def _dead_letters(stack: Deployment) -> list[str]:
    counts = {queue: depth(stack.outputs[f"{queue}Url"]) for queue in DEAD_LETTERS}
    found = [f"{count} in {queue}" for queue, count in counts.items() if count]
    return [", ".join(found) or "none"]


def _alarms(stack: Deployment) -> list[str]:
    logical = {name: each for each, name in stack.ids("AWS::CloudWatch::Alarm").items()}
    names = list(logical)[:ALARMS_IN_CALL]
    if not names:
        return ["none in the stack"]
    answer = boto3.client("cloudwatch").describe_alarms(AlarmNames=names, StateValue="ALARM")
    active = [logical[each["AlarmName"]] for each in answer["MetricAlarms"]]
    return [", ".join(active) if active else f"all {len(names)} quiet"]
