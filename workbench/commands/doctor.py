"""`batch-notifier doctor`: find what is wrong with a deployed notifier, and how to fix it."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from workbench.commands.arguments import Subcommands

NOTES = """\
The doctor changes nothing. Each line is ok, WRONG (followed by the command to run first), UNKNOWN
(with the reason, such as a permission that you lack), or a note that does not count as a problem.
Exit codes: 0 no problem found, 1 something is WRONG or UNKNOWN, 2 the stack cannot be read.
"""


class ProblemsFoundError(Exception):
    """The report contains a problem; the exit code is 1."""


def add_to(commands: Subcommands, stack: argparse.ArgumentParser) -> None:
    """Add the command, with the options that select the stack."""
    parser = commands.add_parser(
        "doctor",
        parents=[stack],
        help="find what is wrong with a deployed notifier, and how to fix it",
        description="Check a deployed notifier: rules, queues, functions, subscribers, alarms.",
        epilog=NOTES,
    )
    parser.add_argument(
        "--acceptance",
        action="store_true",
        help="also check what only a real account can show, and list what is left for a person",
    )
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> Iterator[str]:
    from workbench.doctor import examination

    wrong = unknown = checks = 0
    findings = examination.examine(
        options.stack_name, options.region, acceptance=options.acceptance
    )
    for finding in findings:
        checks += not finding.note
        wrong += bool(finding.wrong)
        unknown += bool(finding.unknown)
        yield from finding.lines()
    if wrong or unknown:
        yield f"{checks} checks: {wrong} wrong, {unknown} unknown."
        raise ProblemsFoundError
    yield f"All is well: {checks} checks."
