"""The attacks that need the real table and functions: drills, and items that it refuses."""

import json
import time
import uuid
from typing import Any

from tests.attacks.forged import MUTE, real
from tests.attacks.test_bad_items import long_resource
from tests.simulation import START_MS
from workbench.local.deployment import LocalDeployment
from workbench.local.subscriber import Delivery

QUIET_SECONDS = 3.0


def send(stage: LocalDeployment, *events: dict[str, Any]) -> None:
    """Send events as AWS Batch would: PutEvents refuses its name."""
    queue, late = stage.aws.client("sqs"), time.time_ns() // 1_000_000 - START_MS
    for event in events:
        event["detail"]["stoppedAt"] = event["detail"].get("stoppedAt", START_MS) + late
    for start in range(0, len(events), 10):
        bodies = [json.dumps(event) for event in events[start : start + 10]]
        entries = [{"Id": str(n), "MessageBody": body} for n, body in enumerate(bodies)]
        queue.send_message_batch(QueueUrl=stage.resources["FailureQueue"], Entries=entries)


def received(stage: LocalDeployment) -> list[Delivery]:
    """Return what was delivered meanwhile."""
    stage.runner.settle(QUIET_SECONDS)
    found = list(stage.runner.unmatched)
    stage.runner.unmatched.clear()
    return found


def test_a_muted_drill_of_a_job_does_not_take_its_place(stage: LocalDeployment) -> None:
    job = str(uuid.uuid4())
    event = real(job, name="drilled-first")
    detail = json.dumps(event["detail"] | {"tags": MUTE})
    entry = {"Source": "batch-notifier.drill", "DetailType": event["detail-type"]}
    stage.aws.client("events").put_events(Entries=[entry | {"Detail": detail}])
    assert received(stage) == []
    send(stage, event)
    [told] = received(stage)
    assert told.subject.startswith("FAILED drilled-first")


def test_ids_that_are_too_long_for_a_key_strand_no_other_failure(stage: LocalDeployment) -> None:
    bad = [long_resource(f"TooLong{n}", n) for n in range(9)]
    send(stage, *bad, real(str(uuid.uuid4()), name="beside-them", definition="beside:1"))
    subjects = "\n".join(one.subject for one in received(stage))
    assert "beside-them" in subjects
    assert [n for n in range(9) if f"TooLong{n}" not in subjects] == []
