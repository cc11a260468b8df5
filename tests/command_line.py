"""The parser of `batch-notifier`, for commands that documents and messages show."""

from __future__ import annotations

from collections.abc import Sequence

import click

from workbench.cli.program import program


def problem(words: Sequence[str]) -> str:
    """Say what the program would refuse of these words, without `batch-notifier`; run nothing."""
    command: click.Command = program
    context, rest = None, list(words)
    try:
        while True:
            context = command.make_context(command.name or "", rest, parent=context)
            rest = [*context.protected_args, *context.args]
            if not isinstance(command, click.Group) or not rest:
                return "" if not isinstance(command, click.Group) else "no command"
            _, found, rest = command.resolve_command(context, rest)
            assert found is not None
            command = found
    except click.UsageError as error:
        return error.format_message()
    except click.exceptions.Exit:  # it has shown its help
        return ""
