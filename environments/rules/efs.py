"""cfn-lint rules for jobs that mount EFS."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).parents[2]))  # cfn-lint loads this file outside its package

from environments.rules._batch_rule import (
    JOB_DEFINITION,
    MOUNT_TARGET,
    BatchRule,
    Finding,
    Validator,
)
from environments.rules._properties import back_to, possible, referenced_resource, written


class EfsPlatformVersion(BatchRule):
    """EFS is supported for Fargate platform version 1.4.0."""

    id = "EB1006"
    shortdesc = "EFS on Fargate needs platform version 1.4.0"
    description = "Platform versions before 1.4.0 cannot mount EFS"
    source_url = "https://docs.aws.amazon.com/batch/latest/userguide/efs-volumes.html"
    applies_to = JOB_DEFINITION
    # https://docs.aws.amazon.com/AmazonECS/latest/developerguide/platform-linux-fargate.html
    too_old = ("1.0.0", "1.1.0", "1.2.0", "1.3.0")
    # The path of a task and the path of its platform version.
    tasks = (
        (
            ("ContainerProperties",),
            ("ContainerProperties", "FargatePlatformConfiguration", "PlatformVersion"),
        ),
        (
            ("EcsProperties", "TaskProperties", "*"),
            ("EcsProperties", "TaskProperties", "*", "PlatformVersion"),
        ),
    )

    def find(self, validator: Validator, properties: Any) -> Iterator[Finding]:
        """Check the platform version of each task with an EFS volume."""
        for task, version in self.tasks:
            volumes = written(
                validator, properties, *task, "Volumes", "*", "EfsVolumeConfiguration"
            )
            at_volume = next((at for volume, at in volumes if volume is not None), None)
            if at_volume is None:
                continue
            for value, at in possible(back_to(validator, at_volume), properties, *version):
                if value in self.too_old:
                    yield f"EFS needs Fargate platform version 1.4.0 or later, not {value}", at


class EfsInAnotherVpc(BatchRule):
    """EFS file system, cluster and tasks must all be in the same VPC."""

    id = "EB1007"
    shortdesc = "Jobs run in the VPC of the mount targets"
    description = "A file system can be mounted only from the VPC of its mount targets"
    source_url = "https://docs.aws.amazon.com/efs/latest/ug/accessing-fs.html"
    applies_to = MOUNT_TARGET

    def find(self, validator: Validator, properties: Any) -> Iterator[Finding]:
        """Compare with the VPCs of the compute environments, if all of them are known."""
        vpcs = {
            self._vpc(subnet, at)
            for resource in validator.cfn.template["Resources"].values()
            if resource["Type"] == "AWS::Batch::ComputeEnvironment"
            for subnet, at in written(
                validator, resource.get("Properties"), "ComputeResources", "Subnets", "*"
            )
        }
        for subnet, at in written(validator, properties, "SubnetId"):
            vpc = self._vpc(subnet, at)
            if vpcs and vpc not in vpcs and None not in {vpc, *vpcs}:
                yield "No compute environment runs in the VPC of this mount target", at

    @staticmethod
    def _vpc(subnet: Any, validator: Validator) -> str | None:
        """Identify the VPC of a subnet of this template; two parameters may hold the same VPC."""
        resource = referenced_resource(subnet, validator) or {}
        vpc = (resource.get("Properties") or {}).get("VpcId")
        known = isinstance(vpc, str) or referenced_resource(vpc, validator)
        return json.dumps(vpc) if known else None
