"""Rules for the vCPUs, memory and GPUs that a job requests, and the ulimits of its processes."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2]))  # cfn-lint loads this file outside its package

import runpy

from environments.evaluation.jobs import Task, containers, platform, tasks
from environments.evaluation.scenarios import Resource
from environments.evaluation.values import (
    Node,
    Place,
    get,
    given,
    items,
    known,
    nodes,
    number,
    place_of,
    text,
    word,
)
from environments.rule import API, JOB_DEFINITION, BatchRule, Finding, warnings

# The table that alerts use for their advice, loaded without its package: in a checkout it is below
# functions/, in an installation beside environments/.
_ROOT = Path(__file__).parents[2]
_FOLDERS = (_ROOT / "functions" / "notifier" / "batch", _ROOT / "notifier" / "batch")
_SIZES = runpy.run_path(str(next(each for each in _FOLDERS if each.exists()) / "fargate_sizes.py"))
TYPES = {"VCPU": "Vcpus", "MEMORY": "Memory", "GPU": ""}


def requested(container: Node, kind: str) -> list[tuple[object, Place]]:
    """Return each value that a container requests of VCPU, MEMORY or GPU, with its place."""
    found = []
    for each, place in items(get(container, "ResourceRequirements")):
        if word(get(each, "Type")) == kind:
            found.append((get(each, "Value"), getattr(each, "places", {}).get("Value", place)))
    if not found and given(get(container, TYPES[kind])):
        found.append((get(container, TYPES[kind]), container.places[TYPES[kind]]))
    return found


def requirements(job: Resource) -> Iterator[tuple[str, object, Place]]:
    """Yield the kind, value and place of all that the containers of a known platform request."""
    for _, container in containers(job) if platform(job) else ():
        for kind in TYPES:
            for value, place in requested(container, kind):
                yield kind, value, place


def is_complete(container: Node) -> bool:
    """Whether all types of resource requirements of a container are known."""
    listed = get(container, "ResourceRequirements")
    return not given(listed) or (
        bool(items(listed)) and all(word(get(each, "Type")) for each, _ in items(listed))
    )


class FargateSize(BatchRule):
    """Fargate supports certain pairs of vCPU and memory."""

    id = "EB1002"
    shortdesc = "Fargate supports the vCPU and memory of the job"
    description = "Fargate supports only certain pairs of vCPU and memory"
    source_url = f"{API}/API_ResourceRequirement.html"
    applies_to = JOB_DEFINITION
    answer = "Fargate resource requirements (2.00 vCPU, 1024 MiB) not valid."
    instead = "choose one of the pairs."

    def find(self, resource: Resource) -> Iterator[Finding]:
        """Check what all containers of each task request together."""
        for task in tasks(resource, "FARGATE"):
            vcpus, memory = _sum(task, "VCPU"), _sum(task, "MEMORY")
            if vcpus is None or memory is None:
                continue
            if memory not in _SIZES["MEMORY"].get(vcpus, ()):
                ((_, place), *_) = requested(task.containers[0], "MEMORY")
                pairs = _SIZES["valid_sizes"](vcpus, int(memory))
                yield f"Fargate does not support {vcpus:g} vCPU with {memory:g} MiB: {pairs}", place


class WindowsSize(BatchRule):
    """Windows on Fargate has 1, 2 or 4 vCPUs."""

    id = "EB1605"
    shortdesc = "A Windows job on Fargate has 1, 2 or 4 vCPUs"
    description = "The other sizes of Fargate are for Linux"
    source_url = (
        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html"
    )
    applies_to = JOB_DEFINITION
    answer = "No Fargate configuration exists for given values: 256 CPU, 512 memory."
    documented = True
    instead = "request 1, 2 or 4 vCPUs."

    def find(self, resource: Resource) -> Iterator[Finding]:
        """Check what all containers of each task request together."""
        for task in tasks(resource, "FARGATE"):
            system = get(task.node, "RuntimePlatform", "OperatingSystemFamily")
            vcpus = _sum(task, "VCPU")
            if word(system).startswith("WINDOWS") and vcpus is not None and vcpus not in (1, 2, 4):
                ((_, place), *_) = requested(task.containers[0], "VCPU")
                yield f"Fargate has no Windows with {vcpus:g} vCPU", place


def _sum(task: Task, kind: str) -> float | None:
    """Add up what the containers of a task request; None if that is not known."""
    values = [requested(container, kind) for container in task.containers]
    numbers = [number(each[0][0]) if len(each) == 1 else None for each in values]
    if not numbers or None in numbers:
        return None
    return sum(each for each in numbers if each is not None)


class SizeMissing(BatchRule):
    """A job requests vCPUs and memory."""

    id = "EB1601"
    shortdesc = "A job requests vCPUs and memory"
    description = "Every container needs VCPU and MEMORY in ResourceRequirements"
    source_url = "https://github.com/ASFHyP3/hyp3/pull/586"
    applies_to = JOB_DEFINITION
    answer = "vCPU is not provided."
    instead = "ResourceRequirements: [{Type: VCPU, Value: ...}, {Type: MEMORY, Value: ...}]."

    def find(self, resource: Resource) -> Iterator[Finding]:
        """Check each container whose requirements are known."""
        for _, container in containers(resource):
            for kind, name in (("VCPU", "vCPU"), ("MEMORY", "Memory")):
                if is_complete(container) and not requested(container, kind):
                    answer = f"{name} is not provided."
                    yield f"The container requests no {kind}", container.place, answer


class SizeNotANumber(BatchRule):
    """Values of resource requirements are numbers, whole ones on EC2."""

    id = "EB1602"
    shortdesc = "vCPUs, memory and GPUs are whole numbers"
    description = "Only Fargate takes fractions of a vCPU; memory is in MiB, without a unit"
    source_url = "https://github.com/kestra-io/plugin-aws/issues/504"
    applies_to = JOB_DEFINITION
    answer = (
        "Value 1.0 for type VCPU in resourceRequirement is not valid."
        " Please provide a numeric value."
    )
    instead = "write 1 instead of 1.0 or 0.5 for EC2, and 2048 instead of 2GB."

    def find(self, resource: Resource) -> Iterator[Finding]:
        """Check the form of each value that is known."""
        on_ec2 = platform(resource) == "EC2"
        for kind, value, place in requirements(resource):
            if known(value) and not _is_number(value, whole=kind != "VCPU" or on_ec2):
                answer = self.answer.replace("1.0", text(value)).replace("VCPU", kind)
                yield f"{kind} is no whole number", place, answer


def _is_number(value: object, *, whole: bool) -> bool:
    return number(value) is not None and not (whole and "." in text(value))


class SizeTooSmall(BatchRule):
    """A job requests at least 4 MiB, and at least one vCPU on EC2."""

    id = "EB1603"
    shortdesc = "A job requests at least 4 MiB and, on EC2, one vCPU"
    description = "Less memory than 4 MiB does not start a container"
    source_url = f"{API}/API_ResourceRequirement.html"
    applies_to = JOB_DEFINITION
    answer = "Memory must be at least 4 Mib, got 1 Mib."
    instead = "state the memory in MiB: 2048 for 2 GiB."

    def find(self, resource: Resource) -> Iterator[Finding]:
        """Check the numbers that are known."""
        lowest = {"VCPU": 1 if platform(resource) == "EC2" else 0.25, "MEMORY": 4.0, "GPU": 1}
        for kind, value, place in requirements(resource):
            size, low = number(value), lowest[kind]
            if size is not None and size < low and _is_number(value, whole=low >= 1):
                answer = f"{kind} must be at least {low:g}, got {size:g}."
                yield f"{kind} is {size:g}", place, answer


class RequirementUnclear(BatchRule):
    """Resource requirements have three types, each once."""

    id = "EB1604"
    shortdesc = "A resource requirement is one of VCPU, MEMORY and GPU, once"
    description = "A job requests each type of resource once"
    source_url = f"{API}/API_ResourceRequirement.html"
    applies_to = JOB_DEFINITION
    answer = "Cannot provide duplicates in resourceRequirements."
    instead = "keep one of each type."

    def find(self, resource: Resource) -> Iterator[Finding]:
        """Check the types of each container."""
        for _, container in containers(resource):
            listed = items(get(container, "ResourceRequirements"))
            kinds = [(word(get(each, "Type")), place) for each, place in listed]
            names = [kind for kind, _ in kinds]
            for index, (kind, place) in enumerate(kinds):
                if kind and kind not in TYPES:
                    yield f"There is no resource requirement {kind}", place
                if kind and kind in names[:index]:
                    yield f"{kind} is requested twice", place


class UlimitAboveItsHardLimit(BatchRule):
    """The soft value of a ulimit is at most its hard value."""

    id = "EB2301"
    shortdesc = "The SoftLimit of a ulimit is at most its HardLimit"
    description = "A process may raise its soft limit up to the hard one; -1 is unlimited"
    source_url = "https://github.com/docker/go-units/blob/master/ulimit.go"
    applies_to = JOB_DEFINITION
    answer = "ulimit soft limit must be less than or equal to hard limit: 4096 > 1024"
    instead = "raise HardLimit, or lower SoftLimit."

    def find(self, resource: Resource) -> Iterator[Finding]:
        """Compare the values of each ulimit that are known."""
        for _, container in containers(resource):
            for each in nodes(get(container, "Ulimits")):
                soft, hard = number(get(each, "SoftLimit")), number(get(each, "HardLimit"))
                if soft is None or hard is None or hard == -1:
                    continue
                if soft > hard or soft == -1:
                    answer = self.answer.replace("4096 > 1024", f"{soft:g} > {hard:g}")
                    says = f"SoftLimit is {soft:g}, HardLimit {hard:g}"
                    yield says, place_of(each, "SoftLimit"), answer


globals().update(warnings(globals()))
