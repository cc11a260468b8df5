"""Looks a deployed stack over, in the order of a failure's way through it."""

from __future__ import annotations

from collections.abc import Iterator

from workbench import deployed, exam_people, exam_way
from workbench.finding import Check, Finding

CHECKS: tuple[Check, ...] = (
    exam_way.rules,
    exam_way.schedules,
    exam_way.mappings,
    exam_way.functions,
    exam_way.queues,
    exam_people.subscriptions,
    exam_people.key,
    exam_people.heartbeat,
    exam_people.alarms,
)


def examine(stack_name: str, region: str) -> Iterator[Finding]:
    """Look a stack over; raises `InputError` where there is none to look at."""
    stack = deployed.deployment(stack_name, region)
    for check in CHECKS:
        yield from check(stack)
