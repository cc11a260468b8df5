"""Rules for the volumes of a job, most of all Amazon EFS."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2]))  # cfn-lint loads this file outside its package

import re

from environments.evaluation.jobs import Task, tasks, volumes
from environments.evaluation.networks import vpc
from environments.evaluation.scenarios import Resource
from environments.evaluation.values import (
    Items,
    Node,
    Reference,
    get,
    given,
    items,
    known,
    nodes,
    place_of,
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

EFS = "EfsVolumeConfiguration"
SUBNET = "AWS::EC2::Subnet"


def file_systems(job: Resource) -> Iterator[tuple[Task, Node]]:
    """Yield the EFS configuration of each volume of a job definition, with its task."""
    for task, volume in volumes(job):
        if isinstance(found := get(volume, EFS), Node):
            yield task, found


class EfsPlatformVersion(BatchRule):
    """EFS needs platform version 1.4.0."""

    id = "EB1006"
    shortdesc = "EFS on Fargate needs platform version 1.4.0"
    description = "Platform versions before 1.4.0 cannot mount EFS"
    source_url = f"{GUIDE}/efs-volumes.html"
    applies_to = JOB_DEFINITION
    answer = "EFS is supported for Fargate platform versions 1.4.0 or later, provided 1.3.0"
    instead = "PlatformVersion: LATEST, or leave it out."
    # https://docs.aws.amazon.com/AmazonECS/latest/developerguide/platform-linux-fargate.html
    too_old = ("1.0.0", "1.1.0", "1.2.0", "1.3.0")

    def find(self, resource: Resource) -> Iterator[Finding]:
        """Check the platform version of each task with an EFS volume."""
        for task, _ in file_systems(resource):
            version = get(task.node, *task.platform_version)
            if text(version) in self.too_old:
                place = place_of(task.node, *task.platform_version)
                yield f"Fargate platform version {text(version)} cannot mount EFS", place


class EfsInAnotherVpc(BatchRule):
    """Jobs run in the VPC of the mount targets."""

    id = "EB1007"
    shortdesc = "Jobs run in the VPC of the mount targets"
    description = "A file system can be mounted only from the VPC of its mount targets"
    source_url = "https://docs.aws.amazon.com/efs/latest/ug/accessing-fs.html"
    applies_to = "AWS::EFS::MountTarget"
    answer = "EFS file system, ECS cluster, and Fargate tasks must all be in the same VPC."
    instead = "use a subnet of the VPC of the compute environments."

    def find(self, resource: Resource) -> Iterator[Finding]:
        """Compare with the VPCs of the compute environments, if all of them are known."""
        scenario, subnet = resource.scenario, resource.get("SubnetId")
        mounted = [
            get(each, "FileSystemId")
            for job in scenario.of_type(JOB_DEFINITION)
            for _, each in file_systems(job)
        ]
        vpcs = [
            vpc(each, SUBNET, resource.scenario)
            for environment in scenario.of_type(COMPUTE_ENVIRONMENT)
            for each, _ in items(environment.get("ComputeResources", "Subnets"))
        ]
        home = vpc(subnet, SUBNET, resource.scenario)
        used = resource.get("FileSystemId") in mounted
        if used and vpcs and None not in (home, *vpcs) and home not in vpcs:
            place = resource.place("SubnetId")
            yield "No compute environment runs in the VPC of this mount target", place


class EfsWithoutTls(BatchRule):
    """IAM authorization and access points need encryption in transit."""

    id = "EB1801"
    shortdesc = "EFS with IAM or an access point is encrypted in transit"
    description = "TransitEncryption is DISABLED where it is left out"
    source_url = f"{API}/API_EFSAuthorizationConfig.html"
    applies_to = JOB_DEFINITION
    answer = "EFS IAM authorization requires TransitEncryption to be enabled."
    instead = "TransitEncryption: ENABLED."

    def find(self, resource: Resource) -> Iterator[Finding]:
        """Check the volumes with an AuthorizationConfig."""
        for _, each in file_systems(resource):
            iam = word(get(each, "AuthorizationConfig", "Iam")) == "ENABLED"
            point = given(get(each, "AuthorizationConfig", "AccessPointId"))
            encrypted = get(each, "TransitEncryption")
            off = not given(encrypted) or word(encrypted) == "DISABLED"
            if off and (iam or point):
                what = "authorization" if iam else "access point"
                answer = self.answer.replace("authorization", what)
                yield f"EFS has an {what} and no TransitEncryption", each.place, answer


class EfsWithoutJobRole(BatchRule):
    """IAM authorization of EFS needs a job role."""

    id = "EB1802"
    shortdesc = "EFS with IAM has a job role"
    description = "EFS authorizes the job role, not the execution role"
    source_url = f"{API}/API_EFSAuthorizationConfig.html"
    applies_to = JOB_DEFINITION
    answer = "A jobRoleArn/taskRoleArn is required when using EFS IAM authorization"
    documented = True
    instead = "set JobRoleArn (TaskRoleArn in EcsProperties) to a role with ClientMount."

    def find(self, resource: Resource) -> Iterator[Finding]:
        """Check the tasks whose volumes need the role."""
        for task, volume in volumes(resource):
            files = given(get(volume, "S3filesVolumeConfiguration"))
            iam = word(get(volume, EFS, "AuthorizationConfig", "Iam")) == "ENABLED"
            if (files or iam) and not given(get(task.node, task.job_role)):
                yield f"A volume is authorized by IAM, without {task.job_role}", task.node.place


class RootOfAccessPoint(BatchRule):
    """An access point has its own root directory."""

    id = "EB1803"
    shortdesc = "EFS with an access point has no RootDirectory but /"
    description = "The access point decides on the root directory"
    source_url = f"{API}/API_EFSVolumeConfiguration.html"
    applies_to = JOB_DEFINITION
    answer = "When using an EFS access point, the root directory must either be set to / or omitted"
    instead = "leave RootDirectory out, and set it in the access point."

    def find(self, resource: Resource) -> Iterator[Finding]:
        """Check the volumes with an access point."""
        for _, each in file_systems(resource):
            root, place = get(each, "RootDirectory"), place_of(each, "RootDirectory")
            point = given(get(each, "AuthorizationConfig", "AccessPointId"))
            if point and known(root) and text(root) != "/":
                yield "RootDirectory is set beside an access point", place


class VolumeUnknown(BatchRule):
    """A mount point names a volume of its job."""

    id = "EB1804"
    shortdesc = "A mount point names a volume of the job"
    description = "SourceVolume is the name of one of Volumes"
    source_url = f"{API}/API_MountPoint.html"
    applies_to = JOB_DEFINITION
    answer = "Unknown volume 'data'."
    instead = "add the volume to Volumes, or correct the name."

    def find(self, resource: Resource) -> Iterator[Finding]:
        """Compare each mount point with the volumes, where all are known."""
        for task in tasks(resource):
            listed = get(task.node, "Volumes")
            names = [get(each, "Name") for each, _ in items(listed)]
            if (given(listed) and not isinstance(listed, Items)) or not all(map(known, names)):
                continue
            for container in task.containers:
                for each in nodes(get(container, "MountPoints")):
                    source = get(each, "SourceVolume")
                    if known(source) and text(source) not in map(text, names):
                        place = each.places["SourceVolume"]
                        answer = f"Unknown volume '{text(source)}'."
                        yield f"The job has no volume {text(source)}", place, answer


class VolumeUnclear(BatchRule):
    """A volume has one configuration."""

    id = "EB1805"
    shortdesc = "A volume has one configuration, and EFS an id of a file system"
    description = "Host, EFS and S3 Files exclude each other; FileSystemId begins with fs-"
    source_url = f"{API}/API_Volume.html"
    applies_to = JOB_DEFINITION
    answer = "EFS configuration fileSystemId is not valid: shared."
    instead = "FileSystemId: fs-..., or a Ref of an AWS::EFS::FileSystem."

    def find(self, resource: Resource) -> Iterator[Finding]:
        """Check the configurations of each volume, and the ids that are known."""
        for _, volume in volumes(resource):
            keys = ("Host", EFS, "S3filesVolumeConfiguration")
            there = [key for key in keys if given(get(volume, key))]
            if len(there) > 1:
                answer = (
                    "When the volume parameter is specified, only one volume configuration"
                    " type should be used."
                )
                yield f"The volume has {' and '.join(there)}", volume.place, answer
            system = get(volume, EFS, "FileSystemId")
            if known(system) and not re.match(r"fs-|arn:", text(system)):
                place = place_of(volume, EFS, "FileSystemId")
                answer = self.answer.replace("shared", text(system))
                yield f"{text(system)} is no id of a file system", place, answer


class MountTargetByParameter(BatchRule):
    """The subnet of a mount target stays."""

    id = "IB1806"
    shortdesc = "No parameter changes the subnet of a mount target"
    description = "An update creates the new mount target before it deletes the old one of the zone"
    source_url = "https://docs.aws.amazon.com/efs/latest/ug/API_CreateMountTarget.html"
    applies_to = "AWS::EFS::MountTarget"
    answer = "mount target already exists in this AZ"
    instead = "keep mount targets in subnets that stay; jobs of other subnets reach them."

    def find(self, resource: Resource) -> Iterator[Finding]:
        """Compare the subnet with that of the other scenarios."""
        scenarios = resource.scenario.template.scenarios(resource.name)
        made = [each.resource(resource.name) for each in scenarios]
        subnets = [each.get("SubnetId") for each in made if each]
        if len({each for each in subnets if isinstance(each, Reference)}) > 1:
            yield "A parameter changes the subnet of the mount target", resource.place("SubnetId")


globals().update(warnings(globals()))
