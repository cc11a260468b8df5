"""Why a job waits: compare its requests with the compute environments of its queue.

The size of an instance follows from the name of its type, without a call to EC2. That is right for
general types and never certain. Families, `default_x86_64`, `default_arm64` and `optimal` (the same
as `default_x86_64`) have sizes for every job.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from notifier.batch import fargate_sizes
from notifier.batch.failure import Failure, WaitReason
from notifier.batch.json_lookup import Json, Sanitizer, dict_at, int_at, str_at

# https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-types.html
_TYPE = re.compile(r"([a-z]{1,4})(\d)[a-z0-9-]{0,12}\.(?:(\d{1,3})?x)?large", re.ASCII)
_GIB_PER_VCPU = {"c": 2, "m": 4, "r": 8}  # of the general families; others differ by type
_VCPUS_OF_LARGE, _VCPUS_OF_XLARGE = 2, 4
_GPU_FAMILIES = ("g", "p")
_MIB = 1024
_NAMES_SHOWN = 3  # in one line; the others are counted
_FARGATE = ("FARGATE", "FARGATE_SPOT")
# https://docs.aws.amazon.com/batch/latest/userguide/ecs-managed-instances-compute-environments.html
_MANAGED_INSTANCES = "ECS_MANAGED_INSTANCES"


@dataclass(frozen=True, slots=True)
class ComputeEnvironment:
    """The part of DescribeComputeEnvironments that decides whether a job can run."""

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
        """Whether AWS Batch places jobs in it."""
        return self.state != "DISABLED" and self.status != "INVALID"

    @property
    def is_fargate(self) -> bool:
        """Whether it runs on Fargate."""
        return self.type in _FARGATE

    @property
    def counts_requests(self) -> bool:
        """Whether maxvCpus limits what running jobs request, not the vCPUs of instances."""
        return self.is_fargate or self.type == _MANAGED_INSTANCES


_Usable = Sequence[ComputeEnvironment]


def parse_environment(raw: Json, safe: Sanitizer) -> ComputeEnvironment:
    """Parse one compute environment; missing values stay empty."""
    resources = dict_at(raw, "computeResources")
    managed = dict_at(resources, "managedInstancesProvider", "instanceLaunchTemplate")
    allowed = dict_at(managed, "instanceRequirements").get("allowedInstanceTypes")
    types = allowed if isinstance(allowed, list) else resources.get("instanceTypes")
    return ComputeEnvironment(
        name=safe(raw.get("computeEnvironmentName")),
        state=str_at(raw, "state"),
        status=str_at(raw, "status"),
        reason=safe(raw.get("statusReason")),
        type=str_at(resources, "type"),
        most_vcpus=int_at(resources, "maxvCpus"),
        vcpus=int_at(resources, "desiredvCpus"),
        instance_types=tuple(safe(one) for one in types) if isinstance(types, list) else (),
    )


def find_wait_reasons(job: Failure, raw: Sequence[Json], safe: Sanitizer) -> tuple[WaitReason, ...]:
    """Find what keeps a job waiting, the most important reason first; none if all looks well.

    Parameters
    ----------
    job
        The waiting job.
    raw
        The compute environments of its queue, from DescribeComputeEnvironments.
    safe
        Makes a text of AWS safe to show.
    """
    every = [parse_environment(one, safe) for one in raw]
    usable = [one for one in every if one.is_usable]
    reasons = [_unusable(one, is_sure=not usable) for one in every if not one.is_usable]
    if usable and job.status != "STARTING":  # a job that is starting has found its place
        checks = (_too_many_vcpus, _not_on_fargate, _no_gpu, _no_large_enough_instance, _full)
        found = (reason for check in checks if (reason := check(job, usable)))
        reasons = [*islice(found, 1), *reasons]
    return tuple(reasons)


def _unusable(one: ComputeEnvironment, *, is_sure: bool) -> WaitReason:
    if one.status == "INVALID":
        why = f": {one.reason}" if one.reason else ""
        return WaitReason("queue-ce-invalid", f"{one.name} is INVALID{why}", one.reason, is_sure)
    return WaitReason("ce-disabled", f"{one.name} is DISABLED", "", is_sure)


def _too_many_vcpus(job: Failure, usable: _Usable) -> WaitReason | None:
    """AWS may exceed maxvCpus by an instance, unless it counts what jobs request."""
    limits = [one.most_vcpus for one in usable if one.most_vcpus is not None]
    vcpus = (job.vcpus or 0) * (job.node_count or 1)
    if len(limits) < len(usable) or vcpus <= max(limits):
        return None
    names = _joined([one.name for one in usable])
    text = f"the job requests {vcpus:g} vCPU, and maxvCpus is {max(limits):,} in {names}"
    return WaitReason(
        "queue-ce-max-resource", text, is_sure=all(one.counts_requests for one in usable)
    )


def _not_on_fargate(job: Failure, usable: _Usable) -> WaitReason | None:
    if not all(one.is_fargate for one in usable):
        return None
    vcpus, memory = job.vcpus or 0, job.memory_mib or 0
    if job.gpus:
        text = f"the job requests {job.gpus} GPU, and Fargate has none"
    elif vcpus and memory and memory not in fargate_sizes.MEMORY.get(vcpus, ()):
        text = f"Fargate has no such task size: {fargate_sizes.valid_sizes(vcpus, memory)}"
    else:
        return None
    return WaitReason("queue-job-resource-requirement", text, is_sure=True)


def _no_gpu(job: Failure, usable: _Usable) -> WaitReason | None:
    types = _instance_types(usable)
    if not job.gpus or not types or any(kind.startswith(_GPU_FAMILIES) for kind in types):
        return None
    text = f"the job requests {job.gpus} GPU, and {_joined(types)} have none"
    return WaitReason("queue-job-resource-requirement", text)


def _no_large_enough_instance(job: Failure, usable: _Usable) -> WaitReason | None:
    types, vcpus, memory = _instance_types(usable), job.vcpus or 0, job.memory_mib or 0
    if not types or any(_may_fit(kind, vcpus, memory) for kind in types):
        return None
    text = f"the job requests {vcpus:g} vCPU and {memory:,} MiB, more than {_joined(types)} have"
    return WaitReason("queue-job-resource-requirement", text)


def _instance_types(usable: _Usable) -> list[str]:
    """Return all instance types, or none if an environment does not name its own."""
    is_complete = all(one.instance_types for one in usable)
    return [kind for one in usable for kind in one.instance_types] if is_complete else []


def _may_fit(kind: str, vcpus: float, memory: int) -> bool:
    """Return whether a job may fit an instance type: always, if the name does not tell a size."""
    found = _TYPE.fullmatch(kind)
    if found is None:
        return True
    is_large = not kind.endswith("xlarge")
    has_vcpus = _VCPUS_OF_LARGE if is_large else _VCPUS_OF_XLARGE * int(found[3] or 1)
    gib_per_vcpu = _GIB_PER_VCPU.get(found[1])
    return vcpus <= has_vcpus and (not gib_per_vcpu or memory < has_vcpus * gib_per_vcpu * _MIB)


def _full(_: Failure, usable: _Usable) -> WaitReason | None:
    """Fargate and Managed Instances do not say how many of their vCPUs are in use."""
    if not all(one.most_vcpus and (one.vcpus or 0) >= one.most_vcpus for one in usable):
        return None
    used = " and ".join(f"{one.vcpus:,} of {one.most_vcpus:,} in {one.name}" for one in usable)
    return WaitReason("stuck-full", f"vCPUs: {used}")


def _joined(names: Sequence[str]) -> str:
    more = len(names) - _NAMES_SHOWN
    return ", ".join(names[:_NAMES_SHOWN]) + (f" and {more} more" if more > 0 else "")
