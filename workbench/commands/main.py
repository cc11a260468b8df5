"""`batch-notifier`: alerts and causes, silences and drills, from your own machine."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NoReturn

from notifier.alert.alert import Alert
from notifier.channels import message
from notifier.diagnosis.diagnose import Diagnosis, explain
from workbench.commands import cost, doctor, drill, inbox, redrive, replay, silence
from workbench.commands.arguments import whole_number
from workbench.commands.preview import InputError, alert_of, text_of

CHANNELS = ("email", "sms", "chat", "webhook")
NOT_WELL = 1
USAGE_ERROR = 2
MOST_EXIT_CODE = 255

EXAMPLES = """\
examples:
  batch-notifier preview events/out-of-memory-fargate.json
  batch-notifier preview event.json --logs job.log --channel sms
  batch-notifier explain "CannotPullContainerError: pull image manifest has been retried 5 time(s)"
  batch-notifier explain "Essential container in task exited" --exit-code 137
  batch-notifier explain --jsonl reasons.jsonl
  batch-notifier explain --job 7a71c9a0-5d3e-4c0f-9d0e-9c1f6a3b2d10 --region eu-west-1
  batch-notifier silence add --queue 'etl-*' --until 2h --reason "the store moves"
  batch-notifier drill
  batch-notifier doctor
  batch-notifier redrive
  batch-notifier replay --queue nightly --since 24h --dry-run
  batch-notifier inbox
  batch-notifier cost --failures-per-month 20000 --storm-size 1000
"""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise InputError(message)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; bad input gives one line on stderr and exit code 2."""
    code = 0
    try:
        chosen = _parser().parse_args(arguments)
        try:
            for line in chosen.run(chosen):
                print(line, flush=True)
        except doctor.UnwellError:
            code = NOT_WELL
    except InputError as error:
        print(f"batch-notifier: {error}", file=sys.stderr)
        return USAGE_ERROR
    except BrokenPipeError:
        # The reader (`| head`) has seen enough. Python would complain once more on exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return code


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="batch-notifier",
        description="Look at the alerts and causes of failed AWS Batch jobs, silence some, drill.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_preview(commands)
    _add_explain(commands)
    where = _where()
    silence.add_to(commands, where)
    drill.add_to(commands, where)
    doctor.add_to(commands, where)
    redrive.add_to(commands, where)
    replay.add_to(commands, where)
    inbox.add_to(commands)
    cost.add_to(commands)
    return parser


def _where() -> argparse.ArgumentParser:
    """Make the options that say which stack is meant."""
    where = argparse.ArgumentParser(add_help=False)
    where.add_argument(
        "--stack-name", default="batch-notifier", metavar="NAME", help="default: batch-notifier"
    )
    where.add_argument("--region", default="", help="default: that of your AWS configuration")
    return where


def _add_preview(commands: argparse._SubParsersAction[_Parser]) -> None:
    preview = commands.add_parser(
        "preview",
        help="show the alert that an event becomes, with no AWS",
        description="Show the alert that an EventBridge event becomes, with no AWS.",
    )
    preview.add_argument("event", type=Path, help="file with one EventBridge event in JSON")
    preview.add_argument(
        "--logs", type=Path, help="the job's log, a line each (default: logs/NAME.txt beside it)"
    )
    preview.add_argument(
        "--channel", choices=(*CHANNELS, "all"), default="email", help="default: email"
    )
    preview.set_defaults(run=_preview)


