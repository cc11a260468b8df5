"""Looks a deployed stack over, in the order of a failure's way through it."""

from __future__ import annotations

from collections.abc import Iterator

from workbench.deployed import deployment
from workbench.doctor import pipeline, subscribers
from workbench.doctor.finding import Check, Finding

CHECKS: tuple[Check, ...] = (
    pipeline.rules,
    pipeline.schedules,
    pipeline.mappings,
    pipeline.functions,
    pipeline.queues,
    subscribers.subscriptions,
    subscribers.key,
    subscribers.heartbeat,
    subscribers.alarms,
)


def examine(stack_name: str, region: str) -> Iterator[Finding]:
    """Look a stack over; raises `InputError` where there is none to look at."""
    stack = deployment.deployment(stack_name, region)
    for check in CHECKS:
        yield from check(stack)
