"""Rules for images and launch templates of a compute environment."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2]))  # cfn-lint loads this file outside its package

import base64
import binascii
import re

from environments.evaluation.instance_types import BUNDLES, architecture
from environments.evaluation.jobs import is_eks
from environments.evaluation.scenarios import Resource
from environments.evaluation.values import Place, get, given, items, known, nodes, text, word
from environments.rule import API, COMPUTE_ENVIRONMENT, GUIDE, BatchRule, Finding, warnings
from environments.rules.instances import instance_types

AL2023 = {"ECS": ("ECS_AL2023", "ECS_AL2023_NVIDIA"), "EKS": ("EKS_AL2023", "EKS_AL2023_NVIDIA")}
RETIRED = {
    "ECS": ("ECS_AL1", "ECS_AL2", "ECS_AL2_NVIDIA"),
    "EKS": ("EKS_AL2", "EKS_AL2_NVIDIA"),
}


LAUNCH_TEMPLATE = "AWS::EC2::LaunchTemplate"
TEMPLATE_KEYS = ("LaunchTemplateId", "LaunchTemplateName")


def launch_templates(resource: Resource) -> list[tuple[Resource | None, Place]]:
    """Return the launch templates of a compute environment; None for one of elsewhere."""
    place = resource.place("ComputeResources", "LaunchTemplate")
    chosen = resource.get("ComputeResources", "LaunchTemplate")
    named = {
        name: each
        for each in resource.scenario.of_type(LAUNCH_TEMPLATE)
        if known(name := each.get("LaunchTemplateName"))
    }
    found = []
    for each in (chosen, *nodes(get(chosen, "Overrides"))):
        for key in TEMPLATE_KEYS:
            value = get(each, key)
            if given(value):
                own = named.get(value) if known(value) else None
                found.append((own or resource.scenario.referenced(value, LAUNCH_TEMPLATE), place))
    return found


def has_own_image(resource: Resource) -> bool:
    """Whether ImageId or a launch template may replace the image of AWS Batch."""
    return given(resource.get("ComputeResources", "ImageId")) or any(
        template is None or given(template.get("LaunchTemplateData", "ImageId"))
        for template, _ in launch_templates(resource)
    )


class ImageTypeRetired(BatchRule):
    """Image types of Amazon Linux 2 are refused."""

    id = "EB1206"
    shortdesc = "The image type is not of Amazon Linux 2"
    description = "AWS Batch refuses its Amazon Linux 2 images since 30 June 2026"
    source_url = f"{API}/API_Ec2Configuration.html"
    applies_to = COMPUTE_ENVIRONMENT
    answer = "Amazon Linux 2 is end-of-life."
    instead = "ECS_AL2023 or ECS_AL2023_NVIDIA (EKS_AL2023 on EKS), or leave ImageType out."

    def find(self, resource: Resource) -> Iterator[Finding]:
        """Check ImageType unless an own image replaces it."""
        if not has_own_image(resource):
            for each in nodes(resource.get("ComputeResources", "Ec2Configuration")):
                kind = word(get(each, "ImageType"))
                own = given(get(each, "ImageIdOverride"))
                if kind in RETIRED["EKS" if is_eks(resource) else "ECS"] and not own:
                    yield f"{kind} is retired", each.places["ImageType"]


class ImageTypeUnknown(BatchRule):
    """Image types are those of AWS Batch."""

    id = "EB1207"
    shortdesc = "The image type is one of AWS Batch's"
    description = "ECS_... image types are for ECS, EKS_... for EKS"
    source_url = "https://github.com/aws/aws-cdk/issues/30928"
    applies_to = COMPUTE_ENVIRONMENT
    answer = "Invalid imageType in ComputeResources.ec2Configuration"
    instead = "ECS_AL2023, ECS_AL2023_NVIDIA, EKS_AL2023 or EKS_AL2023_NVIDIA."

    def find(self, resource: Resource) -> Iterator[Finding]:
        """Check the image types that are known."""
        kind = "EKS" if is_eks(resource) else "ECS"
        for each in nodes(resource.get("ComputeResources", "Ec2Configuration")):
            name = word(get(each, "ImageType"))
            if name and name not in (*AL2023[kind], *RETIRED[kind]):
                yield f"{name} is no image type of AWS Batch on {kind}", each.places["ImageType"]


class ImageWithoutDriver(BatchRule):
    """Images of Amazon Linux 2023 do not run on every instance type."""

    id = "EB1208"
    shortdesc = "The image type runs on the instance types"
    description = "AL2023 does not run on A1, its NVIDIA form not on P3, G3 and Graviton"
    source_url = f"{API}/API_Ec2Configuration.html"
    applies_to = COMPUTE_ENVIRONMENT
    answer = "ECS_AL2023_NVIDIA doesn't support p3 and g3 instance types."
    documented = True
    instead = "use g4dn or newer with ECS_AL2023_NVIDIA, and m6g or newer instead of a1."

    def find(self, resource: Resource) -> Iterator[Finding]:
        """Compare each image type with the instance types."""
        for each in nodes(resource.get("ComputeResources", "Ec2Configuration")):
            kind = word(get(each, "ImageType"))
            own = given(get(each, "ImageIdOverride")) or has_own_image(resource)
            for name, place in instance_types(resource) if kind and not own else ():
                old = re.match(r"(?:p3|g3)[a-z]*(?:\.|$)", name.lower())
                if kind.endswith("AL2023_NVIDIA") and (old or architecture(name) == "arm64"):
                    yield f"{kind} does not run on {name}", place


class NetworkInterfacesTwice(BatchRule):
    """Security groups are in the compute environment or in the launch template's interfaces."""

    id = "EB1209"
    shortdesc = "No security groups beside network interfaces of the launch template"
    description = "AWS Batch takes security groups or network interfaces, not both"
    source_url = "https://github.com/aws/aws-cdk/issues/21577"
    applies_to = COMPUTE_ENVIRONMENT
    answer = (
        "Either compute environment Security Groups or Network Interfaces in Launch template are"
        " exclusively allowed"
    )
    instead = "take NetworkInterfaces out of the launch template, and keep SecurityGroupIds."

    def find(self, resource: Resource) -> Iterator[Finding]:
        """Check the launch templates where there are security groups."""
        if given(resource.get("ComputeResources", "SecurityGroupIds")):
            for template, place in launch_templates(resource):
                if template and given(template.get("LaunchTemplateData", "NetworkInterfaces")):
                    yield f"The launch template {template.name} has NetworkInterfaces", place


