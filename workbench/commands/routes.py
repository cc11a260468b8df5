"""`batch-notifier routes`: who gets which alert, in Slack, Teams, PagerDuty and elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from workbench.cli.command import Group, Invocation, pass_invocation
from workbench.errors import ExitCode, InputError
from workbench.event_file import alert_from_file, read_text

if TYPE_CHECKING:
    from destinations.routing.routes_file import RoutesFile
    from workbench.deployed.stored_routes import RoutesStore

FUNCTION = "OnAlertFunctionName"  # an output that exists with Destinations=on
EXAMPLES = """\
Examples:
  batch-notifier routes check routes.toml
  batch-notifier routes explain events/out-of-memory-fargate.json --routes routes.toml
  batch-notifier routes apply routes.toml --credentials credentials.toml
  batch-notifier routes test team-slack
"""
_FILE = click.Path(path_type=Path)


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)  # a ValueError is a wrong use
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


@click.group(cls=Group, epilog=EXAMPLES)
def command() -> None:
    """Choose who gets which alert. The stack needs the parameter Destinations=on."""


@command.command("check", epilog=EXAMPLES)
@click.argument("file", required=False, type=_FILE)
@pass_invocation
def check(invocation: Invocation, file: Path | None) -> int:
    """Check the routes in FILE, or else those of the stack: every problem with its line."""
    from destinations.errors import ConfigurationError
    from destinations.routing import routes_file

    source = read_text(file) if file is not None else _open(invocation).read_routes()
    try:
        routes = routes_file.parse(source)
    except ConfigurationError as error:
        return _report(invocation, str(file or "the stored routes"), error.problems)
    warnings = list(routes.warnings)
    if file is None:
        from workbench.deployed import stored_routes

        names = _open(invocation).read_credential_names()
        warnings += stored_routes.missing_credentials(routes, names)
    for warning in warnings:
        invocation.out.line(warning, fg="yellow")
    known = f"{_count(len(routes.destinations), 'destination')}, "
    known += _count(len(routes.routes), "route")
    invocation.out.line(f"{known}: {'see above' if warnings else 'no problem found'}.")
    invocation.out.add(destinations=list(routes.destinations), warnings=warnings)
    return ExitCode.FOUND if warnings else ExitCode.OK


@command.command("explain", epilog=EXAMPLES)
@click.argument("event", type=_FILE)
@click.option("--routes", "file", type=_FILE, metavar="FILE", help="instead of the stack's")
@click.option(
    "--at", type=_moment, metavar="TIME", help="instead of now, such as 2026-11-28T03:00Z"
)
@pass_invocation
def explain(invocation: Invocation, event: Path, file: Path | None, at: datetime | None) -> None:
    """Show who would get the alert of EVENT now, or at a time, and by which route."""
    from destinations import document
    from destinations.routing.routes import choose

    routes = _read(invocation, file)
    values = document.parse(_document(event)).routing_values()
    choice = choose(routes.routes, routes.default, values, at or datetime.now(UTC))
    out = invocation.out
    out.line(f"Sent to: {', '.join(choice.destinations) or 'nobody'}")
    for reason in choice.reasons:
        out.line(f"  {reason}")
    out.line("because the alert has")
    for name, value in values.items():
        out.line(f"  {name:12}{value or '(none)'}")
    out.add(destinations=choice.destinations, reasons=choice.reasons, values=values)


@command.command("apply", epilog=EXAMPLES)
@click.argument("file", type=_FILE)
@click.option("--credentials", type=_FILE, metavar="FILE", help='lines such as name = "value"')
@pass_invocation
def apply(invocation: Invocation, file: Path, credentials: Path | None) -> None:
    """Check the routes in FILE and store them, encrypted. They count within a minute."""
    from destinations.configuration import parse_credentials
    from destinations.errors import ConfigurationError
    from workbench.deployed import stored_routes

    routes, store = _read(invocation, file), _open(invocation)
    secret = read_text(credentials) if credentials else None
    try:
        names = store.read_credential_names() if secret is None else set(parse_credentials(secret))
    except ConfigurationError as error:
        raise InputError(f"{credentials}: {error}") from error
    if missing := stored_routes.missing_credentials(routes, names):
        raise InputError("; ".join(missing) + ": use --credentials FILE")
    store.write(read_text(file), secret)
    for warning in routes.warnings:
        invocation.out.line(warning, fg="yellow")
    invocation.out.line(f"Stored in {store.routes_name}.")
    invocation.out.line(f"Try one: batch-notifier routes test {next(iter(routes.destinations))}")
    invocation.out.add(stored=store.routes_name, warnings=routes.warnings)


@command.command("test", epilog=EXAMPLES)
@click.argument("name")
@pass_invocation
def send_test(invocation: Invocation, name: str) -> int:
    """Send a drill to the destination NAME, and show what the service answered."""
    from workbench.deployed import stored_routes
    from workbench.local.samples import EVENTS

    routes = stored_routes.check_routes(_open(invocation).read_routes(), "the stored routes")
    if name not in routes.destinations:
        known = ", ".join(routes.destinations)
        raise InputError(f"there is no destination {name}; known: {known}")
    outputs = invocation.open_stack().outputs
    if FUNCTION not in outputs:
        raise InputError("the stack has no destinations: deploy it with Destinations=on")
    drill = _document(EVENTS / "drill.json")
    answer = stored_routes.send_test(outputs[FUNCTION], name, drill)
    for problem in answer["problems"]:
        invocation.out.line(problem, fg="red")
    if not answer["problems"]:
        invocation.out.line(f"{name} has taken a drill.")
    invocation.out.add(**answer)
    return ExitCode.FOUND if answer["problems"] else ExitCode.OK


def _count(number: int, what: str) -> str:
    return f"{number} {what if number == 1 else f'{what}s'}"


def _report(invocation: Invocation, where: str, problems: Sequence[str]) -> int:
    for problem in problems:
        invocation.out.line(f"{where}: {problem}", fg="red")
    invocation.out.line(f"{_count(len(problems), 'problem')}.")
    invocation.out.add(problems=list(problems))
    return ExitCode.FOUND


def _read(invocation: Invocation, file: Path | None) -> RoutesFile:
    from workbench.deployed import stored_routes

    if file is not None:
        return stored_routes.check_routes(read_text(file), str(file))
    return stored_routes.check_routes(_open(invocation).read_routes(), "the stored routes")


def _open(invocation: Invocation) -> RoutesStore:
    from workbench.deployed.stored_routes import RoutesStore

    invocation.use_region()
    return RoutesStore(invocation.stack_name)


def _document(event: Path) -> str:
    """Return the alert document of an event file."""
    from notifier.channels import message

    alert = alert_from_file(event)
    if alert is None:
        raise InputError(f"{event} reports no failure")
    return message.render_channels(alert)["webhook"]
