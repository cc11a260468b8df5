"""Rules for settings that only one platform has."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2]))  # cfn-lint loads this file outside its package

import re

from environments.evaluation.jobs import api_name, containers, platform, tasks, volumes
from environments.evaluation.scenarios import Resource
from environments.evaluation.values import (
    Node,
    get,
    given,
    is_true,
    known,
    nodes,
    place_of,
    text,
    word,
)
from environments.rule import API, GUIDE, JOB_DEFINITION, BatchRule, Finding, warnings


class PrivilegedOnFargate(BatchRule):
    """A job on Fargate is not privileged."""

    id = "EB1003"
    shortdesc = "A job on Fargate is not privileged"
    description = "Fargate does not support privileged containers"
    source_url = f"{API}/API_ContainerProperties.html"
    applies_to = JOB_DEFINITION
    answer = "Fargate requires that the 'privileged' setting be 'false' at the container level."
    instead = "remove Privileged, or run the job on EC2."

    def find(self, resource: Resource) -> Iterator[Finding]:
        """Check every container."""
        for _, container in containers(resource, "FARGATE"):
            if is_true(get(container, "Privileged")):
                yield "Privileged is true on Fargate", container.places["Privileged"]


class ExecutionRoleMissing(BatchRule):
    """Fargate and secrets need an execution role."""

    id = "EB1501"
    shortdesc = "A job on Fargate has an execution role"
    description = "Fargate pulls the image and writes the log with the execution role"
    source_url = f"{GUIDE}/execution-IAM-role.html"
    applies_to = JOB_DEFINITION
    answer = "executionRoleArn is required for Fargate jobs."
    instead = "set ExecutionRoleArn to a role with AmazonECSTaskExecutionRolePolicy."

    def find(self, resource: Resource) -> Iterator[Finding]:
        """Check each task."""
        for task in tasks(resource, "FARGATE"):
            if not given(get(task.node, "ExecutionRoleArn")):
                yield "The job on Fargate has no ExecutionRoleArn", task.node.place


class SecretsWithoutRole(BatchRule):
    """Secrets are read with the execution role."""

    id = "EB1502"
    shortdesc = "A job with secrets has an execution role"
    description = (
        "The execution role reads secrets, also those of the log driver, on every platform"
    )
    source_url = f"{GUIDE}/specifying-sensitive-data.html"
    applies_to = JOB_DEFINITION
    answer = "executionRoleArn cannot be empty when using secrets or secretOptions"
    instead = "set ExecutionRoleArn to a role that may read the secrets."

    def find(self, resource: Resource) -> Iterator[Finding]:
        """Check the tasks with secrets."""
        for task, container in containers(resource):
            options = get(container, "LogConfiguration", "SecretOptions")
            secrets = given(get(container, "Secrets")) or given(options)
            if secrets and not given(get(task.node, "ExecutionRoleArn")):
                yield "The job has secrets and no ExecutionRoleArn", container.place


class JobSettingOnFargate(BatchRule):
    """A job on Fargate has no settings of EC2."""

    id = "EB1503"
    shortdesc = "A job on Fargate has no EC2 settings"
    description = "Fargate has no ulimits, devices, swap, GPUs and paths of a host"
    source_url = f"{GUIDE}/fargate-job-definitions.html"
    applies_to = JOB_DEFINITION
    answer = "ulimits is not applicable for Fargate."
    instead = "remove it, or run the job on EC2."
    settings = (
        ("Ulimits",),
        ("InstanceType",),
        ("LinuxParameters", "Devices"),
        ("LinuxParameters", "MaxSwap"),
        ("LinuxParameters", "SharedMemorySize"),
        ("LinuxParameters", "Swappiness"),
        ("LinuxParameters", "Tmpfs"),
    )

    def find(self, resource: Resource) -> Iterator[Finding]:
        """Check the containers, their requirements, and the volumes of each task."""
        for _, container in containers(resource, "FARGATE"):
            yield from self._in_container(container)
        for _, volume in volumes(resource, "FARGATE"):
            if given(get(volume, "Host", "SourcePath")):
                place = place_of(volume, "Host", "SourcePath")
                answer = "host.sourcePath should not be set for volumes in Fargate."
                yield "Fargate has no path of a host", place, answer

    def _in_container(self, container: Node) -> Iterator[Finding]:
        for path in self.settings:
            if given(get(container, *path)):
                name = api_name(path[-1])
                answer = f"linuxParameter.{name} is not allowed for Fargate."
                own = answer if len(path) > 1 else f"{name} is not applicable for Fargate."
                yield f"{path[-1]} is for EC2", place_of(container, *path), own
        for each in nodes(get(container, "ResourceRequirements")):
            if word(get(each, "Type")) == "GPU":
                yield "Fargate has no GPUs", each.place, "GPU is not applicable for Fargate."


class VcpusOnFargate(BatchRule):
    """A job on Fargate states its size as resource requirements."""

    id = "EB1504"
    shortdesc = "A job on Fargate has ResourceRequirements"
    description = "Vcpus and Memory are old settings that only EC2 accepts"
    source_url = "https://github.com/insitro/redun/issues/95"
    applies_to = JOB_DEFINITION
    answer = "vcpus is not applicable for Fargate. Use resource requirements instead."
    instead = "ResourceRequirements: [{Type: VCPU, Value: ...}, {Type: MEMORY, Value: ...}]."

    def find(self, resource: Resource) -> Iterator[Finding]:
        """Check for the old settings."""
        for task in tasks(resource, "FARGATE"):
            for key in ("Vcpus", "Memory"):
                if given(get(task.node, key)):
                    answer = self.answer.replace("vcpus", key.lower())
                    yield f"{key} is for EC2", task.node.places[key], answer


class FargateSettingOnEc2(BatchRule):
    """A job on EC2 has no settings of Fargate."""

    id = "EB1505"
    shortdesc = "A job on EC2 has no Fargate settings"
    description = "Without PlatformCapabilities a job definition is for EC2"
    source_url = f"{API}/API_ContainerProperties.html"
    applies_to = JOB_DEFINITION
    answer = "networkConfiguration not applicable for EC2."
    instead = "remove it, or set PlatformCapabilities: [FARGATE]."
    # What Managed Instances have all the same.
    settings_of_both = ("RuntimePlatform",)
    settings = (
        "NetworkConfiguration",
        "FargatePlatformConfiguration",
        "PlatformVersion",
        "EphemeralStorage",
    )

    def find(self, resource: Resource) -> Iterator[Finding]:
        """Check for each such setting."""
        own = () if platform(resource) == "MANAGED_INSTANCES" else self.settings_of_both
        for task in tasks(resource, "EC2", "MANAGED_INSTANCES"):
            for key in (*self.settings, *own):
                if given(get(task.node, key)):
                    answer = f"{api_name(key)} not applicable for EC2."
                    yield f"{key} is for Fargate", task.node.places[key], answer


class LogDriverOnFargate(BatchRule):
    """Fargate has three log drivers."""

    id = "EB1506"
    shortdesc = "The log driver of a job on Fargate is one of Fargate's"
    description = "Fargate supports awslogs, splunk and awsfirelens"
    source_url = f"{API}/API_LogConfiguration.html"
    applies_to = JOB_DEFINITION
    answer = "Log driver for Fargate is not valid: json-file"
    instead = "LogDriver: awslogs."

    def find(self, resource: Resource) -> Iterator[Finding]:
        """Check the log driver of each container."""
        for _, container in containers(resource, "FARGATE"):
            driver = get(container, "LogConfiguration", "LogDriver")
            if word(driver) and word(driver) not in ("AWSLOGS", "SPLUNK", "AWSFIRELENS"):
                place = place_of(container, "LogConfiguration", "LogDriver")
                answer = f"Log driver for Fargate is not valid: {text(driver)}"
                yield f"Fargate has no log driver {text(driver)}", place, answer


class PlatformVersionUnknown(BatchRule):
    """A platform version has three numbers."""

    id = "EB1507"
    shortdesc = "The platform version of Fargate is LATEST or has three numbers"
    description = "A platform version is LATEST or written in full, such as 1.4.0"
    source_url = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/platform-fargate.html"
    applies_to = JOB_DEFINITION
    answer = "The specified platform does not exist."
    instead = "PlatformVersion: LATEST."

    def find(self, resource: Resource) -> Iterator[Finding]:
        """Check the form of each known version."""
        for task in tasks(resource, "FARGATE"):
            version = get(task.node, *task.platform_version)
            if known(version) and not re.fullmatch(r"(?i)latest|1\.\d\.0", text(version).strip()):
                place = place_of(task.node, *task.platform_version)
                yield f"Fargate has no platform version {text(version)}", place


class SettingOfLinux(BatchRule):
    """A Windows container has x86 and none of Linux's settings."""

    id = "EB1508"
    shortdesc = "A Windows job has CpuArchitecture X86_64 and no settings of Linux"
    description = "Windows has no users, ulimits, LinuxParameters, read-only roots and EFS"
    source_url = f"{API}/API_RuntimePlatform.html"
    applies_to = JOB_DEFINITION
    answer = "The following parameters can't be set for Windows containers: linuxParameters"
    documented = True
    instead = "remove it, or set OperatingSystemFamily: LINUX."
    settings = ("LinuxParameters", "Privileged", "ReadonlyRootFilesystem", "Ulimits", "User")

    def find(self, resource: Resource) -> Iterator[Finding]:
        """Check the containers and volumes of each task that is known to run on Windows."""
        for task in tasks(resource):
            runtime = get(task.node, "RuntimePlatform")
            if not word(get(runtime, "OperatingSystemFamily")).startswith("WINDOWS"):
                continue
            if word(get(runtime, "CpuArchitecture")) == "ARM64":
                yield "Windows does not run on ARM64", place_of(runtime, "CpuArchitecture")
            for node in task.containers:
                there = [key for key in self.settings if given(get(node, key))]
                yield from ((f"{key} is for Linux", node.places[key]) for key in there)
            for volume in nodes(get(task.node, "Volumes")):
                if given(get(volume, "EfsVolumeConfiguration")):
                    yield "Windows does not mount EFS", volume.place


globals().update(warnings(globals()))
