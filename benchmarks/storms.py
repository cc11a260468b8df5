"""Storms of every size, ours beside the usual function: what they take, and how that grows."""

from __future__ import annotations

import math
import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from benchmarks.meter import Measured, measured

# Contender, shape, size and rounds, the longest first: two processes share them.
PLAN = (
    ("ours", "arrays", 100_000, 1),
    ("usual", "arrays", 10_000, 1),
    ("ours", "jobs", 10_000, 1),
    ("ours", "arrays", 10_000, 3),
    ("usual", "arrays", 1_000, 3),
    ("ours", "arrays", 1_000, 3),
    ("ours", "jobs", 1_000, 1),
    ("ours", "jobs", 100, 1),
    ("usual", "arrays", 100, 3),
    ("ours", "arrays", 100, 3),
    ("ours", "jobs", 10, 1),
    ("ours", "jobs", 1, 1),
)
AT_ONCE = 2
LEDGER_WRITES = ("dynamodb BatchWriteItem", "dynamodb TransactWriteItems")
Key = tuple[str, str, int]


@dataclass(frozen=True, slots=True)
class Storms:
    """The medians, by contender, shape and size."""

    of: Mapping[Key, Measured]

    def series(self, contender: str, shape: str) -> list[Measured]:
        """Give one contender's storms of one shape, smallest first."""
        keys = sorted(key for key in self.of if key[:2] == (contender, shape))
        return [self.of[key] for key in keys]

    def beside_the_ledger(self, shape: str, size: int) -> float:
        """Give ours' AWS calls for each failure, beside those that write the ledger."""
        mine = self.of["ours", shape, size]
        writes = sum(mine.calls[name] for name in LEDGER_WRITES)
        return (mine.made - writes) / mine.failures

    def times_as_many(self, shape: str, size: int) -> float:
        """Say how many times the usual function's failures a second ours gets through.

        That takes as long for each failure whatever their number, so its longest storm stands for
        larger ones.
        """
        mine = self.of["ours", shape, size]
        usual = [each for each in self.series("usual", "arrays") if each.failures <= size][-1]
        return (usual.seconds / usual.failures) / (mine.seconds / mine.failures)

    def exponent(self, shape: str, count: Callable[[Measured], int]) -> float:
        """Fit count = a * failures ** exponent, from a hundred failures on."""
        rows = [each for each in self.series("ours", shape) if each.failures >= FITTED_FROM]
        sizes = [math.log(each.failures) for each in rows]
        return statistics.linear_regression(sizes, [math.log(count(each)) for each in rows]).slope


FITTED_FROM = 100


def measure(plan: Iterable[tuple[str, str, int, int]] = PLAN) -> Storms:
    """Measure what is planned, each storm in a process of its own."""
    keys = [(contender, shape, size) for contender, shape, size, n in plan for _ in range(n)]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        found = list(zip(keys, pool.map(_measured, keys), strict=True))
    runs: dict[Key, list[Measured]] = {}
    for key, run in found:
        runs.setdefault(key, []).append(run)
    return Storms({key: _median(each) for key, each in runs.items()})


def _measured(key: Key) -> Measured:
    contender, shape, size = key
    command = [sys.executable, "-m", "benchmarks.storm", contender, str(size), shape]
    quiet = os.environ | {"LOG_LEVEL": "CRITICAL"}  # a line for each failure is Lambda's to keep
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env=quiet)
    found = measured(done.stdout.splitlines()[-1])
    print(f"{size:>7,} {shape:<6} {contender:<6} {found.cpu:8.2f} s of CPU", flush=True)
    return found


def _median(runs: Sequence[Measured]) -> Measured:
    return sorted(runs, key=lambda each: each.cpu)[len(runs) // 2]
