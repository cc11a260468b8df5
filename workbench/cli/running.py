"""Run the program: every error is one line, and has the exit code that docs/cli.md lists."""

from __future__ import annotations

import errno
import os
import sys
import traceback
from collections.abc import Sequence
from typing import Any

import click
from click.shell_completion import shell_complete

from workbench.cli.program import program
from workbench.errors import ExitCode, InputError, SetupError

PROGRAM = "batch-notifier"
COMPLETE = "_BATCH_NOTIFIER_COMPLETE"


def run(arguments: Sequence[str]) -> int:
    """Run a command and return its exit code."""
    try:
        _prepare_streams()
        if instruction := os.environ.get(COMPLETE):
            return shell_complete(program, {}, PROGRAM, COMPLETE, instruction)
        code = _invoke(arguments)
        sys.stdout.flush()
    except KeyboardInterrupt:
        raise  # `main` reports it
    except Exception as error:  # noqa: BLE001  # whatever it is, a person gets one line
        if "--debug" in arguments:
            traceback.print_exc()
        return _report(error)
    return code


def _invoke(arguments: Sequence[str]) -> int:
    try:
        with program.make_context(PROGRAM, list(arguments)) as context:
            code = program.invoke(context)
    except click.exceptions.Exit as done:  # --help
        return done.exit_code
    except click.Abort as stopped:  # Ctrl-C at a question
        raise KeyboardInterrupt from stopped
    return ExitCode.OK if code is None else int(code)


def _prepare_streams() -> None:
    """Print what a terminal cannot show as `?`; a stream that is closed is an error."""
    if sys.stdout is None:
        raise InputError("standard output is closed")
    for stream in (sys.stdout, sys.stderr):
        reconfigure: Any = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")


def _report(error: Exception) -> int:
    """Report an error in one line; return the exit code."""
    match error:
        case BrokenPipeError():  # the reader (`| head`) has seen enough
            _drop_output()
            return ExitCode.OK
        case click.UsageError():
            command = error.ctx.command_path if error.ctx else PROGRAM
            say(f"{error.format_message()} (see {command} --help)")
        case click.ClickException():
            say(error.format_message())
        case InputError():
            say(str(error))
            return error.exit_code
        case SetupError():
            say(str(error))
        case OSError():
            if error.errno == errno.ENOSPC:  # Python would try to write the rest on exit
                _drop_output()
            name = f": {error.filename}" if error.filename else ""
            say(f"{error.strerror or error}{name}")
        case _:
            words = f"{type(error).__name__}: {error}"
            say(f"{words} (an error of batch-notifier itself: run it with --debug, and report it)")
    return ExitCode.USAGE


def _drop_output() -> None:
    """Send the rest of the output nowhere, or Python would report the error again on exit."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError):  # it has no file descriptor, as in a test
        return


def say(text: str) -> None:
    """Print one line on standard error, whatever the text holds."""
    if sys.stderr is not None:
        print(f"{PROGRAM}: {' '.join(text.split())}", file=sys.stderr, flush=True)
