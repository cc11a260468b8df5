"""Evaluate the resources of a template under each choice of its parameters that matters.

cfn-lint resolves one value at a time, so it compares the vCPUs of one choice with the memory of
another. Here a choice is made once, and everything is evaluated with it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from typing import Any

from environments.evaluation.choices import candidates, combinations
from environments.evaluation.conditions import Conditions, reachable_conditions, used_parameters
from environments.evaluation.intrinsics import Evaluator, listed
from environments.evaluation.values import HOLE, UNKNOWN, Node, Place, Reference, get, place_of

MOST_SCENARIOS = 400  # of one resource: a second of work at most
# The resources that a rule may look at besides its own.
RELATED = (
    *("AWS::Batch::", "AWS::IAM::", "AWS::EFS"),
    *("AWS::EC2::LaunchTemplate", "AWS::EC2::SecurityGroup", "AWS::EC2::Subnet"),
)
PSEUDO_PARAMETERS = ("AWS::Region", "AWS::Partition", "AWS::AccountId", "AWS::StackName")


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource as it is created under one choice of parameters."""

    name: str
    type: str
    properties: Any
    scenario: Scenario

    def get(self, *path: str) -> Any:
        """Return the value at a path of the properties."""
        return get(self.properties, *path)

    def place(self, *path: str) -> Place:
        """Return the place of the deepest value on a path of the properties."""
        return place_of(self.properties, *path) or ("Resources", self.name)


class Scenario:
    """One choice of parameters and of conditions that only the deployment decides."""

    def __init__(self, template: Template, choices: Mapping[str, Any]) -> None:
        self.template = template
        self.choices = choices
        self.conditions = Conditions(template.conditions, choices)
        values = template.values(choices)
        self._comparing = Evaluator(values, self.holds, template.mappings, template.resources)
        # A default of nothing is a question to the user, not an answer.
        filled = {name: UNKNOWN if value in ("", [""]) else value for name, value in values.items()}
        self._evaluator = Evaluator(filled, self.holds, template.mappings, template.resources)
        self._made: dict[str, Resource | None] = {}

    def resource(self, name: str) -> Resource | None:
        """Evaluate a resource; None if it is not created."""
        if name not in self._made:
            self._made[name] = self._make(name)
        return self._made[name]

    def referenced(self, value: Any, type_: str = "") -> Resource | None:
        """Evaluate the resource that a reference names, if it is of the type."""
        found = self.resource(value.name) if isinstance(value, Reference) else None
        return found if found and found.type.startswith(type_) else None

    def of_type(self, type_: str) -> list[Resource]:
        """Evaluate all resources of a type."""
        names = [name for name, raw in self.template.resources.items() if raw["Type"] == type_]
        return [found for name in names if (found := self.resource(name))]

    def is_default(self) -> bool:
        """Whether every parameter that has a default has it."""
        return all(
            str(value) == str(self.template.parameters[name]["Default"])
            for name, value in self.choices.items()
            if self.template.parameters.get(name, {}).get("Default") is not None
        )

    def is_allowed(self) -> bool:
        """Whether the `Rules` of the template allow this choice."""
        for rule in self.template.rules:
            applies = "RuleCondition" not in rule or self._decide(rule["RuleCondition"])
            asserted = rule.get("Assertions")
            for each in asserted if applies and isinstance(asserted, list) else []:
                if isinstance(each, dict) and self._decide(each.get("Assert")) is False:
                    return False
        return True

    def holds(self, condition: str) -> bool | None:
        """Decide a condition by its name."""
        return self.conditions.holds(condition, self._comparing)

    def _decide(self, raw: Any) -> bool | None:
        return self.conditions.decide(raw, self._comparing)

    def _make(self, name: str) -> Resource | None:
        raw = self.template.resources.get(name)
        if raw is None:
            return None
        condition = raw.get("Condition")
        if isinstance(condition, str) and self.holds(condition) is False:
            return None
        place = ("Resources", name, "Properties")
        properties = self._evaluator.value(raw.get("Properties"), place)
        return Resource(name, raw["Type"], Node(place) if properties is None else properties, self)


