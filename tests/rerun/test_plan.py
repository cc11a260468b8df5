"""Every shape of a job, once more: nothing is lost but what is said."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore.validate import validate_parameters

from resubmission import array, size
from resubmission.obstacles import ObstacleError
from resubmission.plan import Plan, plan_job, plan_service_job
from resubmission.size import Measured
from tests.rerun.batch_model import Json, leaves, submitted
from workbench.errors import InputError
from workbench.rerun.preparation import parse_indices

ROOT = Path(__file__).parents[2]
SAMPLES = {
    file.stem: json.loads(file.read_text(encoding="utf-8"))
    for file in sorted((ROOT / "events").glob("*.json"))
}
JOBS = {
    name: event["detail"]
    for name, event in SAMPLES.items()
    if event.get("detail-type", "").startswith(("Batch Job State", "Batch Job Stuck"))
    and "jobDefinition" in event["detail"]
}
BATCH = botocore.session.get_session().get_service_model("batch")
# Where a job of each kind has what SubmitJob can override.
PARTS = {
    "container": "containerProperties", "ecsProperties": "ecsProperties",
    "eksProperties": "eksProperties", "nodeProperties": "nodeProperties",
    "consumableResourceProperties": "consumableResourceProperties",
}  # fmt: skip
SUBMITTED = (
    "jobName", "jobQueue", "jobDefinition", "parameters", "retryStrategy", "timeout",
    "propagateTags", "shareIdentifier", "schedulingPriority", *PARTS,
)  # fmt: skip
VARIABLES = [{"name": "TOKEN", "value": "hunter2"}, {"name": "MODE", "value": "full"}]
SIZES = [{"type": "VCPU", "value": "4"}, {"type": "MEMORY", "value": "8192"}]
EKS = {
    "jobName": "a", "jobId": "j", "jobQueue": "q", "jobDefinition": "d:1", "status": "FAILED",
    "eksProperties": {"podProperties": {
        "containers": [
            {"name": "main", "image": "i:2", "command": ["run"], "args": ["--all"],
             "env": VARIABLES, "exitCode": 1,
             "resources": {"limits": {"cpu": "2", "memory": "4Gi"},
                           "requests": {"cpu": "2", "memory": "4Gi"}}},
        ],
        "initContainers": [{"name": "first", "image": "i:1", "env": VARIABLES}],
        "metadata": {"labels": {"team": "a"}, "annotations": {"b": "c"}, "namespace": "jobs"},
    }},
}  # fmt: skip
NODES = {
    "jobName": "a", "jobId": "j", "jobQueue": "q", "jobDefinition": "d:1", "status": "FAILED",
    "nodeProperties": {"numNodes": 5, "mainNode": 0, "nodeRangeProperties": [
        {"targetNodes": "0:0", "container": {"command": ["main"], "environment": VARIABLES,
                                             "resourceRequirements": SIZES}},
        {"targetNodes": "1:", "instanceTypes": ["c5.large"],
         "container": {"command": ["node"], "resourceRequirements": SIZES}},
    ]},
}  # fmt: skip
WHOLE = {
    "jobName": "a", "jobId": "j", "jobQueue": "q", "jobDefinition": "d:1", "status": "FAILED",
    "container": {"command": ["run", "--key", "hunter3"], "environment": VARIABLES,
                  "resourceRequirements": SIZES},
    "parameters": {"input": "s3://b/k"}, "timeout": {"attemptDurationSeconds": 600},
    "retryStrategy": {"attempts": 3, "evaluateOnExit": [{"onExitCode": "1", "action": "RETRY"}]},
    "propagateTags": True, "shareIdentifier": "team", "schedulingPriority": 7,
    "tags": {"owner": "ana", "aws:x": "y"},
    "consumableResourceProperties": {
        "consumableResourceList": [{"consumableResource": "licence", "quantity": 2}]},
}  # fmt: skip
SHAPES = JOBS | {"eks": EKS, "nodes": NODES, "whole": WHOLE}


def definition_of(job: Json, *, differs: bool) -> Json:
    """Give the definition of a job: of itself, or one that was overridden in all that can be."""
    parts = {part: copy.deepcopy(job[name]) for name, part in PARTS.items() if job.get(name)}
    rest = ("parameters", "retryStrategy", "timeout", "propagateTags", "schedulingPriority")
    made = parts | {name: copy.deepcopy(job[name]) for name in rest if name in job}
    return _changed(made) if differs else made


def _changed(value: Any, key: str = "") -> Any:
    if isinstance(value, dict):
        if set(value) == {"name", "value"}:
            return value | {"value": "other"}
        return {k: _changed(v, k) for k, v in value.items()}
    if isinstance(value, list):
        is_command = value and key in ("command", "args")
        return ["other"] if is_command else [_changed(each, key) for each in value]
    return value


def planned(job: Json, definition: Json | None, **upstream: str) -> Plan:
    known = {each["jobId"]: "SUCCEEDED" for each in job.get("dependsOn", ()) if "jobId" in each}
    made = plan_job(job, definition, known | upstream)
    validate_parameters(made.request, BATCH.operation_model("SubmitJob").input_shape)
    return made


@pytest.mark.parametrize("definition", ["same", "overridden", "unknown"])
@pytest.mark.parametrize("name", SHAPES)
def test_every_field_is_submitted_again(name: str, definition: str) -> None:
    job = SHAPES[name]
    given = None if definition == "unknown" else definition_of(job, differs=definition != "same")
    made = planned(job, given)
    again = submitted(made.request, given or _without_overrides(job))
    before = {name: job.get(name) for name in SUBMITTED}
    assert dict(leaves({name: again.get(name) for name in SUBMITTED})) == dict(leaves(before))
    size_before = (job.get("arrayProperties") or {}).get("size")
    assert made.request.get("arrayProperties", {}).get("size") == size_before
    waits = [each["jobId"] for each in job.get("dependsOn", ()) if each.get("jobId")]
    assert [each["jobId"] for each in made.request.get("dependsOn", ())] == waits
    own = {k: v for k, v in job.get("tags", {}).items() if k not in ("aws:x", "resourceArn")}
    assert made.request["tags"] == own | {"notify:rerun-of": job["jobId"]}
    assert bool(made.lost) == (definition == "unknown")


def _without_overrides(job: Json) -> Json:
    """Give a definition of which nothing is known but what SubmitJob cannot set."""
    made = definition_of(job, differs=True)
    for each in ("parameters", "retryStrategy", "timeout", "propagateTags"):
        made.pop(each, None)
    return made


def test_what_equals_the_definition_is_left_to_it() -> None:
    made = planned(WHOLE, definition_of(WHOLE, differs=False))
    assert set(made.request) == {"jobName", "jobQueue", "jobDefinition", "tags", "shareIdentifier"}


def test_a_service_job_is_submitted_again() -> None:
    job = SAMPLES["service-job"]["detail"] | {
        "serviceRequestPayload": '{"TrainingJobName": "x", "Key": "hunter2"}',
        "schedulingPriority": 3, "shareIdentifier": "team", "tags": {"owner": "ana"},
    }  # fmt: skip
    made = plan_service_job(job)
    validate_parameters(made.request, BATCH.operation_model("SubmitServiceJob").input_shape)
    shape = BATCH.operation_model("SubmitServiceJob").input_shape
    inputs = set(shape.members) & set(job) - {"tags"}
    assert {name: made.request[name] for name in inputs} == {name: job[name] for name in inputs}
    assert made.request["tags"] == {"owner": "ana", "notify:rerun-of": job["jobId"]}


@pytest.mark.parametrize(
    ("status", "says"), [("FAILED", "which failed"), ("", "which AWS Batch has deleted")]
)
def test_a_dependency_that_cannot_be_met_is_left_out_and_said(status: str, says: str) -> None:
    job = WHOLE | {"dependsOn": [{"jobId": "up"}, {"jobId": "other"}]}
    made = planned(job, {}, up=status, other="RUNNING")
    assert made.request["dependsOn"] == [{"jobId": "other"}]
    assert any(says in each for each in made.lost)


def test_variables_that_batch_sets_are_left_out_and_said() -> None:
    variables = [{"name": "AWS_BATCH_JQ_NAME", "value": "q"}, *VARIABLES]
    made = planned(WHOLE | {"container": {"environment": variables}}, {})
    assert made.request["containerOverrides"]["environment"] == VARIABLES
    assert made.lost == ["AWS Batch sets these variables itself: AWS_BATCH_JQ_NAME"]


ARRAY = WHOLE | {"arrayProperties": {"size": 100}}


def test_failed_children_are_a_smaller_array_with_their_old_indices() -> None:
    [made] = array.select(planned(ARRAY, {}), ARRAY, [3, 7, 40])
    validate_parameters(made.request, BATCH.operation_model("SubmitJob").input_shape)
    assert made.request["arrayProperties"] == {"size": 3}
    override = made.request["containerOverrides"]
    assert override["command"][-3:] == ["run", "--key", "hunter3"]
    assert {"name": "FAILED_INDICES", "value": "3,7,40"} in override["environment"]
    assert all(each in override["environment"] for each in VARIABLES)


@pytest.mark.parametrize("index", [0, 1, 2])
def test_the_shell_maps_the_index_and_runs_the_command_as_it_was(index: int) -> None:
    import subprocess

    job = ARRAY | {"container": {"command": ["sh", "-c", 'echo "$AWS_BATCH_JOB_ARRAY_INDEX $1"',
                                             "x", "a  b'$c"]}}  # fmt: skip
    [made] = array.select(planned(job, {}), job, [3, 7, 40])
    override = made.request["containerOverrides"]
    environment = {each["name"]: each["value"] for each in override["environment"]}
    done = subprocess.run(
        override["command"], env=environment | {"AWS_BATCH_JOB_ARRAY_INDEX": str(index),
                                                "PATH": "/usr/bin:/bin"},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout == f"{[3, 7, 40][index]} a  b'$c\n"


def test_one_child_is_a_single_job_and_all_children_are_the_array() -> None:
    [one] = array.select(planned(ARRAY, {}), ARRAY, [7])
    assert "arrayProperties" not in one.request
    [whole] = array.select(planned(ARRAY, {}), ARRAY, list(range(100)))
    assert whole.request["arrayProperties"] == {"size": 100}
    assert "sh" not in whole.request["containerOverrides"]["command"]


def test_many_children_are_several_arrays_that_fit() -> None:
    job = WHOLE | {"arrayProperties": {"size": 10_000}}
    chosen = list(range(0, 10_000, 2))
    plans = array.select(planned(job, {}), job, chosen)
    values = [
        each["value"] for made in plans
        for each in made.request["containerOverrides"]["environment"]
        if each["name"] == "FAILED_INDICES"
    ]  # fmt: skip
    assert [int(one) for value in values for one in value.split(",")] == chosen
    assert all(len(value) <= 4_000 for value in values)
    assert [made.request["arrayProperties"]["size"] for made in plans] == [
        len(value.split(",")) for value in values
    ]


@pytest.mark.parametrize("shape", ["eks", "ecs-several-containers"])
def test_every_container_maps_the_index(shape: str) -> None:
    job = copy.deepcopy(SHAPES[shape]) | {"arrayProperties": {"size": 9}}
    for each in _containers(job):
        each["command"] = each.get("command") or ["run"]
    [made] = array.select(planned(job, {}), job, [2, 4])
    validate_parameters(made.request, BATCH.operation_model("SubmitJob").input_shape)
    text = json.dumps(made.request)
    assert text.count('"2,4"') == len(_containers(job))


def _containers(job: Json) -> list[Json]:
    if "eksProperties" in job:
        found: list[Json] = job["eksProperties"]["podProperties"]["containers"]
    else:
        found = job["ecsProperties"]["taskProperties"][0]["containers"]
    return found


def test_a_command_of_the_image_cannot_be_mapped_and_that_is_said() -> None:
    job = ARRAY | {"container": {"environment": VARIABLES}}
    with pytest.raises(ObstacleError, match="the command is that of the image"):
        array.select(planned(job, {}), job, [1])


def test_a_part_of_an_array_waits_for_whole_jobs() -> None:
    waits = [{"jobId": "up", "type": "N_TO_N"}, {"type": "SEQUENTIAL"}]
    job = ARRAY | {"dependsOn": waits}
    [made] = array.select(planned(job, {}, up="RUNNING"), job, [1, 2])
    assert made.request["dependsOn"] == [{"jobId": "up"}]
    assert "it waits for all of job up, not for each index" in made.changed
    assert any("SEQUENTIAL" in each for each in made.lost)


@pytest.mark.parametrize(
    ("text", "says"),
    [("3,a", "not indices"), ("5-3", "0 to 99"), ("100", "0 to 99"), ("", "not indices"),
     ("1,,2", "not indices"), ("-3", "not indices")],
)  # fmt: skip
def test_indices_that_are_none(text: str, says: str) -> None:
    with pytest.raises(InputError, match=says):
        parse_indices(text, 100)


def test_indices_and_ranges() -> None:
    assert parse_indices("7, 3,10-12,11", 100) == [3, 7, 10, 11, 12]


FARGATE = WHOLE | {"platformCapabilities": ["FARGATE"]}


def sized(job: Json, vcpus: str, memory: str) -> Json:
    sizes = [{"type": "VCPU", "value": vcpus}, {"type": "MEMORY", "value": memory}]
    return job | {"container": job["container"] | {"resourceRequirements": sizes}}


def resized(job: Json, memory: str, vcpus: float | None, measured: Measured) -> dict[str, str]:
    made = planned(job, definition_of(job, differs=False))
    size.resize(made, job, memory, vcpus, measured)
    validate_parameters(made.request, BATCH.operation_model("SubmitJob").input_shape)
    found = made.request["containerOverrides"]["resourceRequirements"]
    return {each["type"]: each["value"] for each in found}


@pytest.mark.parametrize(
    ("before", "memory", "vcpus", "measured", "after"),
    [
        (("1", "2048"), "next", None, Measured(), ("1", "4096")),
        (("1", "8192"), "next", None, Measured(), ("2", "16384")),
        (("0.25", "2048"), "next", None, Measured(), ("0.5", "4096")),
        (("0.25", "2048"), "next", None, Measured(peak=6_000), ("1", "8192")),
        (("1", "2048"), "next", 2.0, Measured(), ("2", "4096")),
        (("1", "2048"), "4096", None, Measured(), ("1", "4096")),
        (("16", "122880"), "next", None, Measured(), ("32", "249856")),
    ],
)
def test_next_on_fargate_is_in_its_table(
    before: tuple[str, str], memory: str, vcpus: float | None, measured: Measured,
    after: tuple[str, str],
) -> None:  # fmt: skip
    found = resized(sized(FARGATE, *before), memory, vcpus, measured)
    assert (found["VCPU"], found["MEMORY"]) == after


@pytest.mark.parametrize(
    ("measured", "memory"),
    [
        (Measured(), "16384"),
        (Measured(largest_instance=15_872), "14602"),
        (Measured(peak=20_000), "25000"),
        (Measured(peak=1_000), "16384"),
    ],
)
def test_next_on_instances_fits_the_largest(measured: Measured, memory: str) -> None:
    assert resized(WHOLE, "next", None, measured)["MEMORY"] == memory


@pytest.mark.parametrize(
    ("job", "memory", "measured", "says"),
    [
        (sized(FARGATE, "32", "249856"), "next", Measured(), "Fargate has no more than"),
        (FARGATE, "5000", Measured(), "Fargate has no such size"),
        (WHOLE, "next", Measured(largest_instance=8_192), "no instance of the queue has 16,384"),
        (WHOLE, "99999", Measured(largest_instance=65_536), "no instance of the queue has 99,999"),
        (WHOLE | {"container": {"command": ["x"]}}, "next", Measured(), "cannot be overridden"),
    ],
)
def test_a_size_that_does_not_exist_is_refused(
    job: Json, memory: str, measured: Measured, says: str
) -> None:
    with pytest.raises(ObstacleError, match=says):
        resized(job, memory, None, measured)


def test_sizes_of_pods_nodes_and_tasks() -> None:
    made = planned(EKS, definition_of(EKS, differs=False))
    size.resize(made, EKS, "next", None, Measured())
    [pod] = made.request["eksPropertiesOverride"]["podProperties"]["containers"]
    assert pod["resources"]["limits"] == {"cpu": "2", "memory": "8192Mi"}
    made = planned(NODES, definition_of(NODES, differs=False))
    size.resize(made, NODES, "next", None, Measured())
    ranges = made.request["nodeOverrides"]["nodePropertyOverrides"]
    assert [each["targetNodes"] for each in ranges] == ["0:0", "1:"]
    assert all("16384" in json.dumps(each) for each in ranges)
    job = SHAPES["ecs-several-containers"]
    made = planned(job, definition_of(job, differs=False))
    size.resize(made, job, "next", None, Measured())
    [task] = made.request["ecsPropertiesOverride"]["taskProperties"]
    assert [each["name"] for each in task["containers"]] == [
        each["name"] for each in _containers(job) if each.get("exitCode")
    ]


def test_the_table_in_the_documentation_has_every_field() -> None:
    text = (ROOT / "docs" / "rerun.md").read_text(encoding="utf-8")
    rows = {row[0]: row[1:] for row in re.findall(r"^\| `(\w+)` \| (.+?) \| (.+?) \|", text, re.M)}
    shapes = [BATCH.operation_model(f"Submit{kind}Job").input_shape for kind in ("", "Service")]
    assert set(rows) == {name for shape in shapes for name in shape.members}
