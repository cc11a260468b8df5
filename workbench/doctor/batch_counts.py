"""Failures that AWS Batch counted in its own metrics, compared with those that were handled.

The metrics of AWS/Batch are free and best effort, so a difference is a hint and never an error.
https://docs.aws.amazon.com/batch/latest/userguide/using_cloudwatch_metrics.html
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3

from notifier.ports.metrics import NAMESPACE, Metric
from workbench.deployed.deployment import Deployment
from workbench.doctor.finding import Finding

BATCH = "AWS/Batch"
DIMENSION = "JobQueueName"
DAY = timedelta(days=1)
DAY_S = 86_400
TOLERATED = 0.05  # of what AWS counted: its counts have gaps
SUBJECT = "failures of the last day"
WHY = (
    "arrays count differently, Watch, JobQueueArns and filters leave jobs out, blocked queues and "
    "drills are no failed jobs, and AWS gives these counts without a guarantee"
)


def check_counts(stack: Deployment) -> Iterator[Finding]:
    """Compare the two counts of the last day; a large difference is a note with its reasons."""
    cloudwatch = boto3.client("cloudwatch")
    theirs = _counted_by_batch(cloudwatch)
    if theirs is None:
        yield Finding(f"{SUBJECT}: AWS Batch has counted none, so there is nothing to compare")
        return
    ours = _sum(cloudwatch, NAMESPACE, str(Metric.FAILURES), "service", stack.name)
    said = f"AWS Batch counted {theirs:,.0f}, this notifier handled {ours:,.0f}"
    if abs(theirs - ours) <= max(1, TOLERATED * theirs):
        yield Finding(f"{SUBJECT}: {said}")
    elif ours < theirs:
        yield Finding(SUBJECT, note=f"{said}; look for errors above, but {WHY}")
    else:
        yield Finding(SUBJECT, note=f"{said}; no failure is missing: {WHY}")


def _counted_by_batch(cloudwatch: Any) -> float | None:
    """Sum what AWS counted as failed jobs in every queue; None where it counts nothing."""
    pages = cloudwatch.get_paginator("list_metrics").paginate(Namespace=BATCH)
    found = {
        (one["MetricName"], dimension["Value"])
        for page in pages
        for one in page["Metrics"]
        for dimension in one["Dimensions"]
        if dimension["Name"] == DIMENSION and _counts_failed_jobs(one["MetricName"])
    }
    if not found:
        return None
    return sum(_sum(cloudwatch, BATCH, name, DIMENSION, queue) for name, queue in sorted(found))


def _counts_failed_jobs(name: str) -> bool:
    """Return whether a metric counts jobs that failed: not attempts, and no durations."""
    words = name.lower()
    return "failed" in words and not any(one in words for one in ("attempt", "time", "duration"))


def _sum(cloudwatch: Any, namespace: str, name: str, dimension: str, value: str) -> float:
    now = datetime.now(UTC)
    answer = cloudwatch.get_metric_statistics(
        Namespace=namespace, MetricName=name, Statistics=["Sum"], Period=DAY_S,
        StartTime=now - DAY, EndTime=now, Dimensions=[{"Name": dimension, "Value": value}],
    )  # fmt: skip
    return float(sum(point["Sum"] for point in answer["Datapoints"]))
