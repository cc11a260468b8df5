"""`batch-notifier redrive`: show dead letters, and return them to their queue."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from workbench.cli.command import Command, Invocation, pass_invocation
from workbench.cli.output import Output

if TYPE_CHECKING:
    from workbench.deployed.dead_letters import DeadLetters

EXAMPLES = """\
Examples:
  batch-notifier redrive              # shows the dead letters, and changes nothing
  batch-notifier redrive --yes        # returns all of them
  batch-notifier redrive --only failures --yes

Fix the cause first: `batch-notifier doctor` names it.
"""


@click.command(cls=Command, epilog=EXAMPLES)
@click.option("--only", type=click.Choice(("failures", "follow-ups")), help="default: both")
@click.option("--yes", is_flag=True, help="return the messages")
@pass_invocation
def command(invocation: Invocation, only: str | None, yes: bool) -> None:
    """Show failures that could not be reported. With --yes, return them to their queue."""
    from workbench.deployed import dead_letters

    stack, out = invocation.open_stack(), invocation.out
    out.append("queues")
    for name, queues in dead_letters.QUEUES.items():
        if only not in (None, name):
            continue
        with out.progress(f"reading {queues.dead_letters}"):
            letters = dead_letters.read(stack, queues)
        _show(out, letters)
        returned = 0
        if yes and letters.rows:
            with out.progress(f"returning {letters.count} messages to {queues.target}"):
                moved = dead_letters.return_all(stack, queues, letters.count)
            returned = letters.count if moved is None else moved
            out.line(_describe_move(moved, queues.target))
        out.append("queues", _as_json(letters) | {"returned": returned})
    if not yes:
        out.line(f"Nothing was changed. To return them: {stack.notifier_command('redrive --yes')}")


def _show(out: Output, letters: DeadLetters) -> None:
    name, count = letters.queues.dead_letters, letters.count
    if not letters.rows:
        hidden = f" {count} messages are in use by someone else." if count else ""
        out.line(f"{name}: empty.{hidden}")
        return
    out.line(f"{name}: {letters.queues.meaning}: {count}")
    out.table(letters.queues.head, letters.rows, indent=2)
    if count > len(letters.rows):
        out.line(f"and {count - len(letters.rows)} more")


def _describe_move(moved: int | None, target: str) -> str:
    if moved is None:
        return f"SQS is still returning messages to {target}, and continues by itself."
    return f"Returned {moved} to {target}."


def _as_json(letters: DeadLetters) -> dict[str, object]:
    names = ("job", "queue", "cause", "time")
    messages = [dict(zip(names, row, strict=True)) for row in letters.rows]
    return {"name": letters.queues.dead_letters, "count": letters.count, "messages": messages}
