"""Why a job waits: what its queue's compute environments are, against what the job asks.

Nothing is asked of EC2. How large an instance is follows from its type's name, which holds for
general types and is never called certain; families and `optimal` have sizes for every job.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from notifier.batch import fargate_sizes
from notifier.batch.failure import Failure, Finding
from notifier.batch.json_lookup import Safe, integer, node, string

# https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-types.html
_TYPE = re.compile(r"([a-z]{1,4})(\d)[a-z0-9-]{0,12}\.(?:(\d{1,3})?x)?large", re.ASCII)
_GIB_PER_VCPU = {"c": 2, "m": 4, "r": 8}  # of the general families; others differ by type
_VCPUS_OF_LARGE, _VCPUS_OF_XLARGE = 2, 4
_GPU_FAMILIES = ("g", "p")
_MIB = 1024
_NAMED = 3  # things named in one line; the others are counted
_FARGATE = ("FARGATE", "FARGATE_SPOT")


@dataclass(frozen=True, slots=True)
class Environment:
    """A compute environment as DescribeComputeEnvironments gives it, as far as it matters here."""

    name: str
    state: str
    status: str
    reason: str
    type: str
    most_vcpus: int | None
    vcpus: int | None
    instance_types: tuple[str, ...]

    @property
    def is_usable(self) -> bool:
        """Whether Batch places jobs in it."""
        return self.state != "DISABLED" and self.status != "INVALID"

    @property
    def is_fargate(self) -> bool:
        """Whether it has no instances of its own."""
        return self.type in _FARGATE


def environment(raw: dict[str, Any], safe: Safe) -> Environment:
    """Read one compute environment, tolerant of what is missing."""
    resources = node(raw, "computeResources")
    types = resources.get("instanceTypes")
    return Environment(
        name=safe(raw.get("computeEnvironmentName")),
        state=string(raw, "state"),
        status=string(raw, "status"),
        reason=safe(raw.get("statusReason")),
        type=string(resources, "type"),
        most_vcpus=integer(resources.get("maxvCpus")),
        vcpus=integer(resources.get("desiredvCpus")),
        instance_types=tuple(safe(one) for one in types) if isinstance(types, list) else (),
    )


def findings(job: Failure, raw: Sequence[dict[str, Any]], safe: Safe) -> tuple[Finding, ...]:
    """Say what keeps a job waiting, the most telling first; nothing where all looks well.

    Parameters
    ----------
    job
        What the job asks for.
    raw
        The compute environments of its queue, as AWS describes them.
    safe
        Makes a text of AWS safe to show.
    """
    every = [environment(one, safe) for one in raw]
    usable = [one for one in every if one.is_usable]
    found = [_unusable(one, is_sure=not usable) for one in every if not one.is_usable]
    if usable and job.status != "STARTING":  # a job that is starting has found its place
        for ask in (_too_many_vcpus, _beyond_fargate, _no_gpu, _no_instance, _full):
            if finding := ask(job, usable):
                found.insert(0, finding)
                break
    return tuple(found)


def _unusable(one: Environment, *, is_sure: bool) -> Finding:
    if one.status == "INVALID":
        why = f": {one.reason}" if one.reason else ""
        return Finding("queue-ce-invalid", f"{one.name} is INVALID{why}", one.reason, is_sure)
    return Finding("ce-disabled", f"{one.name} is DISABLED", "", is_sure)


def _too_many_vcpus(job: Failure, usable: Sequence[Environment]) -> Finding | None:
    """AWS may exceed maxvCpus by one instance, except on Fargate: only there it is certain."""
    limits = [one.most_vcpus for one in usable if one.most_vcpus is not None]
    asked = (job.vcpus or 0) * (job.node_count or 1)
    if len(limits) < len(usable) or asked <= max(limits):
        return None
    told = f"the job asks for {asked:g} vCPU, and maxvCpus is {max(limits):,} in {_names(usable)}"
    return Finding("queue-ce-max-resource", told, is_sure=all(one.is_fargate for one in usable))


def _beyond_fargate(job: Failure, usable: Sequence[Environment]) -> Finding | None:
    if not all(one.is_fargate for one in usable):
        return None
    vcpus, memory = job.vcpus or 0, job.memory_mib or 0
    if job.gpus:
        told = f"the job asks for {job.gpus} GPU, and Fargate has none"
    elif vcpus and memory and memory not in fargate_sizes.MEMORY.get(vcpus, ()):
        told = f"the job asks for what Fargate has not: {fargate_sizes.fitting(vcpus, memory)}"
    else:
        return None
    return Finding("queue-job-resource-requirement", told, is_sure=True)


def _no_gpu(job: Failure, usable: Sequence[Environment]) -> Finding | None:
    types = [kind for one in usable for kind in one.instance_types]
    is_known = types and all(one.instance_types for one in usable)
    if not job.gpus or not is_known or any(kind.startswith(_GPU_FAMILIES) for kind in types):
        return None
    told = f"the job asks for {job.gpus} GPU, and {_some(types)} have none"
    return Finding("queue-job-resource-requirement", told)


def _no_instance(job: Failure, usable: Sequence[Environment]) -> Finding | None:
    types = [kind for one in usable for kind in one.instance_types]
    sizes = [_size(kind) for kind in types]
    if not types or not all(one.instance_types for one in usable) or None in sizes:
        return None
    vcpus, memory = job.vcpus or 0, job.memory_mib or 0
    known = [size for size in sizes if size is not None]
    if any(vcpus <= has and (mib is None or memory < mib) for has, mib in known):
        return None
    told = f"the job asks for {vcpus:g} vCPU and {memory:,} MiB, more than {_some(types)} have"
    return Finding("queue-job-resource-requirement", told)


def _size(kind: str) -> tuple[int, int | None] | None:
    """Give vCPUs and MiB of an instance type; None of a family, or where its name does not say."""
    found = _TYPE.fullmatch(kind)
    if found is None:
        return None
    is_large = not kind.endswith("xlarge")
    vcpus = _VCPUS_OF_LARGE if is_large else _VCPUS_OF_XLARGE * int(found[3] or 1)
    ratio = _GIB_PER_VCPU.get(found[1])
    return vcpus, vcpus * ratio * _MIB if ratio else None


def _full(_: Failure, usable: Sequence[Environment]) -> Finding | None:
    """Fargate does not say how many of its vCPUs are in use."""
    if not all(one.most_vcpus and (one.vcpus or 0) >= one.most_vcpus for one in usable):
        return None
    used = " and ".join(f"{one.vcpus:,} of {one.most_vcpus:,} in {one.name}" for one in usable)
    return Finding("stuck-full", f"vCPUs: {used}")


def _names(environments: Sequence[Environment]) -> str:
    return _some([one.name for one in environments])


def _some(names: Sequence[str]) -> str:
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")
