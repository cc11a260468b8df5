"""`batch-notifier deploy`, `upgrade` and `uninstall`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from workbench.cli.command import Command, Invocation, pass_invocation
from workbench.cli.output import Output
from workbench.deploy.questions import (
    PRESET_HELP,
    PRESETS,
    QUESTIONS,
    check_names,
    parameters_of,
)
from workbench.docs import monthly_cost
from workbench.errors import ExitCode, InputError
from workbench.files import STACK

EXAMPLES = """\
Examples:
  batch-notifier deploy                     # asks for what it needs
  batch-notifier deploy --email you@example.com --ops-email colleague@example.com --yes
  batch-notifier deploy --parameter LogLines=50 --parameter StuckAfterMinutes=0
  batch-notifier deploy --dry-run           # shows the change set, and changes nothing
  batch-notifier upgrade                    # the installed version, with the parameters as they are
  batch-notifier uninstall
"""


@click.command(cls=Command, epilog=EXAMPLES)
@click.option("--email", metavar="ADDRESS", help="receives every alert")
@click.option("--ops-email", metavar="ADDRESS", help="receives alarms about the notifier itself")
@click.option("--queues", metavar="ARNS", help="job queues to report on; default: all")
@click.option("--chat", metavar="URL", help="receives every alert as a custom notification")
@click.option("--preset", type=click.Choice(tuple(PRESETS)), help=PRESET_HELP)
@click.option("--parameter", multiple=True, metavar="NAME=VALUE", help="any other parameter")
@click.option("--dry-run", is_flag=True, help="show the change set, and change nothing")
@click.option("--no-check", is_flag=True, help="send no drill, and run no doctor afterwards")
@click.option("--yes", is_flag=True, help="ask nothing")
@pass_invocation
def deploy(
    invocation: Invocation,
    /,
    preset: str | None,
    parameter: tuple[str, ...],
    dry_run: bool,
    no_check: bool,
    yes: bool,
    **answers: str | None,
) -> ExitCode:
    """Deploy the notifier, or change one that is deployed.

    The stack is the one that `sam deploy` makes from a checkout.
    """
    if not yes and not dry_run and not any((*answers.values(), preset, parameter)):
        answers, preset = _ask()
    if not yes and not dry_run and not sys.stdin.isatty():
        raise InputError("nothing was changed: add --yes to go on without a question")
    parameters = parameters_of(answers, preset, parameter)
    return _deploy(invocation, parameters, dry_run=dry_run, checks=not no_check, yes=yes)


@click.command(cls=Command, epilog=EXAMPLES)
@click.option("--dry-run", is_flag=True, help="show the change set, and change nothing")
@click.option("--yes", is_flag=True, help="ask nothing")
@pass_invocation
def upgrade(invocation: Invocation, dry_run: bool, yes: bool) -> ExitCode:
    """Bring a deployed notifier to this version; its parameters stay as they are."""
    from workbench.deployed import deployment

    invocation.use_region()
    with _aws(f"upgrade the stack {invocation.stack_name}"):
        deployment.stack_outputs(invocation.stack_name)  # it exists, and is ours
    return _deploy(invocation, {}, dry_run=dry_run, checks=True, yes=yes)


@click.command(cls=Command, epilog=EXAMPLES)
@click.option("--yes", is_flag=True, help="ask nothing")
@pass_invocation
def uninstall(invocation: Invocation, yes: bool) -> None:
    """Delete the stack and everything that it leaves behind, dead letters included."""
    from workbench.deploy import removal

    invocation.use_region()
    with _aws(f"uninstall the stack {invocation.stack_name}"):
        removal.check(invocation.stack_name)
        question = f"Delete {invocation.stack_name} with its incidents and dead letters?"
        if not yes and not sys.stdin.isatty():
            raise InputError("nothing was changed: add --yes to go on without a question")
        if not yes and not click.confirm(question, default=False, err=True):
            raise InputError("nothing was changed")
        with invocation.out.progress("deleting") as step:
            removed = removal.remove(invocation.stack_name, step)
    for each in removed:
        invocation.out.line(f"Deleted {each}.")
    invocation.out.line(
        "Nothing is left but TopicKey, which AWS KMS deletes after its waiting time."
    )
    invocation.out.add(deleted=removed)


def _ask() -> tuple[dict[str, str | None], str]:
    if not sys.stdin.isatty():
        raise InputError("give --email ADDRESS and what else you need, or --yes for the defaults")
    answers: dict[str, str | None] = {}
    for question in QUESTIONS:

        def check(text: str, question: Any = question) -> str:
            try:
                return str(question.check(text.strip()))
            except InputError as error:
                raise click.BadParameter(str(error)) from error

        answers[question.option] = click.prompt(
            question.text, default="", show_default=False, value_proc=check, err=True
        )
    click.echo(PRESET_HELP, err=True)
    preset = click.prompt("Preset", type=click.Choice(tuple(PRESETS)), default="standard", err=True)
    return answers, str(preset)


def _deploy(
    invocation: Invocation, parameters: dict[str, str], *, dry_run: bool, checks: bool, yes: bool
) -> ExitCode:
    from workbench.deploy import archive
    from workbench.deploy.bucket import Bucket
    from workbench.deploy.stack import Stack

    template = archive.read_template(STACK)
    names = check_names(parameters, template)
    invocation.use_region()
    out, name = invocation.out, invocation.stack_name
    with _aws(f"deploy the stack {name}"):
        stack, bucket = Stack(name), Bucket.of_account(name)
        with out.progress("uploading") as step:
            url = bucket.upload(STACK, template, step)
        with out.progress("asking CloudFormation what would change"):
            plan = stack.plan(url, parameters, names)
        if not _show_plan(out, plan, bucket.name):
            return ExitCode.OK
        if dry_run or not _agrees(yes=yes):
            stack.discard(plan)
            out.line("Nothing was changed.")
            return ExitCode.OK if dry_run else ExitCode.USAGE
        with out.progress("deploying") as step:
            stack.execute(plan, step)
    out.line(f"{name} is deployed.")
    out.add(deployed=name)
    return _check(invocation) if checks else ExitCode.OK


def _show_plan(out: Output, plan: Any, bucket: str) -> bool:
    """Show a change set in words, with the price; say whether there is anything to do."""
    changes = plan.in_words()
    out.add(changes=changes, bucket=bucket)
    if not plan.id:
        out.line("There is nothing to change.")
        return False
    out.line(f"CloudFormation will, from files in the bucket {bucket}:")
    for each in changes:
        out.prose(each, "    ", first="  ")
    price = monthly_cost.bills(100, 1)[0].total
    out.line(f"About {price:,.2f} USD a month with 100 failures; batch-notifier cost has more.")
    out.add(usd_a_month=round(price, 2))
    return True


def _check(invocation: Invocation) -> ExitCode:
    """Prove that the stack works: a drill, then the doctor."""
    import boto3

    from workbench.commands import doctor, drill
    from workbench.deployed import deployment

    out = invocation.out
    out.line("AWS has sent a mail with a link to each new address: follow it to get alerts there.")
    with _aws("send a drill"):
        outputs = deployment.stack_outputs(invocation.stack_name)
        event = drill.put_on_bus(boto3.client("events"), outputs)
    out.line(f"A drill is on the event bus, event {event}: it arrives at confirmed addresses.")
    out.add(event_id=event)
    return doctor.examine(invocation)


def _agrees(*, yes: bool) -> bool:
    return yes or (sys.stdin.isatty() and click.confirm("Deploy this?", default=False, err=True))


@contextmanager
def _aws(action: str) -> Iterator[None]:
    from botocore.exceptions import BotoCoreError, ClientError

    from workbench.deployed import deployment

    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise deployment.aws_error(action, error) from error
