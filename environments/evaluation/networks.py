"""The VPCs of what a template makes."""

from __future__ import annotations

from typing import Any

from environments.evaluation.scenarios import Scenario
from environments.evaluation.values import Reference, known


def vpc(value: Any, type_: str, scenario: Scenario) -> Any:
    """Return the VPC of a subnet or security group; None where it is not known.

    Two names of parameters, or of outputs, may stand for the same VPC, so they are not known.
    """
    found = scenario.referenced(value, type_)
    home = found.get("VpcId") if found else None
    if isinstance(home, Reference):
        made = scenario.template.resources.get(home.name, {})
        return home.name if made.get("Type") == "AWS::EC2::VPC" else None
    return home if home and known(home) else None
