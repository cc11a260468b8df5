"""Reads that do not depend on each other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

_Result = TypeVar("_Result")


class AtOnce(Protocol):
    """Runs tasks that only read, and returns their results in order."""

    def __call__(self, tasks: Sequence[Callable[[], _Result]]) -> list[_Result]:
        """Run them; raises what the first of them raised."""


def in_turn(tasks: Sequence[Callable[[], _Result]]) -> list[_Result]:
    """Run tasks one after another; the adapters of AWS run them side by side."""
    return [task() for task in tasks]
