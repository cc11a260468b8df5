"""``make demo``: the sample events go on the bus of a local AWS and come back as alerts.

The template, the artifact and the way from bus to subscriber are the real ones; only AWS is not.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import signal
import statistics
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import FrameType
from typing import NoReturn

from botocore.exceptions import BotoCoreError, ClientError

from workbench.local import sam, samples
from workbench.local.aws import LocalAws
from workbench.local.sample_run import Drill, Outcome
from workbench.local.samples import Sample
from workbench.local.setup_error import SetupError
from workbench.local.stage import Stage, deployed
from workbench.local.storm import FAILED, SIZE, Storm
from workbench.local.subscriber import Delivery

ALERT_SECONDS = 15.0  # an alert takes well under one second; the first also waits for a cold start
SETTLE_SECONDS = 1.5  # how long to listen for an alert that was told twice
MISSES_BORNE = 3  # after so many the way is broken, and waiting for the rest tells nothing new
WIDTH = 78

MOST_PORT = 65_535
EXIT_MISS = 1
EXIT_SETUP = 2

INBOX = "Alerts of the demo's local AWS, as they arrive."
HINT = "To send another, type a sample's name or the path of an event. Ctrl-C stops everything."


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code: 0, 1 for a miss, 2 for trouble with the set-up."""
    # A shell starts what it runs in the background with SIGINT ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, _leave)
    signal.signal(signal.SIGHUP, _leave)
    try:
        options = _parser().parse_args(arguments)
        return run(once=options.once, port=options.port)
    except BrokenPipeError:  # whoever read the output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_MISS
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except SetupError as problem:
        return _trouble(str(problem))
    except (BotoCoreError, ClientError) as error:
        return _trouble(f"the local AWS did not do as asked: {error}")


def run(*, once: bool, port: int) -> int:
    """Show every sample's alert; then stop with a verdict, or listen for more."""
    with deployed(port, _say) as stage, contextlib.nullcontext() if once else inbox_of(stage):
        every = samples.load_all()
        _say(f"{len(every)} sample events go on the bus, as drills. This is what subscribers get:")
        play(stage.way, every, show)
        _say(table(stage.way.outcomes))
        storm = Storm(stage.aws, stage.resources, stage.way)
        play_storm(storm)
        if not once:
            _say(HINT)
            _say(exports(stage.aws))
            with contextlib.suppress(KeyboardInterrupt):
                converse(stage.way)
        return verdict(stage, storm)


@contextlib.contextmanager
def inbox_of(stage: Stage) -> Iterator[None]:
    """Show the alerts of a stage on a web page as they arrive, for a while."""
    # Imported here: a demo that only checks has no use for a web server.
    from workbench.inbox.deliveries import forwarding
    from workbench.inbox.gallery import gallery
    from workbench.inbox.mailbox import Mailbox
    from workbench.inbox.server import serving

    mailbox = Mailbox()
    with (
        serving({"alerts": mailbox, "gallery": gallery()}, INBOX) as url,
        forwarding(stage.aws, stage.resources["AlertTopic"], mailbox),
    ):
        _say(f"See them arrive, as mail, text, chat and JSON: {url}")
        yield


def exports(aws: LocalAws) -> str:
    """Say how another shell makes `batch-notifier` look at this AWS instead of a real one."""
    names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION", "NO_PROXY")
    settings = aws.environment()
    reach = " ".join(f"{name}={settings[name]}" for name in ("AWS_ENDPOINT_URL", "AWS_CA_BUNDLE"))
    return (
        "In another shell, to look after it while it runs:\n"
        f"  export {reach}\n"
        f"  export {' '.join(f'{name}={settings[name]}' for name in names)}\n"
        f"  .venv/bin/batch-notifier doctor --stack-name {sam.STACK}"
    )


def play(way: Drill, every: Sequence[Sample], show: Callable[[Outcome], None]) -> None:
    """Send ``every`` sample in turn and ``show`` what became of it."""
    missed = 0
    for sample in every:
        outcome = way.send(sample, ALERT_SECONDS)
        show(outcome)
        missed += not outcome.deliveries
        if missed == MISSES_BORNE:
            break
    way.settle(SETTLE_SECONDS)


