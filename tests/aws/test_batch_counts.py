"""The doctor compares what AWS Batch counted with what was handled: a hint, never an error."""

from __future__ import annotations

from typing import Any

import pytest

from tests.aws.doctor_stack import DeployedStack, given
from workbench.deployed.deployment import Deployment
from workbench.doctor.batch_counts import check_counts

DIMENSIONS = [{"Name": "JobQueueName", "Value": "etl"}]


def found(stack: DeployedStack, theirs: float | None, ours: float) -> tuple[str, str]:
    """Give the finding and its note where AWS and the notifier counted so many failures."""
    names = () if theirs is None else ("FailedJobs", "FailedJobAttempts", "RunningJobs")
    metrics = [
        {"Namespace": "AWS/Batch", "MetricName": one, "Dimensions": DIMENSIONS} for one in names
    ]
    stack.answer("cloudwatch.ListMetrics", lambda _: given({"Metrics": metrics}))

    def summed(request: dict[str, Any]) -> Any:
        value = theirs if request["Namespace"] == "AWS/Batch" else ours
        return given({"Datapoints": [{"Sum": value}] if value else []})

    stack.answer("cloudwatch.GetMetricStatistics", summed)
    deployed = Deployment("batch-notifier", "eu-west-1", {}, ())
    [one] = check_counts(deployed)
    assert (one.wrong, one.unknown) == ("", "")
    return one.subject, one.note


def test_counts_that_agree_are_well(stack: DeployedStack) -> None:
    said, note = found(stack, 100, 98)
    assert said.endswith("AWS Batch counted 100, this notifier handled 98")
    assert note == ""


@pytest.mark.parametrize(("theirs", "ours"), [(100, 60), (60, 100)])
def test_a_difference_is_explained(stack: DeployedStack, theirs: float, ours: float) -> None:
    _, note = found(stack, theirs, ours)
    assert f"AWS Batch counted {theirs}, this notifier handled {ours}" in note
    assert "without a guarantee" in note


def test_where_aws_counts_nothing_there_is_nothing_to_compare(stack: DeployedStack) -> None:
    said, note = found(stack, None, 5)
    assert "nothing to compare" in said
    assert note == ""
