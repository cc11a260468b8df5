"""`make secrets-report`: what leaks, what is masked without need, and what masking costs."""

from __future__ import annotations

import random
import re
import statistics
import string
import sys
import time
from collections.abc import Callable, Sequence
from functools import cache

from notifier.text import untrusted
from tests.text import secret_samples
from workbench.docs import token_formats_build

LEAK_LIMIT = 0.03
PLAIN_LEAK_LIMIT = 0.03
HIDDEN_LIMIT = 0
LOG_LINES_LIMIT = 0.001
LINES, WIDTH = 400, 200
# Times are judged by a reference loop of the same run, which a busy machine slows down as much:
# what 12 ms of CPU are on a machine of its own, and 300 ms.
MASK_LIMIT = 3.3
KNOWN_LIMIT = 77.0
_RUNS = 25
LOOPS = 5  # of the reference, before and after: one is too short to time
_WORDS = re.compile("[a-z]+|[0-9]+")


def share(some: Sequence[object], every: Sequence[object]) -> float:
    return len(some) / len(every)


@cache
def ordinary_lines() -> list[str]:
    """Give log lines of the repository, repeated to one width."""
    lines = [line for line in secret_samples.log_lines() if len(line) > 20] * 2
    return [f"{line}  " * (WIDTH // len(line) + 1) for line in lines[:LINES]]


def known_values() -> tuple[tuple[str, ...], list[str]]:
    """Give 100 values of 2,000 characters, and 400 lines as long with pieces of some of them."""
    chance = random.Random(21)
    letters = string.ascii_letters + string.digits + '/+&é"'
    drawn = ["".join(chance.choice(letters) for _ in range(2_000)) for _ in range(140)]
    return tuple(drawn[:100]), [drawn[n % 140][:1_900] + " and so on" for n in range(LINES)]


def milliseconds(work: Callable[[], object]) -> float:
    """Give the CPU time of some work."""
    start = time.process_time()
    work()
    return (time.process_time() - start) * 1_000


def _reference() -> None:
    """Split the ordinary lines into words and numbers: work of the kind that masking is."""
    for line in ordinary_lines():
        _WORDS.findall(line.lower())


def _references() -> None:
    for _ in range(LOOPS):
        _reference()


def _nothing() -> None:
    pass


def in_references(
    work: Callable[[], object], runs: int = _RUNS, without: Callable[[], object] = _nothing
) -> tuple[float, float]:
    """Give the CPU time as a multiple of the reference loop, and in ms; of each the median.

    What `without` takes right before is not counted.
    """
    loops, spent = [], []
    for _ in range(runs):
        before = milliseconds(_references)
        ms = -milliseconds(without)
        ms += milliseconds(work)
        loops.append(2 * LOOPS * ms / (before + milliseconds(_references)))
        spent.append(ms)
    return statistics.median(loops), statistics.median(spent)


def rows() -> list[tuple[str, str, str, bool]]:
    """Give what is measured, the figure, its limit and whether it is kept."""
    secrets, plain = secret_samples.printed_secrets(), secret_samples.with_plain_values()
    harmless, lines = secret_samples.harmless_texts(), secret_samples.log_lines()
    leaks = [one for one in secrets if one.leaks()]
    plain_leaks = [one for one in plain if one.leaks()]
    hidden = [one for one in harmless if one.hidden()]
    masked = secret_samples.masked(lines)
    kinds = len(token_formats_build.kinds())
    found = [("kinds of tokens in the table", f"{kinds}", "at least 200", kinds >= 200)]
    for what, some, every, limit in (
        ("secrets that leak", leaks, secrets, LEAK_LIMIT),
        ("secrets that leak, the value a short password", plain_leaks, plain, PLAIN_LEAK_LIMIT),
        ("log lines masked without need", masked, lines, LOG_LINES_LIMIT),
    ):
        figure = f"{len(some)} of {len(every):,} ({share(some, every):.1%})"
        found.append((what, figure, f"{limit:.1%}", share(some, every) <= limit))
    figure = f"{len(hidden)} of {len(harmless)}"
    found.append(("harmless texts masked", figure, f"{HIDDEN_LIMIT}", len(hidden) <= HIDDEN_LIMIT))
    return [*found, *_costs()]


def _costs() -> list[tuple[str, str, str, bool]]:
    ordinary = ordinary_lines()
    masking, masking_ms = in_references(lambda: untrusted.lines(ordinary))
    values, long = known_values()
    untrusted.lines(long)

    def cold() -> None:
        untrusted.forget_secrets()
        untrusted.lines(long, values)

    known = in_references(cold, 7, without=lambda: untrusted.lines(long))
    return [
        _cost(f"{LINES} ordinary lines", masking, masking_ms, MASK_LIMIT),
        _cost("100 known values in 400 long ones", *known, KNOWN_LIMIT),
    ]


def _cost(what: str, loops: float, ms: float, limit: float) -> tuple[str, str, str, bool]:
    figure = f"{loops:.2f} ({ms:.1f} ms of CPU)"
    return f"{what}, in reference loops", figure, f"{limit}", loops <= limit


def main() -> int:
    """Print the table; fail if a limit is not kept."""
    found = rows()
    for what, figure, limit, _ in [("masking secrets", "is", "limit", True), *found]:
        print(f"{what:54}  {figure:>24}  {limit:>12}")
    return 0 if all(kept for *_, kept in found) else 1


if __name__ == "__main__":
    sys.exit(main())