def play_storm(storm: Storm) -> None:
    """Let a storm pass, and show every message that it brings."""
    _say(_rule("a storm"))
    _say(
        f"An array of {SIZE:,} of which {FAILED} fail, a job that fails twice, a chain of three.\n"
        "Their events come all at once:\n"
    )
    storm.fail()
    for delivery in storm.told:
        show_email(delivery)
    told = len(storm.told)
    _say(_rule("five minutes later"))
    _say("The job has been run again, and has succeeded.\n")
    storm.mend()
    storm.let_time_pass()
    for delivery in storm.told[told:]:
        show_email(delivery)
    _say(_rule("what the storm came to"))
    for delivery in storm.told:
        _say(delivery.subject)
    _say(f"\n{storm.sent} events went in, {len(storm.told)} messages came out.\n")


def verdict(stage: Stage, storm: Storm) -> int:
    """Say whether everything was told as it should be, and return the exit code."""
    way = stage.way
    wrong = [each for each in way.outcomes if not each.told_once]
    sent = {each.name for each in way.outcomes}
    unsent = [each.name for each in samples.load_all() if each.name not in sent]
    for outcome in wrong:
        fault = f"{len(outcome.deliveries)} alerts" if outcome.deliveries else "no alert"
        _complain(f"{outcome.name}: {fault}")
    if unsent:
        _complain(f"{len(unsent)} events were not sent after {MISSES_BORNE} misses")
    if way.strays:
        _complain(f"{len(way.strays)} alerts about no event that was sent")
    for fault in storm.faults():
        _complain(fault)
    if wrong or unsent or way.strays or storm.faults():
        for line in stage.aws.faults()[-1:]:
            _complain(f"the local AWS said last: {line}")
        return EXIT_MISS
    print(
        f"Every one of {len(way.outcomes)} sample events became its alert, exactly once, and a "
        f"storm of {storm.sent} became {len(storm.told)} messages with exact counts."
    )
    return 0


def converse(way: Drill) -> None:
    """Send what a person names, until Ctrl-C."""
    for line in sys.stdin:
        if not (name := line.strip()):
            continue
        path = Path(name)
        try:
            sample = samples.load(path if path.exists() else samples.EVENTS / f"{name}.json")
        except SetupError as problem:
            _complain(str(problem))
            continue
        show(way.send(sample, ALERT_SECONDS))
    while True:  # no terminal to ask
        signal.pause()


def show(outcome: Outcome) -> None:
    """Print the alert of one event as an email subscriber reads it."""
    if outcome.milliseconds is None:
        print(_rule(f"{outcome.name}: NO ALERT within {ALERT_SECONDS:.0f} s"), flush=True)
        return
    print(_rule(f"{outcome.name}, {outcome.milliseconds:.0f} ms from bus to subscriber"))
    show_email(outcome.deliveries[0])


def show_email(delivery: Delivery) -> None:
    """Print subject and text of an alert."""
    print(f"Subject: {delivery.subject}\n\n{delivery.email.rstrip()}\n", flush=True)


def table(outcomes: Sequence[Outcome]) -> str:
    """Return one line per event: event, cause, certainty, milliseconds from bus to subscriber."""
    rows = [("event", "cause", "certainty", "ms"), *map(_row, outcomes)]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    lines = ["  ".join([*map(str.ljust, row, widths), row[3].rjust(5)]) for row in rows]
    times = [each.milliseconds for each in outcomes if each.milliseconds is not None]
    if times:
        lines.append(f"median {statistics.median(times):.0f} ms, slowest {max(times):.0f} ms")
    return "\n".join([_rule("bus to subscriber"), *lines, ""])


def _row(outcome: Outcome) -> tuple[str, str, str, str]:
    told = outcome.milliseconds
    return (
        outcome.name,
        str(outcome.cause.get("id", "-")),
        str(outcome.cause.get("certainty", "-")),
        "none" if told is None else f"{told:.0f}",
    )


def _rule(title: str) -> str:
    return f"── {title} ".ljust(WIDTH, "─")


def _say(text: str) -> None:
    print(text, flush=True)


def _complain(text: str) -> None:
    print(f"demo: {text}", file=sys.stderr)


def _trouble(text: str) -> int:
    _complain(" ".join(text.split()))
    return EXIT_SETUP


def _leave(number: int, frame: FrameType | None) -> NoReturn:
    """End through every ``with`` block, so that nothing started here stays behind."""
    sys.exit(128 + number)


def _port(text: str) -> int:
    if not re.fullmatch("[0-9]{1,5}", text) or int(text) > MOST_PORT:
        raise SetupError(f"PORT must be a number from 0 to {MOST_PORT}, not {text!r}")
    return int(text)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__.splitlines()[0])
    parser.add_argument("--once", action="store_true", help="check every alert, then stop")
    parser.add_argument("--port", type=_port, default=0, help="loopback port (default: a free one)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
