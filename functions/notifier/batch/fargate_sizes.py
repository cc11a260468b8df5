"""The task sizes of Fargate, for alerts and for the template rules in `environments/`.

Imports nothing of this project: the template rules run without it.
"""

from __future__ import annotations

# MiB that Fargate accepts for each vCPU.
# https://docs.aws.amazon.com/batch/latest/APIReference/API_ResourceRequirement.html
MEMORY: dict[float, tuple[int, ...]] = {
    0.25: (512, 1024, 2048),
    0.5: tuple(range(1024, 4097, 1024)),
    1: tuple(range(2048, 8193, 1024)),
    2: tuple(range(4096, 16385, 1024)),
    4: tuple(range(8192, 30721, 1024)),
    8: tuple(range(16384, 61441, 4096)),
    16: tuple(range(32768, 122881, 8192)),
    32: (61440, 122880, 249856),
}


def valid_sizes(vcpus: float, memory: int) -> str:
    """Say which memory (MiB) these vCPUs allow, and which vCPUs this memory allows."""
    sizes = MEMORY.get(vcpus)
    takes = (
        f"{vcpus:g} vCPU takes {_sizes(sizes)}"
        if sizes
        else f"Fargate has {_with_or([f'{each:g}' for each in MEMORY])} vCPU"
    )
    fits = [f"{each:g}" for each, sizes in MEMORY.items() if memory in sizes]
    goes = f"goes with {_with_or(fits)} vCPU" if fits else "goes with none"
    return f"{takes}; {memory:,} MiB {goes}"


def _sizes(sizes: tuple[int, ...]) -> str:
    if len(sizes) == 3:
        return f"{_with_or([f'{each:,}' for each in sizes])} MiB"
    return f"{sizes[0]:,} to {sizes[-1]:,} MiB in steps of {sizes[1] - sizes[0]:,}"


def _with_or(words: list[str]) -> str:
    *most, last = words
    return f"{', '.join(most)} or {last}" if most else last
