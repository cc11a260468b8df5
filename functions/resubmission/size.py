"""More memory or vCPUs for a job, in sizes that exist where it runs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from notifier.batch import fargate_sizes
from resubmission import overrides
from resubmission.obstacles import Obstacle, ObstacleError
from resubmission.overrides import Json
from resubmission.plan import Plan

NEXT = "next"
HEADROOM = 1.25  # above the most memory that was measured
# ECS registers about 94 % of an instance's memory; a little less is sure to fit.
# https://docs.aws.amazon.com/batch/latest/userguide/memory-management.html
USABLE = 0.92


@dataclass(frozen=True, slots=True)
class Measured:
    """What is known of the memory around a job, in MiB; None where it is not known."""

    peak: int | None = None
    """The most that the failed run used."""
    largest_instance: int | None = None
    """Memory of the largest instance of its queue."""


@dataclass(slots=True)
class _Target:
    """One container: what it requests, and where its override is."""

    memory: int
    vcpus: float
    set: Callable[[int, float], None]


def resize(
    plan: Plan, job: Mapping[str, Any], memory: str, vcpus: float | None, measured: Measured
) -> None:
    """Set memory (`next`, or MiB) and vCPUs of each container that may need them.

    Raises
    ------
    ObstacleError
        When there is no such size, or the job's size cannot be set.
    """
    targets = list(_targets(plan.request, job))
    if not targets:
        raise ObstacleError(
            Obstacle.SIZE_UNKNOWN,
            "the size of this job cannot be overridden: its definition has no memory",
        )
    for target in targets:
        is_fargate = "FARGATE" in (job.get("platformCapabilities") or ())
        chosen_vcpus = vcpus or target.vcpus
        if is_fargate:
            size, chosen_vcpus = _on_fargate(target, memory, chosen_vcpus, vcpus, measured)
        else:
            size = _on_instance(target, memory, measured)
        target.set(size, chosen_vcpus)
        if size != target.memory:
            plan.changed.append(f"memory {target.memory:,} -> {size:,} MiB")
        if chosen_vcpus != target.vcpus:
            plan.changed.append(f"vCPUs {target.vcpus:g} -> {chosen_vcpus:g}")


def _wanted(target: _Target, memory: str, measured: Measured) -> int:
    if memory == NEXT:
        return max(target.memory * 2, round((measured.peak or 0) * HEADROOM))
    return int(memory) if memory else target.memory


def _on_fargate(
    target: _Target, memory: str, vcpus: float, fixed: float | None, measured: Measured
) -> tuple[int, float]:
    wanted = _wanted(target, memory, measured)
    if memory != NEXT:
        if wanted not in fargate_sizes.MEMORY.get(vcpus, ()):
            raise ObstacleError(
                Obstacle.NO_SIZE,
                f"Fargate has no such size: {fargate_sizes.valid_sizes(vcpus, wanted)}",
            )
        return wanted, vcpus
    sizes = [
        (size, each)
        for each, memories in fargate_sizes.MEMORY.items()
        for size in memories
        if size > target.memory and (each == fixed if fixed else each >= vcpus)
    ]
    if not sizes:
        raise ObstacleError(
            Obstacle.NO_SIZE,
            f"Fargate has no more than {target.memory:,} MiB"
            f"{f' with {vcpus:g} vCPU' if fixed else ''}: use an EC2 queue (--queue)",
        )
    return next((each for each in sizes if each[0] >= wanted), sizes[-1])


def _on_instance(target: _Target, memory: str, measured: Measured) -> int:
    wanted, largest = _wanted(target, memory, measured), measured.largest_instance
    if largest is None or wanted <= largest * USABLE:
        return wanted
    usable = int(largest * USABLE)
    if memory != NEXT or usable <= target.memory:
        raise ObstacleError(
            Obstacle.NO_SIZE,
            f"no instance of the queue has {wanted:,} MiB for a job: the largest has {largest:,}"
            f" MiB, of which about {usable:,} are usable",
        )
    return usable


def _targets(request: Json, job: Mapping[str, Any]) -> Iterator[_Target]:
    if job.get("nodeProperties"):
        yield from _node_targets(request, job["nodeProperties"])
    elif job.get("ecsProperties"):
        properties = request.setdefault("ecsPropertiesOverride", {"taskProperties": [{}]})
        chosen = properties["taskProperties"][0].setdefault("containers", [])
        for each in _failed(job["ecsProperties"]["taskProperties"][0]["containers"]):
            yield from _container_target(_override_of(chosen, each), each)
    elif job.get("eksProperties"):
        pod = request.setdefault("eksPropertiesOverride", {}).setdefault("podProperties", {})
        chosen = pod.setdefault("containers", [])
        for each in _failed(job["eksProperties"]["podProperties"]["containers"]):
            yield from _eks_target(_override_of(chosen, each), each)
    elif job.get("container"):
        yield from _container_target(request.setdefault("containerOverrides", {}), job["container"])


def _node_targets(request: Json, properties: Mapping[str, Any]) -> Iterator[_Target]:
    ranges = request.setdefault("nodeOverrides", {}).setdefault("nodePropertyOverrides", [])
    for each in properties.get("nodeRangeProperties") or ():
        if each.get("container"):
            override = next(
                (one for one in ranges if one["targetNodes"] == each["targetNodes"]), None
            )
            if override is None:
                override = {"targetNodes": each["targetNodes"]}
                ranges.append(override)
            yield from _container_target(
                override.setdefault("containerOverrides", {}), each["container"]
            )


def _failed(containers: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the containers that failed; all of them where none says so."""
    return [each for each in containers if each.get("exitCode")] or containers


