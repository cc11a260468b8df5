"""Translate a Terraform plan (`terraform show -json`) into a CloudFormation template.

So one set of rules serves both. The format of a plan:
https://developer.hashicorp.com/terraform/internals/json-format
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterator
from typing import Any, TypeAlias

Object: TypeAlias = dict[str, Any]

# Known only after `apply`.
UNKNOWN = {"Fn::ImportValue": "known after apply"}
_TYPES = {
    "aws_batch_compute_environment": "AWS::Batch::ComputeEnvironment",
    "aws_batch_job_definition": "AWS::Batch::JobDefinition",
    "aws_batch_job_queue": "AWS::Batch::JobQueue",
    "aws_batch_scheduling_policy": "AWS::Batch::SchedulingPolicy",
    "aws_iam_role": "AWS::IAM::Role",
    "aws_iam_instance_profile": "AWS::IAM::InstanceProfile",
    "aws_launch_template": "AWS::EC2::LaunchTemplate",
    "aws_efs_file_system": "AWS::EFS::FileSystem",
    "aws_efs_mount_target": "AWS::EFS::MountTarget",
    "aws_subnet": "AWS::EC2::Subnet",
    "aws_vpc": "AWS::EC2::VPC",
}
# Names that are not the other form of the same words.
_RENAMED = {
    "max_vcpus": "MaxvCpus",
    "min_vcpus": "MinvCpus",
    "desired_vcpus": "DesiredvCpus",
    "unmanaged_vcpus": "UnmanagedvCpus",
    "fair_share_policy": "FairsharePolicy",
    "job_state_time_limit_action": "JobStateTimeLimitActions",
    "assume_role_policy": "AssumeRolePolicyDocument",
    "role": "Roles",
    "compute_environments": "ComputeEnvironmentOrder",
}
_OWN_NAMES = {
    "aws_batch_compute_environment": "ComputeEnvironmentName",
    "aws_batch_job_queue": "JobQueueName",
    "aws_batch_job_definition": "JobDefinitionName",
    "aws_iam_instance_profile": "InstanceProfileName",
    "aws_iam_role": "RoleName",
}
# Attributes that hold JSON. The keys of a policy stay as they are.
_JSON = {"container_properties", "ecs_properties", "node_properties", "assume_role_policy"}
# Blocks that can be there only once, which a plan shows as lists.
_SINGLE = {
    "compute_resources",
    "eks_configuration",
    "eks_properties",
    "fair_share_policy",
    "launch_template",
    "metadata",
    "pod_properties",
    "resources",
    "retry_strategy",
    "scaling_policy",
    "timeout",
    "update_policy",
}
# Maps whose keys are names of their own.
_MAPS = {"annotations", "labels", "limits", "options", "parameters", "requests", "tags"}


def is_plan(document: object) -> bool:
    """Whether a JSON document is a plan or a state of Terraform or OpenTofu."""
    if not isinstance(document, dict) or "format_version" not in document:
        return False
    return "planned_values" in document or "values" in document


def as_template(plan: Object) -> tuple[Object, dict[str, str]]:
    """Return the template, and the address of each of its resources by logical id."""
    values = _object(plan.get("planned_values") or plan.get("values"))
    configured = _object(_object(plan.get("configuration")).get("root_module"))
    found = list(_resources(_object(values.get("root_module")), configured))
    addresses = {_logical_id(each["address"]): str(each["address"]) for each, _ in found}
    resources = {
        _logical_id(each["address"]): {
            "Type": _TYPES[each["type"]],
            "Properties": _properties(each, expressions, addresses),
        }
        for each, expressions in found
    }
    return {"Resources": resources}, addresses


def _resources(module: Object, configured: Object) -> Iterator[tuple[Object, Object]]:
    """Yield each resource of a module and of its child modules, with its expressions."""
    expressions = {
        str(each.get("address")): _object(each.get("expressions"))
        for each in _objects(configured.get("resources"))
    }
    for each in _objects(module.get("resources")):
        if str(each.get("type")) in _TYPES and isinstance(each.get("address"), str):
            yield each, expressions.get(f"{each['type']}.{each.get('name')}", {})
    calls = _object(configured.get("module_calls"))
    for child in _objects(module.get("child_modules")):
        name = str(child.get("address")).rpartition("module.")[2].partition("[")[0]
        yield from _resources(child, _object(_object(calls.get(name)).get("module")))


def _properties(resource: Object, expressions: Object, addresses: dict[str, str]) -> Object:
    """Translate the values of a resource."""
    module = str(resource["address"]).rpartition(f"{resource['type']}.")[0]
    translate = _Translation(module, addresses)
    found = translate.block(_object(resource.get("values")), expressions)
    if "Name" in found:
        found[_OWN_NAMES.get(resource["type"], "Name")] = found.pop("Name")
    if resource["type"] == "aws_launch_template":
        return {"LaunchTemplateName": found.pop("Name", None), "LaunchTemplateData": found}
    if resource["type"] == "aws_batch_compute_environment":
        found["ReplaceComputeEnvironment"] = UNKNOWN  # it is CloudFormation's own
    return found


class _Translation:
    """Translate the values of one module."""

    def __init__(self, module: str, addresses: dict[str, str]) -> None:
        self._module = module
        self._ids: dict[str, list[str]] = {}
        for logical_id, address in addresses.items():
            self._ids.setdefault(re.sub(r"\[[^]]*\]$", "", address), []).append(logical_id)

    def block(self, values: Object, expressions: Object) -> Object:
        """Translate a block; what has an expression and no value is known after apply."""
        keys = {*values, *(key for key in expressions if isinstance(expressions[key], dict | list))}
        translated = {
            key: self._value(key, values.get(key), expressions.get(key), is_known=key in values)
            for key in sorted(keys)
        }
        return {
            _pascal(key): value for key, value in translated.items() if value not in (None, [], "")
        }

    def _value(self, key: str, value: Any, expression: Any, *, is_known: bool) -> Any:
        if key == "compute_environments":
            listed = self._value("", value, expression, is_known=is_known)
            if not isinstance(listed, list):
                return listed
            return [{"ComputeEnvironment": e, "Order": n} for n, e in enumerate(listed, 1)]
        if not is_known:
            return self._reference(_object(expression))
        if key in _JSON and isinstance(value, str):
            return _embedded(value, keep=key == "assume_role_policy")
        if key in _MAPS:
            return value
        if isinstance(value, list):
            blocks = expression if isinstance(expression, list) else [expression] * len(value)
            blocks = [_object(each) for each in (*blocks, *([None] * len(value)))]
            listed = [
                self.block(each, block) if isinstance(each, dict) else each
                for each, block in zip(value, blocks, strict=False)
            ]
            return (listed[0] if listed else None) if key in _SINGLE else listed
        return self.block(value, _object(expression)) if isinstance(value, dict) else value

    def _reference(self, expression: Object) -> Any:
        """Return the resource that an expression refers to, or what stands for unknown values."""
        if "constant_value" in expression:
            return expression["constant_value"]
        references = expression.get("references")
        for each in references if isinstance(references, list) else ():
            kind, name, attribute = (*str(each).split("."), "", "", "")[:3]
            ids = self._ids.get(f"{self._module}{kind}.{name.partition('[')[0]}", [])
            if len(ids) == 1 and attribute:
                return {"Fn::GetAtt": [*ids, "Arn"]} if attribute == "arn" else {"Ref": ids[0]}
        return UNKNOWN


def _embedded(value: str, *, keep: bool) -> Any:
    """Read an attribute that holds JSON."""
    try:
        document = json.loads(value)
    except ValueError:
        return UNKNOWN
    return document if keep else _capitalized(document)


def _capitalized(value: Any) -> Any:
    """Write the keys of the API as CloudFormation does."""
    if isinstance(value, list):
        return [_capitalized(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        key[:1].upper() + key[1:]: each if key in _MAPS else _capitalized(each)
        for key, each in value.items()
        if each is not None
    }


def _pascal(key: str) -> str:
    return _RENAMED.get(key) or "".join(part[:1].upper() + part[1:] for part in key.split("_"))


def _logical_id(address: str) -> str:
    return f"{re.sub('[^A-Za-z0-9]', '', address)}{zlib.crc32(address.encode()):x}"


def _object(value: object) -> Object:
    return value if isinstance(value, dict) else {}


def _objects(value: object) -> list[Object]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
