"""The AWS CLI's commands, held against the models that it is made of.

The CLI makes its commands from botocore's models: `list-jobs` is ListJobs, `--job-queue` its member
jobQueue. What it adds of its own, and is used in this project, is listed here.
"""

from __future__ import annotations

import json
import shlex
from functools import cache
from typing import Any

import botocore.session
from botocore import xform_name
from botocore.model import OperationModel, Shape
from botocore.validate import ParamValidator

# https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-options.html
EVERYWHERE = {"region", "query", "output", "profile"}
# Names that the CLI has instead of the model's.
RENAMED = {("sns", "subscribe"): {"notification_endpoint": "endpoint"}}
# Commands that are the CLI's own, with their options.
OWN = {
    ("logs", "tail"): {"since", "follow", "format", "log_stream_names", "filter_pattern"},
    ("configure", "sso"): set(),
    ("configure", ""): set(),
}


def complaint(command: str) -> str:
    """Say what the AWS CLI would refuse in a command; empty if nothing."""
    words = shlex.split(command)
    if words[:1] != ["aws"]:
        return "it does not begin with aws"
    service, verb = words[1], words[2] if len(words) > 2 else ""
    options, rest = _options(words[3:])
    if (service, verb) in OWN:
        unknown = options.keys() - OWN[service, verb] - EVERYWHERE
        return f"{service} {verb} has no {', '.join(sorted(unknown))}" if unknown else ""
    if rest:
        return f"{rest[0]} belongs to no option"
    try:
        operation = _operations(service)[verb]
    except Exception as error:  # noqa: BLE001  # an unknown service and an unknown verb alike
        return f"there is no {service} {verb}: {error}"
    renamed = RENAMED.get((service, verb), {})
    given = {renamed.get(name, name): values for name, values in options.items()}
    return _refused(operation, {k: v for k, v in given.items() if k not in EVERYWHERE})


def _options(words: list[str]) -> tuple[dict[str, list[str]], list[str]]:
    """Split `--name value value ...`; what stands before the first option belongs to none."""
    found: dict[str, list[str]] = {}
    rest: list[str] = []
    current = rest
    for word in words:
        if word.startswith("--"):
            current = found.setdefault(word[2:].replace("-", "_"), [])
        else:
            current.append(word)
    return found, rest


@cache
def _operations(service: str) -> dict[str, OperationModel]:
    model = botocore.session.get_session().get_service_model(service)
    return {xform_name(name, "-"): model.operation_model(name) for name in model.operation_names}


def _refused(operation: OperationModel, given: dict[str, list[str]]) -> str:
    members: dict[str, Shape] = operation.input_shape.members if operation.input_shape else {}
    named = {xform_name(name): name for name in members}
    parameters: dict[str, Any] = {}
    for option, values in given.items():
        # A flag `--no-x` turns x off.
        name = named.get(option) or named.get(option.removeprefix("no_"))
        if name is None:
            return f"{operation.name} has no --{option.replace('_', '-')}"
        parameters[name] = _parsed(members[name], values)
    if operation.input_shape is None:
        return ""
    report = ParamValidator().validate(parameters, operation.input_shape)
    return str(report.generate_report()) if report.has_errors() else ""


def _parsed(shape: Shape, values: list[str]) -> Any:
    """Read a value as the CLI does: JSON, its shorthand, or as it stands."""
    if shape.type_name == "boolean":
        return values in ([], ["true"])
    if shape.type_name in ("integer", "long"):
        return int(values[0])
    if shape.type_name == "string":
        return values[0]
    if values[0][:1] in "[{":
        return json.loads(values[0])
    if shape.type_name == "list":
        return [_parsed(shape.member, [value]) for value in values]
    pairs = (pair.partition("=") for pair in values[0].split(","))
    if shape.type_name == "map":
        return {name: value for name, _, value in pairs}
    return {name: _parsed(shape.members[name], [value]) for name, _, value in pairs}
