"""Calls and cents of follow-ups, with and without `RecursiveLoop: Allow`; not a test.

Run `.venv/bin/python -m tests.timeline.follow_up_cost`. Table accesses are left out: a look at an
incident has the same ones in both cases, and a hop has none.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

from tests.simulation import Simulation
from tests.timeline.test_loop_detection import DETECTED, STORIES, alone, run
from workbench.docs import prices

MEMORY_GB = 1.0
WARM_S, COLD_S = 0.05, 0.6  # a hop on a warm function, and on one that starts for it
REQUESTS_A_MESSAGE = 3  # send, receive, delete


def cents(world: Simulation, seconds: float) -> float:
    """Return the price of all follow-ups, if each invocation lasts so long."""
    invocations, messages = world.invocations["follow-ups"], follow_ups(world)
    queue = messages * REQUESTS_A_MESSAGE * prices.SQS_REQUEST
    each = prices.LAMBDA_REQUEST + seconds * MEMORY_GB * prices.LAMBDA_GB_SECOND
    return 100 * (queue + invocations * each)


def follow_ups(world: Simulation) -> int:
    """Count the messages that were sent to the queue of follow-ups."""
    return world.queues.calls["SendMessage"] - len(world.waited)


def rows() -> Iterator[str]:
    """Yield the lines of a table in Markdown."""
    yield "| failures | loop detection | messages | invocations | lost | reported | cents |"
    yield "|---|---|---|---|---|---|---|"
    for story in [alone, *(one for one in STORIES if one is not alone)]:
        for name, stopping in (("on", DETECTED), ("allowed", frozenset[str]())):
            world = run(story, stopping)
            span = f"{cents(world, WARM_S):.3f} to {cents(world, COLD_S):.3f}"
            yield (
                f"| {(story.__doc__ or '').rstrip('.')} | {name} | {follow_ups(world):,}"
                f" | {world.invocations['follow-ups']:,} | {len(world.dead)}"
                f" | {len(world.told)} | {span} |"
            )


if __name__ == "__main__":
    sys.stdout.writelines(f"{row}\n" for row in rows())
