"""Evaluate the intrinsic functions of CloudFormation for one choice of parameters.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference.html
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from typing import Any

from environments.evaluation.values import (
    ABSENT,
    HOLE,
    UNKNOWN,
    Items,
    Node,
    Place,
    Reference,
    known,
    text,
)

# In Fn::Sub: ${Name}, ${Name.Attribute}, or ${!Literal}.
_VARIABLE = re.compile(r"\$\{(!?)\s*([^}]{0,300}?)\s*\}")
# What other tools or the deployment fill in: dynamic references, Serverless Framework, Jinja.
_FILLED_IN_LATER = re.compile(r"\{\{.{0,300}?\}\}|\$\{.{0,300}?\}")


class Evaluator:
    """Evaluate values with the given parameters, conditions, mappings and resources."""

    def __init__(
        self,
        parameters: Mapping[str, Any],
        holds: Callable[[str], bool | None],
        mappings: Any,
        resources: Mapping[str, Any],
    ) -> None:
        self._parameters = parameters
        self._holds = holds
        self._mappings = mappings
        self._resources = resources
        self._functions: dict[str, Callable[[Any, Place], Any]] = {
            "Ref": self._ref,
            "Fn::GetAtt": self._get_att,
            "Fn::If": self._if,
            "Fn::Sub": self._sub,
            "Fn::Join": self._join,
            "Fn::Select": self._select,
            "Fn::Split": self._split,
            "Fn::FindInMap": self._find_in_map,
            "Fn::Base64": self._base64,
        }

    def value(self, raw: Any, place: Place) -> Any:
        """Evaluate a value of the template, and all that is in it."""
        if isinstance(raw, dict):
            if len(raw) == 1:
                ((key, argument),) = raw.items()
                if key in self._functions:
                    return self._functions[key](argument, (*place, key))
                if str(key).startswith("Fn::"):
                    return UNKNOWN
            return self._node(raw, place)
        if isinstance(raw, list):
            return self._items(raw, place)
        return _FILLED_IN_LATER.sub(HOLE, raw) if isinstance(raw, str) else raw

    def _node(self, raw: dict[Any, Any], place: Place) -> Node:
        node = Node(place)
        for key, each in raw.items():
            value = self.value(each, (*place, key))
            if value is not ABSENT:
                node[str(key)] = value
                node.places[str(key)] = getattr(value, "place", (*place, key))
        return node

    def _items(self, raw: list[Any], place: Place) -> Items:
        found = Items(place)
        for index, each in enumerate(raw):
            value = self.value(each, (*place, index))
            if value is not ABSENT:
                found.append(value)
                found.places.append(getattr(value, "place", (*place, index)))
        return found

    def _ref(self, name: Any, _: Place) -> Any:
        if name == "AWS::NoValue":
            return ABSENT
        if isinstance(name, str) and name in self._parameters:
            return self._parameters[name]
        return Reference(name) if isinstance(name, str) and name in self._resources else UNKNOWN

    def _get_att(self, argument: Any, _: Place) -> Any:
        parts = argument.split(".", 1) if isinstance(argument, str) else argument
        if isinstance(parts, list) and len(parts) == 2 and all(isinstance(p, str) for p in parts):
            return Reference(*parts) if parts[0] in self._resources else UNKNOWN
        return UNKNOWN

    def _if(self, argument: Any, place: Place) -> Any:
        if not (isinstance(argument, list) and len(argument) == 3 and isinstance(argument[0], str)):
            return UNKNOWN
        holds = self._holds(argument[0])
        if holds is None:
            return UNKNOWN
        branch = 1 if holds else 2
        return self.value(argument[branch], (*place, branch))

    def _sub(self, argument: Any, place: Place) -> Any:
        template, own = argument, {}
        if isinstance(argument, list):
            if len(argument) != 2 or not isinstance(argument[1], dict):
                return UNKNOWN
            template, own = argument
        if not isinstance(template, str):
            return UNKNOWN
        own = {key: self.value(each, place) for key, each in own.items()}
        if (whole := _VARIABLE.fullmatch(template)) and not whole[1]:
            return self._variable(whole[2], own)

        def fill(found: re.Match[str]) -> str:
            return f"${{{found[2]}}}" if found[1] else text(self._variable(found[2], own))

        return _VARIABLE.sub(fill, template)

    def _variable(self, name: str, own: dict[str, Any]) -> Any:
        if name in own:
            return own[name]
        return self._get_att(name, ()) if "." in name else self._ref(name, ())

    def _join(self, argument: Any, place: Place) -> Any:
        if not (isinstance(argument, list) and len(argument) == 2):
            return UNKNOWN
        delimiter, values = argument[0], self.value(argument[1], (*place, 1))
        if not isinstance(delimiter, str) or not isinstance(values, Items):
            return UNKNOWN
        if len(values) == 1:
            return values[0]
        return delimiter.join(text(each) for each in values)

    def _select(self, argument: Any, place: Place) -> Any:
        if not (isinstance(argument, list) and len(argument) == 2):
            return UNKNOWN
        index = text(self.value(argument[0], (*place, 0)))
        values = self.value(argument[1], (*place, 1))
        if isinstance(values, Items) and index.isdecimal() and int(index) < len(values):
            return values[int(index)]
        return UNKNOWN

    def _split(self, argument: Any, place: Place) -> Any:
        if not (isinstance(argument, list) and len(argument) == 2):
            return UNKNOWN
        whole = self.value(argument[1], (*place, 1))
        if not isinstance(argument[0], str) or not argument[0] or not known(whole):
            return UNKNOWN
        return listed(text(whole).split(argument[0]), place)

    def _find_in_map(self, argument: Any, place: Place) -> Any:
        if not (isinstance(argument, list) and len(argument) in (3, 4)):
            return UNKNOWN
        found = self._mappings
        for index, raw in enumerate(argument[:3]):
            key = text(self.value(raw, (*place, index)))
            found = found.get(key, UNKNOWN) if isinstance(found, dict) else UNKNOWN
        return listed(found, place) if isinstance(found, list) else found

    def _base64(self, argument: Any, place: Place) -> Any:
        inner = self.value(argument, place)
        if not isinstance(inner, str):
            return UNKNOWN
        return base64.b64encode(inner.encode(errors="replace")).decode("ascii")


def listed(values: list[Any], place: Place) -> Items:
    """Return a list whose elements all have one place."""
    found = Items(place)
    found.extend(values)
    found.places = [place] * len(values)
    return found
