"""Check files with cfn-lint and the rules of `environments/rules`, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from cfnlint.config import ConfigMixIn
from cfnlint.decode import decode_str
from cfnlint.rules import Match, Rules
from cfnlint.rules.errors import ParseError, RuleError, TransformError
from cfnlint.runner.template import run_template_by_data, run_template_by_file_path

from environments import rules as environment_rules
from workbench.errors import InputError
from workbench.lint import terraform

RULES = Path(next(iter(environment_rules.__path__)))
# What a file has in it if there is something to check.
_SIGNS = ("AWS::Batch::", "aws_batch_")


@dataclass(frozen=True, slots=True)
class Problem:
    """What a rule found. Lines and columns count from 1."""

    file: str
    line: int
    column: int
    rule: str
    severity: str
    message: str


@cache
def rules() -> Rules:
    """Load the rules, with cfn-lint's own for what it cannot read."""
    found = Rules.create_from_directory(str(RULES))
    found.extend([ParseError(), TransformError(), RuleError()])
    return found


def check(paths: list[Path], *, information: bool = False) -> list[Problem]:
    """Check files; those without AWS Batch are left out. InputError: a file cannot be read."""
    found = {each: None for path in paths for each in _check(path, information=information)}
    return sorted(found, key=lambda each: (each.file, each.line, each.column, each.rule))


def _check(path: Path, *, information: bool) -> Iterator[Problem]:
    try:
        content = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot read {path}: {error}") from error
    if not any(sign in content for sign in _SIGNS):
        return
    config = ConfigMixIn([], include_checks=["I"] if information else [])
    plan = _plan(content)
    if plan is None:
        for match in run_template_by_file_path(str(path), config, rules(), False):  # noqa: FBT003
            yield _problem(match, str(path))
        return
    yield from _check_plan(plan, content, path, config)


def _plan(content: str) -> dict[str, Any] | None:
    """Return the Terraform plan in a file, if it is one."""
    try:
        document = json.loads(content)
    except ValueError:
        return None
    return document if terraform.is_plan(document) else None


def _check_plan(
    plan: dict[str, Any], content: str, path: Path, config: ConfigMixIn
) -> Iterator[Problem]:
    """Check a plan as the template of the same resources."""
    template, addresses = terraform.as_template(plan)
    document, _ = decode_str(json.dumps(template))
    for match in run_template_by_data(document, config, rules()):
        name = match.path[1] if len(match.path or ()) > 1 else ""
        address = addresses.get(name, name)
        before = content.partition(json.dumps(address))[0]
        column = len(before) - before.rfind("\n")
        yield Problem(
            str(path),
            before.count("\n") + 1,
            column,
            match.rule.id,
            match.rule.severity,
            f"{address}: {match.message}",
        )


def _problem(match: Match, file: str) -> Problem:
    return Problem(
        file,
        match.linenumber,
        match.columnnumber,
        match.rule.id,
        match.rule.severity,
        match.message,
    )
