"""The base class of the rules, which find what AWS Batch rejects only at deployment or later.

Use the rules on any template, without installing this project::

    cfn-lint --append-rules environments/rules -- template.yaml
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any, ClassVar, TypeAlias

from cfnlint.rules import CloudFormationLintRule, RuleMatch

from environments.evaluation.jobs import api_name, compute_type
from environments.evaluation.scenarios import Resource, Scenario, Template
from environments.evaluation.values import Place, get, given, items, known, number, place_of, text

GUIDE = "https://docs.aws.amazon.com/batch/latest/userguide"
API = "https://docs.aws.amazon.com/batch/latest/APIReference"
COMPUTE_ENVIRONMENT = "AWS::Batch::ComputeEnvironment"
JOB_DEFINITION = "AWS::Batch::JobDefinition"
JOB_QUEUE = "AWS::Batch::JobQueue"

Path: TypeAlias = tuple[str, ...]
# What is wrong, where, and what AWS says if that is not the rule's own answer.
Finding: TypeAlias = tuple[str, Place] | tuple[str, Place, str]


class BatchRule(CloudFormationLintRule):
    """A rule for one type of resource.

    Attributes
    ----------
    answer
        What AWS says, word for word. `documented` says that only the documentation says so.
    instead
        What to write instead.
    """

    tags: ClassVar[list[str]] = ["batch"]
    applies_to: ClassVar[str] = ""
    answer: ClassVar[str] = ""
    documented: ClassVar[bool] = False
    instead: ClassVar[str] = ""

    def find(self, resource: Resource) -> Iterable[Finding]:
        """Yield a message and a place for each mistake in a resource."""
        raise NotImplementedError

    def match(self, cfn: Any) -> list[RuleMatch]:
        """Find the mistakes that some choice of the template's parameters makes."""
        template = evaluated(cfn)
        return [
            RuleMatch(list(place), f"{message}. {self.advice(choice, *own)}", **rule)
            for name, raw in template.resources.items()
            if raw["Type"] == self.applies_to
            for (message, place, *own), choice, rule in self._weigh(template.scenarios(name), name)
        ]

    def advice(self, choice: str, own_answer: str = "") -> str:
        """Say when AWS refuses, what it answers, and what to write."""
        when = f" with {choice}" if choice else ""
        who = "AWS documents" if self.documented else "AWS answers"
        return f"{who}{when}: “{own_answer or self.answer}” Instead: {self.instead}"

    def _weigh(
        self, scenarios: list[Scenario], name: str
    ) -> Iterator[tuple[Finding, str, dict[str, Any]]]:
        """Yield each finding; a warning where the defaults of the template avoid it."""
        found: dict[Finding, list[Scenario]] = defaultdict(list)
        for scenario in scenarios:
            resource = scenario.resource(name)
            assert resource is not None  # what Template.scenarios promises
            for finding in set(self.find(resource)):
                found[finding].append(scenario)
        usual = [scenario for scenario in scenarios if scenario.is_default()]
        certain = [finding for finding, where in found.items() if is_certain(where, usual)]
        told = {finding[1] for finding in certain}
        yield from ((finding, "", {}) for finding in certain)
        for finding, where in found.items():
            if finding[1] not in told:  # one combination of values is enough to see the fault
                told.add(finding[1])
                yield finding, described(where[0]), {"rule": self.as_warning()}

    def as_warning(self) -> CloudFormationLintRule:
        """Return the form of this rule that warns."""
        return warning(type(self))() if self.id.startswith("E") else self


class RangeRule(BatchRule):
    """A rule for numbers that have a lowest and, mostly, a highest value.

    Attributes
    ----------
    ranges
        Paths with the lowest and the highest value, or `math.inf`.
    """

    ranges: ClassVar[tuple[tuple[Path, float, float], ...]] = ()

    def find(self, resource: Resource) -> Iterator[Finding]:
        """Check the numbers that are known."""
        yield from self.outside(resource.properties)

    def outside(self, node: Any) -> Iterator[Finding]:
        """Check the numbers below an object of the template."""
        for path, low, high in self.ranges:
            value = number(get(node, *path))
            if value is not None and not low <= value <= high:
                bounds = f"{low:g} or more" if high == math.inf else f"{low:g} to {high:g}"
                yield f"{path[-1]} is {value:g}, and can be {bounds}", place_of(node, *path)


