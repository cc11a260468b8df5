"""Every member that AWS Batch knows has a verdict: repeated, of the definition, or a result."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import botocore.session
import pytest
from botocore.model import Shape
from botocore.validate import validate_parameters

from resubmission.plan import Plan, plan_job, plan_service_job

BATCH = botocore.session.get_session().get_service_model("batch")
# Members of a request that are not repeated under their own name, with what stands for them.
ELSEWHERE = {
    "clientToken": "each submission is new",
    "containerOverrides.instanceType": "only nodes of a multi-node job have it",
    "containerOverrides.memory": "repeated as resourceRequirements, which replaced it",
    "containerOverrides.vcpus": "repeated as resourceRequirements, which replaced it",
    "nodeOverrides.nodePropertyOverrides[].containerOverrides.memory": "as above",
    "nodeOverrides.nodePropertyOverrides[].containerOverrides.vcpus": "as above",
}
# What DescribeJobs and DescribeServiceJob say of a job: submitted once more, or not, and why.
REPEATED = {
    "arrayProperties", "consumableResourceProperties", "container", "dependsOn", "ecsProperties",
    "eksProperties", "jobDefinition", "jobName", "jobQueue", "nodeProperties", "parameters",
    "preemptionConfiguration", "propagateTags", "quotaShareName", "retryStrategy",
    "schedulingPriority", "serviceJobType", "serviceRequestPayload", "shareIdentifier", "tags",
    "timeout", "timeoutConfig",
}  # fmt: skip
OF_DEFINITION = {"platformCapabilities"}
RESULTS = {
    "attempts", "capacityUsage", "createdAt", "eksAttempts", "isCancelled", "isTerminated",
    "jobArn", "jobId", "latestAttempt", "nodeDetails", "preemptionSummary", "scheduledAt",
    "startedAt",
    "status", "statusReason", "stoppedAt",
}  # fmt: skip
DESCRIBED = {"SubmitJob": "JobDetail", "SubmitServiceJob": "DescribeServiceJobResponse"}


def whole(shape: Any, name: str = "x") -> Any:
    """Make a value of a shape in which every member is set."""
    match shape.type_name:
        case "structure":
            return {key: whole(member, key) for key, member in shape.members.items()}
        case "list":
            return [whole(shape.member, name)]
        case "map":
            return {"key": whole(shape.value, name)}
        case "integer" | "long":
            return 7
        case "float" | "double":
            return 1.5
        case "boolean":
            return True
    return shape.enum[0] if shape.enum else name


def members(shape: Any, value: Any = None, at: str = "") -> Iterator[str]:
    """Name every plain member of a shape, or those of them that a value has."""
    match shape.type_name:
        case "structure":
            for key, member in shape.members.items():
                if value is None or key in value:
                    below = None if value is None else value[key]
                    yield from members(member, below, f"{at}.{key}".strip("."))
        case "list":
            for each in [None] if value is None else value:
                yield from members(shape.member, each, f"{at}[]")
        case _:
            yield at


def planned(operation: str) -> tuple[Shape, Plan]:
    job = whole(BATCH.shape_for(DESCRIBED[operation])) | {"tags": {"owner": "ana"}}
    if operation == "SubmitJob":
        plan = plan_job(job, None, {"jobId": "SUCCEEDED"})
    else:
        plan = plan_service_job(job)
    request = BATCH.operation_model(operation).input_shape
    validate_parameters(plan.request, request)
    return request, plan


@pytest.mark.parametrize("operation", DESCRIBED)
def test_every_member_of_a_request_is_repeated_or_has_a_reason(operation: str) -> None:
    request, plan = planned(operation)
    missing = set(members(request)) - set(members(request, plan.request))
    assert missing == ELSEWHERE.keys() & set(members(request))
    assert not ELSEWHERE.keys() & set(members(request, plan.request))


@pytest.mark.parametrize("operation", DESCRIBED)
def test_every_member_of_a_described_job_has_one_verdict(operation: str) -> None:
    shown = set(BATCH.shape_for(DESCRIBED[operation]).members)
    assert shown <= REPEATED | OF_DEFINITION | RESULTS
    assert not REPEATED & (OF_DEFINITION | RESULTS)


@pytest.mark.parametrize("part", ["container", "ecsProperties", "eksProperties", "nodeProperties"])
def test_a_part_without_overrides_repeats_what_is_left(part: str) -> None:
    """A member that is alone in its job is repeated as it is among all others."""
    job = whole(BATCH.shape_for("JobDetail"))
    alone = {key: job[key] for key in ("jobName", "jobQueue", "jobDefinition", "jobId", part)}
    plan = plan_job(alone, None, {})
    shape = BATCH.operation_model("SubmitJob").input_shape
    validate_parameters(plan.request, shape)
    _, everything = planned("SubmitJob")
    name = {"container": "containerOverrides", "nodeProperties": "nodeOverrides"}.get(
        part, f"{part}Override"
    )
    assert plan.request[name] == everything.request[name]
