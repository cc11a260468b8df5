"""The tree that Python's own parser makes of a regular expression, for tests of its shape."""

from __future__ import annotations

from collections.abc import Iterator
from re import _constants  # type: ignore[attr-defined]  # the tree has no public names
from re._parser import SubPattern  # type: ignore[import-not-found]  # likewise
from typing import Any

REPEATS = (_constants.MAX_REPEAT, _constants.MIN_REPEAT)


def inner(argument: Any) -> Iterator[Any]:
    """Give the expressions inside one operation, by its argument: of a group, of each branch."""
    if isinstance(argument, SubPattern):
        yield argument
    elif isinstance(argument, tuple | list):
        for part in argument:
            yield from inner(part)
