"""What the demo prints, and what a person types: alerts in short, each in full on request."""

from __future__ import annotations

import signal
import sys
import textwrap
from collections.abc import Callable, Iterable
from pathlib import Path

from workbench.errors import SetupError
from workbench.local import samples
from workbench.local.sample_run import Outcome
from workbench.local.samples import Sample
from workbench.local.subscriber import Delivery

WIDTH = 78
SHORT_LINES = 2  # of the first paragraph of a mail
PROMPT = "demo> "
HELP = """\
show N         the whole mail of alert N
list           the alerts so far, one a line
NAME or PATH   send a sample event again, or an event of your own
help           this text
quit           stop everything (Ctrl-C, too)"""


class Console:
    """Numbers the alerts as they are shown, so that `show N` can show one again."""

    def __init__(self) -> None:
        self._shown: list[Delivery] = []

    def show(self, delivery: Delivery) -> None:
        """Print an alert in short: its number, its subject, and how its mail begins."""
        self._shown.append(delivery)
        say(f"{len(self._shown):>3}  {delivery.subject}")
        begin = delivery.email.partition("\n\n")[0]
        for line in textwrap.wrap(
            begin,
            WIDTH - 5,
            max_lines=SHORT_LINES,
            placeholder=" ...",
            break_long_words=False,
            break_on_hyphens=False,
        ):
            say(f"     {line}")

    def show_outcome(self, outcome: Outcome, seconds: float) -> None:
        """Print the alert that an event became, or that there was none."""
        if outcome.milliseconds is None:
            say(f"     {outcome.name}: NO ALERT within {seconds:.0f} s")
        else:
            self.show(outcome.deliveries[0])

    def converse(self, send: Callable[[Sample], None]) -> None:
        """Do what a person types, until they quit."""
        is_typed = sys.stdin.isatty()
        for line in _typed(is_typed):
            words = line.split()
            if words[:1] in (["quit"], ["exit"], ["q"]):
                return
            if words:
                self._do(line.strip(), words, send)
        while not is_typed:  # the end of a file or of nothing; a signal ends the demo
            signal.pause()

    def _do(self, line: str, words: list[str], send: Callable[[Sample], None]) -> None:
        match words:
            case ["help" | "?"]:
                say(HELP)
            case ["list"]:
                for number, delivery in enumerate(self._shown, 1):
                    say(f"{number:>3}  {delivery.subject}")
            case ["show", number]:
                self._show_whole(number)
            case ["show", *_]:
                print_error("show takes the number of an alert: show 3")
            case _:
                _send_named(line, send)

    def _show_whole(self, number: str) -> None:
        if not number.isdecimal() or not 0 < int(number) <= len(self._shown):
            print_error(f"there is no alert {number}: they are 1 to {len(self._shown)} (list)")
            return
        delivery = self._shown[int(number) - 1]
        say(f"Subject: {delivery.subject}\n\n{delivery.email.rstrip()}\n")


def _typed(is_typed: bool) -> Iterable[str]:
    """Yield lines, behind a prompt if a person types them; Ctrl-D ends them."""
    if not is_typed:
        yield from sys.stdin
        return
    while True:
        try:
            yield input(PROMPT)
        except EOFError:
            print(flush=True)
            return


def _send_named(name: str, send: Callable[[Sample], None]) -> None:
    path = Path(name)
    try:
        send(samples.load(path) if path.is_file() else samples.find(name))
    except (SetupError, OSError) as error:
        print_error(f"{error}; help lists what you can type")


def heading(title: str) -> str:
    """Return a line with a title."""
    return f"── {title} ".ljust(WIDTH, "─")


def say(text: str) -> None:
    """Print at once."""
    print(text, flush=True)


def print_error(text: str) -> None:
    """Print one line to stderr."""
    print(f"demo: {' '.join(text.split())}", file=sys.stderr)