def _override_of(chosen: list[Json], container: Mapping[str, Any]) -> Json:
    name = container.get("name")
    found = next((each for each in chosen if each.get("name") == name), None)
    if found is None:
        found = {"name": name} if name else {}
        chosen.append(found)
    return found


def _container_target(override: Json, container: Mapping[str, Any]) -> Iterator[_Target]:
    sizes = {each["type"]: each["value"] for each in overrides.requirements(container)}
    if "MEMORY" not in sizes:
        return

    def set_size(memory: int, vcpus: float) -> None:
        chosen = {each["type"]: each["value"] for each in override.get("resourceRequirements", ())}
        chosen["MEMORY"] = str(memory)
        if "VCPU" in sizes or vcpus:
            chosen["VCPU"] = f"{vcpus:g}"
        override["resourceRequirements"] = [{"type": k, "value": v} for k, v in chosen.items()]

    yield _Target(int(sizes["MEMORY"]), float(sizes.get("VCPU", 0)), set_size)


_UNITS = {"Ki": 1 / 1024, "Mi": 1, "Gi": 1024, "": 1 / 1024 / 1024}


def _eks_target(override: Json, container: Mapping[str, Any]) -> Iterator[_Target]:
    resources = container.get("resources") or {}
    sizes = (resources.get("requests") or {}) | (resources.get("limits") or {})
    found = re.fullmatch(r"(\d+)(Ki|Mi|Gi|)", str(sizes.get("memory", "")))
    if found is None:
        return

    def set_size(memory: int, vcpus: float) -> None:
        changed = {kind: dict(values) for kind, values in resources.items()}
        for kind in changed.values():
            if "memory" in kind:
                kind["memory"] = f"{memory}Mi"
            if "cpu" in kind and vcpus:
                kind["cpu"] = f"{vcpus:g}"
        override["resources"] = changed

    cpu = str(sizes.get("cpu", "0"))
    yield _Target(
        round(int(found[1]) * _UNITS[found[2]]),
        float(cpu) if cpu.replace(".", "").isdigit() else 0.0,
        set_size,
    )
