"""`batch-notifier redrive`: show the dead letters, and return them once the cause is mended."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import Any

EXAMPLES = """\
examples:
  batch-notifier redrive              # shows what is there, and changes nothing
  batch-notifier redrive --yes        # returns all of it
  batch-notifier redrive --only failures --yes
Mend what kept them from being told first: `batch-notifier doctor` names it.
"""


def add_to(commands: argparse._SubParsersAction[Any], where: argparse.ArgumentParser) -> None:
    """Add the command, with the options of `where` the stack is."""
    redrive = commands.add_parser(
        "redrive",
        parents=[where],
        help="show failures that could not be told, and return them to the queue",
        description="Show the dead letters. With --yes, return them: each is tried again.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    redrive.add_argument("--only", choices=("failures", "follow-ups"), help="default: both")
    redrive.add_argument("--yes", action="store_true", help="return them, having seen them")
    redrive.set_defaults(run=_run)


def _run(chosen: argparse.Namespace) -> Iterator[str]:
    # They import boto3, which the other commands need not wait for.
    from workbench.deployed import dead_letters, deployment

    stack = deployment.deployment(chosen.stack_name, chosen.region)
    for what, pair in dead_letters.PAIRS.items():
        if chosen.only in (None, what):
            yield from dead_letters.redrive(stack, pair, move=chosen.yes)
    if not chosen.yes:
        yield f"Nothing was changed. To return them: {stack.ours('redrive --yes')}"
