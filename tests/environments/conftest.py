from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from moto import mock_aws
from moto.efs.models import AccessPoint, MountTarget
from samtranslator.yaml_helper import yaml_parse

from tests.environments.local import INSTANCE_TYPES, ROOT, Deployment
from tests.template.stack import Stack, translate

_TEMPLATE = (ROOT / "template.yaml").read_text(encoding="utf-8")
_TRANSLATED = translate(_TEMPLATE)
LOCATIONS: dict[str, str] = {
    name: resource["Properties"]["Location"]
    for name, resource in yaml_parse(_TEMPLATE)["Resources"].items()
    if resource["Type"] == "AWS::Serverless::Application"
    and resource["Properties"]["Location"].startswith("environments/")
}


def root(**parameters: str) -> Stack:
    """The template as deployed with these parameters."""
    return Stack(_TRANSLATED, {"InstanceTypes": INSTANCE_TYPES} | parameters)


@pytest.fixture(scope="session")
def built(built_template: Path) -> dict[str, Path]:
    """The environments as `sam build` leaves them, by logical id in the root."""
    resources = yaml_parse(built_template.read_text(encoding="utf-8"))["Resources"]
    return {
        name: built_template.parent / resources[name]["Properties"]["Location"]
        for name in LOCATIONS
    }


def keep(
    original_resource: MountTarget, cloudformation_json: dict[str, Any], **_: str
) -> MountTarget:
    """Leave a mount target as it is: moto updates it when another element of the list changes."""
    assert cloudformation_json["Properties"]["SubnetId"] == original_resource.subnet_id, (
        "one mount target a zone"
    )
    return original_resource


@pytest.fixture
def deployment(built: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployment]:
    # In moto, a Ref of an access point has no value.
    monkeypatch.setattr(
        AccessPoint,
        "physical_resource_id",
        property(lambda point: point.access_point_id),
        raising=False,
    )
    monkeypatch.setattr(MountTarget, "update_from_cloudformation_json", staticmethod(keep))
    with mock_aws(config={"batch": {"use_docker": False}}):
        yield Deployment(built)
