"""The sweep on the local AWS: invoked as Lambda does it, with the role that the template gives it.

The local AWS ends every job at once as SUCCEEDED and never makes a compute environment INVALID, so
what is found is proved in tests/workflows and tests/aws; here it is that the sweep may look, and
that a heartbeat goes all the way.
"""

from __future__ import annotations

import json
import time
from typing import Any

from workbench.local.deployment import LocalDeployment
from workbench.local.sam import STACK

WAIT_SECONDS = 40.0  # the batching window of 2 s, a cold start, and a machine that is busy


def logged(stage: LocalDeployment, function: str, words: str) -> list[dict[str, Any]]:
    """Give the lines of a function's log that say this, and the metrics it wrote."""
    answer = stage.aws.client("logs").filter_log_events(
        logGroupName=f"/aws/lambda/{STACK}-{function}"
    )
    found = []
    for one in answer["events"]:
        line = one["message"].strip()
        if line.startswith("{") and words in line:
            found.append(json.loads(line))
    return found


def waited_for(
    stage: LocalDeployment, function: str, words: str, number: int = 1
) -> list[dict[str, Any]]:
    deadline = time.monotonic() + WAIT_SECONDS
    while len(found := logged(stage, function, words)) < number and time.monotonic() < deadline:
        time.sleep(0.5)
    return found


def test_a_sweep_looks_at_batch_and_its_heartbeat_arrives(stage: LocalDeployment) -> None:
    batch = stage.aws.client("batch")
    compute = batch.create_compute_environment(
        computeEnvironmentName="swept", type="UNMANAGED", state="ENABLED"
    )["computeEnvironmentArn"]
    order = [{"order": 1, "computeEnvironment": compute}]
    batch.create_job_queue(
        jobQueueName="swept", state="ENABLED", priority=1, computeEnvironmentOrder=order
    )
    told = len(stage.runner.unmatched)
    answer = stage.aws.client("lambda").invoke(
        FunctionName=stage.resources["OnSweepFunction"], Payload=b"{}"
    )
    assert "FunctionError" not in answer, answer["Payload"].read()

    # The schedule may have fired as well; other tests have queues of their own.
    *_, swept = [line for line in waited_for(stage, "on-sweep", "swept") if "queues" in line]
    queues = batch.describe_job_queues()["jobQueues"]
    assert (swept["MissedEvents"], swept["queues"]) == ("0", str(len(queues)))
    for kind in ("SweepsCutShort", "HeartbeatsUnsent", "SubscriptionsUncounted"):
        assert logged(stage, "on-sweep", kind) == []
    *_, counted = logged(stage, "on-sweep", "ConfirmedSubscriptions")
    assert counted["ConfirmedSubscriptions"][0] >= 1

    assert [line for line in waited_for(stage, "on-failure", '"Heartbeat"') if "_aws" in line]
    stage.runner.settle(0.5)
    assert len(stage.runner.unmatched) == told
