"""`batch-notifier explain`: show the cause of a reason string, or the alert of a failed job."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

from notifier.diagnosis.diagnose import Diagnosis, explain
from workbench.commands.arguments import Subcommands, whole_number
from workbench.commands.preview import CHANNEL_CHOICES, format_alert
from workbench.errors import InputError
from workbench.event_file import read_text

MAX_EXIT_CODE = 255


def add_to(commands: Subcommands) -> None:
    """Add the command to the program."""
    parser = commands.add_parser(
        "explain",
        help="show the cause of a string from the console, or of a failed job",
        description="Show the cause of a status reason, container reason or log line.\n"
        "With --job, show the alert of a failed job in your account.",
    )
    subject = parser.add_mutually_exclusive_group(required=True)
    subject.add_argument("text", nargs="?", help="the string, in quotes")
    subject.add_argument(
        "--jsonl", type=Path, metavar="FILE", help='lines of {"text": ..., "exit_code": ...}'
    )
    subject.add_argument("--job", metavar="ID", help="id or ARN of a job, child or node")
    parser.add_argument(
        "--region", default="", help="Region of the job; default: that of your AWS configuration"
    )
    parser.add_argument(
        "--channel", choices=CHANNEL_CHOICES, help="channel of the job's alert; default: email"
    )
    parser.add_argument(
        "--exit-code",
        type=whole_number(0, MAX_EXIT_CODE),
        metavar="N",
        help=f"exit code of the container, 0 to {MAX_EXIT_CODE}",
    )
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> Iterator[str]:
    if options.job is not None:
        yield from _explain_job(options)
    elif options.region or options.channel:
        raise InputError("--region and --channel require --job")
    elif options.jsonl is not None:
        if options.exit_code is not None:
            raise InputError('with --jsonl, put "exit_code" into each line')
        rows = list(_read_rows(options.jsonl))  # a bad row is reported before any output
        yield from (_as_json(explain(text, exit_code)) for text, exit_code in rows)
    elif not options.text.strip():
        raise InputError("the text to explain is empty")
    else:
        yield from _as_text(explain(options.text, options.exit_code))


def _explain_job(options: argparse.Namespace) -> Iterator[str]:
    from workbench.deployed import failed_job

    if options.exit_code is not None:
        raise InputError("--exit-code cannot be used with --job: AWS Batch reports the exit code")
    alert = failed_job.compose_alert(options.job, options.region)
    yield from format_alert(alert, options.channel or "email")


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


def _as_json(diagnosis: Diagnosis) -> str:
    return json.dumps(
        {
            "cause": diagnosis.cause,
            "class": diagnosis.class_,
            "certainty": diagnosis.certainty,
            "title": diagnosis.title,
        }
    )


def _as_text(diagnosis: Diagnosis) -> Iterator[str]:
    yield f"{diagnosis.title} ({diagnosis.certainty})"
    yield f"  cause {diagnosis.cause}, class {diagnosis.class_}, severity {diagnosis.severity}"
    yield f"  {diagnosis.meaning}"
    yield "Do next:"
    yield from (f"  {n}. {action}" for n, action in enumerate(diagnosis.actions, start=1))
    yield f"Does a retry help? {diagnosis.retry}"
