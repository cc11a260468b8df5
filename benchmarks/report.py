"""RESULTS.md: ratios first, then the figures behind them."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from benchmarks import latency, start
from benchmarks.latency import FLOOR, TUTORIAL, Latencies
from benchmarks.meter import LATENCY_S, Measured
from benchmarks.start import OURS, USUAL, Starts
from benchmarks.storm import BATCH
from benchmarks.storms import PLAN, Storms
from benchmarks.warm import Warm

SIZE = 10_000  # of the storm in the ratios
TEXT = """\
# Speed

`make bench`: {machine}.

The usual function ([baselines/usual_lambda.py](baselines/usual_lambda.py)) reads the last 50 log
lines of each job and publishes a message. In the tutorial a rule sends each event to a topic. The
floor ([baselines/floor.py](baselines/floor.py)) has a queue and a function that publishes each
event unchanged. [baselines/template.yaml](baselines/template.yaml) deploys all three.

{ratios}

## Cold start

Milliseconds of CPU under Lambda's runtime interface, medians of {rounds} starts in turn. *INIT*
ends when the function asks for its first invocation; *first* is one failure, with services that
answer at once. Ours imports botocore and creates its clients in the first invocation, so compare
*both* as well. The runtime's packages have bytecode, as in Lambda, and so have the functions that
`make build` builds; `sam build` alone leaves it out.

{starts}

## One failure, warm

Milliseconds of CPU, without AWS.

{warm}

## Storms

A hundred failures a second, and an hour of follow-ups. *arrays*: children of arrays of at most
10,000, of two causes, and their parents. *jobs*: of one definition and one cause, so always one
incident. A cell with two numbers is *ours / usual*. CPU is that of the handlers without that
of moto, which simulates AWS in the same process, plus {latency:.0f} ms for each call; concurrent
calls count as one. Ours gets batches of {batch}, as in the template; the usual function gets one
event a call, as from a rule. Each storm ran in a process of its own, two at a time; rounds: {plan}.

{arrays}

{jobs}

Growth is fitted from 100 failures on. Each array of 10,000 is an incident with its own messages.

Peak memory of the handlers' process, without the local AWS: {memory}.

AWS calls of ours, in storms of arrays:

{made}

## From the bus to the subscriber

Milliseconds on the local AWS at a steady rate of failures, {seconds} s each. The local AWS delivers
queued messages at once; Lambda's batching window of 10 s is not included.
Ours reports the array once, and each second one other job fails and is measured; the others send a
message for each event. A call takes about two milliseconds here, and ours makes a dozen of them, to
read the incident, the log and the last success. A message that takes longer than
{patience:,.0f} s counts as {patience:,.0f} s.

