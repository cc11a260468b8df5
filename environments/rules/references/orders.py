"""Rules for the order in which a queue tries its compute environments."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.append(str(Path(__file__).parents[3]))  # cfn-lint loads this file outside its package

from environments.evaluation.scenarios import Resource
from environments.evaluation.values import get, given, items, nodes, number
from environments.rule import API, COMPUTE_ENVIRONMENT, JOB_QUEUE, BatchRule, Finding, warnings

ORDER = "ComputeEnvironmentOrder"
SERVICE_ORDER = "ServiceEnvironmentOrder"


def environments(queue: Resource) -> list[Resource]:
    """Return the compute environments of a queue that are in its template."""
    used = [get(each, "ComputeEnvironment") for each in nodes(queue.get(ORDER))]
    found = [queue.scenario.referenced(each, COMPUTE_ENVIRONMENT) for each in used]
    return [each for each in found if each]


class NoEnvironments(BatchRule):
    """A queue has environments of one kind."""

    id = "EB2009"
    shortdesc = "A queue has compute environments or service environments"
    description = "A queue needs at least one environment, and takes one kind of environments"
    source_url = f"{API}/API_CreateJobQueue.html"
    applies_to = JOB_QUEUE
    answer = "At least one compute environment must be provided"
    documented = True
    instead = (
        "ComputeEnvironmentOrder with one to three compute environments, and nothing beside it."
    )

    def find(self, resource: Resource) -> Iterator[Finding]:
        """Check for an order, and for a second one."""
        there = [key for key in (ORDER, SERVICE_ORDER) if given(resource.get(key))]
        if not there:
            yield "The queue has no compute environment", resource.place(ORDER)
        if len(there) > 1:
            answer = (
                "A job queue can't have both a serviceEnvironmentOrder and a"
                " computeEnvironmentOrder field."
            )
            yield "The queue has both kinds of environments", resource.place(SERVICE_ORDER), answer


class TooManyEnvironments(BatchRule):
    """A queue has up to three compute environments."""

    id = "EB2001"
    shortdesc = "A queue has up to three compute environments"
    description = "AWS Batch takes at most three compute environments in the order of a queue"
    source_url = f"{API}/API_CreateJobQueue.html"
    applies_to = JOB_QUEUE
    answer = "Only 3 environments are allowed in job queue request."
    instead = "make a second queue, or give one environment more instance types."

    def find(self, resource: Resource) -> Iterator[Finding]:
        """Count the compute environments."""
        listed = resource.get(ORDER)
        if len(items(listed)) > 3:
            yield f"The queue has {len(listed)} compute environments", resource.place(ORDER)


class OrderTwice(BatchRule):
    """A queue tries each compute environment once."""

    id = "EB2004"
    shortdesc = "Each compute environment of a queue is there once, with an order of its own"
    description = "Orders and compute environments of a queue differ"
    source_url = f"{API}/API_ComputeEnvironmentOrder.html"
    applies_to = JOB_QUEUE
    answer = "Duplicate ComputeEnvironment order values."
    instead = "number the compute environments 1, 2 and 3."

    def find(self, resource: Resource) -> Iterator[Finding]:
        """Compare the orders and names that are known."""
        listed = nodes(resource.get(ORDER))
        orders = [number(get(each, "Order")) for each in listed]
        known_orders = [each for each in orders if each is not None]
        if len(set(known_orders)) < len(known_orders):
            yield "Two compute environments have one order", resource.place(ORDER)
        names = [each.name for each in environments(resource)]
        if len(set(names)) < len(names):
            answer = "Duplicate ComputeEnvironments within order list."
            yield "A compute environment is in the order twice", resource.place(ORDER), answer


globals().update(warnings(globals()))
