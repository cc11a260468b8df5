"""Rules for how a compute environment chooses its instances and their images."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2]))  # cfn-lint loads this file outside its package

from environments.evaluation.instance_types import BUNDLES, architecture, is_offered
from environments.evaluation.jobs import EC2, FARGATE, compute_type
from environments.evaluation.scenarios import Resource
from environments.evaluation.values import Place, given, items, known, text, word
from environments.rule import API, COMPUTE_ENVIRONMENT, GUIDE, BatchRule, Finding, warnings

STRATEGIES_OF_SPOT = (
    "SPOT_CAPACITY_OPTIMIZED",
    "SPOT_PRICE_CAPACITY_OPTIMIZED",
    "SPOT_CAPACITY_OPTIMIZED_PRIORITIZED",
)
STRATEGIES = {
    "EC2": ("BEST_FIT", "BEST_FIT_PROGRESSIVE", "BEST_FIT_PROGRESSIVE_ORDERED"),
    "SPOT": ("BEST_FIT", "BEST_FIT_PROGRESSIVE", *STRATEGIES_OF_SPOT),
}
ORDERED = ("BEST_FIT_PROGRESSIVE_ORDERED", "SPOT_CAPACITY_OPTIMIZED_PRIORITIZED")


def strategy(resource: Resource) -> str:
    """Return the allocation strategy; the default of AWS Batch is BEST_FIT."""
    value = resource.get("ComputeResources", "AllocationStrategy")
    return word(value) if given(value) else "BEST_FIT"


def instance_types(resource: Resource) -> list[tuple[str, Place]]:
    """Return the known instance types with their places."""
    values = items(resource.get("ComputeResources", "InstanceTypes"))
    return [(text(value).strip(), place) for value, place in values if known(value)]


class StrategyOfAnotherType(BatchRule):
    """An allocation strategy fits to the type."""

    id = "EB1201"
    shortdesc = "The allocation strategy is one of the compute type's"
    description = "SPOT_... strategies are for SPOT, BEST_FIT_PROGRESSIVE_ORDERED is for EC2"
    source_url = f"{GUIDE}/allocation-strategies.html"
    applies_to = COMPUTE_ENVIRONMENT
    answer = "Invalid compute resource allocation strategy SPOT_CAPACITY_OPTIMIZED for type EC2"
    instead = (
        "BEST_FIT_PROGRESSIVE on EC2, SPOT_PRICE_CAPACITY_OPTIMIZED on SPOT, and the same"
        " condition for both."
    )

    def find(self, resource: Resource) -> Iterator[Finding]:
        """Compare AllocationStrategy with Type."""
        kind, chosen = compute_type(resource), strategy(resource)
        if kind in EC2 and chosen and chosen not in STRATEGIES[kind]:
            place = resource.place("ComputeResources", "AllocationStrategy")
            answer = f"Invalid compute resource allocation strategy {chosen} for type {kind}"
            yield f"{chosen} is no strategy of the type {kind}", place, answer


class SpotFleetRoleMissing(BatchRule):
    """Spot with BEST_FIT needs a Spot Fleet role."""

    id = "EB1202"
    shortdesc = "SPOT with BEST_FIT has a Spot Fleet role"
    description = "BEST_FIT is also what AWS Batch uses without AllocationStrategy"
    source_url = f"{API}/API_ComputeResource.html"
    applies_to = COMPUTE_ENVIRONMENT
    answer = "compute resource spotIamFleetRole is required."
    instead = "AllocationStrategy: SPOT_PRICE_CAPACITY_OPTIMIZED, which needs no such role."

    def find(self, resource: Resource) -> Iterator[Finding]:
        """Check SpotIamFleetRole where Spot Fleet is used."""
        role = resource.get("ComputeResources", "SpotIamFleetRole")
        if (
            compute_type(resource) == "SPOT"
            and strategy(resource) == "BEST_FIT"
            and not given(role)
        ):
            place = resource.place("ComputeResources", "AllocationStrategy")
            yield "SPOT with the allocation strategy BEST_FIT has no SpotIamFleetRole", place


class BundleInOrder(BatchRule):
    """Ordered strategies take no bundles of instance types."""

    id = "EB1203"
    shortdesc = "An ordered allocation strategy has instance types or families"
    description = "optimal and default_... have no order that AWS Batch could follow"
    source_url = f"{GUIDE}/allocation-strategies.html"
    applies_to = COMPUTE_ENVIRONMENT
    answer = (
        "Instance type bundles (e.g. optimal, default_x86_64) are not allowed for"
        " BEST_FIT_PROGRESSIVE_ORDERED allocation strategy."
    )
    instead = "list instance types or families in the order you prefer."

    def find(self, resource: Resource) -> Iterator[Finding]:
        """Check the instance types of the ordered strategies."""
        if strategy(resource) in ORDERED:
            for name, place in instance_types(resource):
                if name.upper() in BUNDLES:
                    yield f"{strategy(resource)} cannot order {name}", place


class InstanceTypeUnknown(BatchRule):
    """Instance types are those of AWS Batch."""

    id = "EB1204"
    shortdesc = "An instance type is one that AWS Batch offers"
    description = "AWS Batch does not offer burstable (t) and Mac instances"
    source_url = f"{GUIDE}/instance-type-compute-table.html"
    applies_to = COMPUTE_ENVIRONMENT
    answer = "Instance type can only be one of [m6g.xlarge, optimal, ...]"
    instead = "use a type such as m7i.large, a family such as m7i, or default_x86_64."

    def find(self, resource: Resource) -> Iterator[Finding]:
        """Check the names that are known."""
        if compute_type(resource) in EC2:
            for name, place in instance_types(resource):
                if name and not is_offered(name):
                    yield f"AWS Batch does not offer the instance type {name}", place


class ArchitecturesMixed(BatchRule):
    """Instances have one architecture."""

    id = "EB1205"
    shortdesc = "The instance types have one architecture"
    description = "Graviton instances cannot be in one compute environment with others"
    source_url = "https://github.com/aws/aws-cdk/issues/31148"
    applies_to = COMPUTE_ENVIRONMENT
    answer = "arm-based instance type cannot be used with other instance types."
    instead = "make one compute environment, and one queue, for each architecture."

    def find(self, resource: Resource) -> Iterator[Finding]:
        """Compare the architectures of all instance types."""
        found = {architecture(name): name for name, _ in instance_types(resource)}
        if {"arm64", "x86_64"} <= found.keys():
            place = resource.place("ComputeResources", "InstanceTypes")
            yield f"{found['arm64']} is ARM and {found['x86_64']} is x86", place


class Ec2SettingOnFargate(BatchRule):
    """A Fargate compute environment has no settings of EC2."""

    id = "EB1004"
    shortdesc = "A Fargate compute environment has no EC2 settings"
    description = "AWS Batch rejects settings of EC2 instances in a Fargate compute environment"
    source_url = f"{API}/API_ComputeResource.html"
    applies_to = COMPUTE_ENVIRONMENT
    answer = "desiredvCpus is not applicable for Fargate."
    instead = "remove it."
    # What the API reference excludes for Fargate, except Tags.
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
        "ScalingPolicy",
        "SpotIamFleetRole",
    )

    def find(self, resource: Resource) -> Iterator[Finding]:
        """Check for each such setting."""
        for setting in self.settings if compute_type(resource) in FARGATE else ():
            if given(resource.get("ComputeResources", setting)):
                place = resource.place("ComputeResources", setting)
                name = setting[0].lower() + setting[1:]
                yield f"{setting} is for EC2", place, f"{name} is not applicable for Fargate."


class TagsOnFargate(Ec2SettingOnFargate):
    """Fargate compute resources have no tags."""

    id = "EB1005"
    shortdesc = "Fargate compute resources have no tags"
    description = "ComputeResources.Tags is for instances: tag the job definition and propagate"
    answer = "tags is not applicable for Fargate."
    instead = "tag the job definition and set PropagateTags: true."
    settings = ("Tags",)


globals().update(warnings(globals()))
