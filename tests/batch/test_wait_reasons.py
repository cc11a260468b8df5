"""Every reason for which a job waits is explained: Batch's own words, and what the sweep sees."""

from __future__ import annotations

from typing import Any

import pytest

from notifier.alert.alert import compose
from notifier.batch import sweep_events
from notifier.batch.event import parse_event
from notifier.batch.failure import Failure, Kind
from notifier.diagnosis.diagnose import Certainty

SURE, LIKELY, GUESS = Certainty.CERTAIN, Certainty.LIKELY, Certainty.GUESS
BASE = "arn:aws:batch:eu-west-1:111122223333"

# https://docs.aws.amazon.com/batch/latest/userguide/job_stuck_in_runnable.html
BLOCKED = [
    ("CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY - Service cannot fulfill the capacity requested for "
     "instance type [p5.48xlarge]", "queue-insufficient-capacity", SURE),
    ("CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY - Unable to provision requested compute resources",
     "queue-insufficient-capacity", SURE),
    ("MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE - CE(s) associated with the job queue "
     "cannot meet the CPU requirement of the job.", "queue-ce-max-resource", SURE),
    ("MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT - The job resource requirement (vCPU/memory/GPU) "
     "is higher than that can be met by the CE(s) attached to the job queue.",
     "queue-job-resource-requirement", SURE),
    ("MISCONFIGURATION:SERVICE_ROLE_PERMISSIONS \N{EN DASH} Batch service role has a permission "
     "issue.", "queue-service-role-permissions", SURE),
    ("MISCONFIGURATION:EC2_INSTANCE_CONFIGURATION_UNSUPPORTED - Your compute environment "
     "associated with this job queue has an unsupported instance type configuration.",
     "queue-instance-config-unsupported", SURE),
    ("ACTION_REQUIRED - CE(s) associated with the job queue are invalid.",
     "queue-ce-invalid", SURE),
    ("UNDETERMINED - Batch job is blocked, root cause is undetermined.",
     "queue-blocked-undetermined", SURE),
]  # fmt: skip


