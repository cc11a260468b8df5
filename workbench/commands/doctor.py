"""`batch-notifier doctor`: find what is wrong with a deployed notifier, and how to fix it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from workbench.cli.command import Command, Invocation, pass_invocation
from workbench.cli.output import Output
from workbench.errors import ExitCode

if TYPE_CHECKING:
    from workbench.doctor.finding import Finding

NOTES = """\
The doctor changes nothing. Each line is ok, WRONG (followed by the command to run first), UNKNOWN
(with the reason, such as a permission that you lack), or a note that does not count as a problem.
Exit codes: 0 no problem found, 1 something is WRONG or UNKNOWN, 3 the stack cannot be read.
"""
COLOURS = {"ok": "green", "WRONG": "red", "UNKNOWN": "yellow"}


@click.command(cls=Command, epilog=NOTES)
@click.option(
    "--acceptance",
    is_flag=True,
    help="also check what only a real account can show, and list what is left for a person",
)
@pass_invocation
def command(invocation: Invocation, acceptance: bool) -> ExitCode:
    """Check a deployed notifier: rules, queues, functions, subscribers, alarms."""
    return examine(invocation, acceptance=acceptance)


def examine(invocation: Invocation, *, acceptance: bool = False) -> ExitCode:
    """Run the checks, and show each finding as it is made."""
    from workbench.doctor import examination

    out, wrong, unknown, checks = invocation.out, 0, 0, 0
    out.append("findings")
    with out.progress("reading the stack") as step:
        for finding in examination.examine(
            invocation.stack_name, invocation.region, acceptance=acceptance
        ):
            step(f"after {finding.subject}")
            checks += not finding.note
            wrong += bool(finding.wrong)
            unknown += bool(finding.unknown)
            _show(out, finding)
    out.add(checks=checks, wrong=wrong, unknown=unknown)
    if wrong or unknown:
        out.line(f"{checks} checks: {wrong} wrong, {unknown} unknown.")
        return ExitCode.FOUND
    out.line(f"All is well: {checks} checks.")
    return ExitCode.OK


def _show(out: Output, finding: Finding) -> None:
    for line in finding.lines():
        out.line(line, fg=COLOURS.get(line.partition(" ")[0]))
    state = next((n for n in ("wrong", "unknown", "note") if getattr(finding, n)), "ok")
    problem = finding.wrong or finding.unknown or finding.note
    shown = {"subject": finding.subject, "state": state, "problem": problem, "fix": finding.fix}
    out.append("findings", shown)
