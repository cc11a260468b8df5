"""What a job was submitted with, beyond its definition: the overrides that repeat it.

DescribeJobs shows a job after its overrides were applied. What equals the definition is left to the
definition, so that a newer revision can change it; without the definition, everything is repeated.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

Json = dict[str, Any]
# SubmitJob refuses variables of this prefix, which Batch sets itself.
# https://docs.aws.amazon.com/batch/latest/APIReference/API_ContainerOverrides.html
RESERVED_VARIABLE = "AWS_BATCH"
# The parts of a pod or container that EksPropertiesOverride takes.
# https://docs.aws.amazon.com/batch/latest/APIReference/API_EksContainerOverride.html
_EKS_FIELDS = ("image", "command", "args")
_RESERVED_LABEL = "batch.amazonaws.com/"


def container(job: Mapping[str, Any], defined: Mapping[str, Any]) -> Json:
    """Return the ContainerOverrides of a job's single container."""
    found = _differing(job, defined, ("command",))
    if environment := _changed_pairs(job.get("environment"), defined.get("environment"), "name"):
        found["environment"] = environment
    if sizes := _changed_pairs(requirements(job), requirements(defined), "type"):
        found["resourceRequirements"] = sizes
    return found


def requirements(properties: Mapping[str, Any]) -> list[Json]:
    """Return `resourceRequirements`, also of a definition that has vcpus and memory instead."""
    found = {each["type"]: each["value"] for each in properties.get("resourceRequirements") or ()}
    for kind, old in (("VCPU", "vcpus"), ("MEMORY", "memory")):
        if properties.get(old):
            found.setdefault(kind, str(properties[old]))
    return [{"type": kind, "value": value} for kind, value in found.items()]


def ecs(job: Mapping[str, Any], defined: Mapping[str, Any]) -> Json:
    """Return the EcsPropertiesOverride: that of each container, by its name."""
    [task], [old, *_] = job["taskProperties"], defined.get("taskProperties") or [{}]
    containers = _named(task.get("containers"), old.get("containers"), container)
    return {"taskProperties": [{"containers": containers}]} if containers else {}


def eks(job: Mapping[str, Any], defined: Mapping[str, Any]) -> Json:
    """Return the EksPropertiesOverride: containers by name, labels and annotations."""
    pod, old = job["podProperties"], defined.get("podProperties") or {}
    found: Json = {}
    for kind in ("containers", "initContainers"):
        if containers := _named(pod.get(kind), old.get(kind), _eks_container):
            found[kind] = containers
    metadata: Json = {}
    for kind in ("labels", "annotations"):
        before = (old.get("metadata") or {}).get(kind) or {}
        changed = changed_entries((pod.get("metadata") or {}).get(kind), before)
        kept = {k: v for k, v in changed.items() if not k.startswith(_RESERVED_LABEL)}
        if kept:
            metadata[kind] = kept
    namespace = (pod.get("metadata") or {}).get("namespace")
    if namespace and namespace != (old.get("metadata") or {}).get("namespace"):
        metadata["namespace"] = namespace
    if metadata:
        found["metadata"] = metadata
    return {"podProperties": found} if found else {}


def nodes(job: Mapping[str, Any], defined: Mapping[str, Any]) -> Json:
    """Return the NodeOverrides: the number of nodes, and the overrides of each range."""
    found = _differing(job, defined, ("numNodes",))
    old = {each["targetNodes"]: each for each in defined.get("nodeRangeProperties") or ()}
    ranges = []
    for each in job.get("nodeRangeProperties") or ():
        changed = _node_range(each, old.get(each["targetNodes"], {}))
        if changed:
            ranges.append({"targetNodes": each["targetNodes"], **changed})
    if ranges:
        found["nodePropertyOverrides"] = ranges
    return found


def _node_range(each: Mapping[str, Any], old: Mapping[str, Any]) -> Json:
    found = _differing(each, old, ("instanceTypes",))
    for name, override, compare in (
        ("container", "containerOverrides", _node_container),
        ("ecsProperties", "ecsPropertiesOverride", ecs),
        ("eksProperties", "eksPropertiesOverride", eks),
        ("consumableResourceProperties", "consumableResourcePropertiesOverride", consumables),
    ):
        if each.get(name) and (changed := compare(each[name], old.get(name) or {})):
            found[override] = changed
    return found


def _node_container(job: Mapping[str, Any], defined: Mapping[str, Any]) -> Json:
    return container(job, defined) | _differing(job, defined, ("instanceType",))


def consumables(job: Mapping[str, Any], defined: Mapping[str, Any]) -> Json:
    """Return the ConsumableResourceProperties, where they differ."""
    return _differing(job, defined, ("consumableResourceList",))


def changed_entries(job: Mapping[str, str] | None, defined: Mapping[str, str] | None) -> Json:
    """Return the entries of a map that the definition does not have in this way."""
    before = defined or {}
    return {key: value for key, value in (job or {}).items() if before.get(key) != value}


def _eks_container(job: Mapping[str, Any], defined: Mapping[str, Any]) -> Json:
    found = _differing(job, defined, _EKS_FIELDS)
    if env := _changed_pairs(job.get("env"), defined.get("env"), "name"):
        found["env"] = env
    if (job.get("resources") or {}) != (defined.get("resources") or {}):
        found["resources"] = job["resources"]
    return found


def _named(
    job: Sequence[Mapping[str, Any]] | None,
    defined: Sequence[Mapping[str, Any]] | None,
    compare: Callable[[Mapping[str, Any], Mapping[str, Any]], Json],
) -> list[Json]:
    old = {each.get("name"): each for each in defined or ()}
    found = []
    for each in job or ():
        if changed := compare(each, old.get(each.get("name"), {})):
            found.append(changed | ({"name": each["name"]} if each.get("name") else {}))
    return found


def _differing(job: Mapping[str, Any], defined: Mapping[str, Any], names: Sequence[str]) -> Json:
    return {n: job[n] for n in names if job.get(n) and job[n] != defined.get(n)}


def _changed_pairs(
    job: Sequence[Json] | None, defined: Sequence[Json] | None, key: str
) -> list[Json]:
    old = {each.get(key): each for each in defined or ()}
    return [
        dict(each)
        for each in job or ()
        if each != old.get(each.get(key)) and not str(each.get(key)).startswith(RESERVED_VARIABLE)
    ]
