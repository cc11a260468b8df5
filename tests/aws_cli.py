"""Commands as the AWS CLI would take them: its names and values are those of botocore's model.

The CLI makes its words from the model: `DescribeJobs` is `describe-jobs`, `jobQueue` is
`--job-queue`, a list is several words, a structure is JSON or `key=value,key=value`. What it
adds of its own, and is used in this project, is listed here.
"""

from __future__ import annotations

import json
import re
import shlex
from typing import Any

from botocore import xform_name
from botocore.exceptions import UnknownServiceError
from botocore.model import OperationModel, Shape
from botocore.session import get_session
from botocore.validate import ParamValidator

# https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-options.html
_GLOBAL = {"region", "query", "output", "profile"}
# Names that the CLI has in place of the model's.
_RENAMED = {"Subscribe": {"notification-endpoint": "endpoint"}}
# Commands that are the CLI's own, with their options.
_OWN = {
    ("configure",): set[str](),
    ("configure", "sso"): set[str](),
    ("logs", "tail"): {"since", "follow", "format", "log-stream-names", "filter-pattern"},
}
_SESSION = get_session()


def complaint(command: str) -> str:
    """Say what the AWS CLI would refuse in a command; empty if nothing."""
    program, *words = shlex.split(command)
    bare = tuple(word for word in words[:2] if not word.startswith("-"))
    try:
        assert program == "aws", f"{program} is not the AWS CLI"
        if bare not in _OWN:
            check(command)
        else:
            unknown = _options(words[len(bare) :]).keys() - _OWN[bare] - _GLOBAL
            assert not unknown, f"aws {' '.join(bare)} has no {unknown}"
    except (AssertionError, UnknownServiceError) as error:
        return str(error)
    return ""


def check(command: str) -> tuple[OperationModel, dict[str, Any]]:
    """Read a command into its operation and parameters; an AssertionError says what is wrong."""
    program, service, name, *words = shlex.split(command)
    assert program == "aws", command
    model = _SESSION.get_service_model(service)
    operations = {xform_name(each, "-"): each for each in model.operation_names}
    assert name in operations, f"aws {service} has no {name}"
    operation = model.operation_model(operations[name])
    given = _read(words, operation)
    if operation.input_shape is not None:
        report = ParamValidator().validate(given, operation.input_shape)
        assert not report.has_errors(), f"{command}: {report.generate_report()}"
        _check_values(given, operation.input_shape)
    return operation, given


def _options(words: list[str]) -> dict[str, list[str]]:
    """Read `--name value value ...`."""
    values: dict[str, list[str]] = {}
    for word in words:
        if word.startswith("--"):
            flag = word.removeprefix("--")
            assert flag not in values, f"--{flag} stands there twice"
            values[flag] = []
        else:
            assert values, f"{word} stands before any option"
            values[next(reversed(values))].append(word)
    return values


def _read(words: list[str], operation: OperationModel) -> dict[str, Any]:
    members = operation.input_shape.members if operation.input_shape else {}
    flags = {xform_name(each, "-"): each for each in members}
    renamed = _RENAMED.get(operation.name, {})
    given: dict[str, Any] = {}
    for written, found in _options(words).items():
        flag = renamed.get(written, written)
        if flag in _GLOBAL:
            assert found, f"--{flag} has no value"
            continue
        assert flag in flags, f"{operation.name} has no --{written}"
        given[flags[flag]] = _value(found, members[flags[flag]])
    return given


def _value(words: list[str], shape: Shape) -> Any:
    if shape.type_name == "boolean":
        assert not words, f"{words[0]} stands after a switch"
        return True
    assert words, f"a {shape.type_name} has no value"
    if shape.type_name == "list":
        return [_value([word], shape.member) for word in words]
    [word] = words
    # The CLI would read a file or an address in place of what begins like one.
    assert not re.match(r"(file|fileb|https?)://", word) or shape.name == "QueueUrl", word
    if shape.type_name in ("structure", "map"):
        return json.loads(word) if word.startswith("{") else _shorthand(word, shape)
    return int(word) if shape.type_name in ("integer", "long") else word


def _shorthand(word: str, shape: Shape) -> dict[str, Any]:
    pairs = (part.partition("=") for part in word.split(","))
    if shape.type_name == "map":
        return {key: value for key, _, value in pairs}
    return {key: _value([value], shape.members[key]) for key, _, value in pairs}


def _check_values(value: Any, shape: Shape) -> None:
    """Check what botocore leaves to the service: enumerations, and no unknown names."""
    if shape.type_name == "structure":
        unknown = value.keys() - shape.members.keys()
        assert not unknown, f"{shape.name} has no {unknown}"
        for key, each in value.items():
            _check_values(each, shape.members[key])
    elif shape.type_name == "list":
        for each in value:
            _check_values(each, shape.member)
    elif shape.type_name == "string" and shape.enum:
        assert value in shape.enum or value.lower() in map(str.lower, shape.enum), value
