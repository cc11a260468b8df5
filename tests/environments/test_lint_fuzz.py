"""Three hundred broken templates and plans: each gets findings or none, but no exception."""

from __future__ import annotations

import copy
import json
import random
from pathlib import Path
from typing import Any

import pytest
from cfnlint.decode import decode_str
from cfnlint.template import Template

from tests.environments.mistakes import MISTAKES, template
from tests.environments.test_lint_command import plan
from tests.environments.test_rules import RULES
from tests.environments.valid import VALID, WARNED
from workbench.lint import linter, terraform

ROUNDS = 300
JUNK: tuple[Any, ...] = (
    None,
    "",
    "x",
    -1,
    1.5,
    True,
    [],
    {},
    [[]],
    [None],
    {"Ref": "Nothing"},
    {"Ref": ["a"]},
    {"Ref": "AWS::NoValue"},
    {"Fn::If": ["Nothing", 1, 2]},
    {"Fn::If": "x"},
    {"Fn::If": ["IsSpot", {"Fn::If": ["IsSpot", [], {}]}, {"Ref": "AWS::NoValue"}]},
    {"Fn::Sub": ["${a}", []]},
    {"Fn::Sub": "${Ec2.Arn}${!x}${"},
    {"Fn::Join": [1, 2]},
    {"Fn::Select": ["9", ["a"]]},
    {"Fn::Split": ["", "a"]},
    {"Fn::FindInMap": [{}, [], "x"]},
    {"Fn::GetAtt": ["Role", {"Ref": "x"}]},
    {"Fn::Base64": {"Ref": "x"}},
    {"Fn::Unknown": 1, "Other": 2},
)
DOCUMENTS = [template(base, change) for _, base, change in MISTAKES] + [
    json.loads(json.dumps(decode_str(text)[0], default=str))
    for text in (*VALID.values(), *(text for _, text in WARNED.values()))
]


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every place in a document where a value can be put."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    found = []
    for key, each in pairs:
        found.append((value, key))
        if isinstance(each, dict | list):
            found += places(each)
    return found


def broken(document: Any, seed: int) -> Any:
    """Put junk into some places of a copy of a document, or take values away."""
    choose = random.Random(seed)
    changed = json.loads(json.dumps(document))
    for _ in range(choose.randint(1, 6)):
        holder, key = choose.choice(places(changed) or [(changed, "Resources")])
        holder[key] = copy.deepcopy(choose.choice(JUNK))
        if isinstance(holder, dict) and choose.random() < 0.2:
            del holder[key]
    return changed


@pytest.mark.parametrize("part", range(10))
def test_no_broken_template_stops_a_rule(part: int) -> None:
    for seed in range(part, ROUNDS, 10):
        document = broken(DOCUMENTS[seed % len(DOCUMENTS)], seed)
        cfn = Template("template.yaml", document, ["us-east-1"])
        for rule in RULES.values():
            rule.match(cfn)  # an exception fails the test


def test_no_broken_plan_stops_the_translation() -> None:
    for seed in range(ROUNDS):
        document = broken(plan(), seed)
        found, _ = terraform.as_template(document)
        cfn = Template("plan.json", found, ["us-east-1"])
        for rule in RULES.values():
            rule.match(cfn)


def test_an_exception_in_a_rule_would_be_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("broken rule")

    monkeypatch.setattr(linter.rules().data["EB1102"], "match", fail)
    (file := tmp_path / "a.json").write_text(json.dumps(DOCUMENTS[0]))
    assert "E0002" in {each.rule for each in linter.check([file])}
