"""RESULTS.md: ratios first, then the figures behind them."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence

from benchmarks import destinations, latency, page, start
from benchmarks.latency import FLOOR, TUTORIAL, Latencies
from benchmarks.meter import LATENCY_S, Measured
from benchmarks.start import OURS, USUAL, Starts
from benchmarks.storm import BATCH
from benchmarks.storms import PLAN, Storms
from benchmarks.warm import Warm

SIZE = 10_000  # of the storm in the ratios
HEAD = ("", "measured", "wanted")


def format_start(machine: str, starts: Mapping[str, Starts], one: Warm) -> str:
    """Return the part about starts, and about one failure."""
    init = start.init_ratio(starts, OURS, USUAL)
    whole = start.median_ratio(starts[OURS].whole, starts[USUAL].whole)
    rows = [
        ("INIT, times the usual function's", f"{init:.2f}", "1.00"),
        ("INIT and first invocation, times the usual function's", f"{whole:.2f}", "1.25"),
        ("diagnosis, median and p99", f"{one.median:.2f} ms, {one.p99:.2f} ms", "0.15 ms, 1 ms"),
        ("reading the catalogue", f"{one.catalogue:.1f} ms", "15 ms"),
    ]
    return page.START.format(
        machine=machine,
        ratios=_table(HEAD, rows),
        rounds=start.ROUNDS,
        starts=_starts(starts),
        warm=_warm(one),
    )


def format_destinations(machine: str, starts: Mapping[str, Starts]) -> str:
    """Return the part about starts of the function for destinations."""
    whole = starts[destinations.EVERYTHING].whole
    ratio = start.median_ratio(whole, starts[USUAL].whole)
    seconds = f"{statistics.median(whole) / 1000:.2f} s"
    rows = [
        ("INIT and first alert to every kind of destination, CPU", seconds, "1.20 s"),
        ("the same, times the usual function's", f"{ratio:.2f}", ""),
    ]
    ratios = _table(HEAD, rows)
    return page.DESTINATIONS.format(machine=machine, ratios=ratios, starts=_starts(starts))


def format_storms(machine: str, storms: Storms, peaks: Mapping[int, int]) -> str:
    """Return the part about storms, and about memory."""
    rows = [
        (f"failures a second and core, an array of {SIZE:,}, times the usual function's",
         f"{storms.speedup('arrays', SIZE):.0f}", "at least 30"),
        (f"the same, for {SIZE:,} jobs of which some logs are read",
         f"{storms.speedup('jobs', SIZE):.0f}", "at least 20"),
        ("AWS calls a failure of that array, without writes of the ledger",
         f"{storms.calls_without_ledger('arrays', SIZE):.3f}", "0.05"),
        ("the same, for those jobs", f"{storms.calls_without_ledger('jobs', SIZE):.3f}", ""),
        ("growth within one incident, as a power of its failures: calls, messages",
         ", ".join(_growth(storms, "jobs")), "1.00, 0.20"),
        ("peak memory", f"{max(peaks.values()) / 1e6:.0f} MB", "160 MB"),
    ]  # fmt: skip
    return page.STORM.format(
        machine=machine,
        ratios=_table(HEAD, rows),
        latency=LATENCY_S * 1000,
        batch=BATCH,
        plan=", ".join(f"{n} × {size:,} {who} {shape}" for who, shape, size, n in PLAN),
        arrays=_storms("arrays", storms),
        jobs=_storms("jobs", storms),
        memory=", ".join(f"{peak / 1e6:.0f} MB for {n:,}" for n, peak in peaks.items()),
        made=_made(storms),
    )


def format_ways(machine: str, ways: Latencies) -> str:
    """Return the part about the way to a subscriber."""
    rows = [
        (f"p95 at {rate} a second, times the floor's",
         f"{_p95(ways[latency.OURS][rate]) / _p95(ways[FLOOR][rate]):.2f}", wanted)
        for rate, wanted in zip(latency.RATES, ("3.00", "3.00", "1.00"), strict=True)
    ]  # fmt: skip
    return page.WAY.format(
        machine=machine,
        ratios=_table(HEAD, rows),
        seconds=latency.SECONDS,
        patience=latency.TIMEOUT_S,
        ways=_ways(ways),
    )


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
