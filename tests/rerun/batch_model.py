"""AWS Batch's own part, written from its documentation: a definition and a request become a job.

https://docs.aws.amazon.com/batch/latest/APIReference/API_SubmitJob.html
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]


def submitted(request: Json, definition: Json) -> Json:
    """Give the job as DescribeJobs shows it, so far as it depends on what was submitted."""
    new = copy.deepcopy(definition)
    job: Json = {
        "jobName": request["jobName"], "jobQueue": request["jobQueue"],
        "jobDefinition": request["jobDefinition"],
        "parameters": new.get("parameters", {}) | request.get("parameters", {}),
        "tags": request.get("tags", {}), "dependsOn": request.get("dependsOn", []),
        "arrayProperties": request.get("arrayProperties", {}),
    }  # fmt: skip
    for name in ("retryStrategy", "timeout", "propagateTags"):
        job[name] = request.get(name, new.get(name))
    job["shareIdentifier"] = request.get("shareIdentifier")
    job["schedulingPriority"] = request.get(
        "schedulingPriorityOverride", new.get("schedulingPriority")
    )
    if "containerProperties" in new:
        job["container"] = _container(new["containerProperties"], request.get("containerOverrides"))
    if "ecsProperties" in new:
        job["ecsProperties"] = _ecs(new["ecsProperties"], request.get("ecsPropertiesOverride"))
    if "eksProperties" in new:
        job["eksProperties"] = _eks(new["eksProperties"], request.get("eksPropertiesOverride"))
    if "nodeProperties" in new:
        job["nodeProperties"] = _nodes(new["nodeProperties"], request.get("nodeOverrides"))
    job["consumableResourceProperties"] = request.get(
        "consumableResourcePropertiesOverride", new.get("consumableResourceProperties")
    )
    return job


def _container(new: Json, override: Json | None) -> Json:
    override = override or {}
    if "command" in override:
        new["command"] = override["command"]
    if "instanceType" in override:
        new["instanceType"] = override["instanceType"]
    for name, key in (("environment", "name"), ("resourceRequirements", "type")):
        new[name] = _merged(new.get(name), override.get(name), key)
    return new


def _merged(old: list[Json] | None, new: list[Json] | None, key: str) -> list[Json]:
    found = {each[key]: each for each in old or ()} | {each[key]: each for each in new or ()}
    return list(found.values())


def _ecs(new: Json, override: Json | None) -> Json:
    chosen = {
        each["name"]: each
        for task in (override or {}).get("taskProperties", ())
        for each in task["containers"]
    }
    for each in new["taskProperties"][0]["containers"]:
        _container(each, chosen.get(each["name"]))
    return new


def _eks(new: Json, override: Json | None) -> Json:
    pod, changes = new["podProperties"], (override or {}).get("podProperties", {})
    for kind in ("containers", "initContainers"):
        chosen = {each.get("name"): each for each in changes.get(kind, ())}
        for each in pod.get(kind, ()):
            change = dict(chosen.get(each.get("name"), {}))
            each["env"] = _merged(each.get("env"), change.pop("env", None), "name")
            each |= change
    for kind, entries in changes.get("metadata", {}).items():
        before = pod.setdefault("metadata", {}).get(kind)
        new_value = {**(before or {}), **entries} if isinstance(entries, dict) else entries
        pod["metadata"][kind] = new_value
    return new


def _nodes(new: Json, override: Json | None) -> Json:
    override = override or {}
    new["numNodes"] = override.get("numNodes", new["numNodes"])
    chosen = {each["targetNodes"]: each for each in override.get("nodePropertyOverrides", ())}
    for each in new["nodeRangeProperties"]:
        change = chosen.get(each["targetNodes"], {})
        if "container" in each:
            _container(each["container"], change.get("containerOverrides"))
        if "instanceTypes" in change:
            each["instanceTypes"] = change["instanceTypes"]
    return new


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Give each plain value of a document with its path; lists of pairs go by their name."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield from leaves(each, f"{path}.{key}")
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        for number, each in enumerate(value):
            key = each.get("name") or each.get("type") or each.get("targetNodes") or number
            yield from leaves(each, f"{path}[{key}]")
    elif value not in (None, [], ""):
        yield path, value
