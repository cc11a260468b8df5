"""Some children of an array once more: a smaller array, whose children take the old indices.

AWS Batch takes no list of indices, and sets AWS_BATCH_JOB_ARRAY_INDEX itself. So the command of
each container is put behind a shell that looks the old index up and sets the variable.
https://docs.aws.amazon.com/batch/latest/userguide/array_index_example.html
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from notifier.alert.commands.aws_cli import MAP_INDEX
from resubmission.obstacles import Obstacle, ObstacleError
from resubmission.overrides import Json
from resubmission.plan import Plan

VARIABLE = "FAILED_INDICES"
# ECS takes 8,192 characters for all overrides of a task together, and the command is repeated.
MOST_CHARACTERS = 4_000
SCRIPT = f'{MAP_INDEX}; exec "$@"'


def select(plan: Plan, job: Mapping[str, Any], indices: Sequence[int]) -> list[Plan]:
    """Return a plan for each array that runs some children of a job again.

    Raises
    ------
    ObstacleError
        When the command of a container is not known, so that nothing can be put before it.
    """
    size = job["arrayProperties"]["size"]
    if len(indices) == size:
        return [plan]
    plans = []
    for chunk in _chunks(indices):
        each = copy.deepcopy(plan)
        each.request.pop("arrayProperties", None)
        if len(chunk) > 1:
            each.request["arrayProperties"] = {"size": len(chunk)}
        _map_index(each.request, job, ",".join(map(str, chunk)))
        _adapt_dependencies(each)
        many = "children" if len(chunk) > 1 else "child"
        each.changed.append(f"{len(chunk)} {many} of {size:,}: their indices are in {VARIABLE}")
        each.changed.append(
            "the command is started by sh, which sets AWS_BATCH_JOB_ARRAY_INDEX to the old index:"
            " the image needs sh and cut"
            + ("" if job.get("eksProperties") else ", and no ENTRYPOINT")
        )
        plans.append(each)
    return plans


def _chunks(indices: Sequence[int]) -> Iterator[list[int]]:
    chunk: list[int] = []
    for index in indices:
        if len(",".join(map(str, [*chunk, index]))) > MOST_CHARACTERS:
            yield chunk
            chunk = []
        chunk.append(index)
    yield chunk


def _adapt_dependencies(plan: Plan) -> None:
    """Let a smaller array wait for whole jobs: its indices are not those of another array."""
    kept = []
    for each in plan.request.pop("dependsOn", ()):
        if each.get("jobId"):
            kept.append({"jobId": each["jobId"]})
            if each.get("type"):
                plan.changed.append(f"it waits for all of job {each['jobId']}, not for each index")
        else:
            plan.lost.append("the children do not wait for each other (SEQUENTIAL)")
    if kept:
        plan.request["dependsOn"] = kept


def _map_index(request: Json, job: Mapping[str, Any], indices: str) -> None:
    if job.get("eksProperties"):
        properties = request.setdefault("eksPropertiesOverride", {})
        pod = job["eksProperties"]["podProperties"]
        chosen = properties.setdefault("podProperties", {}).setdefault("containers", [])
        _map_each(chosen, pod["containers"], indices, "env")
    elif job.get("ecsProperties"):
        [task] = job["ecsProperties"]["taskProperties"]
        properties = request.setdefault("ecsPropertiesOverride", {"taskProperties": [{}]})
        chosen = properties["taskProperties"][0].setdefault("containers", [])
        _map_each(chosen, task["containers"], indices, "environment")
    else:
        override = request.setdefault("containerOverrides", {})
        _wrap(override, job.get("container") or {}, indices, "environment")


def _map_each(
    chosen: list[Json], containers: Sequence[Mapping[str, Any]], indices: str, environment: str
) -> None:
    mapped = [each for each in containers if each.get("command") or each.get("exitCode")]
    for each in mapped or containers:  # a sidecar without a command of its own needs no index
        name = each.get("name")
        override = next((one for one in chosen if one.get("name") == name), None)
        if override is None:
            override = {"name": name} if name else {}
            chosen.append(override)
        _wrap(override, each, indices, environment)


def _wrap(override: Json, container: Mapping[str, Any], indices: str, environment: str) -> None:
    command = override.get("command") or container.get("command")
    if not command:
        raise ObstacleError(
            Obstacle.COMMAND_UNKNOWN,
            "the command is that of the image, and AWS Batch does not know it: the old index cannot"
            " be set. Rerun the whole array without --failed-children and --array-index, or set"
            f" command in the job definition (the container may read {VARIABLE} itself)",
        )
    override["command"] = ["sh", "-c", SCRIPT, "sh", *command]
    variables = [v for v in override.get(environment, ()) if v.get("name") != VARIABLE]
    override[environment] = [*variables, {"name": VARIABLE, "value": indices}]
