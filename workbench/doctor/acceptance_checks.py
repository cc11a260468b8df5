"""Checks of what only a real account can show; docs/real-account.md describes the others."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

from notifier.ports.metrics import NAMESPACE, Metric
from workbench.deployed.deployment import Deployment
from workbench.doctor.finding import Finding
from workbench.doctor.pipeline_checks import metric_sums
from workbench.files import ROOT

GUIDE = ROOT / "docs" / "real-account.md"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MOST_BEATS = 31  # an hour with SweepMinutes of 2, the minimum, and one that came late
# Sixteen hops of 15 minutes: what Lambda's loop detection would have stopped.
LATE = timedelta(hours=4)
METRIC_PERIOD = timedelta(minutes=5)


def check_heartbeat_rate(stack: Deployment) -> Iterator[Finding]:
    """Check that no other stack's heartbeats are counted here."""
    points = metric_sums(NAMESPACE, Metric.HEARTBEAT, ("service", stack.name), HOUR, HOUR)
    beats = int(sum(point["Sum"] for point in points))
    if beats > MOST_BEATS:
        problem = f"{beats}, more than one stack can send"
        rules = stack.aws_command("events list-rules --event-bus-name default")
        yield Finding("heartbeats an hour", problem, rules)
    else:
        yield Finding(f"heartbeats an hour: {beats}")


def check_dropped_invocations(stack: Deployment) -> Iterator[Finding]:
    """Check that Lambda stopped no function as a loop in the last day."""
    for logical, name in stack.ids("AWS::Lambda::Function").items():
        metric, function = "RecursiveInvocationsDropped", ("FunctionName", name)
        points = metric_sums("AWS/Lambda", metric, function, DAY, DAY)
        if dropped := int(sum(point["Sum"] for point in points)):
            allow = f"lambda get-function-recursion-config --function-name {name}"
            problem = f"Lambda dropped {dropped} invocations in the last day"
            yield Finding(f"loop of {logical}", problem, stack.aws_command(allow))
    yield Finding("invocations dropped as loops: checked")


def check_late_follow_ups(stack: Deployment) -> Iterator[Finding]:
    """Check that an incident was followed up longer than loop detection would allow."""
    service, subject = ("service", stack.name), "follow-ups after four hours"
    alerts, follow_ups = (
        [
            point["Timestamp"]
            for point in metric_sums(NAMESPACE, metric, service, DAY, METRIC_PERIOD)
            if point["Sum"]
        ]
        for metric in (Metric.ALERTS_PUBLISHED, Metric.FOLLOW_UPS)
    )
    if any(each - max(alerts) >= LATE for each in follow_ups if alerts):
        yield Finding(f"{subject}: seen")
    else:
        wait = "let a job fail, wait five hours without another alert, and run this again"
        yield Finding(subject, unknown=wait)


def manual_steps() -> Iterator[Finding]:
    """Name the steps of the guide that need a person."""
    for number, title in re.findall(
        r"^### (\d+)\. (?!.*\(auto)(.+)$", GUIDE.read_text(encoding="utf-8"), re.MULTILINE
    ):
        yield Finding(f"step {number} of docs/real-account.md", note=title)
