"""Rules for the numbers of jobs and queues, for retries, and for commands."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2]))  # cfn-lint loads this file outside its package

import math
import re

from environments.evaluation.jobs import containers, tasks
from environments.evaluation.scenarios import Resource
from environments.evaluation.values import (
    get,
    given,
    items,
    known,
    nodes,
    place_of,
    text,
    word,
)
from environments.rule import (
    API,
    GUIDE,
    JOB_DEFINITION,
    JOB_QUEUE,
    BatchRule,
    Finding,
    RangeRule,
    warnings,
)

CONDITIONS = ("OnStatusReason", "OnReason", "OnExitCode")

# Programs that begin a command line, and public images without an entry point of their own: what
# another image does with the words cannot be known.
PROGRAM = re.compile(
    r"(?:sh|bash|python3?|java|node|Rscript|perl|ruby|echo|sleep|ls|cat|aws|exit|true|false"
    r"|/bin/\w+|/usr/bin/\w+) +\S"
)
IMAGE = re.compile(
    r"(?:.*/)?(?:almalinux|alpine|amazonlinux|busybox|centos|debian|fedora|golang|perl|python|r-base"
    r"|rockylinux|ruby|ubuntu)(?:[:@].*)?"
)


class TimeoutTooShort(RangeRule):
    """A timeout is at least a minute."""

    id = "EB1701"
    shortdesc = "A timeout is at least 60 seconds"
    description = "AWS Batch takes no timeout below 60 seconds"
    source_url = f"{GUIDE}/job_timeouts.html"
    applies_to = JOB_DEFINITION
    answer = "The minimum value for the timeout is 60 seconds."
    documented = True
    instead = "AttemptDurationSeconds: 60 or more."
    ranges = ((("Timeout", "AttemptDurationSeconds"), 60, math.inf),)


class AttemptsOutOfRange(RangeRule):
    """A job has one to ten attempts."""

    id = "EB1702"
    shortdesc = "A job has 1 to 10 attempts"
    description = "AWS Batch starts a job at most ten times"
    source_url = f"{API}/API_RetryStrategy.html"
    applies_to = JOB_DEFINITION
    answer = "You can specify between 1 and 10 attempts."
    documented = True
    instead = "Attempts: 1 to 10."
    ranges = ((("RetryStrategy", "Attempts"), 1, 10),)


class RetryWithoutAttempts(BatchRule):
    """Conditions of retries need attempts."""

    id = "EB1703"
    shortdesc = "EvaluateOnExit has 1 to 5 conditions, and Attempts beside it"
    description = "AWS Batch evaluates at most five conditions, and only with Attempts"
    source_url = f"{API}/API_RetryStrategy.html"
    applies_to = JOB_DEFINITION
    answer = "RetryAttempts must be provided with retry strategy."
    instead = "add Attempts, and merge conditions until there are five."

    def find(self, resource: Resource) -> Iterator[Finding]:
        """Check Attempts and the number of conditions."""
        strategy = resource.get("RetryStrategy")
        conditions = get(strategy, "EvaluateOnExit")
        if given(strategy) and not given(get(strategy, "Attempts")):
            yield "RetryStrategy has no Attempts", resource.place("RetryStrategy")
        if len(items(conditions)) > 5:
            place = place_of(strategy, "EvaluateOnExit")
            yield f"EvaluateOnExit has {len(conditions)} conditions, and can have 5", place


class RetryConditionUnclear(BatchRule):
    """A condition of retries has a pattern that AWS Batch takes."""

    id = "EB1704"
    shortdesc = "A condition of EvaluateOnExit has a pattern of allowed characters"
    description = "Letters, digits, dots, colons and spaces, and * only at the end"
    source_url = f"{API}/API_EvaluateOnExit.html"
    applies_to = JOB_DEFINITION
    answer = "Evaluate on exit condition contains restricted characters."
    instead = "end the pattern with * before the first other character."

    def find(self, resource: Resource) -> Iterator[Finding]:
        """Check each condition that is known."""
        for condition in nodes(resource.get("RetryStrategy", "EvaluateOnExit")):
            if not any(given(get(condition, key)) for key in CONDITIONS):
                answer = (
                    "EvaluateOnExit should contain at least one of onExitCode, onReason or"
                    " onStatusReason"
                )
                yield "A condition of retries has no pattern", condition.place, answer
            action = get(condition, "Action")
            if word(action) and word(action) not in ("RETRY", "EXIT"):
                yield f"There is no action {text(action)}", condition.places["Action"]
            for key in CONDITIONS:
                pattern = r"\d*\*?" if key == "OnExitCode" else r"[\w.:\s-]*\*?"
                value = get(condition, key)
                if known(value) and not re.fullmatch(pattern, text(value)):
                    yield f"{key} has restricted characters", condition.places[key]
                if known(value) and len(text(value)) > 512:
                    answer = "Evaluate on exit condition cannot exceed 512 characters."
                    yield f"{key} is too long", condition.places[key], answer


class StorageOutOfRange(RangeRule):
    """Ephemeral storage is 21 to 200 GiB."""

    id = "EB1705"
    shortdesc = "Ephemeral storage is 21 to 200 GiB"
    description = "Without the setting a task on Fargate has 20 GiB"
    source_url = f"{API}/API_EphemeralStorage.html"
    applies_to = JOB_DEFINITION
    answer = "Ephemeral storage for Fargate tasks can be only between range 21 GiB to 200 GiB"
    instead = "leave EphemeralStorage out for 20 GiB."
    ranges = ((("EphemeralStorage", "SizeInGiB"), 21, 200),)

    def find(self, resource: Resource) -> Iterator[Finding]:
        """Check each task."""
        for task in tasks(resource):
            yield from self.outside(task.node)


class PriorityOutOfRange(RangeRule):
    """Scheduling priorities end at 9999."""

    id = "EB1706"
    shortdesc = "A scheduling priority is 0 to 9999"
    description = "The priority of jobs of one share identifier among each other"
    source_url = f"{API}/API_RegisterJobDefinition.html"
    applies_to = JOB_DEFINITION
    answer = "Scheduling priority must be between 0 and 9999."
    instead = "SchedulingPriority: 0 to 9999."
    ranges = ((("SchedulingPriority",), 0, 9999),)


class QueuePriorityOutOfRange(RangeRule):
    """Priorities of queues end at 1000."""

    id = "EB1708"
    shortdesc = "The priority of a queue is 0 to 1000"
    description = "The priority of a queue among those that share compute environments"
    source_url = (
        "https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference"
        "/aws-resource-batch-jobqueue.html"
    )
    applies_to = JOB_QUEUE
    answer = "Job queue priority must be between 0 and 1000."
    documented = True
    instead = "Priority: 0 to 1000."
    ranges = ((("Priority",), 0, 1000),)


class FairshareOutOfRange(RangeRule):
    """A fair-share policy reserves up to 99, and forgets within a week."""

    id = "EB1709"
    shortdesc = "ComputeReservation is 0 to 99, ShareDecaySeconds 0 to 604800"
    description = "The reservation is a percentage, the decay a week at most"
    source_url = f"{API}/API_FairsharePolicy.html"
    applies_to = "AWS::Batch::SchedulingPolicy"
    answer = "The minimum value is 0 and the maximum value is 99."
    documented = True
    instead = "use a number in the range."
    ranges = (
        (("FairsharePolicy", "ComputeReservation"), 0, 99),
        (("FairsharePolicy", "ShareDecaySeconds"), 0, 604800),
    )


class CommandInOneWord(BatchRule):
    """A command is a list of words."""

    id = "WB1008"
    shortdesc = "A command is a list of words"
    description = "The name of a program in an image does not contain a space"
    source_url = f"{API}/API_ContainerProperties.html"
    applies_to = JOB_DEFINITION
    answer = "CannotStartContainerError: failed to create shim task: OCI runtime create failed"
    instead = "write each word as an element of its own, or [sh, -c, ...]."

    def find(self, resource: Resource) -> Iterator[Finding]:
        """Check for a command of one element that begins with a program and has a space."""
        for _, container in containers(resource):
            command = items(get(container, "Command"))
            is_base = IMAGE.fullmatch(text(get(container, "Image")))
            if is_base and len(command) == 1 and PROGRAM.match(text(command[0][0])):
                yield "Command is one word with a space, so no program has its name", command[0][1]


class SwapOutOfRange(RangeRule):
    """Swap has a size and a share."""

    id = "EB1707"
    shortdesc = "Swappiness is 0 to 100, MaxSwap and SharedMemorySize are not negative"
    description = "Swappiness counts only beside MaxSwap"
    source_url = f"{API}/API_LinuxParameters.html"
    applies_to = JOB_DEFINITION
    answer = "swappiness must be between 0 and 100"
    documented = True
    instead = "Swappiness: 0 to 100, with MaxSwap beside it, or neither."
    ranges = (
        (("LinuxParameters", "Swappiness"), 0, 100),
        (("LinuxParameters", "MaxSwap"), 0, math.inf),
        (("LinuxParameters", "SharedMemorySize"), 1, math.inf),
    )

    def find(self, resource: Resource) -> Iterator[Finding]:
        """Check each container."""
        for _, container in containers(resource):
            yield from self.outside(container)


globals().update(warnings(globals()))
