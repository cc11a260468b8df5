"""Decide the conditions of a template, and find the parameters that they depend on."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from environments.evaluation.intrinsics import Evaluator
from environments.evaluation.values import Items, known, text

# A condition that refers to itself would never end; no template nests conditions so deeply.
_DEEPEST = 30


class Conditions:
    """The conditions of a template for one choice of parameters.

    A comparison with what only the deployment knows is a choice of its own, so that the same
    comparison has the same outcome wherever it is used. None stands for an outcome that no choice
    decides.
    """

    def __init__(self, raw: Mapping[str, Any], choices: Mapping[str, Any]) -> None:
        self._raw = raw
        self._choices = choices
        self._depth = 0
        self.undecided: set[str] = set()

    def holds(self, name: str, evaluator: Evaluator) -> bool | None:
        """Decide a condition by its name."""
        if name not in self._raw or self._depth >= _DEEPEST:
            return self._choose(name)
        self._depth += 1
        try:
            return self.decide(self._raw[name], evaluator)
        finally:
            self._depth -= 1

    def decide(self, raw: Any, evaluator: Evaluator) -> bool | None:
        """Decide a condition function."""
        if not isinstance(raw, dict) or len(raw) != 1:
            return self._choose(raw)
        ((function, argument),) = raw.items()
        if function == "Condition" and isinstance(argument, str):
            return self.holds(argument, evaluator)
        parts = argument if isinstance(argument, list) else [argument]
        if function in ("Fn::Not", "Fn::And", "Fn::Or"):
            return _combine(function, [self.decide(each, evaluator) for each in parts])
        outcome = _compare(function, [evaluator.value(each, ()) for each in parts])
        return self._choose(raw) if outcome is None else outcome

    def _choose(self, raw: Any) -> bool | None:
        key = raw if isinstance(raw, str) else json.dumps(raw, sort_keys=True, default=str)
        if key not in self._choices:
            self.undecided.add(key)
        found: bool | None = self._choices.get(key)
        return found


def _combine(function: str, parts: list[bool | None]) -> bool | None:
    if function == "Fn::Not":
        return None if parts[0] is None else not parts[0]
    decisive = function == "Fn::Or"
    if decisive in parts:
        return decisive
    return None if None in parts else not decisive


def _compare(function: str, parts: list[Any]) -> bool | None:
    if len(parts) != 2 or not known(parts[1]):
        return None
    if function == "Fn::Equals" and known(parts[0]):
        return text(parts[0]) == text(parts[1])
    if function == "Fn::Contains" and isinstance(parts[0], Items) and all(map(known, parts[0])):
        return text(parts[1]) in [text(each) for each in parts[0]]
    return None


def used_parameters(raw: Any, names: Collection[str]) -> Iterator[str]:
    """Yield every name in `names` that a value refers to."""
    for function, argument in functions(raw):
        if function == "Ref" and isinstance(argument, str) and argument in names:
            yield argument
        elif function == "Fn::GetAtt":
            parts = argument if isinstance(argument, list) else str(argument).split(".")
            yield from [part for part in parts[:1] if isinstance(part, str) and part in names]
        elif function == "Fn::Sub":
            template = argument[0] if isinstance(argument, list) and argument else argument
            yield from [name for name in names if f"${{{name}" in str(template)]


def used_conditions(raw: Any) -> Iterator[str]:
    """Yield the name of every condition that a value depends on."""
    for function, argument in functions(raw):
        if function == "Fn::If" and isinstance(argument, list) and argument:
            yield str(argument[0])
        elif function == "Condition":
            yield str(argument)


def reachable_conditions(raw: Any, conditions: Mapping[str, Any]) -> list[str]:
    """Return the conditions that a value depends on, also through other conditions."""
    found: list[str] = []
    waiting = list(used_conditions(raw))
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.append(name)
            waiting += used_conditions(conditions.get(name))
    return found


def functions(raw: Any) -> Iterator[tuple[str, Any]]:
    """Yield each function in a value with its argument, and each key that could be one."""
    if isinstance(raw, dict):
        for key, each in raw.items():
            if isinstance(each, str | list) and (key in ("Ref", "Condition") or ":" in str(key)):
                yield str(key), each
            yield from functions(each)
    elif isinstance(raw, list):
        for each in raw:
            yield from functions(each)
