"""cfn-lint rules for mistakes that AWS Batch tells of only when a template is deployed, or later.

Use them on any template, with nothing else of this project installed::

    cfn-lint --append-rules environments/rules -- template.yaml
"""

from __future__ import annotations

import json
import re
import runpy
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar, TypeAlias

from cfnlint.helpers import ensure_list, is_function
from cfnlint.jsonschema import ValidationError, ValidationResult
from cfnlint.rules.helpers import get_value_from_path
from cfnlint.rules.jsonschema.CfnLintKeyword import CfnLintKeyword

_BATCH = Path(__file__).parents[2] / "functions" / "notifier" / "batch"
_SIZES = runpy.run_path(str(_BATCH / "fargate_sizes.py"))  # the table that alerts advise from

_COMPUTE = "Resources/AWS::Batch::ComputeEnvironment/Properties"
_JOB = "Resources/AWS::Batch::JobDefinition/Properties"
_MOUNT_TARGET = "Resources/AWS::EFS::MountTarget/Properties"
# Where a job definition may hold containers, and the tasks that hold volumes.
_CONTAINERS = (
    ("ContainerProperties",),
    ("EcsProperties", "TaskProperties", "*", "Containers", "*"),
    ("NodeProperties", "NodeRangeProperties", "*", "Container"),
)
_API = "https://docs.aws.amazon.com/batch/latest/APIReference"

# cfn-lint's Validator, which has no type hints: a place in a template, under one way in which its
# conditions and parameters may fall.
Scene: TypeAlias = Any
Finding: TypeAlias = tuple[str, Scene]


class BatchRule(CfnLintKeyword):
    """What the rules share: `find` gives each mistake as a message and its place."""

    tags: ClassVar[list[str]] = ["batch"]
    looks_at = ""

    def __init__(self) -> None:
        super().__init__(keywords=[self.looks_at])

    def find(self, scene: Scene, properties: Any) -> Iterator[Finding]:
        """Give each mistake in the properties of one resource."""
        raise NotImplementedError

    def validate(
        self, validator: Scene, _: Any, instance: Any, schema: dict[str, Any]
    ) -> ValidationResult:
        """Report what `find` finds, as cfn-lint wants it."""
        for message, scene in self.find(validator, instance):
            yield ValidationError(message, path_override=scene.context.path.path, rule=self)


class InstanceProfileNotRole(BatchRule):
    """ECS Instance Role should be an ECS Instance Profile ARN."""

    id = "EB1001"
    shortdesc = "InstanceRole is an instance profile, not a role"
    description = "The hosts of jobs get their role through an instance profile around it"
    source_url = "https://docs.aws.amazon.com/batch/latest/userguide/instance_IAM_role.html"
    looks_at = _COMPUTE

    def find(self, scene: Scene, properties: Any) -> Iterator[Finding]:
        """Look at what the property refers to, and at an ARN that is written out."""
        for value, place in _written(scene, properties, "ComputeResources", "InstanceRole"):
            resource = _resource(value, place)
            if resource:
                is_role = resource["Type"] == "AWS::IAM::Role"
            else:
                is_role = any(":role/" in str(each) for each, _ in _resolved(value, place))
            if is_role:
                yield "InstanceRole is a role: give the ARN of an instance profile around it", place


class FargateSize(BatchRule):
    """Fargate resource requirements (2.00 vCPU, 1024 MiB) not valid."""

    id = "EB1002"
    shortdesc = "Fargate has the pair of vCPU and memory"
    description = "Fargate takes only certain pairs of vCPU and memory"
    source_url = f"{_API}/API_ResourceRequirement.html"
    looks_at = _JOB

    def find(self, scene: Scene, properties: Any) -> Iterator[Finding]:
        """Hold each pair that may come about against the table."""
        for fargate in _job_on_fargate(scene, properties):
            for vcpus, with_vcpus in _asked(fargate, properties, "VCPU"):
                again = _back(with_vcpus, fargate)
                for memory, place in _asked(again, properties, "MEMORY"):
                    if memory not in _SIZES["MEMORY"].get(vcpus, ()):
                        pairs = _SIZES["valid_sizes"](vcpus, int(memory))
                        yield f"Fargate has no such size: {pairs}", place


