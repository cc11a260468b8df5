"""Rules for job queues and scheduling policies."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2]))  # cfn-lint loads this file outside its package

import re

from environments.evaluation.instance_types import architecture
from environments.evaluation.jobs import EC2, FARGATE, compute_type
from environments.evaluation.scenarios import Resource
from environments.evaluation.values import get, given, known, nodes, number, text, word
from environments.rule import (
    API,
    COMPUTE_ENVIRONMENT,
    GUIDE,
    JOB_DEFINITION,
    JOB_QUEUE,
    BatchRule,
    Finding,
    warnings,
)
from environments.rules.instances import instance_types
from environments.rules.references.orders import ORDER, environments

SCHEDULING_POLICY = "AWS::Batch::SchedulingPolicy"


class FargateWithEc2(BatchRule):
    """A queue has Fargate, EC2 or Managed Instances."""

    id = "EB2002"
    shortdesc = "A queue has Fargate or EC2, not both"
    description = "All compute environments of a queue are of one kind; EC2 and SPOT are one kind"
    source_url = f"{API}/API_CreateJobQueue.html"
    applies_to = JOB_QUEUE
    answer = "Fargate and EC2 compute environments can not be mixed."
    instead = "make a queue for each."

    def find(self, resource: Resource) -> Iterator[Finding]:
        """Compare the types of the compute environments in this template."""
        kinds = set()
        for each in environments(resource):
            kind = compute_type(each)
            kinds.add("Fargate" if kind in FARGATE else "EC2" if kind in EC2 else kind)
        kinds.discard("")
        if len(kinds) > 1:
            yield f"The queue mixes {' and '.join(sorted(kinds))}", resource.place(ORDER)


class ArchitecturesInQueue(BatchRule):
    """A queue has one architecture."""

    id = "EB2003"
    shortdesc = "A queue has one architecture"
    description = "All compute environments of a queue have instances of one architecture"
    source_url = f"{API}/API_CreateJobQueue.html"
    applies_to = JOB_QUEUE
    answer = "All compute environments of a queue must have the same architecture"
    documented = True
    instead = "make a queue for each architecture."

    def find(self, resource: Resource) -> Iterator[Finding]:
        """Compare the instance types of the compute environments in this template."""
        found = {
            architecture(name)
            for each in environments(resource)
            if compute_type(each) in EC2
            for name, _ in instance_types(each)
        }
        if {"arm64", "x86_64"} <= found and len(environments(resource)) > 1:
            yield "The queue mixes ARM and x86 instances", resource.place(ORDER)


class TimeLimitUnclear(BatchRule):
    """Time limits of waiting jobs are 10 minutes to 24 hours."""

    id = "EB2005"
    shortdesc = "JobStateTimeLimitActions have a time of 600 to 86400 seconds, and CANCEL"
    description = "AWS Batch cancels jobs that are RUNNABLE for longer"
    source_url = f"{API}/API_JobStateTimeLimitAction.html"
    applies_to = JOB_QUEUE
    answer = "Invalid job action. Valid job actions: [CANCEL]"
    instead = "State: RUNNABLE, Action: CANCEL, MaxTimeSeconds: 600 to 86400."

    def find(self, resource: Resource) -> Iterator[Finding]:
        """Check each action that is known; service environments have TERMINATE."""
        for each in nodes(resource.get("JobStateTimeLimitActions")):
            seconds = number(get(each, "MaxTimeSeconds"))
            if seconds is not None and not 600 <= seconds <= 86400:
                yield f"MaxTimeSeconds is {seconds:g}", each.places["MaxTimeSeconds"]
            action = word(get(each, "Action"))
            allowed = "TERMINATE" if given(resource.get("ServiceEnvironmentOrder")) else "CANCEL"
            if action and action != allowed:
                yield f"The action is {action}", each.places["Action"]
            if word(get(each, "State")) not in ("", "RUNNABLE"):
                yield f"The state is {word(get(each, 'State'))}", each.places["State"]


class ShareIdentifiersUnclear(BatchRule):
    """Share identifiers differ, and have weights that AWS Batch takes."""

    id = "EB2006"
    shortdesc = "Share identifiers differ, with weights of 0.0001 to 999.9999"
    description = "Letters, digits, hyphens and underscores, and * only at the end; no overlaps"
    source_url = f"{API}/API_ShareAttributes.html"
    applies_to = SCHEDULING_POLICY
    answer = "ShareIdentifier name should match a valid pattern."
    instead = "names such as batch or nightly*, none of which begins as another's prefix."

    def find(self, resource: Resource) -> Iterator[Finding]:
        """Check the identifiers and weights that are known."""
        if given(resource.get("FairsharePolicy")) and given(resource.get("QuotaSharePolicy")):
            answer = "A scheduling policy can have either fairsharePolicy or quotaSharePolicy"
            yield "The policy has shares and quotas", resource.place("QuotaSharePolicy"), answer
        names: list[str] = []
        for each in nodes(resource.get("FairsharePolicy", "ShareDistribution")):
            weight, name = number(get(each, "WeightFactor")), get(each, "ShareIdentifier")
            if weight is not None and not 0.0001 <= weight <= 999.9999:
                answer = "Weight factor should be between 0.0001 and 999.9999."
                yield f"WeightFactor is {weight:g}", each.places["WeightFactor"], answer
            if known(name):
                place = each.places["ShareIdentifier"]
                if not re.fullmatch(r"[\w-]{1,254}\*?|\*", text(name), re.ASCII):
                    yield f"{text(name)!r} is no share identifier", place
                if any(_overlap(text(name), other) for other in names):
                    answer = "Cannot have two or more identical shareIdentifiers."
                    yield f"{text(name)} overlaps with another share identifier", place, answer
                names.append(text(name))


def _overlap(one: str, other: str) -> bool:
    """Whether two share identifiers stand for the same jobs."""
    pairs = ((one, other), (other, one))
    return any(a == b or (a.endswith("*") and b.startswith(a[:-1])) for a, b in pairs)


class PriorityMissing(BatchRule):
    """Jobs of fair-share queues have a scheduling priority."""

    id = "WB2007"
    shortdesc = "A job definition for fair-share queues has a SchedulingPriority"
    description = "Only where every queue of the template has a fair-share policy"
    source_url = f"{GUIDE}/job_scheduling.html"
    applies_to = JOB_DEFINITION
    answer = "schedulingPriority must be provided for jobs of a fair-share queue"
    documented = True
    instead = (
        "SchedulingPriority: 0 to 9999 in the job definition, or the override in each submission."
    )

    def find(self, resource: Resource) -> Iterator[Finding]:
        """Check the job definition if all queues of the template share fairly."""
        queues = resource.scenario.of_type(JOB_QUEUE)
        policies = [each.get("SchedulingPolicyArn") for each in queues]
        found = [resource.scenario.referenced(each, SCHEDULING_POLICY) for each in policies]
        fair = [each for each in found if each and not given(each.get("QuotaSharePolicy"))]
        if fair and len(fair) == len(queues) and not given(resource.get("SchedulingPriority")):
            place = resource.place("Type")
            yield "The job definition has no SchedulingPriority for its fair-share queue", place


class MultiNodeOnlyOnSpot(BatchRule):
    """Multi-node jobs run on On-Demand instances."""

    id = "WB2008"
    shortdesc = "A multi-node job has a compute environment of type EC2"
    description = "Only where the template has compute environments, and none is of type EC2"
    source_url = f"{GUIDE}/multi-node-parallel-jobs.html"
    applies_to = JOB_DEFINITION
    answer = "Multi-node parallel jobs aren't supported on Spot Instances"
    documented = True
    instead = "add a compute environment of type EC2, and a queue of its own for it."

    def find(self, resource: Resource) -> Iterator[Finding]:
        """Compare with the types of all compute environments of the template."""
        kinds = {compute_type(each) for each in resource.scenario.of_type(COMPUTE_ENVIRONMENT)}
        if given(resource.get("NodeProperties")) and kinds and not kinds & {"EC2", ""}:
            yield "The job has several nodes, and no instances for them", resource.place("Type")


globals().update(warnings(globals()))
