"""`batch-notifier replay`: show past failures of a job queue as alerts, or send them again."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

import click

from notifier.text import units
from notifier.text.units import DAY_MS, HOUR_MS, MINUTE_MS
from workbench.cli.arguments import QUEUE, WholeNumber
from workbench.cli.command import Command, Invocation, pass_invocation
from workbench.cli.output import Output
from workbench.errors import InputError

if TYPE_CHECKING:
    from workbench.deployed.past_failures import PastFailures

MAX_JOBS = 99_999
DEFAULT_JOBS = 500  # a few screens of lines, and a few minutes for the function
UNITS_MS = {"m": MINUTE_MS, "h": HOUR_MS, "d": DAY_MS}
LONGEST_MS = 14 * DAY_MS  # as long as the incident table remembers what was reported
RULE = "─" * 78
EXAMPLES = """\
Examples:
  batch-notifier replay --queue nightly --since 24h --dry-run
  batch-notifier replay --queue nightly --since 3d --dry-run --full
  batch-notifier replay --queue nightly --since 2h
Failures that were already reported are not reported again. AWS Batch deletes jobs some days after
they end.
"""


class _Duration(click.ParamType):
    """A duration, converted to milliseconds."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the milliseconds."""
        found = re.fullmatch(r"([0-9]{1,5})([mhd])", str(value).strip())
        length = int(found[1]) * UNITS_MS[found[2]] if found else 0
        if not 0 < length <= LONGEST_MS:
            self.fail(f"not like 45m, 24h or 3d, at most 14d: {str(value)!r}", param, ctx)
        return length


@click.command(cls=Command, epilog=EXAMPLES)
@click.option(
    "--queue", required=True, type=QUEUE, metavar="QUEUE", help="name or ARN of the job queue"
)
@click.option(
    "--since", required=True, type=_Duration(), metavar="TIME", help="how long ago: 45m, 24h, 3d"
)
@click.option("--dry-run", is_flag=True, help="show the alerts, and send nothing")
@click.option("--full", is_flag=True, help="with --dry-run: show whole emails, with logs")
@click.option(
    "--most",
    type=WholeNumber(1, MAX_JOBS),
    default=DEFAULT_JOBS,
    metavar="N",
    help=f"maximum number of jobs; default: {DEFAULT_JOBS}",
)
@pass_invocation
def command(
    invocation: Invocation, queue: str, since: int, dry_run: bool, full: bool, most: int
) -> None:
    """Find the recent failed jobs of a queue, and send them to the notifier again."""
    from workbench.deployed import past_failures

    if full and not dry_run:
        raise InputError("--full requires --dry-run")
    stack, out = invocation.open_stack(), invocation.out
    start = time.time_ns() // 1_000_000 - since
    with out.progress(f"reading the failed jobs of {queue}") as step:
        failures = past_failures.find_failed_jobs(queue, start, most, step)
    if dry_run:
        _show(out, failures, full=full)
    else:
        with out.progress(f"sending {len(failures.events)} failures"):
            past_failures.send(stack, failures)
    is_sent = bool(failures.events) and not dry_run
    result = "all were sent to FailureQueue" if is_sent else "nothing was sent"
    out.line(past_failures.summarize(failures, result))
    out.add(
        queue=queue,
        since=units.iso(start),
        failures=len(failures.events),
        has_more=failures.has_more,
        sent=len(failures.events) if is_sent else 0,
    )
    if dry_run and failures.events and not full:
        out.line("Logs were not read; they may reveal more. To read them, add --full.")


def _show(out: Output, failures: PastFailures, *, full: bool) -> None:
    from workbench.deployed import past_failures

    out.append("alerts")
    for subject, sentence, email in past_failures.compose_alerts(failures, full=full):
        out.line(RULE if full else "")
        out.line(f"Subject: {subject}", bold=True)
        out.line(f"\n{email}" if full else f"  {sentence}")
        shown = {"subject": subject, "sentence": sentence}
        out.append("alerts", shown | ({"email": email} if full else {}))