def _add_explain(commands: argparse._SubParsersAction[_Parser]) -> None:
    explaining = commands.add_parser(
        "explain",
        help="tell the cause of a string pasted from the console, or of a job that failed",
        description="Tell the cause of a status reason, container reason or log line. With --job,"
        " show the alert of a failed job in your account.",
    )
    given = explaining.add_mutually_exclusive_group(required=True)
    given.add_argument("text", nargs="?", help="the string, in quotes")
    given.add_argument(
        "--jsonl", type=Path, metavar="FILE", help='lines of {"text": ..., "exit_code": ...}'
    )
    given.add_argument("--job", metavar="ID", help="id or ARN of a job, child or node")
    explaining.add_argument("--region", default="", help="of the job; default: as the AWS CLI")
    explaining.add_argument(
        "--channel", choices=(*CHANNELS, "all"), help="of the job's alert; default: email"
    )
    explaining.add_argument(
        "--exit-code",
        type=whole_number(0, MOST_EXIT_CODE),
        metavar="N",
        help="the container's exit code, 0 to 255",
    )
    explaining.set_defaults(run=_explain)


def _preview(chosen: argparse.Namespace) -> Iterator[str]:
    alert = alert_of(chosen.event, chosen.logs)
    if alert is None:
        yield "This event reports no failure: no alert would be sent."
        return
    yield from _worded(alert, chosen.channel)


def _worded(alert: Alert, wanted: str) -> Iterator[str]:
    texts = message.render_channels(alert)
    if wanted == "all":
        for channel in CHANNELS:
            yield f"===== {channel} ====="
            yield _shown(channel, texts)
    else:
        yield _shown(wanted, texts)


def _shown(channel: str, texts: dict[str, str]) -> str:
    if channel == "email":
        return f"Subject: {texts['subject']}\n\n{texts['email']}"
    if channel == "sms":
        return texts["sms"]
    return json.dumps(json.loads(texts[channel]), indent=2, ensure_ascii=False)


def _explain(chosen: argparse.Namespace) -> Iterator[str]:
    if chosen.job is not None:
        yield from _explain_job(chosen)
    elif chosen.region or chosen.channel:
        raise InputError("--region and --channel go with --job")
    elif chosen.jsonl is not None:
        if chosen.exit_code is not None:
            raise InputError('with --jsonl, give "exit_code" in each line')
        rows = list(_rows(chosen.jsonl))  # all are read before anything is printed
        yield from (_verdict(explain(text, exit_code)) for text, exit_code in rows)
    elif not chosen.text.strip():
        raise InputError("the text to explain is empty")
    else:
        yield from _told(explain(chosen.text, chosen.exit_code))


def _explain_job(chosen: argparse.Namespace) -> Iterator[str]:
    # boto3 is imported here: the commands that need no AWS need not wait for it.
    from workbench.deployed import failed_job

    if chosen.exit_code is not None:
        raise InputError("with --job, AWS Batch tells the exit code")
    yield from _worded(failed_job.alert_of(chosen.job, chosen.region), chosen.channel or "email")


def _rows(file: Path) -> Iterator[tuple[str, int | None]]:
    for number, line in enumerate(text_of(file).split("\n"), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise InputError(f"{file} line {number} is not JSON: {error}") from error
        if not isinstance(row, dict) or not isinstance(row.get("text"), str):
            raise InputError(f'{file} line {number} has no "text"')
        exit_code = row.get("exit_code")
        if exit_code is not None and type(exit_code) is not int:
            raise InputError(f'{file} line {number}: "exit_code" is not a whole number or null')
        yield row["text"], exit_code


def _verdict(diagnosis: Diagnosis) -> str:
    return json.dumps(
        {
            "cause": diagnosis.cause,
            "class": diagnosis.class_,
            "certainty": diagnosis.certainty,
            "title": diagnosis.title,
        }
    )


def _told(diagnosis: Diagnosis) -> Iterator[str]:
    yield f"{diagnosis.title} ({diagnosis.certainty})"
    yield f"  cause {diagnosis.cause}, class {diagnosis.class_}, severity {diagnosis.severity}"
    yield f"  {diagnosis.meaning}"
    yield "Do next:"
    yield from (f"  {n}. {action}" for n, action in enumerate(diagnosis.actions, start=1))
    yield f"Does running it again help? {diagnosis.retry}"