def event(detail_type: str, *environments: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Make the event of a job that waits."""
    asked = more.pop("asked", {"VCPU": "4", "MEMORY": "8192"})
    container = {
        "resourceRequirements": [{"type": kind, "value": value} for kind, value in asked.items()]
    }
    detail = {
        "jobId": "8bca7306-418e-4f62-b06e-a9bc153a396d",
        "jobName": "nightly",
        "jobQueue": f"{BASE}:job-queue/etl",
        "jobDefinition": f"{BASE}:job-definition/load:1",
        "status": "RUNNABLE",
        "createdAt": 1_795_000_000_000,
        "container": container,
        "waitingSince": 1_795_000_000_000,
        "computeEnvironments": list(environments),
    }
    swept = detail_type == "Batch Job Stuck"
    source = "batch-notifier.sweep" if swept else "aws.batch"
    envelope = {"id": "e", "time": "2026-11-19T12:06:40Z", "source": source}
    return envelope | {"detail-type": detail_type, "detail": detail | more}


def compute(name: str = "spot", **more: Any) -> dict[str, Any]:
    states = {"state": "ENABLED", "status": "VALID"}
    states |= {key: more.pop(key) for key in ("state", "status", "statusReason") if key in more}
    own = {"type": "EC2", "maxvCpus": 256, "desiredvCpus": 0, "instanceTypes": ["optimal"]}
    return {"computeEnvironmentName": name, **states, "computeResources": own | more}


@pytest.mark.parametrize("detail_type", ["Batch Job Queue Blocked", "Batch Job Stuck"])
@pytest.mark.parametrize(("reason", "cause", "certainty"), BLOCKED)
def test_every_reason_of_a_blocked_queue_is_explained(
    detail_type: str, reason: str, cause: str, certainty: Certainty
) -> None:
    failure = parse_event(event(detail_type, compute(), statusReason=reason))
    assert isinstance(failure, Failure)
    alert = compose(failure, None, 0)
    assert (alert.diagnosis.cause, alert.diagnosis.certainty) == (cause, certainty)
    assert alert.diagnosis.meaning
    assert alert.steps
    assert any(one.text.startswith(reason.split()[0]) for one in alert.diagnosis.evidence)


INVALID = {
    "status": "INVALID",
    "statusReason": "CLIENT_ERROR - Not authorized to perform sts:AssumeRole",
}
FARGATE = {"type": "FARGATE", "instanceTypes": [], "maxvCpus": 16}


@pytest.mark.parametrize(
    ("environments", "asked", "cause", "certainty"),
    [
        # Nothing to be seen
        ([compute()], {}, "stuck-unexplained", GUESS),
        ([], {}, "stuck-unexplained", GUESS),
        # No place that could be used: what AWS says of it tells more than that
        ([compute(status="INVALID")], {}, "queue-ce-invalid", SURE),
        ([compute(**INVALID)], {}, "ce-service-role-assume", SURE),
        ([compute(state="DISABLED")], {}, "ce-disabled", SURE),
        # Another place could be used, so it need not be that
        ([compute(**INVALID), compute("other")], {}, "ce-service-role-assume", LIKELY),
        ([compute(state="DISABLED"), compute("other")], {}, "ce-disabled", LIKELY),
        # The job is larger than maxvCpus, which AWS may exceed by an instance, but not on Fargate
        ([compute(maxvCpus=2)], {}, "queue-ce-max-resource", LIKELY),
        ([compute(maxvCpus=2), compute("other")], {}, "stuck-unexplained", GUESS),
        ([compute(**{**FARGATE, "maxvCpus": 2})], {}, "queue-ce-max-resource", SURE),
        # Fargate has no such size
        ([compute(**FARGATE)], {"VCPU": "4", "MEMORY": "65536"},
         "queue-job-resource-requirement", SURE),
        ([compute(**FARGATE)], {"VCPU": "4", "MEMORY": "8192", "GPU": "1"},
         "queue-job-resource-requirement", SURE),
        ([compute(**FARGATE)], {"VCPU": "4", "MEMORY": "8192"}, "stuck-unexplained", GUESS),
        # No instance type is large enough, as far as its name tells
        ([compute(instanceTypes=["m6i.large"])], {}, "queue-job-resource-requirement", LIKELY),
        ([compute(instanceTypes=["c6i.xlarge"])], {}, "queue-job-resource-requirement", LIKELY),
        ([compute(instanceTypes=["m6i.xlarge"])], {}, "stuck-unexplained", GUESS),
        ([compute(instanceTypes=["m6i.large", "m6i"])], {}, "stuck-unexplained", GUESS),
        ([compute(instanceTypes=["x2iedn.xlarge"])], {}, "stuck-unexplained", GUESS),
        ([compute(instanceTypes=["m6i.16xlarge"])], {"GPU": "1"},
         "queue-job-resource-requirement", LIKELY),
        ([compute(instanceTypes=["g5.16xlarge"])], {"GPU": "1"}, "stuck-unexplained", GUESS),
        # Other jobs hold it all
        ([compute(desiredvCpus=256)], {}, "stuck-full", LIKELY),
        ([compute(desiredvCpus=252)], {}, "stuck-unexplained", GUESS),
    ],
)  # fmt: skip
def test_what_the_compute_environments_tell(
    environments: list[dict[str, Any]], asked: dict[str, str], cause: str, certainty: Certainty
) -> None:
    more = {"asked": asked} if asked else {}
    failure = parse_event(event("Batch Job Stuck", *environments, **more))
    assert isinstance(failure, Failure)
    assert failure.kind is Kind.STUCK
    told = compose(failure, None, 0).diagnosis
    assert (told.cause, told.certainty) == (cause, certainty)
    assert told.evidence


def test_what_batch_only_points_to_is_reported_by_the_environments() -> None:
    said = "ACTION_REQUIRED - CE(s) associated with the job queue are invalid."
    failure = parse_event(event("Batch Job Stuck", compute(**INVALID), statusReason=said))
    assert isinstance(failure, Failure)
    told = compose(failure, None, 0).diagnosis
    assert (told.cause, told.certainty) == ("ce-service-role-assume", SURE)
    assert said in [one.text for one in told.evidence]


def test_a_job_that_is_starting_has_found_its_place() -> None:
    failure = parse_event(event("Batch Job Stuck", compute(maxvCpus=2), status="STARTING"))
    assert isinstance(failure, Failure)
    assert compose(failure, None, 0).diagnosis.cause == "stuck-starting"


def test_25_hours_read_as_25_h() -> None:
    failure = parse_event(event("Batch Job Stuck", compute()))
    assert isinstance(failure, Failure)
    assert "has waited for 25 h in RUNNABLE" in compose(failure, None, 0).sentence


@pytest.mark.parametrize(
    "raw",
    [None, [], "x", [None], [{}], [{"computeResources": "x", "computeEnvironmentName": 3}],
     [{"computeResources": {"instanceTypes": [None, 7], "maxvCpus": "x"}}]],
)  # fmt: skip
def test_whatever_shape_the_environments_have_it_is_read(raw: Any) -> None:
    odd = event("Batch Job Stuck")
    odd["detail"]["computeEnvironments"] = raw
    assert isinstance(parse_event(odd), Failure)


def managed(*types: str, **more: Any) -> dict[str, Any]:
    """Give a compute environment on ECS Managed Instances, as AWS describes one."""
    template = {"instanceRequirements": {"allowedInstanceTypes": list(types)}}
    provider = {"instanceLaunchTemplate": template | {"capacityOptionType": "SPOT"}}
    own = {"type": "ECS_MANAGED_INSTANCES", "managedInstancesProvider": provider}
    return compute("managed", instanceTypes=[], desiredvCpus=None, **(own | more))


@pytest.mark.parametrize(
    ("environment", "cause", "certainty"),
    [
        (managed("m7i", maxvCpus=2), "queue-ce-max-resource", SURE),  # it counts requests
        (managed("c7i.large"), "queue-job-resource-requirement", LIKELY),
        (managed("c7i.large", "m7i.8xlarge"), "stuck-unexplained", GUESS),
        (managed("m7i"), "stuck-unexplained", GUESS),
        (compute(instanceTypes=["default_arm64"]), "stuck-unexplained", GUESS),
        (compute(instanceTypes=["default_x86_64"]), "stuck-unexplained", GUESS),
    ],
)
def test_managed_instances_have_their_own_sizes(
    environment: dict[str, Any], cause: str, certainty: Certainty
) -> None:
    failure = parse_event(event("Batch Job Stuck", environment))
    assert isinstance(failure, Failure)
    found = compose(failure, None, 0).diagnosis
    assert (found.cause, found.certainty) == (cause, certainty)


def test_the_sweep_sends_the_sizes_of_managed_instances() -> None:
    one = managed("m7i.large")
    one["computeResources"]["managedInstancesProvider"]["infrastructureRoleArn"] = "private"
    sent = sweep_events.stuck_job({"jobArn": "a:b:c:d:e:job/x"}, [one], 1, 2)
    [kept] = sent["detail"]["computeEnvironments"]
    template = kept["computeResources"]["managedInstancesProvider"]["instanceLaunchTemplate"]
    assert template["instanceRequirements"] == {"allowedInstanceTypes": ["m7i.large"]}
    assert "private" not in str(kept)
