"""`make bench-storm`: measure storms of every size, ours beside the usual, and write STORM.md."""

from __future__ import annotations

import json
import math
import os
import platform
import statistics
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.storm import ARRAY, BATCH, CONTENDERS, STREAMS, Measured

ROUNDS = {100: 3, 1_000: 3, 10_000: 3, 100_000: 1}  # by size; the largest takes minutes
LATENCY_S = 0.010  # that a call within a Region may take
RESULTS = Path(__file__).parent / "STORM.md"
COLUMNS = (
    "failures",
    "**times as many a second**, at 10 ms a call",
    "failures a second, at 10 ms a call",
    "failures a second, own work only",
    "messages",
    "messages per 10,000",
    "AWS calls per 10,000",
    "log reads",
)
TEXT = """\
# A storm of failures

`make bench-storm`, {date}, Python {python}, {cores} cores. Arrays of at most {array:,} children
that all fail, of two causes, a hundred a second, with the events of their parents, followed up
for an hour. A cell with two numbers is *ours / usual*: the usual function is
[baselines/usual_lambda.py](baselines/usual_lambda.py), which reads the last 50 log lines of
each event and publishes a message.

{table}

Our AWS calls grow with the failures to the power of {calls:.2f}, our messages to the power of
{messages:.2f}.

{made}

**How it is measured.** The real handlers run in one process, on one core, against moto. *Own
work* is the time inside the handlers less that inside moto; *at 10 ms a call* adds that much
for each AWS call, one after another, as both make them. Clients are made before. Our handlers
get batches of {batch}, as the template sets them; the usual function gets an event a call, as a
rule gives them. Medians of interleaved runs, each in a process of its own: {rounds}. The jobs
share {streams} log streams. The hour of follow-ups runs on a simulated clock. What Lambda, SQS
and EventBridge do themselves is not counted: polling, cold starts, and the invocations, of
which the usual function has one for each failure.
"""


def main() -> None:
    """Measure, and write the table."""
    pairs = []
    for size, rounds in ROUNDS.items():
        runs = [[_measured(each, size) for each in CONTENDERS] for _ in range(rounds)]
        mine, other = (_median(each) for each in zip(*runs, strict=True))
        pairs.append((mine, other))
    RESULTS.write_text(_report(pairs), encoding="utf-8")
    print(f"written to {RESULTS.relative_to(Path.cwd())}")


def _measured(contender: str, size: int) -> Measured:
    """Measure in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.storm", contender, str(size)]
    quiet = os.environ | {"LOG_LEVEL": "CRITICAL"}  # a line for each failure is Lambda's to keep
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env=quiet)
    found = json.loads(done.stdout.splitlines()[-1])
    print(f"{size:>7,} {contender:<6} {found['seconds']:8.1f} s", flush=True)
    return Measured(size, found["seconds"], Counter(found["calls"]))


def _median(runs: Sequence[Measured]) -> Measured:
    return sorted(runs, key=lambda each: each.seconds)[len(runs) // 2]


def _calls(measured: Measured) -> int:
    return sum(measured.calls.values())


def _messages(measured: Measured) -> int:
    return measured.calls["sns Publish"]


def _exponent(rows: Sequence[Measured], count: Callable[[Measured], int]) -> float:
    """Fit count = a * failures ** exponent."""
    sizes, counts = zip(
        *((math.log(each.failures), math.log(count(each))) for each in rows), strict=True
    )
    return statistics.linear_regression(sizes, counts).slope


def _row(mine: Measured, other: Measured) -> tuple[str, ...]:
    both, size = (mine, other), mine.failures
    real = [size / (each.seconds + _calls(each) * LATENCY_S) for each in both]
    own = [size / each.seconds for each in both]
    return (
        f"{size:,}",
        f"**{real[0] / real[1]:.0f}**",
        _pair(real),
        _pair(own),
        _pair(map(_messages, both)),
        " / ".join(f"{_messages(each) * 10_000 / size:,.1f}" for each in both),
        _pair(_calls(each) * 10_000 / size for each in both),
        _pair(each.calls["logs GetLogEvents"] for each in both),
    )


def _pair(numbers: Iterable[float]) -> str:
    return " / ".join(f"{each:,.0f}" for each in numbers)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _report(pairs: Sequence[tuple[Measured, Measured]]) -> str:
    ours = [mine for mine, _ in pairs]
    made = [
        (f"{each.failures:,}", ", ".join(f"{n:,} {name}" for name, n in sorted(each.calls.items())))
        for each in ours
    ]
    return TEXT.format(
        date=f"{datetime.now(UTC):%Y-%m-%d}",
        python=platform.python_version(),
        cores=os.cpu_count(),
        array=ARRAY,
        batch=BATCH,
        streams=STREAMS,
        table=_table(COLUMNS, (_row(*pair) for pair in pairs)),
        made=_table(("failures", "our AWS calls"), made),
        calls=_exponent(ours, _calls),
        messages=_exponent(ours, _messages),
        rounds=", ".join(f"{rounds} of {size:,}" for size, rounds in ROUNDS.items()),
    )


if __name__ == "__main__":
    main()
