"""Commands as the AWS CLI would take them: its names and values are those of botocore's model.

The CLI makes its words from the model: `DescribeJobs` is `describe-jobs`, `jobQueue` is
`--job-queue`, a list is several words, a structure is JSON or `key=value,key=value`.
"""

from __future__ import annotations

import json
import re
import shlex
from typing import Any

from botocore import xform_name
from botocore.model import OperationModel, Shape
from botocore.session import get_session
from botocore.validate import ParamValidator

_GLOBAL = {"region": 1, "query": 1, "output": 1}
_SESSION = get_session()


def check(command: str) -> tuple[OperationModel, dict[str, Any]]:
    """Read a command into its operation and parameters; an AssertionError says what is wrong."""
    program, service, name, *words = shlex.split(command)
    assert program == "aws", command
    model = _SESSION.get_service_model(service)
    operations = {xform_name(each, "-"): each for each in model.operation_names}
    operation = model.operation_model(operations[name])
    given = _read(words, operation)
    report = ParamValidator().validate(given, operation.input_shape)
    assert not report.has_errors(), f"{command}: {report.generate_report()}"
    _check_values(given, operation.input_shape)
    return operation, given


def _read(words: list[str], operation: OperationModel) -> dict[str, Any]:
    members = operation.input_shape.members
    flags = {xform_name(each, "-"): each for each in members}
    given: dict[str, Any] = {}
    values: dict[str, list[str]] = {}
    for word in words:
        if word.startswith("--"):
            flag = word.removeprefix("--")
            assert flag in flags or flag in _GLOBAL, f"{operation.name} has no --{flag}"
            assert flag not in values, f"--{flag} stands there twice"
            values[flag] = []
        else:
            assert values, f"{word} stands before any option"
            values[next(reversed(values))].append(word)
    for flag, found in values.items():
        assert found, f"--{flag} has no value"
        if flag not in _GLOBAL:
            given[flags[flag]] = _value(found, members[flags[flag]])
    return given


def _value(words: list[str], shape: Shape) -> Any:
    if shape.type_name == "list":
        return [_value([word], shape.member) for word in words]
    [word] = words
    # The CLI would read a file or an address in place of what begins like one.
    assert not re.match(r"(file|fileb|https?)://", word), word
    if shape.type_name in ("structure", "map"):
        return json.loads(word) if word.startswith("{") else _shorthand(word, shape)
    if shape.type_name in ("integer", "long"):
        return int(word)
    return word


def _shorthand(word: str, shape: Shape) -> dict[str, Any]:
    pairs = (part.partition("=") for part in word.split(","))
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