class PrivilegedOnFargate(BatchRule):
    """Fargate requires that the 'privileged' setting be 'false' at the container level."""

    id = "EB1003"
    shortdesc = "A job on Fargate is not privileged"
    description = "On Fargate no container can have the rights of its host"
    source_url = f"{_API}/API_ContainerProperties.html"
    looks_at = _JOB

    def find(self, scene: Scene, properties: Any) -> Iterator[Finding]:
        """Look at every container of a job on Fargate."""
        for fargate in _job_on_fargate(scene, properties):
            for path in _CONTAINERS:
                for value, place in _values(fargate, properties, *path, "Privileged"):
                    if str(value).lower() == "true":
                        yield "Privileged must be false on Fargate", place


class Ec2SettingOnFargate(BatchRule):
    """desiredvCpus is not applicable for Fargate."""

    id = "EB1004"
    shortdesc = "A Fargate compute environment has no setting of EC2"
    description = "Batch refuses settings of instances where there are none"
    source_url = f"{_API}/API_ComputeResource.html"
    looks_at = _COMPUTE
    # Those that the API's documentation says not to specify on Fargate, but for Tags.
    settings: tuple[str, ...] = (
        "AllocationStrategy",
        "BidPercentage",
        "DesiredvCpus",
        "Ec2Configuration",
        "Ec2KeyPair",
        "ImageId",
        "InstanceRole",
        "InstanceTypes",
        "LaunchTemplate",
        "MinvCpus",
        "PlacementGroup",
        "SpotIamFleetRole",
    )

    def find(self, scene: Scene, properties: Any) -> Iterator[Finding]:
        """Look for each such setting beside the type Fargate."""
        for type_, typed in _values(scene, properties, "ComputeResources", "Type"):
            fargate = _back(typed, scene)
            for setting in self.settings if type_ in ("FARGATE", "FARGATE_SPOT") else ():
                for value, place in _written(fargate, properties, "ComputeResources", setting):
                    if value is not None:
                        yield f"{setting} is not applicable for Fargate: take it out", place


class TagsOnFargate(Ec2SettingOnFargate):
    """tags is not applicable for Fargate."""

    id = "EB1005"
    shortdesc = "The compute resources of Fargate have no tags"
    description = "ComputeResources.Tags go to instances; tag the job definition and propagate"
    settings = ("Tags",)


class EfsPlatformVersion(BatchRule):
    """EFS is supported for Fargate platform version 1.4.0."""

    id = "EB1006"
    shortdesc = "EFS on Fargate wants platform version 1.4.0"
    description = "Platform versions before 1.4.0 cannot mount EFS"
    source_url = "https://docs.aws.amazon.com/batch/latest/userguide/efs-volumes.html"
    looks_at = _JOB
    # https://docs.aws.amazon.com/AmazonECS/latest/developerguide/platform-linux-fargate.html
    too_old = ("1.0.0", "1.1.0", "1.2.0", "1.3.0")

    def find(self, scene: Scene, properties: Any) -> Iterator[Finding]:
        """Look for such a version where a volume is of EFS."""
        version = ("FargatePlatformConfiguration", "PlatformVersion")
        tasks = ("EcsProperties", "TaskProperties", "*")
        for task, path in (
            (("ContainerProperties",), ("ContainerProperties", *version)),
            (tasks, (*tasks, "PlatformVersion")),
        ):
            volumes = _written(scene, properties, *task, "Volumes", "*", "EfsVolumeConfiguration")
            mounting = next((found for volume, found in volumes if volume is not None), None)
            found = _values(_back(mounting, scene), properties, *path) if mounting else ()
            for value, place in found:
                if value in self.too_old:
                    yield f"EFS needs Fargate platform version 1.4.0 or later, not {value}", place


