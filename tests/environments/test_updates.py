"""Updates of the environments: none of ours is refused, and the rules find those that would be."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.environments.changes import CHANGES, CHANGES_OF_ROOT, PASSED, refused
from tests.environments.conftest import LOCATIONS, root
from tests.environments.local import ROOT, read
from tests.environments.test_rules import ids
from tests.template.stack import Stack

Template = dict[str, Any]


def nested(name: str, given: dict[str, str], document: Template | None = None) -> dict[str, Any]:
    """Return the resources of a nested stack, as the root stack creates it."""
    passed = root(**given).of_type("AWS::CloudFormation::Stack")[name].get("Parameters", {})
    template = document or read(ROOT / LOCATIONS[name])
    defaults = {
        key: str(each["Default"])
        for key, each in template["Parameters"].items()
        if "Default" in each
    }
    made = ",".join(f"subnet-{zone}" for zone in range(int(given.get("JobZones", "2"))))
    subnets = given.get("SubnetIds", made)
    wired = {key: subnets if key == "SubnetIds" else str(value) for key, value in passed.items()}
    own = {key: value for key, value in given.items() if key in template["Parameters"]}
    return Stack(template, defaults | wired | own).resources


EVERY = {"BatchEnvironment": "ec2+fargate-efs"}
CHANGED = [
    (name, parameter, value)
    for name in LOCATIONS
    for parameter, value in (CHANGES_OF_ROOT | CHANGES.get(name, {})).items()
]


def test_every_parameter_of_the_environments_is_changed_or_passed_on() -> None:
    for name, path in LOCATIONS.items():
        assert read(ROOT / path)["Parameters"].keys() - CHANGES.get(name, {}).keys() <= PASSED
    batch = {"BatchEnvironment", "VpcId", "SubnetIds"}
    assert root().template["Parameters"].keys() >= CHANGES_OF_ROOT.keys() | batch


@pytest.mark.parametrize(("name", "parameter", "value"), CHANGED)
def test_aws_takes_the_change_of_each_parameter(name: str, parameter: str, value: str) -> None:
    before, after = nested(name, EVERY), nested(name, EVERY | {parameter: value})
    assert list(refused(before, after)) == []


MOVED = {"VpcId": "vpc-0123456789abcdef0", "SubnetIds": "subnet-0123456a,subnet-0123456b"}
KINDS = ("none", "ec2", "fargate", "fargate-efs", "ec2+fargate", "ec2+fargate-efs")


def stacks(given: dict[str, str]) -> set[str]:
    return {*root(**given).of_type("AWS::CloudFormation::Stack")} & LOCATIONS.keys()


@pytest.mark.parametrize("before", KINDS)
def test_aws_takes_the_change_of_the_environment(before: str) -> None:
    for after in KINDS:
        one, other = {"BatchEnvironment": before}, {"BatchEnvironment": after}
        for name in stacks(one) & stacks(other):
            assert list(refused(nested(name, one), nested(name, other))) == [], (after, name)


@pytest.mark.parametrize("name", LOCATIONS)
@pytest.mark.parametrize("back", [False, True])
def test_a_rule_finds_the_only_move_to_another_network_that_aws_refuses(
    name: str, back: bool
) -> None:
    states = [nested(name, EVERY), nested(name, EVERY | MOVED)]
    before, after = reversed(states) if back else states
    stays = {"MountTarget1", "MountTarget2"} if name == "BatchFargateEfs" else set()
    assert set(refused(before, after)) == stays
    template = read(ROOT / LOCATIONS[name])
    template.pop("Metadata", None)  # where it says that the parameter's description warns
    assert ("IB1807" in ids(json.dumps(template, default=str))) == bool(stays)


def _compute(template: Template, kind: str = "EC2") -> Template:
    """Return the properties of the On-Demand environment of a template."""
    name = "OnDemandEnvironment" if "OnDemandEnvironment" in template["Resources"] else kind
    found: Template = template["Resources"][name]["Properties"]
    return found


def _named(template: Template) -> None:
    _compute(template).update(ComputeEnvironmentName="jobs", ReplaceComputeEnvironment=True)


def _own_role(template: Template) -> None:
    _compute(template)["ServiceRole"] = "arn:aws:iam::111122223333:role/own"


def _best_fit(template: Template) -> None:
    _compute(template)["ComputeResources"]["AllocationStrategy"] = "BEST_FIT"


def _no_strategy(template: Template) -> None:
    del _compute(template)["ComputeResources"]["AllocationStrategy"]


def _type_by_parameter(template: Template) -> None:
    kind = {"Fn::If": ["IsSpot", "FARGATE_SPOT", "FARGATE"]}
    _compute(template)["ComputeResources"]["Type"] = kind


def _update_policy(template: Template) -> None:
    _compute(template)["UpdatePolicy"] = {"TerminateJobsOnUpdate": True}


REFUSED: list[tuple[str, Callable[[Template], None], dict[str, str], str]] = [
    ("BatchEc2", _named, {"InstanceTypes": "m5.xlarge"}, "WB1301"),
    ("BatchEc2", _own_role, {"InstanceTypes": "m5.xlarge"}, "EB1302"),
    ("BatchEc2", _best_fit, {"InstanceTypes": "m5.xlarge"}, "EB1302"),
    ("BatchEc2", _no_strategy, {"HostImage": "ECS_AL2023_NVIDIA"}, "EB1302"),
    ("BatchFargate", _type_by_parameter, {"BatchCapacity": "spot"}, "IB1304"),
    ("BatchFargate", _update_policy, {"MaxVcpus": "32"}, "EB1303"),
]


@pytest.mark.parametrize(
    ("name", "mistake", "change", "rule"), REFUSED, ids=[each[1].__name__ for each in REFUSED]
)
def test_a_rule_finds_what_aws_would_refuse(
    name: str, mistake: Callable[[Template], None], change: dict[str, str], rule: str
) -> None:
    template = copy.deepcopy(read(ROOT / LOCATIONS[name]))
    mistake(template)
    before, after = (nested(name, EVERY | each, template) for each in ({}, change))
    assert list(refused(before, after)) != []
    assert rule in ids(json.dumps(template, default=str))
