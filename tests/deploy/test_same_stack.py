"""`batch-notifier deploy` gives the stack of `sam deploy`: only addresses of files differ."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from samtranslator.yaml_helper import yaml_parse

from workbench.deploy import archive


def addresses_removed(value: Any) -> Any:
    """Leave out what packing replaces: the address of a function's code or of a nested stack."""
    if isinstance(value, dict):
        return {
            key: "address"
            if key in ("CodeUri", "Location") and isinstance(each, str)
            else addresses_removed(each)
            for key, each in value.items()
        }
    return [addresses_removed(each) for each in value] if isinstance(value, list) else value


def test_every_resource_property_and_parameter_is_that_of_the_checkout(
    built_template: Path,
) -> None:
    stack = built_template.parent
    template = archive.read_template(stack)
    uploads = archive.pack(stack, template, "s3://b/{}".format, "https://b/{}".format)
    packed = {
        each.name: yaml_parse(each.content.decode())
        for each in uploads
        if each.name.endswith(".template")
    }
    root = packed[uploads[-1].name]
    built = yaml_parse(template)
    assert built["Parameters"]
    assert addresses_removed(root) == addresses_removed(built)
    nested = {
        name: each["Properties"]["Location"]
        for name, each in built["Resources"].items()
        if each["Type"] == "AWS::Serverless::Application"
    }
    assert nested
    for name, location in nested.items():
        address = root["Resources"][name]["Properties"]["Location"]
        document = yaml_parse((stack / location).read_text(encoding="utf-8"))
        same = packed[address.rpartition("/")[2]]
        assert addresses_removed(same) == addresses_removed(document)
    codes = {
        each["Properties"]["CodeUri"]
        for each in root["Resources"].values()
        if each["Type"] == "AWS::Serverless::Function"
    }
    assert {code.rpartition("/")[2] for code in codes} <= {each.name for each in uploads}