class EfsInAnotherVpc(BatchRule):
    """EFS file system, cluster and tasks must all be in the same VPC."""

    id = "EB1007"
    shortdesc = "Jobs run in the VPC of the mount targets"
    description = "Only what runs in the VPC of its mount targets can mount a file system"
    source_url = "https://docs.aws.amazon.com/efs/latest/ug/accessing-fs.html"
    looks_at = _MOUNT_TARGET

    def find(self, scene: Scene, properties: Any) -> Iterator[Finding]:
        """Compare with the VPCs of the compute environments, where all of them can be told."""
        vpcs = {
            self._vpc(subnet, place)
            for resource in scene.cfn.template["Resources"].values()
            if resource["Type"] == "AWS::Batch::ComputeEnvironment"
            for subnet, place in _written(
                scene, resource.get("Properties"), "ComputeResources", "Subnets", "*"
            )
        }
        for subnet, place in _written(scene, properties, "SubnetId"):
            vpc = self._vpc(subnet, place)
            if vpcs and vpc not in vpcs and None not in {vpc, *vpcs}:
                yield "No compute environment runs in the VPC of this mount target", place

    @staticmethod
    def _vpc(subnet: Any, scene: Scene) -> str | None:
        """Name the VPC of a subnet of this template; two parameters may hold the same VPC."""
        vpc = ((_resource(subnet, scene) or {}).get("Properties") or {}).get("VpcId")
        return json.dumps(vpc) if isinstance(vpc, str) or _resource(vpc, scene) else None


class CommandInOneWord(BatchRule):
    """CannotStartContainerError: failed to create shim task: OCI runtime create failed."""

    id = "WB1008"
    severity = "warning"
    shortdesc = "A command is a list of words"
    description = "A program whose name holds a blank is rarely in an image"
    source_url = f"{_API}/API_ContainerProperties.html"
    looks_at = _JOB

    def find(self, scene: Scene, properties: Any) -> Iterator[Finding]:
        """Look for a command of one word that holds a blank."""
        for path in _CONTAINERS:
            for command, place in _written(scene, properties, *path, "Command"):
                words = [word for word, _ in _values(place, command, "*")]
                if len(words) == 1 and re.search(r"\S\s+\S", str(words[0])):
                    yield (
                        f"Command is one word, {words[0]!r}, and the container starts no program of"
                        " that name unless its entry point is a shell: split it",
                        place,
                    )


def _written(scene: Scene, value: Any, *path: str) -> Iterator[tuple[Any, Scene]]:
    """Give what stands at a path in each branch of Fn::If, functions as they are written."""
    yield from get_value_from_path(scene, value, deque(path))


def _resolved(value: Any, scene: Scene) -> Iterator[tuple[Any, Scene]]:
    """Give every value that a function may come to; none where that is not known."""
    if is_function(value)[0] is None:
        yield value, scene
        return
    for resolved, resolved_scene, error in scene.resolve_value(value):
        if error is None:
            yield resolved, resolved_scene


def _values(scene: Scene, value: Any, *path: str) -> Iterator[tuple[Any, Scene]]:
    """Give every value that may come to stand at a path."""
    for written, place in _written(scene, value, *path):
        yield from _resolved(written, place)


def _resource(value: Any, scene: Scene) -> dict[str, Any] | None:
    """Give the resource of this template that Ref or Fn::GetAtt names."""
    function, argument = is_function(value)
    if function not in ("Ref", "Fn::GetAtt"):
        return None
    name = str(ensure_list(argument)[0]).partition(".")[0]
    found: dict[str, Any] | None = scene.cfn.template["Resources"].get(name)
    return found


def _job_on_fargate(scene: Scene, properties: Any) -> Iterator[Scene]:
    for platform, place in _values(scene, properties, "PlatformCapabilities", "*"):
        if platform == "FARGATE":
            yield _back(place, scene)


def _back(scene: Scene, start: Scene) -> Scene:
    """Go back to where the search began, under the conditions that it came upon."""
    return scene.evolve(context=scene.context.evolve(path=start.context.path))


def _asked(scene: Scene, properties: Any, kind: str) -> Iterator[tuple[float, Scene]]:
    """Give what the job may ask for, in vCPUs or MiB; what is no number, Batch itself refuses."""
    path = ("ContainerProperties", "ResourceRequirements", "*")
    for item, place in _written(scene, properties, *path):
        for type_, typed in _values(place, item, "Type"):
            for value, found in _values(typed, item, "Value") if type_ == kind else ():
                if re.fullmatch(r"\d{1,9}(?:\.\d{1,9})?", str(value)):
                    yield float(value), found
