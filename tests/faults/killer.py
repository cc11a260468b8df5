"""The functions' processes killed between any two calls, by a seeded chance."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import threading
import time
from collections import Counter
from types import TracebackType
from typing import Self

from tests.faults.cases import INCIDENTS, Row, settled
from tests.faults.world import World
from workbench import failures

HOLD_MS = 30  # every call waits so long in the proxy: time to kill who made it
AFTER_SECONDS = 0.06  # by then the call that was held has been answered
CHANCE = 0.03  # of a kill at a call; an invocation makes about ten
SEED = 11
WAVE = 20  # failures at a time, in two invocations at once
WAVE_SECONDS = 30


class Killer:
    """Kill every function's process, now and then, at a call: before its answer or after."""

    def __init__(self, world: World) -> None:
        self._world, self._chance = world, random.Random(SEED)
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._active = False
        self.killed: Counter[str] = Counter()
        """Processes killed, by the call that they were at."""

    def __enter__(self) -> Self:
        """Hold every call for a moment, and begin."""
        hold = {"service": "*", "latency": HOLD_MS}
        self._world.proxy.break_with([hold])
        self._active = True
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Leave everybody alone."""
        self._active = False
        self._world.proxy.break_with([])

    def _watch(self) -> None:
        for service, operation in self._world.proxy.fired():
            if not self._active:
                return
            if self._chance.random() >= CHANCE:
                continue
            when = "during"
            if self._chance.random() < 0.5:
                time.sleep(AFTER_SECONDS)
                when = "after"
            for process in self._world.workers():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)
                    self.killed[f"{when} {service} {operation}"] += 1


def run(world: World, size: int) -> tuple[Row, Counter[str]]:
    """Let `size` jobs fail while the functions die, heal, and say what became of them."""
    world.begin()
    with Killer(world) as killer:
        for first in range(0, size, WAVE):
            now = round(world.clock.now * 1000)
            world.fail([_failure(n, now) for n in range(first, min(first + WAVE, size))])
            world.pass_time(WAVE_SECONDS)
    row = settled(world, f"killed, {size:,} failures", killer.killed.total())
    return row, killer.killed


def _failure(number: int, now: int) -> failures.Event:
    job, incident = f"run-{number:06}", number % INCIDENTS
    return failures.failed(job, now, name=job, definition=f"step-{incident}:1")
