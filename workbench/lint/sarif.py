"""Findings as SARIF 2.1.0, which code hosts show beside the lines of a change.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from workbench.lint.linter import Problem, rules

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
INFORMATION = "https://github.com/aws-cloudformation/cfn-lint"
_LEVELS = {"error": "error", "warning": "warning"}


def document(problems: list[Problem]) -> str:
    """Return the log of one run."""
    driver = {
        "name": "batch-notifier lint",
        "informationUri": INFORMATION,
        "rules": [_rule(name) for name in sorted({each.rule for each in problems})],
    }
    run = {"tool": {"driver": driver}, "results": [_result(each) for each in problems]}
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2)


def _rule(name: str) -> dict[str, Any]:
    rule = rules()[name]
    described = {
        "id": name,
        "shortDescription": {"text": rule.shortdesc},
        "fullDescription": {"text": rule.description},
    }
    return described | ({"helpUri": rule.source_url} if rule.source_url else {})


def _result(problem: Problem) -> dict[str, Any]:
    region = {"startLine": problem.line, "startColumn": problem.column}
    location = {"artifactLocation": {"uri": _uri(problem.file)}, "region": region}
    return {
        "ruleId": problem.rule,
        "level": _LEVELS.get(problem.severity, "note"),
        "message": {"text": problem.message},
        "locations": [{"physicalLocation": location}],
    }


def _uri(file: str) -> str:
    """Return a path relative to the working folder, as code hosts expect it, if it is below."""
    path = Path(file).resolve()
    here = Path.cwd()
    return path.relative_to(here).as_posix() if path.is_relative_to(here) else path.as_uri()
