"""`batch-notifier explain`: show the cause of a reason string, or the alert of a failed job."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import click

from notifier.diagnosis.diagnose import Diagnosis, explain
from workbench.cli.arguments import FILE, WholeNumber
from workbench.cli.command import Command, Invocation, pass_invocation
from workbench.cli.output import Output
from workbench.commands.preview import CHANNEL, show_alert
from workbench.errors import InputError
from workbench.event_file import read_text

MAX_EXIT_CODE = 255
EXAMPLES = """\
Examples:
  batch-notifier explain "CannotPullContainerError: pull image manifest has been retried"
  batch-notifier explain "Essential container in task exited" --exit-code 137
  batch-notifier explain --jsonl reasons.jsonl
  batch-notifier explain --job 7a71c9a0-5d3e-4c0f-9d0e-9c1f6a3b2d10 --region eu-west-1
"""


@click.command(cls=Command, epilog=EXAMPLES)
@click.argument("text", required=False)
@click.option("--jsonl", type=FILE, metavar="FILE", help='lines of {"text": ..., "exit_code": ...}')
@click.option("--job", metavar="ID", help="id or ARN of a job, child or node")
@click.option("--channel", type=CHANNEL, help="channel of the job's alert; default: email")
@click.option(
    "--exit-code",
    type=WholeNumber(0, MAX_EXIT_CODE),
    metavar="N",
    help=f"exit code of the container, 0 to {MAX_EXIT_CODE}",
)
@pass_invocation
def command(
    invocation: Invocation,
    text: str | None,
    jsonl: Path | None,
    job: str | None,
    channel: str | None,
    exit_code: int | None,
) -> None:
    """Show the cause of a status reason, container reason or log line.

    With --job, show the alert of a failed job in your account.
    """
    _check(text, jsonl, job, channel, exit_code)
    if job is not None:
        _explain_job(invocation, job, channel or "email")
    elif jsonl is not None:
        rows = list(_read_rows(jsonl))  # a bad row is reported before any output
        for row, code in rows:
            invocation.out.raw(json.dumps(_as_json(explain(row, code))))
    elif text is not None:
        _show(invocation.out, explain(text, exit_code))


def _check(
    text: str | None,
    jsonl: Path | None,
    job: str | None,
    channel: str | None,
    exit_code: int | None,
) -> None:
    """Refuse what does not go together."""
    if sum(each is not None for each in (text, jsonl, job)) != 1:
        raise click.UsageError(
            "one of a TEXT, --jsonl and --job is required", click.get_current_context()
        )
    if channel and job is None:
        raise InputError("--channel requires --job")
    if exit_code is not None and jsonl is not None:
        raise InputError('with --jsonl, put "exit_code" into each line')
    if exit_code is not None and job is not None:
        raise InputError("--exit-code cannot be used with --job: AWS Batch reports the exit code")
    if text is not None and not text.strip():
        raise InputError("the text to explain is empty")


def _explain_job(invocation: Invocation, job: str, channel: str) -> None:
    from workbench.deployed import failed_job

    with invocation.out.progress(f"reading job {job}"):
        alert = failed_job.compose_alert(job, invocation.region)
    show_alert(invocation.out, alert, channel)


def _read_rows(file: Path) -> Iterator[tuple[str, int | None]]:
    for number, line in enumerate(read_text(file).split("\n"), start=1):
        if line.strip():
            yield _read_row(line, f"{file} line {number}")


def _read_row(line: str, place: str) -> tuple[str, int | None]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{place} is not JSON: {error}") from error
    if not isinstance(row, dict) or not isinstance(row.get("text"), str):
        raise InputError(f'{place} has no "text"')
    exit_code = row.get("exit_code")
    if exit_code is not None and type(exit_code) is not int:
        raise InputError(f'{place}: "exit_code" is not a whole number or null')
    return row["text"], exit_code


def _as_json(diagnosis: Diagnosis) -> dict[str, str]:
    return {
        "cause": diagnosis.cause,
        "class": diagnosis.class_,
        "certainty": diagnosis.certainty,
        "title": diagnosis.title,
    }


def _show(out: Output, diagnosis: Diagnosis) -> None:
    out.line(f"{diagnosis.title} ({diagnosis.certainty})", bold=True)
    out.line(f"  cause {diagnosis.cause}, class {diagnosis.class_}, severity {diagnosis.severity}")
    out.prose(diagnosis.meaning, "  ")
    out.line("Do next:")
    for number, action in enumerate(diagnosis.actions, start=1):
        out.prose(action, "     ", first=f"  {number}. ")
    out.line(f"Does a retry help? {diagnosis.retry}")
    out.add(
        **_as_json(diagnosis),
        severity=diagnosis.severity,
        meaning=diagnosis.meaning,
        actions=list(diagnosis.actions),
        retry=diagnosis.retry,
    )
