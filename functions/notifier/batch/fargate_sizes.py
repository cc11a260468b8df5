"""The sizes that Fargate has: one table, for alerts and for the rules over templates.

It imports nothing of this project, so that the rules can run it where the project is not installed.
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


def fitting(vcpus: float, memory: int) -> str:
    """Say which memory (MiB) goes with these vCPUs, and which vCPUs go with this memory."""
    sizes = MEMORY.get(vcpus)
    takes = (
        f"{vcpus:g} vCPU takes {_sizes(sizes)}"
        if sizes
        else f"Fargate has {_either([f'{each:g}' for each in MEMORY])} vCPU"
    )
    fits = [f"{each:g}" for each, sizes in MEMORY.items() if memory in sizes]
    goes = f"goes with {_either(fits)} vCPU" if fits else "goes with none"
    return f"{takes}; {memory:,} MiB {goes}"


def _sizes(sizes: tuple[int, ...]) -> str:
    if len(sizes) == 3:
        return f"{_either([f'{each:,}' for each in sizes])} MiB"
    return f"{sizes[0]:,} to {sizes[-1]:,} MiB in steps of {sizes[1] - sizes[0]:,}"


def _either(words: list[str]) -> str:
    *most, last = words
    return f"{', '.join(most)} or {last}" if most else last
