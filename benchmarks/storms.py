"""Storms of every size, ours beside the usual function: their usage, and how it grows."""

from __future__ import annotations

import math
import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from benchmarks.meter import Measured, from_json

# Contender, shape, size and rounds, the longest first; two run at a time.
PLAN = (
    ("ours", "jobs", 10_000, 1),
    ("ours", "arrays", 10_000, 1),
    ("usual", "arrays", 10_000, 1),
    ("usual", "arrays", 1_000, 3),
    ("ours", "arrays", 1_000, 3),
    ("ours", "jobs", 1_000, 1),
    ("ours", "jobs", 100, 1),
    ("usual", "arrays", 100, 3),
    ("ours", "arrays", 100, 3),
    ("ours", "jobs", 10, 1),
    ("ours", "jobs", 1, 1),
)
PROCESSES = 2
FITTED_FROM = 100  # failures
LEDGER_WRITES = ("dynamodb BatchWriteItem", "dynamodb TransactWriteItems")
Key = tuple[str, str, int]


@dataclass(frozen=True, slots=True)
class Storms:
    """The medians, by contender, shape and size."""

    runs: Mapping[Key, Measured]

    def series(self, contender: str, shape: str) -> list[Measured]:
        """Return one contender's storms of one shape, smallest first."""
        keys = sorted(key for key in self.runs if key[:2] == (contender, shape))
        return [self.runs[key] for key in keys]

    def calls_without_ledger(self, shape: str, size: int) -> float:
        """Return our AWS calls per failure, without those that write the ledger."""
        mine = self.runs["ours", shape, size]
        writes = sum(mine.calls[name] for name in LEDGER_WRITES)
        return (mine.call_count - writes) / mine.failures

    def speedup(self, shape: str, size: int) -> float:
        """Return our failures a second as a multiple of the usual function's.

        The usual function takes equally long for each failure, so its longest storm stands for
        larger ones.
        """
        mine = self.runs["ours", shape, size]
        usual = [each for each in self.series("usual", "arrays") if each.failures <= size][-1]
        return (usual.seconds / usual.failures) / (mine.seconds / mine.failures)

    def exponent(self, shape: str, count: Callable[[Measured], int]) -> float:
        """Fit count = a * failures ** exponent, from `FITTED_FROM` failures on."""
        rows = [each for each in self.series("ours", shape) if each.failures >= FITTED_FROM]
        sizes = [math.log(each.failures) for each in rows]
        return statistics.linear_regression(sizes, [math.log(count(each)) for each in rows]).slope


def measure(plan: Iterable[tuple[str, str, int, int]] = PLAN) -> Storms:
    """Run the planned storms, each in a process of its own."""
    keys = [(contender, shape, size) for contender, shape, size, n in plan for _ in range(n)]
    with ThreadPoolExecutor(PROCESSES) as pool:
        found = list(zip(keys, pool.map(_run_storm, keys), strict=True))
    runs: dict[Key, list[Measured]] = {}
    for key, run in found:
        runs.setdefault(key, []).append(run)
    return Storms({key: _median(each) for key, each in runs.items()})


def _run_storm(key: Key) -> Measured:
    contender, shape, size = key
    command = [sys.executable, "-m", "benchmarks.storm", contender, str(size), shape]
    quiet = os.environ | {"LOG_LEVEL": "CRITICAL"}  # without a log line for each failure
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env=quiet)
    found = from_json(done.stdout.splitlines()[-1])
    print(f"{size:>7,} {shape:<6} {contender:<6} {found.cpu:8.2f} s of CPU", flush=True)
    return found


def _median(runs: Sequence[Measured]) -> Measured:
    return sorted(runs, key=lambda each: each.cpu)[len(runs) // 2]
