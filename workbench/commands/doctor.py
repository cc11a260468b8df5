"""`batch-notifier doctor`: what is wrong with a deployed notifier, and how to mend it."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import Any

NOTES = """\
Nothing is changed. Each line is ok, WRONG (with the command to run first), or UNKNOWN (with the
reason, such as a permission that you lack). Exit code: 0 all is well, 1 something is not, 2 there
is no such stack.
"""


class UnwellError(Exception):
    """Something is wrong, or could not be found out, and was printed; the exit code says so."""


def add_to(commands: argparse._SubParsersAction[Any], where: argparse.ArgumentParser) -> None:
    """Add the command, with the options of `where` the stack is."""
    parser = commands.add_parser(
        "doctor",
        parents=[where],
        help="say what is wrong with a deployed notifier, and how to mend it",
        description="Look a deployed notifier over: rules, queues, functions, subscribers, alarms.",
        epilog=NOTES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=_run)


def _run(chosen: argparse.Namespace) -> Iterator[str]:
    from workbench.doctor import (
        examination,  # it imports boto3, which the other commands need not wait for
    )

    wrong = unknown = looked_at = 0
    for finding in examination.examine(chosen.stack_name, chosen.region):
        looked_at += 1
        wrong += bool(finding.wrong)
        unknown += bool(finding.unknown)
        yield from finding.lines()
    if not wrong and not unknown:
        yield f"All is well: {looked_at} checks."
        return
    yield f"{looked_at} checks: {wrong} wrong, {unknown} could not be made."
    raise UnwellError
