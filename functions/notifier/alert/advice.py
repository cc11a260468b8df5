"""What to do about a failure: the catalogue's steps, the first for what this failure names."""

from __future__ import annotations

import re

from notifier.batch import fargate_sizes
from notifier.batch.failure import Failure, Kind
from notifier.diagnosis import named_advice
from notifier.diagnosis.diagnose import Certainty, Class, Diagnosis
from notifier.text import untrusted

# As Batch writes it: "Fargate resource requirements (2.00 vCPU, 1024 MiB) not valid."
_PAIR = re.compile(r"resource requirements \((\d{1,4}\.\d\d) vCPU, (\d{1,9}) MiB\)", re.I)


def next_steps(failure: Failure, diagnosis: Diagnosis) -> tuple[str, ...]:
    """Give the catalogue's steps; the first names sizes, or whom and what the text concerns."""
    sized = memory_advice(failure) if is_short_of_memory(diagnosis) else _pair_advice(diagnosis)
    first = sized or _service_job_advice(failure, diagnosis) or named_advice.first_step(diagnosis)
    return (first, *diagnosis.actions[1:]) if first else diagnosis.actions


def is_short_of_memory(diagnosis: Diagnosis) -> bool:
    """Say whether AWS reports that the container ran out of memory.

    A larger container does not help where a heap or a GPU is too small.
    """
    return diagnosis.class_ is Class.MEMORY and diagnosis.certainty is Certainty.CERTAIN


def next_memory_size(failure: Failure) -> tuple[int, float | None] | None:
    """Give about twice the memory (MiB), and the vCPUs that Fargate requires with it.

    None when the event does not have the job's memory, or no larger size exists.
    """
    memory = failure.memory_mib
    if memory is None or memory <= 0:
        return None
    if failure.platform != "Fargate":
        return memory * 2, None
    sizes = _larger_fargate_sizes(memory, failure.vcpus or 0.25)
    return next((size for size in sizes if size[0] >= memory * 2), sizes[-1] if sizes else None)


def _larger_fargate_sizes(memory: int, vcpus: float) -> list[tuple[int, float]]:
    return [
        (size, each)
        for each, memories in fargate_sizes.MEMORY.items()
        for size in memories
        if each >= vcpus and size > memory
    ]


def memory_advice(failure: Failure) -> str:
    """Say how much memory to request next; empty when the event does not have the job's memory."""
    if failure.memory_mib is None or failure.memory_mib <= 0:
        return ""
    larger = next_memory_size(failure)
    if larger is None:
        return "Fargate has no larger size. Run this job on an EC2 queue."
    memory, vcpus = larger
    sentence = f"Raise the job's memory from {failure.memory_mib:,} to {memory:,} MiB"
    if vcpus is None:
        return f"{sentence}, then submit it again."
    more = f" and its vCPUs to {vcpus:g}" if vcpus != failure.vcpus else ""
    return f"{sentence}{more} (a size that Fargate supports), then submit it again."


def _pair_advice(diagnosis: Diagnosis) -> str:
    """Say which sizes Fargate accepts, where it refused a pair of vCPU and memory."""
    if diagnosis.cause != "fargate-resource-combination":
        return ""
    pairs = (_PAIR.search(one.text) for one in diagnosis.evidence)
    refused = next((pair for pair in pairs if pair), None)
    if refused is None:
        return ""
    fitting = fargate_sizes.valid_sizes(float(refused[1]), int(refused[2]))
    return f"Use sizes that Fargate supports: {fitting}."


def _service_job_advice(failure: Failure, diagnosis: Diagnosis) -> str:
    """Say what limits a service job: it has no vCPUs of a compute environment."""
    if failure.kind is not Kind.SERVICE_JOB or diagnosis.cause != "job-state-time-limit":
        return ""
    return (
        "Raise maxCapacity of the service environment, or the limits of the job's quota share, "
        "or wait for other service jobs to end."
    )


def quote_given_reason(failure: Failure, diagnosis: Diagnosis) -> str:
    """Quote the reason of whoever stopped a job, as a sentence with a space before it."""
    if diagnosis.class_ is not Class.CANCELLED or not failure.status_reason:
        return ""
    return f" The reason given: {untrusted.defang(failure.status_reason).rstrip('.')}."
