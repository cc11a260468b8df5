"""What was measured, as RESULTS.md: ratios first, then what they are made of."""

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

SIZE = 10_000  # of the storm that the ratios speak of
TEXT = """\
# Speed

`make bench`: {machine}.

The usual function ([baselines/usual_lambda.py](baselines/usual_lambda.py)) reads the last 50 log
lines of each event and publishes a message; the tutorial has a rule hand each event to a topic; the
floor of what has a queue and a function ([baselines/floor.py](baselines/floor.py)) publishes each
event as it is. [baselines/template.yaml](baselines/template.yaml) deploys the three.

{ratios}

## Cold start

Milliseconds of CPU under Lambda's runtime interface, medians of {rounds} starts in turn. *INIT*
ends when the function asks for its first invocation; *first* is one failure, with services that
answer at once. Ours imports botocore and makes its clients when the first of them is needed, which
is in the first invocation: compare *both*, too. The runtime's packages have bytecode, as in
Lambda, and so has what `make build` makes; `sam build` alone leaves it out.

{starts}

## One failure, warm

Milliseconds of CPU, without AWS.

{warm}

## Storms

A hundred failures a second, followed up for an hour. *arrays*: children of arrays of at most
10,000, of two causes, and their parents. *jobs*: of one definition and one cause, so one incident
however many. A cell with two numbers is *ours / usual*. CPU is that of the handlers without that
of moto, which stands for AWS in the same process; to it come {latency:.0f} ms for each call, those
under way at once counted as one. Ours gets batches of {batch}, as the template sets them; the usual
function an event a call, as a rule gives them. Each storm ran in a process of its own, two at a
time; rounds: {plan}.

{arrays}

{jobs}

Growth is fitted from 100 failures on. Each array of 10,000 is an incident of its own, and has its
own messages.

Peak memory of the process, with the local AWS in another: {memory}.

What ours called, in storms of arrays:

{made}

## From the bus to the subscriber

Milliseconds on the local AWS at a steady rate of failures, {seconds} s each. It hands over at once
what is in a queue; Lambda's window of 10 s, in which a batch is collected, is not in the figures.
Ours tells of the array once, and each second another job fails and is waited for; the others send a
message for each event. A call takes about two milliseconds here, and ours makes a dozen of them:
what is known of the incident, its log, its last success. What has not come after {patience:,.0f} s
counts as {patience:,.0f} s.

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


def written(found: Results) -> str:
    """Give the whole page."""
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
        patience=latency.PATIENCE_S,
        ways=_ways(found.ways),
    )


def _ratios(found: Results) -> str:
    init = start.ratio(found.starts, OURS, USUAL)
    whole = _ratio(found.starts[OURS].whole, found.starts[USUAL].whole)
    rows = [
        ("INIT, times the usual function's", f"{init:.2f}", "1.00"),
        ("INIT and first invocation, likewise", f"{whole:.2f}", ""),
        (f"failures a second, an array of {SIZE:,}, times the usual function's",
         f"{found.storms.times_as_many('arrays', SIZE):.0f}", "at least 20"),
        (f"the same, {SIZE:,} jobs whose logs tell them apart",
         f"{found.storms.times_as_many('jobs', SIZE):.0f}", ""),
        ("AWS calls a failure of that array, beside the ledger's writes",
         f"{found.storms.beside_the_ledger('arrays', SIZE):.3f}", "0.05"),
        ("the same, of those jobs",
         f"{found.storms.beside_the_ledger('jobs', SIZE):.3f}", ""),
        ("growth in one incident, power of the failures: calls, messages",
         ", ".join(_growth(found.storms, "jobs")), "1.00, 0.20"),
        ("the same, in arrays: ten of them are ten incidents",
         ", ".join(_growth(found.storms, "arrays")), ""),
        ("bus to subscriber, p95, times the tutorial's",
         _slowest(found.ways, latency.OURS), "1.50"),
        ("the same of the floor: a queue, a function that only publishes",
         _slowest(found.ways, FLOOR), ""),
        ("diagnosis, median and p99", f"{found.one.median:.2f} ms, {found.one.p99:.2f} ms",
         "0.15 ms, 1 ms"),
        ("reading the catalogue", f"{found.one.catalogue:.1f} ms", "15 ms"),
        ("peak memory", f"{max(found.peaks.values()) / 1e6:.0f} MB", "160 MB"),
    ]  # fmt: skip
    return _table(("", "measured", "wanted"), rows)


def _growth(storms: Storms, shape: str) -> tuple[str, str]:
    calls = storms.exponent(shape, lambda each: each.made)
    messages = storms.exponent(shape, lambda each: each.messages)
    return f"{calls:.2f}", f"{messages:.2f}"


def _ratio(mine: Sequence[float], other: Sequence[float]) -> float:
    return statistics.median(a / b for a, b in zip(mine, other, strict=True))


def _p95(numbers: list[float]) -> float:
    return latency.percentile(numbers, 95)


def _starts(starts: Mapping[str, Starts]) -> str:
    rows = []
    for name, each in starts.items():
        init, both = _ratio(each.init, starts[USUAL].init), _ratio(each.whole, starts[USUAL].whole)
        times = (statistics.median(one) for one in (each.init, each.first, each.whole))
        rows.append((name, f"{init:.2f}", f"{both:.2f}", *(f"{one:.0f}" for one in times)))
    return _table(("", "INIT, times", "both, times", "INIT ms", "first ms", "both ms"), rows)


def _warm(one: Warm) -> str:
    rows = [
        ("the floor: the event and a message of the same size, as JSON", one.floor),
        ("a failure with its log: read, diagnose, compose, write for every channel", one.whole),
        ("a failure of a batch of 100 that is only counted: read, diagnose", one.counted),
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
    other = storms.of.get(("usual", "arrays", mine.failures))
    both = [each for each in (mine, other) if each]
    size = mine.failures
    return (
        f"{size:,}",
        f"**{other.seconds / mine.seconds:.0f}**" if other else "",
        " / ".join(f"{size / each.seconds:,.0f}" for each in both),
        " / ".join(f"{each.cpu * 1000 / size:.2f}" for each in both),
        " / ".join(f"{each.messages:,}" for each in both),
        " / ".join(f"{each.made * 10_000 / size:,.0f}" for each in both),
        " / ".join(f"{each.log_reads:,}" for each in both),
        f"{mine.units['write']:,}, {mine.units['read']:,}",
    )


def _made(storms: Storms) -> str:
    rows = [
        (f"{each.failures:,}", ", ".join(f"{n:,} {name}" for name, n in sorted(each.calls.items())))
        for each in storms.series("ours", "arrays")
    ]
    return _table(("failures", "calls"), rows)


def _slowest(ways: Latencies, name: str) -> str:
    """Say how many times the tutorial's a contender's p95 is, at the rate where that is most."""
    return f"{max(_times(ways, name, rate) for rate in latency.RATES):.2f}"


def _times(ways: Latencies, name: str, rate: int) -> float:
    return _p95(ways[name][rate]) / _p95(ways[TUTORIAL][rate])


def _ways(ways: Latencies) -> str:
    rows = [
        (
            f"{rate}: {name}",
            f"{_times(ways, name, rate):.2f}",
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
