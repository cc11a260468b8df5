"""The rules find known mistakes before a deployment, and the notifier diagnoses them after it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cfnlint.decode import decode_str
from cfnlint.template import Template

from notifier.alert import advice
from notifier.batch.event import parse_event
from notifier.batch.failure import Failure
from notifier.diagnosis import diagnose
from tests.environments.answers import CAUSES
from tests.environments.local import ROOT
from tests.environments.mistakes import BASES, MISTAKES, template
from tests.environments.valid import VALID, WARNED
from workbench.lint import linter

# Rules that compare resources, and so have templates of their own in `valid.py`.
OF_RESOURCES = {"EB1007", "EB2209", "IB1304", "IB1806", "IB1807", "WB2007", "WB2008"}
ALL = {rule for rules in CAUSES.values() for rule in rules}
RULES = {name: rule for name, rule in linter.rules().data.items() if getattr(rule, "answer", "")}


def found(text: str) -> list[Any]:
    """Run all rules on a template, as cfn-lint does."""
    document, errors = decode_str(text)
    assert not errors
    cfn = Template("template.yaml", document, ["us-east-1"])
    return [match for rule in RULES.values() for match in rule.matchall("template.yaml", cfn)]


def ids(text: str) -> set[str]:
    return {match.rule.id for match in found(text)}


@pytest.mark.parametrize("base", BASES)
def test_resources_without_a_mistake_have_no_findings(base: str) -> None:
    assert found(json.dumps(template(base, {}))) == []


@pytest.mark.parametrize(
    ("rule", "base", "change"),
    MISTAKES,
    ids=[f"{number}-{mistake[0]}" for number, mistake in enumerate(MISTAKES)],
)
def test_the_rule_of_a_mistake_fires_and_its_answer_has_a_cause(
    rule: str, base: str, change: dict[str, Any]
) -> None:
    matches = found(json.dumps(template(base, change)))
    assert {match.rule.id for match in matches} == {rule}
    for match in matches:
        answer = re.search("“(.+)” Instead: .", match.message)
        assert answer is not None, match.message
        assert named(rule, answer[1]), answer[1]


@pytest.mark.parametrize("rule", [name for name in RULES if name in ALL])
def test_the_notifier_names_the_cause_of_what_a_rule_cites(rule: str) -> None:
    assert named(rule, RULES[rule].answer)


def named(rule: str, answer: str) -> bool:
    """Whether `explain`, and the alert of a failed resource, name a cause of the rule."""
    titles = {diagnose.explain(answer, None).title, cause_of(answer)}
    return titles <= {title for title, rules in CAUSES.items() if rule in rules}


def cause_of(answer: str) -> str:
    """Return the title of the cause of a resource that failed with an answer."""
    failure = failed_resource(answer)
    diagnosis = diagnose.diagnose(failure)
    assert advice.next_steps(failure, diagnosis)
    return diagnosis.title


def failed_resource(said: str) -> Failure:
    path = ROOT / "events" / "cloudformation-resource-failed.json"
    sample = json.loads(path.read_text(encoding="utf-8"))
    status = sample["detail"]["status-details"]
    status["status-reason"] = (
        f'Resource handler returned message: "Error executing request, Exception : {said} (Service:'
        ' Batch, Status Code: 400, Request ID: 41da6fb0-0014-4729-8eef-10eeedcd1a4b)"'
        " (RequestToken: 2855f038-b034-4985-a7c6-a1c3fef3ee6d, HandlerErrorCode: InvalidRequest)"
    )
    read = parse_event(sample)
    assert isinstance(read, Failure)
    return read


def test_every_rule_has_a_mistake_a_source_and_words_of_its_own() -> None:
    strict = {name for name in RULES if name[0] != "W" or f"E{name[1:]}" not in RULES}
    assert strict == {rule for rule, _, _ in MISTAKES} | OF_RESOURCES == ALL
    for rule in RULES.values():
        assert rule.source_url.startswith("https://")
        assert rule.instead
        assert len(rule.shortdesc) <= 90
    assert len({rule.shortdesc for rule in RULES.values()}) == len(strict)


@pytest.mark.parametrize("name", VALID)
def test_valid_templates_have_no_findings(name: str) -> None:
    assert [match.message for match in found(VALID[name])] == []


@pytest.mark.parametrize("name", WARNED)
def test_what_only_another_choice_causes_is_a_warning(name: str) -> None:
    wanted, text = WARNED[name]
    assert ids(text) == wanted


def test_a_finding_points_at_the_setting() -> None:
    (match,) = found(json.dumps(template("ec2", {"ComputeResources.BidPercentage": 101})))
    assert match.path[-1] == "BidPercentage"


def test_cfn_lint_loads_the_rules_from_any_folder(tmp_path: Path) -> None:
    rule, base, change = MISTAKES[0]
    (bad := tmp_path / "bad.json").write_text(json.dumps(template(base, change)))
    command = [str(Path(sys.executable).parent / "cfn-lint"), "--append-rules", str(linter.RULES)]
    done = subprocess.run(
        [*command, "--format", "json", "--", str(bad)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert rule in {match["Rule"]["Id"] for match in json.loads(done.stdout)}
