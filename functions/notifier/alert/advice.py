"""What to do about a failure: the catalogue's steps, and the sizes to ask for next."""

from __future__ import annotations

import re

from notifier.batch import fargate_sizes
from notifier.batch.failure import Failure
from notifier.diagnosis.diagnose import Certainty, Class, Diagnosis

# As Batch words its refusal: "Fargate resource requirements (2.00 vCPU, 1024 MiB) not valid."
_PAIR = re.compile(r"resource requirements \((\d{1,4}\.\d\d) vCPU, (\d{1,9}) MiB\)", re.I)


def steps(failure: Failure, diagnosis: Diagnosis) -> tuple[str, ...]:
    """Give what to do, with sizes of this job's own where that is what it takes."""
    own = memory_advice(failure) if is_short_of_memory(diagnosis) else _pair_advice(diagnosis)
    # The catalogue's first step says the same without the numbers.
    return (own, *diagnosis.actions[1:]) if own else diagnosis.actions


def is_short_of_memory(diagnosis: Diagnosis) -> bool:
    """Say whether AWS itself says that the container's memory was short.

    Of a heap or a GPU a larger container has no more.
    """
    return diagnosis.class_ is Class.MEMORY and diagnosis.certainty is Certainty.CERTAIN


def more_memory(failure: Failure) -> tuple[int, float | None] | None:
    """Give about twice the memory (MiB) and the vCPUs Fargate wants with it.

    None when the event does not say what the job asked for, or no larger size exists.
    """
    memory = failure.memory_mib
    if memory is None or memory <= 0:
        return None
    if failure.platform != "Fargate":
        return memory * 2, None
    smallest = failure.vcpus or 0.25
    for vcpus, sizes in fargate_sizes.MEMORY.items():
        for size in sizes if vcpus >= smallest else ():
            if size >= memory * 2:
                return size, vcpus
    largest = fargate_sizes.MEMORY[32][-1]
    return (largest, 32) if largest > memory and smallest <= 32 else None


def memory_advice(failure: Failure) -> str:
    """Say in one sentence how much memory to ask for next, or nothing."""
    if failure.memory_mib is None or failure.memory_mib <= 0:
        return ""
    larger = more_memory(failure)
    if larger is None:
        return "Fargate has no larger size: run this job on an EC2 queue."
    memory, vcpus = larger
    sentence = f"Raise the job's memory from {failure.memory_mib:,} to {memory:,} MiB"
    if vcpus is None:
        return f"{sentence}, then submit it again."
    more = f" and its vCPUs to {vcpus:g}" if vcpus != failure.vcpus else ""
    return f"{sentence}{more} (a size Fargate accepts), then submit it again."


def _pair_advice(diagnosis: Diagnosis) -> str:
    """Say which pairs of vCPU and memory to choose from where Fargate refused one, or nothing."""
    if diagnosis.cause != "fargate-resource-combination":
        return ""
    pairs = (_PAIR.search(one.text) for one in diagnosis.evidence)
    refused = next((pair for pair in pairs if pair), None)
    if refused is None:
        return ""
    fitting = fargate_sizes.valid_sizes(float(refused[1]), int(refused[2]))
    return f"Choose a pair that Fargate has: {fitting}."
