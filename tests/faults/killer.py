"""The functions' processes killed between any two calls, by a seeded chance."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator

from tests.faults.cases import INCIDENTS, Row, settled
from tests.faults.world import World
from workbench.local import job_events

HOLD_MS = 30  # every call waits so long in the proxy: time to kill who made it
AFTER_SECONDS = 0.06  # by then the call that was held has been answered
CHANCE = 0.03  # of a kill at a call; an invocation makes about ten
SEED = 11
WAVE = 20  # failures at a time, in two invocations at once
WAVE_SECONDS = 30


@contextlib.contextmanager
def killing(world: World) -> Iterator[Counter[str]]:
    """Kill every function's process now and then, at a call: before its answer or after.

    It gives the processes killed so far, by the call that they were at.
    """
    killed, ended, chance = Counter[str](), threading.Event(), random.Random(SEED)

    def watch() -> None:
        for service, operation in world.proxy.fired():
            if ended.is_set():
                return
            if chance.random() >= CHANCE:
                continue
            when = "during"
            if chance.random() < 0.5:
                time.sleep(AFTER_SECONDS)
                when = "after"
            for process in world.workers():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)
                    killed[f"{when} {service} {operation}"] += 1

    world.proxy.break_with([{"service": "*", "latency": HOLD_MS}])
    threading.Thread(target=watch, daemon=True).start()
    try:
        yield killed
    finally:
        ended.set()
        world.proxy.break_with([])


def run(world: World, size: int) -> tuple[Row, Counter[str]]:
    """Let `size` jobs fail while the functions die, heal, and say what became of them."""
    world.begin()
    with killing(world) as killed:
        for first in range(0, size, WAVE):
            now = round(world.clock.now * 1000)
            world.fail([_failure(n, now) for n in range(first, min(first + WAVE, size))])
            world.pass_time(WAVE_SECONDS)
    row = settled(world, f"killed, {size:,} failures", killed.total())
    return row, killed


def _failure(number: int, now: int) -> job_events.Event:
    job, incident = f"run-{number:06}", number % INCIDENTS
    return job_events.failed(job, now, name=job, definition=f"step-{incident}:1")
