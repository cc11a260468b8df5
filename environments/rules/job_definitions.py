"""Rules for the kind and the shape of a job definition."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2]))  # cfn-lint loads this file outside its package

import re

from environments.evaluation.jobs import Task, platform, tasks
from environments.evaluation.scenarios import Resource
from environments.evaluation.values import (
    Items,
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
from environments.rule import API, GUIDE, JOB_DEFINITION, BatchRule, Finding, warnings

KINDS = ("ContainerProperties", "EcsProperties", "EksProperties", "NodeProperties")
KINDS_OF_NODE = ("Container", "EcsProperties", "EksProperties")
PLATFORMS = ("EC2", "FARGATE", "MANAGED_INSTANCES")


class PropertiesMissing(BatchRule):
    """A job definition has the properties of its type."""

    id = "EB1401"
    shortdesc = "A job definition has the properties of its type"
    description = "container: container, ECS or EKS properties; multinode: NodeProperties"
    source_url = f"{API}/API_RegisterJobDefinition.html"
    applies_to = JOB_DEFINITION
    answer = "ECS Container Image must be provided."
    instead = "give ContainerProperties, EcsProperties or EksProperties, or NodeProperties."

    def find(self, resource: Resource) -> Iterator[Finding]:
        """Compare Type with the properties that are there."""
        kind, place = word(resource.get("Type")), resource.place("Type")
        there = [key for key in KINDS if given(resource.get(key))]
        if kind == "CONTAINER" and not there:
            yield "A job definition of type container has no container", place
        if kind == "MULTINODE" and "NodeProperties" not in there:
            answer = "Node properties of multinode job is required."
            yield "A job definition of type multinode has no NodeProperties", place, answer
        for each in nodes(resource.get("NodeProperties", "NodeRangeProperties")):
            if not any(given(get(each, key)) for key in KINDS_OF_NODE):
                yield "A range of nodes has no container", each.place
        for task in tasks(resource):
            for container in task.containers:
                if not given(get(container, "Image")):
                    yield "The container has no Image", container.place


class PropertiesTwice(BatchRule):
    """A job definition has properties of one kind."""

    id = "EB1402"
    shortdesc = "A job definition has one kind of properties"
    description = "Container, ECS, EKS and node properties exclude each other"
    source_url = f"{API}/API_RegisterJobDefinition.html"
    applies_to = JOB_DEFINITION
    answer = "Cannot use both ECS containerProperties and eksProperties"
    instead = "keep the one that the job runs with."

    def find(self, resource: Resource) -> Iterator[Finding]:
        """Check for a second kind of properties, also in a range of nodes."""
        there = [key for key in KINDS if given(resource.get(key))]
        if len(there) > 1 and (there[1] != "NodeProperties" or there[0] == "EksProperties"):
            yield f"The job definition has {' and '.join(there)}", resource.place(there[1])
        for each in nodes(resource.get("NodeProperties", "NodeRangeProperties")):
            there = [key for key in KINDS_OF_NODE if given(get(each, key))]
            if len(there) > 1:
                yield f"A range of nodes has {' and '.join(there)}", each.places[there[1]]


class MultiNodeElsewhere(BatchRule):
    """Multi-node jobs run on EC2."""

    id = "EB1403"
    shortdesc = "A multi-node job runs on EC2"
    description = "Fargate and Managed Instances do not support multi-node parallel jobs"
    source_url = f"{GUIDE}/multi-node-parallel-jobs.html"
    applies_to = JOB_DEFINITION
    answer = "Fargate does not support MNP jobs"
    instead = "PlatformCapabilities: [EC2], and a queue of On-Demand instances."

    def find(self, resource: Resource) -> Iterator[Finding]:
        """Compare the type with the platform."""
        multinode = word(resource.get("Type")) == "MULTINODE" or given(
            resource.get("NodeProperties")
        )
        if multinode and platform(resource) in ("FARGATE", "MANAGED_INSTANCES"):
            place = resource.place("PlatformCapabilities")
            answer = self.answer.replace(
                "Fargate", platform(resource).replace("FARGATE", "Fargate")
            )
            yield "The job has several nodes", place, answer


class ManagedInstancesWithContainer(BatchRule):
    """Managed Instances take ECS properties."""

    id = "EB1404"
    shortdesc = "A job on Managed Instances has EcsProperties"
    description = "ContainerProperties is not for MANAGED_INSTANCES"
    source_url = f"{API}/API_RegisterJobDefinition.html"
    applies_to = JOB_DEFINITION
    answer = "Cannot use ECS containerProperties for MANAGED_INSTANCES"
    instead = "move the container to EcsProperties.TaskProperties."

    def find(self, resource: Resource) -> Iterator[Finding]:
        """Check for ContainerProperties."""
        if platform(resource) == "MANAGED_INSTANCES" and given(resource.get("ContainerProperties")):
            place = resource.place("ContainerProperties")
            yield "A job on Managed Instances has ContainerProperties", place


class PlatformUnknown(BatchRule):
    """A job definition has one platform that there is."""

    id = "EB1405"
    shortdesc = "PlatformCapabilities is one of EC2, FARGATE and MANAGED_INSTANCES"
    description = "AWS Batch takes exactly one platform capability"
    source_url = f"{API}/API_RegisterJobDefinition.html"
    applies_to = JOB_DEFINITION
    answer = "Capability X is not valid. Valid capabilities: [FARGATE, EC2, MANAGED_INSTANCES]"
    instead = "PlatformCapabilities: [EC2] or [FARGATE]; FARGATE_SPOT is for compute environments."

    def find(self, resource: Resource) -> Iterator[Finding]:
        """Check the number of platforms and their names."""
        asked, place = resource.get("PlatformCapabilities"), resource.place("PlatformCapabilities")
        if len(items(asked)) > 1:
            answer = "Exactly 1 capability must be provided."
            yield f"There are {len(asked)} platform capabilities", place, answer
        for value, at in items(asked):
            if word(value) and word(value) not in PLATFORMS:
                answer = self.answer.replace(" X ", f" {text(value)} ")
                yield f"{text(value)} is no platform capability", at, answer


class NodesUnclear(BatchRule):
    """Every node of a multi-node job has a container."""

    id = "EB1406"
    shortdesc = "The ranges of a multi-node job cover its nodes"
    description = "Each node needs a container, and the main node is one of the nodes"
    source_url = f"{API}/API_NodeProperties.html"
    applies_to = JOB_DEFINITION
    answer = "Main node index is out of range, must be less than numNodes."
    instead = 'TargetNodes: "0:" covers all nodes; MainNode is an index below NumNodes.'

    def find(self, resource: Resource) -> Iterator[Finding]:
        """Check the numbers that are known."""
        properties = resource.get("NodeProperties")
        count, main = number(get(properties, "NumNodes")), number(get(properties, "MainNode"))
        if count is None:
            return
        if not 1 <= count <= 1000:
            answer = "Number of nodes must be between 1 and 1000."
            yield f"NumNodes is {count:g}", place_of(properties, "NumNodes"), answer
        if main is not None and not 0 <= main < count:
            yield f"MainNode is {main:g} of {count:g} nodes", place_of(properties, "MainNode")
        ranges = get(properties, "NodeRangeProperties")
        targets = [get(each, "TargetNodes") for each in nodes(ranges)]
        if isinstance(ranges, Items) and targets and all(map(known, targets)) and count <= 1000:
            covered = {node for each in targets for node in _covered(text(each), int(count))}
            if covered != set(range(int(count))):
                yield f"The ranges do not cover {count:g} nodes", place_of(properties)


def _covered(target: str, count: int) -> range:
    """Return the nodes of a range such as 0:3, 2: or 1; those outside 0 to count too."""
    found = re.fullmatch(r"(\d{0,4})(:?)(\d{0,4})", target.strip())
    if found is None:
        return range(count, count + 1)
    first = int(found[1] or 0)
    last = int(found[3] or count - 1) if found[2] else first
    return range(first, last + 1)


class TasksOfJob(BatchRule):
    """A job runs as one task."""

    id = "EB1408"
    shortdesc = "EcsProperties has one task"
    description = "The containers of a job are in one task"
    source_url = f"{API}/API_EcsProperties.html"
    applies_to = JOB_DEFINITION
    answer = "This object is currently limited to one task element."
    documented = True
    instead = "put all containers into one element of TaskProperties."

    def find(self, resource: Resource) -> Iterator[Finding]:
        """Count the tasks."""
        listed = resource.get("EcsProperties", "TaskProperties")
        if len(items(listed)) > 1:
            place = resource.place("EcsProperties", "TaskProperties")
            yield f"There are {len(listed)} tasks", place


class ContainersOfTask(BatchRule):
    """The containers of a task fit together."""

    id = "EB1407"
    shortdesc = "A task has 1 to 10 containers, one of them essential, with names of their own"
    description = "Dependencies name containers of the same task"
    source_url = f"{GUIDE}/multi-container-jobs.html"
    applies_to = JOB_DEFINITION
    answer = "At least one container must be set as essential"
    instead = "leave Essential out of one container, and depend on names of the same task."

    def find(self, resource: Resource) -> Iterator[Finding]:
        """Check number, names, Essential and DependsOn of the containers of each task."""
        for task in tasks(resource):
            containers = task.containers
            if not containers or len(items(get(task.node, "Containers"))) != len(containers):
                continue
            place = task.node.places["Containers"]
            if len(containers) > 10:
                answer = "Number of containers must be between 1 and 10"
                yield f"A task has {len(containers)} containers", place, answer
            if {word(get(each, "Essential")) for each in containers} == {"FALSE"}:
                yield "No container of the task is essential", place
            yield from self._names(task)

    @staticmethod
    def _names(task: Task) -> Iterator[Finding]:
        names = [get(each, "Name") for each in task.containers]
        if not all(map(known, names)):
            return
        if len(set(names)) < len(names):
            yield "Two containers of the task have one name", task.node.places["Containers"]
        for each in task.containers:
            for other in nodes(get(each, "DependsOn")):
                wanted = get(other, "ContainerName")
                if known(wanted) and wanted not in names:
                    answer = f"containerName {wanted} must reference a defined container."
                    yield f"No container has the name {wanted}", other.place, answer


globals().update(warnings(globals()))
