"""``make demo``: sample events become alerts on a local AWS.

The template, the built functions and everything from bus to subscriber are real; only AWS is local.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import FrameType
from typing import NoReturn

from botocore.exceptions import BotoCoreError, ClientError

from workbench.errors import SetupError
from workbench.local import sam, samples
from workbench.local.aws import LocalAws
from workbench.local.deployment import LocalDeployment, deploy_locally
from workbench.local.sample_run import Outcome, SampleRunner, timing_table
from workbench.local.samples import Sample
from workbench.local.storm import FAILED, SIZE, Storm
from workbench.local.subscriber import Delivery

ALERT_SECONDS = 15.0  # an alert takes well under one second; the first also waits for a cold start
SETTLE_SECONDS = 1.5  # how long to listen for duplicates
MAX_MISSES = 3  # after so many missing alerts the rest is not sent
WIDTH = 78

MAX_PORT = 65_535
LOCAL_AWS = ("AWS_ENDPOINT_URL", "AWS_CA_BUNDLE")
LOGIN = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION", "NO_PROXY")
EXIT_FAILED = 1
EXIT_SETUP = 2

CAPTION = "Alerts of the demo's local AWS, as they arrive."
HINT = "To send another, type a sample's name or an event's path. Ctrl-C stops everything."


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demo; exit code 0, 1 for a missing or duplicate alert, 2 for a setup error."""
    # A shell starts background processes with SIGINT ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, _exit_on_signal)
    signal.signal(signal.SIGHUP, _exit_on_signal)
    try:
        options = _parser().parse_args(arguments)
        return run(once=options.once, port=options.port)
    except BrokenPipeError:  # the reader (`| head`) has closed the pipe
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_FAILED
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except SetupError as error:
        _print_error(str(error))
    except (BotoCoreError, ClientError) as error:
        _print_error(f"the local AWS returned an error: {error}")
    return EXIT_SETUP


def run(*, once: bool, port: int) -> int:
    """Show the alert of every sample; then stop with a result, or wait for more events."""
    with (
        deploy_locally(port, _print) as deployment,
        contextlib.nullcontext() if once else open_inbox(deployment),
    ):
        all_samples = samples.load_all()
        _print(f"Sending {len(all_samples)} sample events as drills. Subscribers receive:")
        send_samples(deployment.runner, all_samples, show_outcome)
        _print(_heading("bus to subscriber"))
        _print(f"{timing_table(deployment.runner.outcomes)}\n")
        storm = Storm(deployment.aws, deployment.resources, deployment.runner)
        run_storm(storm)
        if not once:
            _print(HINT)
            _print(shell_settings(deployment.aws))
            with contextlib.suppress(KeyboardInterrupt):
                send_typed_samples(deployment.runner)
        return report_result(deployment, storm)


@contextlib.contextmanager
def open_inbox(deployment: LocalDeployment) -> Iterator[None]:
    """Show alerts on a web page as they arrive, while the block lasts."""
    # Imported here: the web server is slow to import, and `--once` does not need it.
    from workbench.inbox.deliveries import forward_deliveries
    from workbench.inbox.gallery import gallery
    from workbench.inbox.mailbox import Mailbox
    from workbench.inbox.server import serve_inbox

    mailbox = Mailbox()
    with (
        serve_inbox({"alerts": mailbox, "gallery": gallery()}, CAPTION) as url,
        forward_deliveries(deployment.aws, deployment.resources["AlertTopic"], mailbox),
    ):
        _print(f"See them arrive, as email, text message, chat card and JSON: {url}")
        yield


def shell_settings(aws: LocalAws) -> str:
    """Return the commands that point `batch-notifier` in another shell at this AWS."""
    settings = aws.environment()
    local_aws, login = (
        " ".join(f"{name}={settings[name]}" for name in names) for names in (LOCAL_AWS, LOGIN)
    )
    return (
        "In another shell, to check the deployment while it runs:\n"
        f"  export {local_aws}\n"
        f"  export {login}\n"
        f"  .venv/bin/batch-notifier doctor --stack-name {sam.STACK}"
    )


