"""Every sample has the shape that AWS documents or that somebody recorded, with its source."""

from __future__ import annotations

import re
from typing import Any

import botocore.session
import pytest
from botocore.model import Shape

from notifier.batch.event import is_preemption, parse_event
from notifier.batch.identifiers import is_arn
from tests.batch.test_sample_events import EVENTS, JOB_DETAIL_TYPES, NAMES, load
from workbench.recorded_tags import FOLDER

MODEL = botocore.session.get_session().get_service_model("batch")
README = (EVENTS / "README.md").read_text(encoding="utf-8")
SOURCES = dict(re.findall(r"^\| (-|[A-Z]) \| (.+) \|$", README, re.MULTILINE))
ROW = r"^\| `{name}` \|.*\| ([A-Z-](?:, [A-Z])*) \|$"
# Samples that were made to show that unknown keys do no harm.
NEWER = {"exit-1-python-traceback", "out-of-memory-ec2"}
OF_THE_SWEEP = {"waitingSince", "computeEnvironments"}


def differences(value: Any, shape: Shape, path: str) -> list[str]:
    """Name what is not as the model of the API has it: unknown keys, other types."""
    if shape.type_name == "structure" and isinstance(value, dict):
        unknown = [f"{path}.{key}" for key in value if key not in shape.members]
        known = [key for key in value if key in shape.members]
        return unknown + [
            one
            for key in known
            for one in differences(value[key], shape.members[key], f"{path}.{key}")
        ]
    if shape.type_name == "list" and isinstance(value, list):
        return [one for each in value for one in differences(each, shape.member, f"{path}[]")]
    if shape.type_name == "map" and isinstance(value, dict):
        return [one for each in value.values() for one in differences(each, shape.value, path)]
    types: dict[str, Any] = {"string": str, "integer": int, "long": int, "boolean": bool}
    is_right = isinstance(value, types.get(shape.type_name, int | float))
    return [] if is_right else [f"{path} is {type(value).__name__}, not {shape.type_name}"]


JOBS = [name for name in NAMES if load(name)["detail-type"] in JOB_DETAIL_TYPES]


@pytest.mark.parametrize("name", NAMES)
def test_the_source_of_its_shape_is_named(name: str) -> None:
    found = re.search(ROW.format(name=re.escape(name)), README, re.MULTILINE)
    assert found, "say in events/README.md where its shape comes from"
    assert set(found[1].split(", ")) <= set(SOURCES)


def test_every_source_is_public_or_our_own() -> None:
    own = {"W", "F", "E", "-"}
    assert {code for code, source in SOURCES.items() if "https://" not in source} == own


@pytest.mark.parametrize("name", JOBS)
def test_a_job_is_as_the_api_has_it(name: str) -> None:
    event = load(name)
    is_service = event["detail-type"].startswith("Batch Service Job")
    shape = MODEL.shape_for("DescribeServiceJobResponse" if is_service else "JobDetail")
    detail = {key: value for key, value in event["detail"].items() if key not in OF_THE_SWEEP}
    found = differences(detail, shape, "detail")
    assert found == [] or name in NEWER, found


@pytest.mark.parametrize("name", JOBS)
def test_no_event_of_aws_carries_tags_of_a_job(name: str) -> None:
    event = load(name)
    if event["source"] == "batch-notifier.sweep":
        return  # the sweep has the job from DescribeJobs, tags included
    tags = event["detail"].get("tags", {})
    assert set(tags) <= {"resourceArn"}
    assert all(is_arn(arn) for arn in tags.values())
    assert "tags" not in event["detail"] or "Service" not in event["detail-type"]


def test_tags_are_recorded_for_samples_only() -> None:
    assert {file.stem for file in FOLDER.glob("*.json")} <= set(JOBS)


def test_a_shape_that_is_not_aws_s_is_found() -> None:
    shape = MODEL.shape_for("JobDetail")
    assert differences({"jobId": 7, "colour": "red"}, shape, "detail") == [
        "detail.colour",
        "detail.jobId is int, not string",
    ]


A = "arn:aws:batch:us-east-1:111122223333:service-job/51f245a9-2995-4a53-bced-7b3c00028f84"


@pytest.mark.parametrize("stage", ["Started", "Completed"])
def test_a_preemption_is_no_failure_and_is_known(stage: str) -> None:
    """In the form that AWS documents: batch-service-job-preemption-events.html."""
    event = {
        "version": "0", "id": "1b4a511e", "detail-type": f"Batch Service Job Preemption {stage}",
        "source": "aws.batch", "account": "111122223333", "time": "2026-11-16T19:57:27Z",
        "region": "us-east-1", "resources": [A],
        "detail": {
            "statusReason": "PREEMPTION_IN_PROGRESS: Cross-share preemption triggered to reclaim "
            "borrowed capacity", "preemptedJobArn": A, "status": "RUNNING",
        },
    }  # fmt: skip
    assert parse_event(event) is None
    assert is_preemption(event)
    assert not is_preemption(load("service-job"))
