"""Rules for settings that have one of a few words."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.append(str(Path(__file__).parents[3]))  # cfn-lint loads this file outside its package

from environments.evaluation.jobs import platform, pods, tasks
from environments.evaluation.scenarios import Resource
from environments.evaluation.values import get, nodes
from environments.rule import (
    API,
    COMPUTE_ENVIRONMENT,
    JOB_DEFINITION,
    JOB_QUEUE,
    Finding,
    FormRule,
    warnings,
)

STATE = "ENABLED|DISABLED"
EFS = ("EfsVolumeConfiguration",)
# What an API of AWS answers to a word that its list does not have.
ANSWER = "Value at '{}' failed to satisfy constraint: Member must satisfy enum value set"


class WordOfComputeEnvironment(FormRule):
    """A compute environment has a type and a state that there are."""

    id = "EB2204"
    shortdesc = "A compute environment has a type and a state that there are"
    description = "MANAGED or UNMANAGED; EC2, SPOT, FARGATE, FARGATE_SPOT or ECS_MANAGED_INSTANCES"
    source_url = f"{API}/API_ComputeResource.html"
    applies_to = COMPUTE_ENVIRONMENT
    answer = ANSWER.format("type")
    said = ANSWER
    documented = True
    instead = "EC2, SPOT, FARGATE or FARGATE_SPOT; ENABLED or DISABLED."
    forms = (
        (("Type",), "MANAGED|UNMANAGED"),
        (("State",), STATE),
        (("ComputeResources", "Type"), "EC2|SPOT|FARGATE|FARGATE_SPOT|ECS_MANAGED_INSTANCES"),
    )


class WordOfJobDefinition(FormRule):
    """The words of a job definition are those of its lists."""

    id = "EB2205"
    shortdesc = "The words of a job definition are those that AWS Batch knows"
    description = (
        "Type, architecture, operating system, public address, log driver, dependencies, EFS"
    )
    source_url = f"{API}/API_RegisterJobDefinition.html"
    applies_to = JOB_DEFINITION
    answer = ANSWER.format("cpuArchitecture")
    said = ANSWER
    documented = True
    instead = "X86_64 or ARM64, LINUX, ENABLED or DISABLED, START, COMPLETE or SUCCESS."
    forms = ((("Type",), "container|multinode"),)
    of_task = (
        (("RuntimePlatform", "CpuArchitecture"), "X86_64|ARM64"),
        (("RuntimePlatform", "OperatingSystemFamily"), r"LINUX|WINDOWS_SERVER_\d{4}_(CORE|FULL)"),
        (("NetworkConfiguration", "AssignPublicIp"), STATE),
    )
    of_container = (
        (
            ("LogConfiguration", "LogDriver"),
            "awslogs|awsfirelens|fluentd|gelf|journald|json-file|splunk|syslog",
        ),
    )
    of_dependency = ((("Condition",), "START|COMPLETE|SUCCESS"),)
    of_volume = (
        ((*EFS, "TransitEncryption"), STATE),
        ((*EFS, "AuthorizationConfig", "Iam"), STATE),
    )
    of_pod = ((("DnsPolicy",), "Default|ClusterFirst|ClusterFirstWithHostNet"),)
    of_pods_container = ((("ImagePullPolicy",), "Always|IfNotPresent|Never"),)

    def find(self, resource: Resource) -> Iterator[Finding]:
        """Check the words of the job definition, its tasks and its pods."""
        yield from super().find(resource)
        for task in tasks(resource):
            yield from self.unlike(task.node, self.of_task)
            for volume in nodes(get(task.node, "Volumes")):
                yield from self.unlike(volume, self.of_volume)
            for container in task.containers:
                if platform(resource) != "FARGATE":  # it has a rule of its own for log drivers
                    yield from self.unlike(container, self.of_container)
                for each in nodes(get(container, "DependsOn")):
                    yield from self.unlike(each, self.of_dependency)
        for pod in pods(resource):
            yield from self.unlike(pod, self.of_pod)
            for container in nodes(get(pod, "Containers")):
                yield from self.unlike(container, self.of_pods_container)


class WordOfQueue(FormRule):
    """A queue is enabled or disabled."""

    id = "EB2206"
    shortdesc = "The state of a queue is ENABLED or DISABLED"
    description = "A queue takes jobs only while it is ENABLED"
    source_url = f"{API}/API_CreateJobQueue.html"
    applies_to = JOB_QUEUE
    answer = ANSWER.format("state")
    said = ANSWER
    documented = True
    instead = "State: ENABLED."
    forms = ((("State",), STATE),)


globals().update(warnings(globals()))
