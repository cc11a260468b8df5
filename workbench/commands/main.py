"""`batch-notifier`: the alerts of failed AWS Batch jobs, from your own machine."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

from workbench.commands import (
    cost,
    doctor,
    drill,
    explain,
    inbox,
    preview,
    redrive,
    replay,
    silence,
)
from workbench.commands.arguments import stack_options
from workbench.errors import InputError

PROBLEMS_FOUND = 1
USAGE_ERROR = 2
EXAMPLES = """\
examples:
  batch-notifier preview events/out-of-memory-fargate.json
  batch-notifier preview event.json --logs job.log --channel sms
  batch-notifier explain "CannotPullContainerError: pull image manifest has been retried 5 time(s)"
  batch-notifier explain "Essential container in task exited" --exit-code 137
  batch-notifier explain --jsonl reasons.jsonl
  batch-notifier explain --job 7a71c9a0-5d3e-4c0f-9d0e-9c1f6a3b2d10 --region eu-west-1
  batch-notifier silence add --queue 'etl-*' --until 2h --reason "storage migration"
  batch-notifier drill
  batch-notifier doctor
  batch-notifier redrive
  batch-notifier replay --queue nightly --since 24h --dry-run
  batch-notifier inbox
  batch-notifier cost --failures-per-month 20000 --storm-size 1000
"""


class _Parser(argparse.ArgumentParser):
    def __init__(self, **options: Any) -> None:
        super().__init__(formatter_class=argparse.RawDescriptionHelpFormatter, **options)

    def error(self, message: str) -> NoReturn:
        raise InputError(message)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code; bad input is one line on stderr and exit code 2."""
    try:
        options = _parser().parse_args(arguments)
        for line in options.run(options):
            print(line, flush=True)
    except doctor.ProblemsFoundError:
        return PROBLEMS_FOUND
    except InputError as error:
        print(f"batch-notifier: {error}", file=sys.stderr)
        return USAGE_ERROR
    except BrokenPipeError:
        # The reader (`| head`) has closed the pipe. Python would report that again on exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="batch-notifier",
        description="Preview, explain, silence and test the alerts of failed AWS Batch jobs.",
        epilog=EXAMPLES,
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in (preview, explain):
        command.add_to(commands)
    stack = stack_options()
    for command in (silence, drill, doctor, redrive, replay):
        command.add_to(commands, stack)
    for command in (inbox, cost):
        command.add_to(commands)
    return parser
