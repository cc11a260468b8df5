"""The attacks on the real table and functions: drills, tags, bad items and noise."""

import json
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.attacks.forged import CRITICAL, MUTE, real
from tests.attacks.test_bad_items import long_resource
from tests.e2e.conftest import quietly
from tests.simulation import START_MS
from workbench.local.deployment import LocalDeployment, deploy_locally
from workbench.local.subscriber import Delivery

QUIET_SECONDS = 3.0
NAMED_WITHIN_SECONDS = 60.0


@pytest.fixture
def own_stage(built_template: Path) -> Iterator[LocalDeployment]:
    """A deployment whose limits one test may use up."""
    with deploy_locally(port=0, report=quietly, template=built_template) as stage:
        yield stage


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
    # Three at a time: what a slow machine leaves for the next delivery comes minutes later.
    for start in range(0, 9, 3):
        bad = [long_resource(f"TooLong{n}", n) for n in range(start, start + 3)]
        name = f"beside-{start}"
        send(stage, *bad, real(str(uuid.uuid4()), name=name, definition=f"{name}:1"))
        subjects = "\n".join(one.subject for one in received(stage))
        names = [name, *(one["detail"]["logical-resource-id"] for one in bad)]
        assert [each for each in names if each not in subjects] == []


@pytest.mark.parametrize("tags", [MUTE, {"notify:after": "99999"}], ids=["mute", "after"])
def test_the_first_failures_tag_silences_no_other(
    stage: LocalDeployment, tags: dict[str, str]
) -> None:
    definition = f"steered-{uuid.uuid4().hex}:1"  # both fail alike: one incident
    send(stage, real(str(uuid.uuid4()), name="steered", definition=definition, tags=tags))
    assert received(stage) == []
    free = real(str(uuid.uuid4()), name="unsteered", definition=definition, tags=CRITICAL)
    send(stage, free)
    [told] = received(stage)
    assert "unsteered" in told.email


def test_a_critical_failure_in_noise_is_named(own_stage: LocalDeployment) -> None:
    noise = [
        real(str(uuid.uuid4()), name=f"noise-{n:02}", definition=f"noise{n % 10}:1", reason=why)
        for n, why in enumerate(f"{chr(97 + n % 26) * 9}Error: no such thing" for n in range(60))
    ]
    for event in noise:
        event["detail"]["tags"] = {}
    send(own_stage, *noise)
    received(own_stage)
    send(own_stage, real(str(uuid.uuid4()), name="payroll"))
    until, mails = time.monotonic() + NAMED_WITHIN_SECONDS, ""
    while "payroll" not in mails and time.monotonic() < until:
        mails += "".join(one.email for one in received(own_stage))
    assert "payroll" in mails
