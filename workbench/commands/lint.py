"""`batch-notifier lint`: find in templates and Terraform plans what AWS Batch refuses."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from workbench.cli.arguments import FILE
from workbench.cli.command import Command, Invocation, pass_invocation
from workbench.errors import ExitCode, InputError

EXAMPLES = """\
Examples:
  batch-notifier lint template.yaml cdk.out/*.template.json
  terraform show -json plan.out > plan.json && batch-notifier lint plan.json
  batch-notifier lint --sarif templates/*.yaml > lint.sarif

docs/lint.md lists the rules. Exit code 1: there is an error (with --strict also: a warning).
"""


@click.command(cls=Command, epilog=EXAMPLES)
@click.argument("files", nargs=-1, required=True, type=FILE, metavar="FILE...")
@click.option("--sarif", is_flag=True, help="print SARIF 2.1.0, for code hosts and editors")
@click.option("--info", is_flag=True, help="also say what is only worth knowing")
@click.option("--strict", is_flag=True, help="exit with 1 for warnings, too")
@pass_invocation
def command(
    invocation: Invocation, files: tuple[Path, ...], sarif: bool, info: bool, strict: bool
) -> ExitCode:
    """Find what AWS Batch refuses in CloudFormation, SAM, CDK and Terraform.

    Files without resources of AWS Batch are left out.
    """
    try:
        from workbench.lint import linter
        from workbench.lint.sarif import document
    except ModuleNotFoundError as error:
        raise InputError(
            f"lint needs the package {error.name}: install batch-notifier[lint]"
        ) from error

    with invocation.out.progress("reading the templates"):
        problems = linter.check(list(files), information=info)
    if sarif:
        invocation.out.raw(document(problems))
    else:
        for each in problems:
            place = f"{each.file}:{each.line}:{each.column}"
            invocation.out.line(f"{place}: {each.rule} {each.message}")
        invocation.out.append("problems", *map(asdict, problems))
    fatal = {"error", "warning"} if strict else {"error"}
    found = any(each.severity in fatal for each in problems)
    return ExitCode.FOUND if found else ExitCode.OK
