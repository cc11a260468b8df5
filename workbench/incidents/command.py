"""`batch-notifier incidents`: list, show, acknowledge and close them, or watch them."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

import click

from notifier.text import units
from workbench.cli.arguments import Matching, WholeNumber
from workbench.cli.command import Group, Invocation, pass_invocation
from workbench.cli.output import is_terminal
from workbench.errors import InputError

if TYPE_CHECKING:
    from notifier.incident.incident import Incident
    from workbench.deployed.incidents import IncidentStore

EXAMPLES = """\
Examples:
  batch-notifier incidents list
  batch-notifier incidents list --all --output json
  batch-notifier incidents show 1b8d2e747d6a1517
  batch-notifier incidents ack 1b8d2e --until 4h
  batch-notifier incidents close 1b8d2e
  batch-notifier incidents watch
"""
HEAD = ("ID", "STATE", "SEVERITY", "JOB", "QUEUE", "CAUSE", "JOBS", "OPENED", "LAST MESSAGE")
INCIDENT = Matching("id", "[0-9A-Za-z#:_-]{1,128}", "the id of an incident")
JOBS_SHOWN = 20


@click.group(cls=Group, epilog=EXAMPLES)
def command() -> None:
    """Show incidents: failures that belong together, and are reported together."""


@command.command("list", epilog=EXAMPLES)
@click.option("--all", "shows_all", is_flag=True, help="also those that are over")
@pass_invocation
def list_incidents(invocation: Invocation, shows_all: bool) -> None:
    """List the open incidents, the one with the latest news first."""
    with invocation.out.progress("reading the incidents"):
        found = _store(invocation).list_all(only_open=not shows_all)
    invocation.out.append("incidents", *map(_as_json, found))
    if not found:
        invocation.out.line("No incidents." if shows_all else "No open incidents.")
        return
    invocation.out.table(HEAD, rows(found))


@command.command("show", epilog=EXAMPLES)
@click.argument("incident_id", metavar="ID", type=INCIDENT)
@pass_invocation
def show_incident(invocation: Invocation, incident_id: str) -> None:
    """Show one incident: what happened to it, and its jobs. ID may be the beginning of an id."""
    from workbench.deployed import incidents

    store, out = _store(invocation), invocation.out
    incident = store.find(incident_id)
    members = store.members(incident)
    out.line(f"Incident {incident.key}: {incident.stage}, {_severity(incident)}", bold=True)
    first = incident.first
    out.line(f"  job {first.job_name}, queue {first.queue or '-'}, cause {incident.cause}")
    moments = incidents.timeline(incident, members)
    out.table(("WHEN (UTC)", "WHAT"), [(units.moment(m.at)[:19], m.what) for m in moments], 2)
    jobs = [(m.job_id, m.name, m.cause, units.moment(m.at)[:19]) for m in members[:JOBS_SHOWN]]
    if jobs:
        out.table(("JOB", "NAME", "CAUSE", "FAILED (UTC)"), jobs, 2)
    if len(members) > JOBS_SHOWN:
        out.line(f"  and {len(members) - JOBS_SHOWN:,} more")
    out.add(
        incident=_as_json(incident),
        timeline=[{"time": units.iso(m.at), "what": m.what} for m in moments],
        jobs=[
            {"id": m.job_id, "name": m.name, "cause": m.cause, "time": units.iso(m.at)}
            for m in members
        ],
    )


@command.command("close", epilog=EXAMPLES)
@click.argument("incident_id", metavar="ID", type=INCIDENT)
@pass_invocation
def close_incident(invocation: Invocation, incident_id: str) -> None:
    """Close an incident: no more follow-ups. The next failure is reported as a new one."""
    closed = _store(invocation).close(incident_id)
    invocation.out.line(f"Closed {closed.key}: {closed.first.job_name}. The next failure is new.")
    invocation.out.add(incident=_as_json(closed))


@command.command("ack", epilog=EXAMPLES)
@click.argument("incident_id", metavar="ID", type=INCIDENT)
@click.option("--until", default="14d", metavar="TIME", help="45m, 2h, 3d or 18:30; default: 14d")
@click.option("--who", metavar="NAME", help="your name; default: your user name")
@pass_invocation
def acknowledge(invocation: Invocation, incident_id: str, until: str, who: str | None) -> None:
    """Acknowledge an incident: no more digests until it recovers or grows tenfold."""
    from actions import silencing
    from workbench.deployed import silences
    from workbench.deployed.new_silence import check_who, parse_until

    found = _store(invocation)
    incident, now = found.find(incident_id), time.time_ns() // 1_000_000
    end, members = parse_until(until, now), found.members(incident)
    new = silencing.acknowledge(incident, members, check_who(who), now, end)
    silences.add(silences.open_store("", invocation.stack_name, ""), new, now)
    invocation.out.line(f"Acknowledged {incident.key} until {units.moment(end)[:16]} UTC,")
    invocation.out.line(f"or until it recovers or has {new.grows_to:,} failures.")
    invocation.out.line("Failures in this time are counted, and reported afterwards.")
    invocation.out.line(f"To end it early: batch-notifier silence remove {new.id}")
    invocation.out.add(incident=_as_json(incident), silence=new.id, until=units.iso(new.until))


@command.command("watch", epilog=EXAMPLES)
@click.option("--every", type=WholeNumber(1, 3_600), default=5, metavar="S", help="seconds; 5")
@pass_invocation
def watch(invocation: Invocation, every: int) -> None:
    """Show the open incidents on the whole terminal, again and again, until Ctrl-C."""
    if invocation.out.as_json or not is_terminal(sys.stdout):
        raise InputError("watch needs a terminal; use incidents list")
    from rich.live import Live

    store = _store(invocation)
    with Live(screen=True, auto_refresh=False) as screen:
        while True:
            found = store.list_all(only_open=True)
            at = time.strftime("%H:%M:%S")
            title = f"{len(found)} open incidents of {invocation.stack_name}, {at}, Ctrl-C ends"
            screen.update(invocation.out.build_table(HEAD, rows(found), title), refresh=True)
            time.sleep(every)


def rows(found: list[Incident]) -> list[tuple[str, ...]]:
    """Return a row of `HEAD` for each incident."""
    from workbench.deployed.incidents import describe_age

    now = time.time_ns() // 1_000_000
    return [
        (
            each.key, each.stage, _severity(each), each.first.job_name or "-",
            each.first.queue or "-", each.cause, f"{len(each.reported):,}",
            describe_age(each.opened_at, now), describe_age(each.reported_at, now),
        )
        for each in found
    ]  # fmt: skip


def _store(invocation: Invocation) -> IncidentStore:
    from workbench.deployed import deployment
    from workbench.deployed.incidents import IncidentStore

    return IncidentStore(deployment.table_of(invocation.stack_name, invocation.region))


def _as_json(each: Incident) -> dict[str, object]:
    return {
        "id": each.key,
        "state": each.stage,
        "severity": _severity(each),
        "job": each.first.job_name,
        "queue": each.first.queue,
        "cause": each.cause,
        "jobs": len(each.reported),
        "opened": units.iso(each.opened_at),
        "last_message": units.iso(each.reported_at) if each.reported_at else None,
    }


def _severity(each: Incident) -> str:
    """Return the severity of its cause; that of a job may be another, by its label."""
    from notifier.diagnosis.known_cause import diagnosis_for

    return str(diagnosis_for(each.cause).severity)
