"""The template as CloudFormation would deploy it, resolved without a network or an account."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from samtranslator.yaml_helper import yaml_parse

from workbench.local import sam

Resource = dict[str, Any]

_NO_VALUE = object()
_PSEUDO = {
    "AWS::AccountId": "111122223333",
    "AWS::NoValue": _NO_VALUE,
    "AWS::Partition": "aws",
    "AWS::Region": "eu-west-1",
    "AWS::StackName": "batch-notifier",
    "AWS::URLSuffix": "amazonaws.com",
}


def translate(source: str) -> dict[str, Any]:
    """Turn the SAM template into the CloudFormation template that is deployed."""
    return sam.translate(yaml_parse(source))


@dataclass(frozen=True, slots=True)
class Stack:
    """A translated template with its parameters filled in."""

    template: dict[str, Any]
    parameters: dict[str, str] = field(default_factory=dict)
    partition: str = "aws"
    region: str = "eu-west-1"

    @property
    def resources(self) -> dict[str, Resource]:
        """Every resource that these parameters create, with its functions resolved."""
        return {
            name: self.resolve(resource)
            for name, resource in self.template["Resources"].items()
            if "Condition" not in resource or self._holds(resource["Condition"])
        }

    @property
    def outputs(self) -> dict[str, Any]:
        """Every output that these parameters create, with its functions resolved."""
        return {
            name: self.resolve(output)
            for name, output in self.template["Outputs"].items()
            if "Condition" not in output or self._holds(output["Condition"])
        }

    def of_type(self, *types: str) -> dict[str, Resource]:
        """Return the properties of every resource of these types, by logical id."""
        return {
            name: resource.get("Properties", {})
            for name, resource in self.resources.items()
            if resource["Type"] in types
        }

    def resolve(self, value: Any) -> Any:
        """Resolve every intrinsic function below a value; a resource becomes its ARN or URL."""
        if isinstance(value, list):
            return [item for item in map(self.resolve, value) if item is not _NO_VALUE]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            name, argument = next(iter(value.items()))
            if name in ("Ref", "Condition") or name.startswith("Fn::"):
                return self._call(name, argument)
        pairs = ((key, self.resolve(item)) for key, item in value.items())
        return {key: item for key, item in pairs if item is not _NO_VALUE}

    def _call(self, function: str, argument: Any) -> Any:
        if function == "Fn::If":
            condition, then, otherwise = argument
            return self.resolve(then if self._holds(condition) else otherwise)
        if function == "Condition":
            return self._holds(argument)
        if function == "Fn::FindInMap":
            table, row, column = self.resolve(argument)
            return self.template["Mappings"][table][row][column]
        if function == "Fn::Sub":
            text, names = argument if isinstance(argument, list) else (argument, {})
            return self._substitute(text, self.resolve(names))
        arguments = self.resolve(argument)
        if function == "Ref":
            return self._reference(arguments)
        if function not in _FUNCTIONS:
            raise NotImplementedError(f"{function} is not used in the template so far")
        return _FUNCTIONS[function](*arguments)

    def _holds(self, condition: str) -> bool:
        return bool(self.resolve(self.template["Conditions"][condition]))

    def _substitute(self, text: str, names: dict[str, Any]) -> str:
        def value(found: re.Match[str]) -> str:
            name = found[1]
            if name in names:
                return str(names[name])
            logical_id, _, attribute = name.partition(".")
            return str(attribute_of(logical_id, attribute) if attribute else self._reference(name))

        return re.sub(r"\$\{([^!}]+)\}", value, text)

    def _reference(self, name: str) -> Any:
        if name == "AWS::Partition":
            return self.partition
        if name == "AWS::Region":
            return self.region
        if name in _PSEUDO:
            return _PSEUDO[name]
        declared = self.template["Parameters"].get(name)
        if declared is None:
            return attribute_of(name, "Ref")
        text = self.parameters[name] if name in self.parameters else str(declared["Default"])
        return text.split(",") if declared["Type"] == "CommaDelimitedList" else text


def attribute_of(logical_id: str, attribute: str) -> str:
    """Return a placeholder for an attribute of a resource.

    ``Ref`` and ``Arn`` are the same, so that `arn` finds both a topic and a queue.
    """
    return arn(logical_id) if attribute in ("Ref", "Arn") else f"{attribute} of {logical_id}"


def arn(logical_id: str) -> str:
    """Return the placeholder for a resource, as `Stack.resolve` does."""
    return f"<{logical_id}>"


def dead_letter_queues(stack: Stack) -> dict[str, set[str]]:
    """Map the ARN of each dead-letter queue to the logical ids of its sources."""
    found: dict[str, set[str]] = {}
    for name, queue in stack.of_type("AWS::SQS::Queue", "AWS::SNS::Subscription").items():
        if "RedrivePolicy" in queue:
            found.setdefault(queue["RedrivePolicy"]["deadLetterTargetArn"], set()).add(name)
    for name, rule in stack.of_type("AWS::Events::Rule").items():
        for target in rule["Targets"]:
            found.setdefault(target["DeadLetterConfig"]["Arn"], set()).add(name)
    return found


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def statements(stack: Stack, *types: str) -> list[tuple[str, dict[str, Any]]]:
    """List (logical id, statement) for every policy statement of these resource types."""
    return [
        (name, statement)
        for name, properties in stack.of_type(*types).items()
        for statement in properties["PolicyDocument"]["Statement"]
    ]


def role_statements(stack: Stack) -> list[tuple[str, dict[str, Any]]]:
    return statements(stack, "AWS::IAM::Policy", "AWS::IAM::ManagedPolicy")


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "Fn::GetAtt": attribute_of,
    "Fn::Join": lambda delimiter, items: delimiter.join(items),
    "Fn::Split": lambda delimiter, text: text.split(delimiter),
    "Fn::Select": lambda index, items: items[int(index)],
    "Fn::And": lambda *conditions: all(conditions),
    "Fn::Or": lambda *conditions: any(conditions),
    "Fn::GetAZs": lambda: ["zone-a", "zone-b", "zone-c", "zone-d"],
    "Fn::Equals": lambda left, right: str(left) == str(right),
    "Fn::Not": lambda condition: not condition,
}
