"""`docs/lint.md`: a reference of all template rules, made from the rules."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from workbench.lint.linter import rules

PAGE = Path(__file__).parents[2] / "docs" / "lint.md"
SEVERITIES = {"E": "error", "W": "warning", "I": "information, with `--info`"}
HEAD = """\
# Template rules

`make golden` generates this page from [environments/rules](../environments/rules). Change it there.

AWS Batch refuses many templates only when they are deployed, some only when they are updated, and
some when the first job fails. These rules of [cfn-lint](https://github.com/aws-cloudformation/cfn-lint)
say so before:

```sh
batch-notifier lint template.yaml                  # CloudFormation, SAM, CDK
batch-notifier lint plan.json                      # of `terraform show -json plan.out > plan.json`
batch-notifier lint --sarif template.yaml          # for code hosts and editors
```

cfn-lint runs them beside its own rules with `cfn-lint --append-rules environments/rules`.

As a [pre-commit](https://pre-commit.com) hook: the id `batch-notifier-lint` of this repository.

- **Every choice is evaluated as a whole.** A parameter, the conditions over it and the maps that
  it selects from have one value at a time. What every default leads to is an error. What only
  another allowed value leads to is a warning: `WB1002` is the warning of `EB1002`.
- **What cannot be known is not doubted:** imports, dynamic references, parameters without a value,
  and variables of other tools. In a Terraform plan: what is known only after `apply`.
- Ignore a rule as in cfn-lint: in the `Metadata` of a resource, or in `.cfnlintrc.yaml`.

*Answer* is what AWS says, word for word. Where it says *documented*, only the documentation states
the rule, and AWS's words may differ. `batch-notifier explain` knows all of them.
"""


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(), encoding="utf-8")


def page() -> str:
    """Return the whole page."""
    found = {name: rule for name, rule in rules().data.items() if getattr(rule, "answer", "")}
    own = [name for name in found if name[0] != "W" or f"E{name[1:]}" not in found]
    sections = [line for name in sorted(own, key=lambda each: each[2:]) for line in _section(name)]
    return "\n".join([HEAD, f"{len(own)} rules:", "", *sections])


def _section(name: str) -> Iterator[str]:
    rule = rules()[name]
    yield f"### {name}: {rule.shortdesc}"
    yield ""
    yield f"`{rule.applies_to}`, {SEVERITIES[name[0]]}. {rule.description}."
    yield ""
    kind = "documented" if rule.documented else "answer"
    yield f"- [{kind}]({rule.source_url}): {rule.answer}"
    yield f"- instead: {rule.instead}"
    yield ""


if __name__ == "__main__":
    main()
