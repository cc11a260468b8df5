"""`batch-notifier cost`: what a month of failures costs, beside the alternatives."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import Any

from workbench.commands.arguments import whole_number
from workbench.commands.preview import InputError
from workbench.docs import monthly_cost, prices

MOST = 100_000_000  # failures; whoever has more needs another tool


def add_to(commands: argparse._SubParsersAction[Any]) -> None:
    """Add the command to the program."""
    command = commands.add_parser(
        "cost",
        help="tell what a month of failures costs, beside the alternatives",
        description="Tell what a month of failures costs in us-east-1, from measured calls.",
    )
    command.add_argument(
        "--failures-per-month",
        type=whole_number(1, MOST),
        required=True,
        metavar="N",
        help="jobs that fail",
    )
    command.add_argument(
        "--storm-size",
        type=whole_number(1, MOST),
        default=1,
        metavar="M",
        help="how many fail together, of one definition and cause (default: 1)",
    )
    command.set_defaults(run=_cost)


def _cost(chosen: argparse.Namespace) -> Iterator[str]:
    failures, storm = chosen.failures_per_month, chosen.storm_size
    if storm > failures:
        raise InputError(f"a storm of {storm:,} is more than {failures:,} failures a month")
    yield f"{failures:,} failures a month, {storm:,} at a time, one mail address:"
    for bill in monthly_cost.bills(failures, storm):
        parts = ", ".join(f"{name} {dollars:,.2f}" for name, dollars in bill.lines.items())
        sent = f"{bill.total:>10,.2f} USD{bill.messages:>13,.0f} messages"
        yield f"  {bill.name:<18}{sent}  ({parts})"
    yield f"Prices of us-east-1, {prices.AS_OF}, without free tiers; calls as `make bench` found."