{ways}
"""


@dataclass(frozen=True, slots=True)
class Results:
    """All that was measured."""

    machine: str
    starts: Mapping[str, Starts]
    one: Warm
    storms: Storms
    peaks: Mapping[int, int]
    ways: Latencies


def format_report(found: Results) -> str:
    """Return the whole page."""
    storms = found.storms
    return TEXT.format(
        machine=found.machine,
        ratios=_ratios(found),
        rounds=start.ROUNDS,
        starts=_starts(found.starts),
        warm=_warm(found.one),
        latency=LATENCY_S * 1000,
        batch=BATCH,
        plan=", ".join(f"{n} × {size:,} {who} {shape}" for who, shape, size, n in PLAN),
        arrays=_storms("arrays", storms),
        jobs=_storms("jobs", storms),
        memory=", ".join(f"{peak / 1e6:.0f} MB for {n:,}" for n, peak in found.peaks.items()),
        made=_made(storms),
        seconds=latency.SECONDS,
        patience=latency.TIMEOUT_S,
        ways=_ways(found.ways),
    )


def _ratios(found: Results) -> str:
    init = start.init_ratio(found.starts, OURS, USUAL)
    whole = start.median_ratio(found.starts[OURS].whole, found.starts[USUAL].whole)
    rows = [
        ("INIT, times the usual function's", f"{init:.2f}", "1.00"),
        ("INIT and first invocation, times the usual function's", f"{whole:.2f}", ""),
        (f"failures a second, an array of {SIZE:,}, times the usual function's",
         f"{found.storms.speedup('arrays', SIZE):.0f}", "at least 20"),
        (f"the same, for {SIZE:,} jobs with different logs",
         f"{found.storms.speedup('jobs', SIZE):.0f}", ""),
        ("AWS calls a failure of that array, without writes of the ledger",
         f"{found.storms.calls_without_ledger('arrays', SIZE):.3f}", "0.05"),
        ("the same, for those jobs",
         f"{found.storms.calls_without_ledger('jobs', SIZE):.3f}", ""),
        ("growth within one incident, as a power of its failures: calls, messages",
         ", ".join(_growth(found.storms, "jobs")), "1.00, 0.20"),
        ("the same, for arrays: ten arrays are ten incidents",
         ", ".join(_growth(found.storms, "arrays")), ""),
        ("bus to subscriber, p95, times the tutorial's",
         _largest_multiple(found.ways, latency.OURS), "1.50"),
        ("the same, for the floor: a queue and a function that only publishes",
         _largest_multiple(found.ways, FLOOR), ""),
        ("diagnosis, median and p99", f"{found.one.median:.2f} ms, {found.one.p99:.2f} ms",
         "0.15 ms, 1 ms"),
        ("reading the catalogue", f"{found.one.catalogue:.1f} ms", "15 ms"),
        ("peak memory", f"{max(found.peaks.values()) / 1e6:.0f} MB", "160 MB"),
    ]  # fmt: skip
    return _table(("", "measured", "wanted"), rows)


def _growth(storms: Storms, shape: str) -> tuple[str, str]:
    calls = storms.exponent(shape, lambda each: each.call_count)
    messages = storms.exponent(shape, lambda each: each.messages)
    return f"{calls:.2f}", f"{messages:.2f}"


def _p95(numbers: list[float]) -> float:
    return latency.percentile(numbers, 95)


def _starts(starts: Mapping[str, Starts]) -> str:
    rows = []
    for name, each in starts.items():
        init = start.init_ratio(starts, name, USUAL)
        both = start.median_ratio(each.whole, starts[USUAL].whole)
        times = (statistics.median(one) for one in (each.init, each.first, each.whole))
        rows.append((name, f"{init:.2f}", f"{both:.2f}", *(f"{one:.0f}" for one in times)))
    return _table(("", "INIT, times", "both, times", "INIT ms", "first ms", "both ms"), rows)


def _warm(one: Warm) -> str:
    rows = [
        ("the floor: read the event, write a message of the same size, as JSON", one.floor),
        ("a failure with its log: read, diagnose, compose, write for every channel", one.whole),
        ("a failure that is only counted, in a batch of 100: read, diagnose", one.counted),
        ("diagnosis of a real reason, median", one.median),
        ("the same, p99", one.p99),
        ("reading the catalogue, once for each start", one.catalogue),
    ]
    return _table(("", "ms"), [(what, f"{spent:.2f}") for what, spent in rows])


def _storms(shape: str, storms: Storms) -> str:
    rows = [_storm(each, storms) for each in storms.series("ours", shape)]
    head = ("times as many a second", "failures a second of a core", "CPU ms a failure", "messages")
    more = ("AWS calls per 10,000", "log reads", "table writes, reads")
    return _table((shape, *head, *more), rows)


def _storm(mine: Measured, storms: Storms) -> tuple[str, ...]:
    other = storms.runs.get(("usual", "arrays", mine.failures))
    both = [each for each in (mine, other) if each]
    size = mine.failures
    return (
        f"{size:,}",
        f"**{other.seconds / mine.seconds:.0f}**" if other else "",
        " / ".join(f"{size / each.seconds:,.0f}" for each in both),
        " / ".join(f"{each.cpu * 1000 / size:.2f}" for each in both),
        " / ".join(f"{each.messages:,}" for each in both),
        " / ".join(f"{each.call_count * 10_000 / size:,.0f}" for each in both),
        " / ".join(f"{each.log_reads:,}" for each in both),
        f"{mine.units['write']:,}, {mine.units['read']:,}",
    )


def _made(storms: Storms) -> str:
    rows = [
        (f"{each.failures:,}", ", ".join(f"{n:,} {name}" for name, n in sorted(each.calls.items())))
        for each in storms.series("ours", "arrays")
    ]
    return _table(("failures", "calls"), rows)


def _largest_multiple(ways: Latencies, name: str) -> str:
    """Return a contender's p95 as a multiple of the tutorial's, at the rate with the largest."""
    return f"{max(_p95_multiple(ways, name, rate) for rate in latency.RATES):.2f}"


def _p95_multiple(ways: Latencies, name: str, rate: int) -> float:
    return _p95(ways[name][rate]) / _p95(ways[TUTORIAL][rate])


def _ways(ways: Latencies) -> str:
    rows = [
        (
            f"{rate}: {name}",
            f"{_p95_multiple(ways, name, rate):.2f}",
            *(f"{latency.percentile(each[rate], p):,.0f}" for p in latency.PERCENTILES),
        )
        for rate in latency.RATES
        for name, each in ways.items()
    ]
    head = (f"p{p}" for p in latency.PERCENTILES)
    return _table(("failures a second", "p95, times the tutorial's", *head), rows)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
