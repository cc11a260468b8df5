"""`batch-notifier redrive`: show dead letters, and return them to their queue."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from workbench.commands.arguments import Subcommands

EXAMPLES = """\
examples:
  batch-notifier redrive              # shows the dead letters, and changes nothing
  batch-notifier redrive --yes        # returns all of them
  batch-notifier redrive --only failures --yes
Fix the cause first: `batch-notifier doctor` names it.
"""


def add_to(commands: Subcommands, stack: argparse.ArgumentParser) -> None:
    """Add the command, with the options that select the stack."""
    parser = commands.add_parser(
        "redrive",
        parents=[stack],
        help="show failures that could not be reported, and return them to the queue",
        description="Show the dead letters. With --yes, return them to their queue to be retried.",
        epilog=EXAMPLES,
    )
    parser.add_argument("--only", choices=("failures", "follow-ups"), help="default: both")
    parser.add_argument("--yes", action="store_true", help="return the messages")
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> Iterator[str]:
    from workbench.deployed import dead_letters, deployment

    stack = deployment.open_deployment(options.stack_name, options.region)
    for name, queues in dead_letters.QUEUES.items():
        if options.only in (None, name):
            yield from dead_letters.redrive(stack, queues, move=options.yes)
    if not options.yes:
        yield f"Nothing was changed. To return them: {stack.notifier_command('redrive --yes')}"
