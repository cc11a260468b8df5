"""cfn-lint rules for AWS::Batch::ComputeEnvironment."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).parents[2]))  # cfn-lint loads this file outside its package

from environments.rules._batch_rule import (
    API,
    COMPUTE_ENVIRONMENT,
    BatchRule,
    Finding,
    Validator,
)
from environments.rules._properties import (
    back_to,
    possible,
    referenced_resource,
    resolved,
    written,
)


class InstanceProfileNotRole(BatchRule):
    """ECS Instance Role should be an ECS Instance Profile ARN."""

    id = "EB1001"
    shortdesc = "InstanceRole is an instance profile, not a role"
    description = "InstanceRole takes the ARN of an instance profile that contains the role"
    source_url = "https://docs.aws.amazon.com/batch/latest/userguide/instance_IAM_role.html"
    applies_to = COMPUTE_ENVIRONMENT

    def find(self, validator: Validator, properties: Any) -> Iterator[Finding]:
        """Check the referenced resource, or the ARN where it is written out."""
        for value, at in written(validator, properties, "ComputeResources", "InstanceRole"):
            resource = referenced_resource(value, at)
            if resource:
                is_role = resource["Type"] == "AWS::IAM::Role"
            else:
                is_role = any(":role/" in str(arn) for arn, _ in resolved(value, at))
            if is_role:
                yield "InstanceRole is a role: use the ARN of an instance profile instead", at


class Ec2SettingOnFargate(BatchRule):
    """desiredvCpus is not applicable for Fargate."""

    id = "EB1004"
    shortdesc = "A Fargate compute environment has no EC2 settings"
    description = "Batch rejects EC2 instance settings in a Fargate compute environment"
    source_url = f"{API}/API_ComputeResource.html"
    applies_to = COMPUTE_ENVIRONMENT
    # The settings that the API reference excludes for Fargate, except Tags.
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

    def find(self, validator: Validator, properties: Any) -> Iterator[Finding]:
        """Check for each such setting in an environment of type FARGATE or FARGATE_SPOT."""
        for kind, at_type in possible(validator, properties, "ComputeResources", "Type"):
            if kind not in ("FARGATE", "FARGATE_SPOT"):
                continue
            fargate = back_to(validator, at_type)
            for setting in self.settings:
                for value, at in written(fargate, properties, "ComputeResources", setting):
                    if value is not None:
                        yield f"{setting} is not applicable for Fargate: remove it", at


class TagsOnFargate(Ec2SettingOnFargate):
    """tags is not applicable for Fargate."""

    id = "EB1005"
    shortdesc = "Fargate compute resources have no tags"
    description = "ComputeResources.Tags is for instances: tag the job definition and propagate"
    settings = ("Tags",)
