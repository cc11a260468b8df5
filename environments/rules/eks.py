"""Rules for AWS Batch on Amazon EKS."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2]))  # cfn-lint loads this file outside its package

import math
import re

from environments.evaluation.jobs import EC2, compute_type, is_eks, platform, pods
from environments.evaluation.scenarios import Resource
from environments.evaluation.values import (
    Items,
    get,
    given,
    items,
    known,
    nodes,
    number,
    text,
    word,
)
from environments.rule import (
    API,
    COMPUTE_ENVIRONMENT,
    GUIDE,
    JOB_DEFINITION,
    BatchRule,
    Finding,
    warnings,
)


class SettingOnEks(BatchRule):
    """A job on EKS has no settings of ECS."""

    id = "EB1901"
    shortdesc = "A job on EKS has no PlatformCapabilities and no PropagateTags"
    description = "Both are for jobs on Amazon ECS"
    source_url = f"{API}/API_RegisterJobDefinition.html"
    applies_to = JOB_DEFINITION
    answer = "Batch on EKS does not support tag propagation."
    platform_answer = "You must not specify platformCapabilities for jobs on Amazon EKS resources"
    instead = "remove it."

    def find(self, resource: Resource) -> Iterator[Finding]:
        """Check for both settings."""
        for key in ("PlatformCapabilities", "PropagateTags"):
            value = resource.get(key)
            if platform(resource) == "EKS" and given(value) and word(value) != "FALSE":
                answer = self.answer if key == "PropagateTags" else self.platform_answer
                yield f"{key} is not for jobs on EKS", resource.place(key), answer


class NamespaceInvalid(BatchRule):
    """A namespace is one of its own."""

    id = "EB1902"
    shortdesc = "The Kubernetes namespace is not default and not one of Kubernetes"
    description = "Lower-case letters, digits and hyphens, at most 63, not default or kube-..."
    source_url = f"{API}/API_EksConfiguration.html"
    applies_to = COMPUTE_ENVIRONMENT
    answer = "kubernetesNamespace cannot be the default Kubernetes namespace"
    instead = "make a namespace for AWS Batch, such as batch."
    paths: tuple[str, ...] = ("EksConfiguration", "KubernetesNamespace")

    def find(self, resource: Resource) -> Iterator[Finding]:
        """Check the namespace of the compute environment."""
        if problem := namespace_problem(resource.get(*self.paths)):
            yield problem, resource.place(*self.paths)


class NamespaceOfPodInvalid(BatchRule):
    """The namespace of a pod is one of its own."""

    id = "EB1903"
    shortdesc = "The namespace of a pod is not default and not one of Kubernetes"
    description = "Lower-case letters, digits and hyphens, at most 63, not default or kube..."
    source_url = f"{API}/API_EksMetadata.html"
    applies_to = JOB_DEFINITION
    answer = "kubernetesNamespace cannot be a reserved Kubernetes system namespace."
    instead = "use the namespace of the compute environment."

    def find(self, resource: Resource) -> Iterator[Finding]:
        """Check the namespace of each pod."""
        for pod in pods(resource):
            if problem := namespace_problem(get(pod, "Metadata", "Namespace")):
                yield problem, pod["Metadata"].places["Namespace"]


def namespace_problem(value: object) -> str:
    """Say what is wrong with a namespace, if it is known."""
    name = text(value)
    if not known(value):
        return ""
    if name == "default" or name.startswith("kube-"):
        return f"The namespace {name} is one of Kubernetes"
    valid = re.fullmatch(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?", name)
    return "" if valid else f"{name!r} is no name of a namespace"


class EnvironmentOnEks(BatchRule):
    """A compute environment on EKS states what ECS has defaults for."""

    id = "EB1904"
    shortdesc = "A compute environment on EKS has EC2 or SPOT, a strategy and MinvCpus"
    description = "AllocationStrategy has no default on EKS, and cannot be BEST_FIT"
    source_url = f"{GUIDE}/eks.html"
    applies_to = COMPUTE_ENVIRONMENT
    answer = "Supported compute types for EKS compute environments are [EC2, SPOT]"
    instead = "Type EC2 or SPOT, AllocationStrategy: BEST_FIT_PROGRESSIVE, MinvCpus: 0."

    def find(self, resource: Resource) -> Iterator[Finding]:
        """Check type, strategy, minimum and the ARN of the cluster."""
        if not is_eks(resource):
            return
        kind, strategy = (
            compute_type(resource),
            resource.get("ComputeResources", "AllocationStrategy"),
        )
        place = resource.place("ComputeResources", "Type")
        if kind and kind not in EC2:
            yield f"EKS has no compute resources of type {kind}", place
        if given(resource.get("ComputeResources")):
            if not given(strategy) or word(strategy) == "BEST_FIT":
                answer = "AllocationStrategy is required for EKS compute environments"
                yield "EKS needs an AllocationStrategy, and not BEST_FIT", place, answer
            if not given(resource.get("ComputeResources", "MinvCpus")):
                yield "EKS needs MinvCpus", place, "Resource minvCpus is required."
        cluster = resource.get("EksConfiguration", "EksClusterArn")
        if known(cluster) and not re.match(r"arn:[\w-]+:eks:", text(cluster)):
            place = resource.place("EksConfiguration", "EksClusterArn")
            answer = "eksClusterArn must be an EKS cluster ARN."
            yield f"{text(cluster)} is no ARN of a cluster", place, answer


class ResourcesOfPod(BatchRule):
    """The containers of a pod state cpu and memory."""

    id = "EB1905"
    shortdesc = "A container on EKS states cpu and memory, in Mi"
    description = "Limits and requests of memory are equal, and cpu is not below its request"
    source_url = f"{API}/API_EksContainerResourceRequirements.html"
    applies_to = JOB_DEFINITION
    answer = "memory request must be equal to memory limit if both are provided."
    instead = 'Limits: {cpu: "1", memory: 2048Mi}.'

    def find(self, resource: Resource) -> Iterator[Finding]:
        """Check the resources of each container that are known."""
        for pod in pods(resource):
            for container in nodes(get(pod, "Containers")):
                both = [get(container, "Resources", key) for key in ("Limits", "Requests")]
                cpu, memory = ([get(each, key) for each in both] for key in ("cpu", "memory"))
                yield from ((each, container.place) for each in _problems(cpu, memory))


class VolumeOfPodUnknown(BatchRule):
    """A container mounts volumes of its pod."""

    id = "EB1906"
    shortdesc = "A container on EKS mounts volumes of its pod"
    description = "The name of a volume mount is the name of one of the pod's volumes"
    source_url = f"{API}/API_EksContainerVolumeMount.html"
    applies_to = JOB_DEFINITION
    answer = "This must match the name of one of the volumes in the pod."
    documented = True
    instead = "add the volume to PodProperties.Volumes, or correct the name."

    def find(self, resource: Resource) -> Iterator[Finding]:
        """Compare each mount with the volumes of the pod, where all are known."""
        for pod in pods(resource):
            listed = get(pod, "Volumes")
            names = [get(each, "Name") for each, _ in items(listed)]
            if (given(listed) and not isinstance(listed, Items)) or not all(map(known, names)):
                continue
            for container in (*nodes(get(pod, "Containers")), *nodes(get(pod, "InitContainers"))):
                for each in nodes(get(container, "VolumeMounts")):
                    name = get(each, "Name")
                    if known(name) and name not in names:
                        yield f"The pod has no volume {text(name)}", each.places["Name"]


def _problems(cpu: list[object], memory: list[object]) -> Iterator[str]:
    missing = [
        name for name, both in (("cpu", cpu), ("memory", memory)) if not any(map(given, both))
    ]
    yield from (f"The container states no {name}" for name in missing)
    for value in memory:
        if known(value) and not re.fullmatch(r"\d+Mi", text(value)):
            yield f"memory is {text(value)}, and has to be whole with the unit Mi"
    for value in cpu:
        if known(value) and (number(value) or 0.1) * 4 % 1:
            yield f"cpu is {text(value)}, and has to be a multiple of 0.25"
    if all(map(known, memory)) and memory[0] != memory[1]:
        yield "limit and request of memory differ"
    if (number(cpu[1]) or 0) > (number(cpu[0]) or math.inf):
        yield "the request of cpu is above its limit"


globals().update(warnings(globals()))