@dataclass
class Template:
    """The sections of a template; what has the wrong shape is left out."""

    document: Any
    _scenarios: dict[str, list[Scenario]] = field(default_factory=dict)

    def _section(self, name: str) -> dict[str, Any]:
        found = self.document.get(name) if isinstance(self.document, dict) else None
        return {str(key): each for key, each in found.items()} if isinstance(found, dict) else {}

    @cached_property
    def resources(self) -> dict[str, dict[str, Any]]:
        """The resources that have a type."""
        return {
            name: each
            for name, each in self._section("Resources").items()
            if isinstance(each, dict) and isinstance(each.get("Type"), str)
        }

    @cached_property
    def parameters(self) -> dict[str, dict[str, Any]]:
        """The parameters."""
        found = self._section("Parameters")
        return {name: each for name, each in found.items() if isinstance(each, dict)}

    @cached_property
    def conditions(self) -> dict[str, Any]:
        """The conditions."""
        return self._section("Conditions")

    @cached_property
    def mappings(self) -> dict[str, Any]:
        """The mappings."""
        return self._section("Mappings")

    @cached_property
    def rules(self) -> list[dict[str, Any]]:
        """The rules, which restrict the values of parameters."""
        return [each for each in self._section("Rules").values() if isinstance(each, dict)]

    def values(self, choices: Mapping[str, Any]) -> dict[str, Any]:
        """Return the value of every parameter under these choices."""
        found: dict[str, Any] = dict.fromkeys((*self.parameters, *PSEUDO_PARAMETERS), UNKNOWN)
        found["AWS::Partition"] = found["AWS::AccountId"] = HOLE
        for name, value in choices.items():
            declared = self.parameters.get(name, {})
            if "List" in str(declared.get("Type", "")) and isinstance(value, str):
                parts: list[Any] = [part.strip() for part in value.split(",")]
                found[name] = listed(parts, ("Parameters", name))
            elif name in found:
                found[name] = value
        return found

    def scenarios(self, name: str) -> list[Scenario]:
        """Return the scenarios in which a resource is created."""
        if name not in self._scenarios:
            made = [
                Scenario(self, choices) for choices in islice(self._choices(name), MOST_SCENARIOS)
            ]
            self._scenarios[name] = [s for s in made if s.is_allowed() and s.resource(name)]
        return self._scenarios[name]

    def _choices(self, name: str) -> Iterator[dict[str, Any]]:
        """Yield the choices on which a resource and what it refers to depend."""
        raw = [self.resources[each] for each in self._related(name)]
        conditions = set(reachable_conditions(raw, self.conditions))
        raw += [self.conditions[each] for each in conditions & self.conditions.keys()]
        names = {*self.parameters, *PSEUDO_PARAMETERS}
        used = sorted({each for each in used_parameters(raw, names) if each in names})
        possible = {
            each: candidates(self.parameters.get(each, {}), each, self.document) for each in used
        }
        for chosen in combinations(possible):
            undecided = self._undecided(chosen, conditions)
            for outcomes in combinations({key: [False, True] for key in undecided}):
                yield chosen | outcomes

    def _undecided(self, chosen: dict[str, Any], conditions: set[str]) -> list[str]:
        scenario = Scenario(self, chosen)
        for each in conditions:
            scenario.holds(each)
        return sorted(scenario.conditions.undecided)

    def _related(self, name: str) -> list[str]:
        found, waiting = [name], [name]
        while waiting:
            raw = self.resources[waiting.pop()]
            for each in used_parameters(raw, self.resources):
                if each not in found and self.resources[each]["Type"].startswith(RELATED):
                    found.append(each)
                    waiting.append(each)
        return found
