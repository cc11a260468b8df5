"""Look up values in a template, with Fn::If, Ref and Fn::GetAtt resolved where possible."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Any

from cfnlint.helpers import ensure_list, is_function
from cfnlint.rules.helpers import get_value_from_path

from environments.rules._batch_rule import Validator

# The paths of containers in a job definition.
CONTAINERS = (
    ("ContainerProperties",),
    ("EcsProperties", "TaskProperties", "*", "Containers", "*"),
    ("NodeProperties", "NodeRangeProperties", "*", "Container"),
)


def written(validator: Validator, value: Any, *path: str) -> Iterator[tuple[Any, Validator]]:
    """Yield the value at a path in each branch of Fn::If, with other functions unresolved."""
    yield from get_value_from_path(validator, value, deque(path))


def resolved(value: Any, validator: Validator) -> Iterator[tuple[Any, Validator]]:
    """Yield every possible value of a function; nothing where only the deployment knows it."""
    if is_function(value)[0] is None:
        yield value, validator
        return
    for possible, at, error in validator.resolve_value(value):
        if error is None:
            yield possible, at


def possible(validator: Validator, value: Any, *path: str) -> Iterator[tuple[Any, Validator]]:
    """Yield every possible value at a path."""
    for found, at in written(validator, value, *path):
        yield from resolved(found, at)


def referenced_resource(value: Any, validator: Validator) -> dict[str, Any] | None:
    """Find the resource of this template that a Ref or Fn::GetAtt names."""
    function, argument = is_function(value)
    if function not in ("Ref", "Fn::GetAtt"):
        return None
    name = str(ensure_list(argument)[0]).partition(".")[0]
    found: dict[str, Any] | None = validator.cfn.template["Resources"].get(name)
    return found


def back_to(start: Validator, found: Validator) -> Validator:
    """Return to the path of `start`, under the conditions of `found`."""
    return found.evolve(context=found.context.evolve(path=start.context.path))


def fargate_jobs(validator: Validator, properties: Any) -> Iterator[Validator]:
    """Yield the job definition under each condition that makes it a Fargate one."""
    for platform, at in possible(validator, properties, "PlatformCapabilities", "*"):
        if platform == "FARGATE":
            yield back_to(validator, at)
