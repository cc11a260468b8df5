"""Job definitions and compute environments in the words of AWS Batch, whatever their shape."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from environments.evaluation.scenarios import Resource
from environments.evaluation.values import Items, Node, get, given, items, nodes, word

FARGATE = ("FARGATE", "FARGATE_SPOT")
EC2 = ("EC2", "SPOT")


@dataclass(frozen=True, slots=True)
class Task:
    """What ECS runs as one task: containers, and the settings that they share."""

    node: Node
    containers: tuple[Node, ...]
    job_role: str
    platform_version: tuple[str, ...]


def tasks(job: Resource, *platforms: str) -> list[Task]:
    """Return the ECS tasks of a job definition, if it is for one of the platforms (default: any).

    Those of every node range are among them.
    """
    if platforms and platform(job) not in platforms:
        return []
    found = _tasks(job.get("ContainerProperties"), job.get("EcsProperties"))
    for nodes_ in nodes(job.get("NodeProperties", "NodeRangeProperties")):
        found += _tasks(get(nodes_, "Container"), get(nodes_, "EcsProperties"))
    return found


def containers(job: Resource, *platforms: str) -> Iterator[tuple[Task, Node]]:
    """Yield the containers of a job definition, each with its task."""
    for task in tasks(job, *platforms):
        for container in task.containers:
            yield task, container


def volumes(job: Resource, *platforms: str) -> Iterator[tuple[Task, Node]]:
    """Yield the volumes of a job definition, each with its task."""
    for task in tasks(job, *platforms):
        for volume in nodes(get(task.node, "Volumes")):
            yield task, volume


def api_name(key: str) -> str:
    """Return a name as AWS Batch answers with it: imageId for ImageId."""
    return key[:1].lower() + key[1:]


def _tasks(container: object, ecs: object) -> list[Task]:
    found = []
    if isinstance(container, Node):
        version = ("FargatePlatformConfiguration", "PlatformVersion")
        found.append(Task(container, (container,), "JobRoleArn", version))
    for task in nodes(get(ecs, "TaskProperties")):
        containers = tuple(nodes(get(task, "Containers")))
        found.append(Task(task, containers, "TaskRoleArn", ("PlatformVersion",)))
    return found


def pods(job: Resource) -> list[Node]:
    """Return the EKS pods of a job definition."""
    ranges = nodes(job.get("NodeProperties", "NodeRangeProperties"))
    places = [job.properties, *ranges]
    found = [get(each, "EksProperties", "PodProperties") for each in places]
    return [each for each in found if isinstance(each, Node)]


def platform(job: Resource) -> str:
    """Return EC2, FARGATE, MANAGED_INSTANCES or EKS; an empty text if it is not known."""
    if given(job.get("EksProperties")) or pods(job):
        return "EKS"
    asked = job.get("PlatformCapabilities")
    if not given(asked):
        return "EC2"  # the default of AWS Batch
    words = [word(each) for each, _ in items(asked)]
    return words[0] if isinstance(asked, Items) and len(words) == 1 else ""


def compute_type(environment: Resource) -> str:
    """Return EC2, SPOT, FARGATE, FARGATE_SPOT or ECS_MANAGED_INSTANCES, or an empty text."""
    return word(environment.get("ComputeResources", "Type"))


def is_eks(environment: Resource) -> bool:
    """Whether a compute environment uses Amazon EKS."""
    return given(environment.get("EksConfiguration"))
