"""`batch-notifier cost`: show the monthly cost, beside the alternatives."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from workbench.commands.arguments import Subcommands, whole_number
from workbench.docs import monthly_cost
from workbench.errors import InputError

MAX_FAILURES = 100_000_000


def add_to(commands: Subcommands) -> None:
    """Add the command to the program."""
    parser = commands.add_parser(
        "cost",
        help="show what a month of failures costs, beside the alternatives",
        description="Show what a month of failures costs in us-east-1, from measured API calls.",
    )
    count = whole_number(1, MAX_FAILURES)
    parser.add_argument(
        "--failures-per-month", type=count, required=True, metavar="N", help="jobs that fail"
    )
    parser.add_argument(
        "--storm-size",
        type=count,
        default=1,
        metavar="M",
        help="jobs of one definition that fail together, for one cause (default: 1)",
    )
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> Iterator[str]:
    failures, storm = options.failures_per_month, options.storm_size
    if storm > failures:
        raise InputError(f"a storm of {storm:,} is more than {failures:,} failures a month")
    yield f"{failures:,} failures a month, {storm:,} at a time, one email address:"
    for bill in monthly_cost.bills(failures, storm):
        parts = ", ".join(f"{name} {dollars:,.2f}" for name, dollars in bill.lines.items())
        total = f"{bill.total:>10,.2f} USD{bill.messages:>13,.0f} messages"
        yield f"  {bill.name:<18}{total}  ({parts})"
    yield from monthly_cost.notes()