class UserDataNotMime(BatchRule):
    """User data is MIME multipart, because AWS Batch adds a part."""

    id = "EB1210"
    shortdesc = "The launch template's user data is MIME multipart"
    description = "AWS Batch adds its own part, and makes the compute environment INVALID otherwise"
    source_url = f"{GUIDE}/launch-templates.html"
    applies_to = COMPUTE_ENVIRONMENT
    answer = "CLIENT_ERROR - Launch Template UserData is not MIME multipart format"
    instead = "begin the user data with Content-Type: multipart/mixed and a boundary."

    def find(self, resource: Resource) -> Iterator[Finding]:
        """Check the beginning of the user data, unless it is of Bottlerocket or Windows."""
        for template, place in launch_templates(resource):
            data = template.get("LaunchTemplateData", "UserData") if template else ""
            script = _decoded(text(data)) if template else ""
            if re.match(r"\s*(?:#!|#cloud-config|[a-z]+ )", script) and "multipart" not in script:
                yield "The user data of the launch template is not MIME multipart", place


def _decoded(data: str) -> str:
    try:
        return base64.b64decode(data, validate=True).decode(errors="replace")
    except (binascii.Error, ValueError):
        return ""


class LaunchTemplateUnclear(BatchRule):
    """A launch template is named once, with a version that there can be."""

    id = "EB1211"
    shortdesc = "A launch template has an id or a name, and a version"
    description = "Give the id or the name; the version is a number, $Default or $Latest"
    source_url = f"{API}/API_LaunchTemplateSpecification.html"
    applies_to = COMPUTE_ENVIRONMENT
    answer = "One of LaunchTemplateId and LaunchTemplateName should be provided"
    instead = "LaunchTemplateId with Version: Fn::GetAtt Template.LatestVersionNumber."

    def find(self, resource: Resource) -> Iterator[Finding]:
        """Check the names and versions of the launch template and its overrides."""
        chosen = resource.get("ComputeResources", "LaunchTemplate")
        place = resource.place("ComputeResources", "LaunchTemplate")
        overrides = nodes(get(chosen, "Overrides"))
        for each in (chosen, *overrides):
            names = [key for key in TEMPLATE_KEYS if given(get(each, key))]
            if given(each) and len(names) != 1 and (names or not overrides):
                yield f"The launch template has {' and '.join(names) or 'no id and no name'}", place
            version = get(each, "Version")
            if word(version) and not re.fullmatch(r"\d+|\$Default|\$Latest", text(version)):
                yield f"The launch template has no version {text(version)}", place


class OverrideOfOtherTypes(BatchRule):
    """An override of the launch template is for instance types of the compute environment."""

    id = "EB1212"
    shortdesc = "An override of the launch template has instance types of the environment"
    description = "TargetInstanceTypes is required, and takes no bundles such as optimal"
    source_url = f"{API}/API_LaunchTemplateSpecificationOverride.html"
    applies_to = COMPUTE_ENVIRONMENT
    answer = (
        "targetInstanceTypes can target only instance types and families that are included within"
        " the ComputeResource.instanceTypes set."
    )
    documented = True
    instead = "list types or families of InstanceTypes in TargetInstanceTypes."

    def find(self, resource: Resource) -> Iterator[Finding]:
        """Compare the types of each override with those of the compute environment."""
        listed = items(resource.get("ComputeResources", "InstanceTypes"))
        own = {text(each).lower() for each, _ in listed}
        for each in nodes(resource.get("ComputeResources", "LaunchTemplate", "Overrides")):
            if not given(get(each, "TargetInstanceTypes")):
                answer = "This parameter is required when defining a launch template override."
                yield "The override has no TargetInstanceTypes", each.place, answer
            for target, place in items(get(each, "TargetInstanceTypes")):
                name = text(target).lower()
                certain = known(target) and own and all(known(value) for value, _ in listed)
                bundled = any(value.upper() in BUNDLES for value in own)
                if certain and not bundled and not own & {name, name.partition(".")[0]}:
                    yield f"The compute environment has no instance type {name}", place


class TooManyImageTypes(BatchRule):
    """A compute environment has one or two image types."""

    id = "EB1213"
    shortdesc = "Ec2Configuration has one or two elements"
    description = "One for usual instances, and one for those with GPUs"
    source_url = f"{API}/API_ComputeResource.html"
    applies_to = COMPUTE_ENVIRONMENT
    answer = "One or two values can be provided."
    documented = True
    instead = "keep one of each kind, such as ECS_AL2023 and ECS_AL2023_NVIDIA."

    def find(self, resource: Resource) -> Iterator[Finding]:
        """Count the elements."""
        listed = resource.get("ComputeResources", "Ec2Configuration")
        if len(items(listed)) > 2:
            place = resource.place("ComputeResources", "Ec2Configuration")
            yield f"Ec2Configuration has {len(listed)} elements", place


globals().update(warnings(globals()))
