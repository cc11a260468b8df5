"""`batch-notifier cost`: show the monthly cost, beside the alternatives."""

from __future__ import annotations

import click

from workbench.cli.arguments import WholeNumber
from workbench.cli.command import Command, Invocation, pass_invocation
from workbench.docs import monthly_cost, prices
from workbench.errors import InputError

MAX_FAILURES = 100_000_000
COUNT = WholeNumber(1, MAX_FAILURES)


@click.command(cls=Command)
@click.option("--failures-per-month", type=COUNT, required=True, metavar="N", help="jobs that fail")
@click.option(
    "--storm-size",
    type=COUNT,
    default=1,
    metavar="M",
    help="jobs of one definition that fail together, for one cause (default: 1)",
)
@pass_invocation
def command(invocation: Invocation, failures_per_month: int, storm_size: int) -> None:
    """Show what a month of failures costs in us-east-1, from measured API calls."""
    failures, storm, out = failures_per_month, storm_size, invocation.out
    if storm > failures:
        raise InputError(f"a storm of {storm:,} is more than {failures:,} failures a month")
    out.line(f"{failures:,} failures a month, {storm:,} at a time, one email address:")
    for bill in monthly_cost.bills(failures, storm):
        parts = ", ".join(f"{name} {dollars:,.2f}" for name, dollars in bill.lines.items())
        total = f"{bill.total:>10,.2f} USD{bill.messages:>13,.0f} messages"
        out.line(f"  {bill.name:<18}{total}  ({parts})")
        lines = {name: round(dollars, 4) for name, dollars in bill.lines.items()}
        shown = {"name": bill.name, "usd": round(bill.total, 4), "messages": round(bill.messages)}
        out.append("bills", shown | {"lines": lines})
    for note in monthly_cost.notes():
        out.line(note)
    out.add(prices_as_of=str(prices.AS_OF))
