"""`batch-notifier replay`: show past failures of a job queue as alerts, or send them again."""

from __future__ import annotations

import argparse
import re
import time
from collections.abc import Iterator

from notifier.text.units import DAY_MS, HOUR_MS, MINUTE_MS
from workbench.commands.arguments import Subcommands, whole_number
from workbench.errors import InputError

MAX_JOBS = 99_999
DEFAULT_JOBS = 500  # a few screens of lines, and a few minutes for the function
UNITS_MS = {"m": MINUTE_MS, "h": HOUR_MS, "d": DAY_MS}
LONGEST_MS = 14 * DAY_MS  # as long as the incident table remembers what was reported
EXAMPLES = """\
examples:
  batch-notifier replay --queue nightly --since 24h --dry-run
  batch-notifier replay --queue nightly --since 3d --dry-run --full
  batch-notifier replay --queue nightly --since 2h
Failures that were already reported are not reported again. AWS Batch deletes jobs some days after
they end.
"""


def add_to(commands: Subcommands, stack: argparse.ArgumentParser) -> None:
    """Add the command, with the options that select the stack."""
    parser = commands.add_parser(
        "replay",
        parents=[stack],
        help="show past failures of a job queue as alerts, or send them to the notifier again",
        description="Find the recent failed jobs of a queue, and send them to the notifier again.",
        epilog=EXAMPLES,
    )
    parser.add_argument(
        "--queue", required=True, type=_queue_name, help="name or ARN of the job queue"
    )
    parser.add_argument(
        "--since", required=True, type=_duration, metavar="TIME", help="how long ago: 45m, 24h, 3d"
    )
    parser.add_argument("--dry-run", action="store_true", help="show the alerts, and send nothing")
    parser.add_argument(
        "--full", action="store_true", help="with --dry-run: show whole emails, with logs"
    )
    parser.add_argument(
        "--most",
        type=whole_number(1, MAX_JOBS),
        default=DEFAULT_JOBS,
        metavar="N",
        help=f"maximum number of jobs; default: {DEFAULT_JOBS}",
    )
    parser.set_defaults(run=_run)


def _queue_name(text: str) -> str:
    arn = r"arn:aws[a-z-]*:batch:[a-z0-9-]+:[0-9]{12}:job-queue/"
    if not re.fullmatch(rf"({arn})?[\w-]{{1,128}}", text):
        raise argparse.ArgumentTypeError(f"not the name or ARN of a job queue: {text!r}")
    return text


def _duration(text: str) -> int:
    """Read a duration, in milliseconds."""
    found = re.fullmatch(r"([0-9]{1,5})([mhd])", text.strip())
    length = int(found[1]) * UNITS_MS[found[2]] if found else 0
    if not 0 < length <= LONGEST_MS:
        raise argparse.ArgumentTypeError(f"not like 45m, 24h or 3d, at most 14d: {text!r}")
    return length


def _run(options: argparse.Namespace) -> Iterator[str]:
    from workbench.deployed import deployment, past_failures

    if options.full and not options.dry_run:
        raise InputError("--full requires --dry-run")
    stack = deployment.open_deployment(options.stack_name, options.region)
    since = time.time_ns() // 1_000_000 - options.since
    failures = past_failures.find_failed_jobs(options.queue, since, options.most)
    if options.dry_run:
        yield from past_failures.show(failures, full=options.full)
    else:
        yield from past_failures.send(stack, failures)