def send_samples(
    runner: SampleRunner, all_samples: Sequence[Sample], show: Callable[[Outcome], None]
) -> None:
    """Send samples one after another, and ``show`` what each became."""
    misses = 0
    for sample in all_samples:
        outcome = runner.send(sample, ALERT_SECONDS)
        show(outcome)
        misses += not outcome.deliveries
        if misses == MAX_MISSES:
            break
    runner.settle(SETTLE_SECONDS)


def run_storm(storm: Storm) -> None:
    """Run a storm, and show every message of it."""
    _print(_heading("a storm"))
    _print(
        f"An array of {SIZE:,} of which {FAILED} fail, a job that fails twice, a chain of three.\n"
        "All their events arrive at once:\n"
    )
    storm.fail()
    for delivery in storm.deliveries:
        show_email(delivery)
    shown = len(storm.deliveries)
    _print(_heading("five minutes later"))
    _print("The job was retried, and succeeded.\n")
    storm.retry_job()
    storm.let_time_pass()
    for delivery in storm.deliveries[shown:]:
        show_email(delivery)
    _print(_heading("all messages of the storm"))
    for delivery in storm.deliveries:
        _print(delivery.subject)
    _print(f"\n{storm.sent} events became {len(storm.deliveries)} messages.\n")


def report_result(deployment: LocalDeployment, storm: Storm) -> int:
    """Report whether every alert arrived exactly once, and return the exit code."""
    runner = deployment.runner
    problems = [*_sample_problems(runner), *storm.problems()]
    if not problems:
        print(
            f"Each of {len(runner.outcomes)} sample events became its alert, exactly once, and a "
            f"storm of {storm.sent} became {len(storm.deliveries)} messages with exact counts."
        )
        return 0
    problems += [f"last error of the local AWS: {line}" for line in deployment.aws.errors()[-1:]]
    for problem in problems:
        _print_error(problem)
    return EXIT_FAILED


def _sample_problems(runner: SampleRunner) -> Iterator[str]:
    for outcome in runner.outcomes:
        if not outcome.is_reported_once:
            count = len(outcome.deliveries)
            yield f"{outcome.name}: {f'{count} alerts' if count else 'no alert'}"
    sent = {outcome.name for outcome in runner.outcomes}
    if unsent := [each for each in samples.sample_files() if each.stem not in sent]:
        yield f"{len(unsent)} events were not sent after {MAX_MISSES} missing alerts"
    if runner.unmatched:
        yield f"{len(runner.unmatched)} alerts match no event that was sent"


def send_typed_samples(runner: SampleRunner) -> None:
    """Send the samples that a person types, until Ctrl-C."""
    for line in sys.stdin:
        if not (name := line.strip()):
            continue
        path = Path(name)
        try:
            sample = samples.load(path) if path.exists() else samples.find(name)
        except SetupError as error:
            _print_error(str(error))
            continue
        show_outcome(runner.send(sample, ALERT_SECONDS))
    while True:  # stdin is not a terminal
        signal.pause()


def show_outcome(outcome: Outcome) -> None:
    """Print the alert of one event as an email subscriber reads it."""
    if outcome.milliseconds is None:
        print(_heading(f"{outcome.name}: NO ALERT within {ALERT_SECONDS:.0f} s"), flush=True)
        return
    print(_heading(f"{outcome.name}, {outcome.milliseconds:.0f} ms from bus to subscriber"))
    show_email(outcome.deliveries[0])


def show_email(delivery: Delivery) -> None:
    """Print subject and text of an alert."""
    print(f"Subject: {delivery.subject}\n\n{delivery.email.rstrip()}\n", flush=True)


def _heading(title: str) -> str:
    return f"── {title} ".ljust(WIDTH, "─")


def _print(text: str) -> None:
    print(text, flush=True)


def _print_error(text: str) -> None:
    print(f"demo: {' '.join(text.split())}", file=sys.stderr)


def _exit_on_signal(number: int, _: FrameType | None) -> NoReturn:
    """Exit through every ``with`` block, so that no process is left running."""
    sys.exit(128 + number)


def _port(text: str) -> int:
    if not re.fullmatch("[0-9]{1,5}", text) or int(text) > MAX_PORT:
        raise SetupError(f"PORT must be a number from 0 to {MAX_PORT}, not {text!r}")
    return int(text)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__.splitlines()[0])
    parser.add_argument("--once", action="store_true", help="check every alert, then stop")
    parser.add_argument("--port", type=_port, default=0, help="loopback port (default: a free one)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
