"""`batch-notifier silence`: suppress alerts for a while."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

import click

from notifier.incident.silence import MATCHERS, Silence
from notifier.text import units
from workbench.cli.command import Group, Invocation, pass_invocation
from workbench.deployed.new_silence import LONGEST, TIMES, build_silence

if TYPE_CHECKING:
    from actions.silencing import SilenceStore

EXAMPLES = """\
Examples:
  batch-notifier silence add --queue 'etl-*' --until 18:30 --reason "storage migration"
  batch-notifier silence add --definition align --cause 'app-*' --until 3d --reason "ticket 4711"
  batch-notifier silence add --queue '*' --until 45m --reason "Region is down" --region eu-west-1
  batch-notifier silence list
  batch-notifier silence remove 3f2a91c0
"""
_MATCHER_HELP = {
    "queue": "name of the job queue",
    "definition": "name of the job definition, without its revision",
    "job": "name of the job; for an incident of several jobs, that of the first",
    "cause": "cause id as `explain` shows it; a cause known only from a log never matches",
}
_F = TypeVar("_F", bound=Callable[..., Any])


@click.group(cls=Group, epilog=EXAMPLES)
def command() -> None:
    """Suppress alerts for a while. Failures are counted, and reported afterwards."""


def _table_option(function: _F) -> _F:
    option = click.option(
        "--table", default="", metavar="NAME", help="incident table, instead of the stack's"
    )
    return option(function)


def _matcher_options(function: _F) -> _F:
    for label in reversed(MATCHERS):
        function = click.option(f"--{label}", metavar="GLOB", help=_MATCHER_HELP[label])(function)
    return function


@command.command("add", epilog=EXAMPLES)
@_matcher_options
@click.option(
    "--until",
    required=True,
    metavar="TIME",
    help=f"{TIMES}, in local time; at most {LONGEST.days} days ahead",
)
@click.option("--reason", required=True, metavar="TEXT", help="one line, shown with the silence")
@click.option("--who", metavar="NAME", help="default: your user name")
@_table_option
@pass_invocation
def add_silence(
    invocation: Invocation,
    /,
    until: str,
    reason: str,
    who: str | None,
    table: str,
    **globs: str | None,
) -> None:
    """Suppress the alerts of incidents that match every glob."""
    from workbench.deployed import silences

    now = _now_ms()
    new = build_silence(globs, until, reason, who, now)
    silences.add(_open_store(invocation, table), new, now)
    out = invocation.out
    out.line(f"Silenced {new.id}: {_describe(new)}")
    out.line(f"until {_moment(new.until)}, by {new.who}: {new.reason}")
    out.line("Failures in this time are counted, and reported afterwards.")
    out.line(f"To end it early: batch-notifier silence remove {new.id}")
    out.add(silence=_as_json(new))


@command.command("list")
@_table_option
@pass_invocation
def list_silences(invocation: Invocation, table: str) -> None:
    """List the active silences, the first to end first."""
    from workbench.deployed import silences

    active = silences.list_active(_open_store(invocation, table), _now_ms())
    invocation.out.append("silences", *map(_as_json, active))
    if not active:
        invocation.out.line("No silences.")
        return
    rows = [(s.id, _moment(s.until), _describe(s), s.who, s.reason) for s in active]
    invocation.out.table(("ID", "UNTIL", "WHAT", "WHO", "REASON"), rows)


@command.command("remove")
@click.argument("silence_id", metavar="ID")
@_table_option
@pass_invocation
def remove_silence(invocation: Invocation, silence_id: str, table: str) -> None:
    """End the silence ID early; `list` shows the ids."""
    from workbench.deployed import silences

    silence = silences.remove(_open_store(invocation, table), silence_id, _now_ms())
    out = invocation.out
    out.line(f"Removed {silence.id}: {_describe(silence)}")
    out.line(f"It was to end {_moment(silence.until)}, by {silence.who}: {silence.reason}")
    out.line("Suppressed failures are reported within LongestFollowUpMinutes (240).")
    out.add(silence=_as_json(silence))


def _open_store(invocation: Invocation, table: str) -> SilenceStore:
    from workbench.deployed import silences

    return silences.open_store(table, invocation.stack_name, invocation.region)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _describe(silence: Silence) -> str:
    globs = {label: getattr(silence, label) for label in MATCHERS}
    named = [f"{label} {glob}" for label, glob in globs.items() if glob != "*"]
    if silence.incident:
        named.append(f"incident {silence.incident}, up to {silence.grows_to - 1:,} failures")
    return ", ".join(named) or "everything"


def _moment(epoch_ms: int) -> str:
    """Format a time to the minute, in UTC and in the local zone."""
    local = datetime.fromtimestamp(epoch_ms / 1000, UTC).astimezone()
    return f"{units.moment(epoch_ms)[:16]} UTC ({local:%Y-%m-%d %H:%M %Z})"


def _as_json(silence: Silence) -> dict[str, str]:
    globs = {label: getattr(silence, label) for label in MATCHERS}
    until = units.iso(silence.until)
    return {"id": silence.id, "until": until, "who": silence.who, "reason": silence.reason} | globs
