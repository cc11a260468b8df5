"""`batch-notifier replay`: what failed in a queue of late, shown as alerts or sent once more."""

from __future__ import annotations

import argparse
import re
import time
from collections.abc import Iterator
from typing import Any

from notifier.text.units import DAY_MS, HOUR_MS, MINUTE_MS
from workbench.commands.arguments import whole_number

MOST_ASKED = 99_999
MOST_JOBS = 500  # a few screens of lines, and a few minutes for the function
UNITS_MS = {"m": MINUTE_MS, "h": HOUR_MS, "d": DAY_MS}
LONGEST_MS = 14 * UNITS_MS["d"]  # as long as the incident table remembers what was told
EXAMPLES = """\
examples:
  batch-notifier replay --queue nightly --since 24h --dry-run
  batch-notifier replay --queue nightly --since 3d --dry-run --full
  batch-notifier replay --queue nightly --since 2h
What was told already is counted, not told again. AWS Batch forgets a job some days after it ends.
"""


def add_to(commands: argparse._SubParsersAction[Any], where: argparse.ArgumentParser) -> None:
    """Add the command, with the options of `where` the stack is."""
    parser = commands.add_parser(
        "replay",
        parents=[where],
        help="show past failures of a job queue as alerts, or send them through once more",
        description="Find the jobs of a queue that failed of late, and send them through.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--queue", required=True, type=_queue, help="name or ARN of the job queue")
    parser.add_argument(
        "--since", required=True, type=_since, metavar="TIME", help="how long ago: 45m, 24h or 3d"
    )
    parser.add_argument("--dry-run", action="store_true", help="show the alerts, and send nothing")
    parser.add_argument(
        "--full", action="store_true", help="with --dry-run: whole mails, with logs"
    )
    parser.add_argument(
        "--most",
        type=whole_number(1, MOST_ASKED),
        default=MOST_JOBS,
        metavar="N",
        help=f"jobs; default: {MOST_JOBS}",
    )
    parser.set_defaults(run=_run)


def _queue(given: str) -> str:
    if not re.fullmatch(
        r"(arn:aws[a-z-]*:batch:[a-z0-9-]+:[0-9]{12}:job-queue/)?[\w-]{1,128}", given
    ):
        raise argparse.ArgumentTypeError(f"not the name or ARN of a job queue: {given!r}")
    return given


def _since(given: str) -> int:
    """Read how long ago, in milliseconds."""
    found = re.fullmatch(r"([0-9]{1,5})([mhd])", given.strip())
    length = int(found[1]) * UNITS_MS[found[2]] if found else 0
    if not 0 < length <= LONGEST_MS:
        raise argparse.ArgumentTypeError(f"not like 45m, 24h or 3d, at most 14d: {given!r}")
    return length


def _run(chosen: argparse.Namespace) -> Iterator[str]:
    # They import boto3, which the other commands need not wait for.
    from workbench.commands.preview import InputError
    from workbench.deployed import deployment, past_failures

    if chosen.full and not chosen.dry_run:
        raise InputError("--full says how --dry-run shows alerts: give both")
    stack = deployment.deployment(chosen.stack_name, chosen.region)
    since = time.time_ns() // 1_000_000 - chosen.since
    found = past_failures.failed_jobs(chosen.queue, since, chosen.most)
    yield from (
        past_failures.shown(stack, found, full=chosen.full)
        if chosen.dry_run
        else past_failures.sent(stack, found)
    )