class FormRule(BatchRule):
    """A rule for texts that have a known form: names, ids, and words of a list.

    Attributes
    ----------
    forms
        Paths with the expression that a whole text, or each text of a list, has to match.
    said
        What AWS says, with {} for the setting, if it names that.
    """

    forms: ClassVar[tuple[tuple[Path, str], ...]] = ()
    said: ClassVar[str] = ""

    def find(self, resource: Resource) -> Iterator[Finding]:
        """Check the texts that are known."""
        yield from self.unlike(resource.properties)

    def unlike(self, node: Any, forms: tuple[tuple[Path, str], ...] = ()) -> Iterator[Finding]:
        """Check the texts below an object of the template."""
        for path, form in forms or self.forms:
            value = get(node, *path)
            for each, place in items(value) or [(value, place_of(node, *path))]:
                written = given(each) and known(each)
                if written and not re.fullmatch(form, text(each).strip(), re.IGNORECASE):
                    answer = self.said.format(api_name(path[-1]))
                    yield f"{path[-1]} cannot be {text(each)!r}", place, answer


class RequiredRule(BatchRule):
    """A rule for a setting of compute resources that some types need.

    Attributes
    ----------
    setting
        The name of the setting.
    types
        The types that need it.
    """

    setting: ClassVar[str] = ""
    types: ClassVar[tuple[str, ...]] = ()

    def find(self, resource: Resource) -> Iterator[Finding]:
        """Check that the setting is there."""
        kind = compute_type(resource)
        if kind in self.types and not given(resource.get("ComputeResources", self.setting)):
            place = resource.place("ComputeResources", self.setting)
            yield f"Compute resources of type {kind} have no {self.setting}", place


def is_certain(where: list[Scenario], usual: list[Scenario]) -> bool:
    """Whether a deployment fails: with the defaults, or with a value that has no better default."""
    mistaken = [scenario for scenario in usual if scenario in where]
    if mistaken == usual:
        return bool(usual)
    asked = {
        (name, str(value))
        for scenario in mistaken
        for name, value in scenario.choices.items()
        if "Default" not in scenario.template.parameters.get(name, {"Default": ""})
    }
    return any(
        all(each in mistaken for each in usual if str(each.choices.get(name)) == value)
        for name, value in asked
    )


def described(scenario: Scenario) -> str:
    """Name the parameters of a scenario that differ from their defaults."""
    declared = scenario.template.parameters
    different = [
        f"{name}={value}"
        for name, value in scenario.choices.items()
        if name in declared and str(value) != str(declared[name].get("Default"))
    ]
    return ", ".join(each for each in different if "Special." not in each)


@lru_cache(maxsize=1)  # every rule asks for the same template, one after the other
def evaluated(cfn: Any) -> Template:
    """Return the template that cfn-lint has read, ready to be evaluated."""
    return Template(cfn.template)


def warning(rule: type[BatchRule]) -> type[BatchRule]:
    """Make the form of a rule that warns of what only a parameter's other value causes."""
    members = {"id": f"W{rule.id[1:]}", "match": lambda *_: [], "__module__": rule.__module__}
    return type(f"{rule.__name__}Warning", (rule,), members)


def warnings(module: dict[str, Any]) -> dict[str, type[BatchRule]]:
    """Make the warnings of a module's rules, under which users can configure or ignore them."""
    rules = [
        each
        for each in module.values()
        if isinstance(each, type) and issubclass(each, BatchRule) and each.id.startswith("E")
    ]
    return {f"{rule.__name__}Warning": warning(rule) for rule in rules}
