"""No pattern reads one text in many ways: a line of a job's log could stop a delivery."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator
from random import Random
from re import _compiler, _parser  # type: ignore[attr-defined]  # sre has no types
from typing import Any

import pytest

import notifier
from tests.expressions import REPEATS, inner

CHARACTERS = "aB1_ .:-/\"'=(\\"


def patterns_in(value: object) -> Iterator[re.Pattern[str]]:
    if isinstance(value, re.Pattern) and isinstance(value.pattern, str):
        yield value
    inner = [*value.keys(), *value.values()] if isinstance(value, dict) else value
    if isinstance(inner, list | tuple | frozenset):
        for one in inner:
            yield from patterns_in(one)


def all_patterns() -> dict[str, re.Pattern[str]]:
    """Return the patterns of all modules, by the name of each."""
    names = [one.name for one in pkgutil.walk_packages(notifier.__path__, "notifier.")]
    return {
        f"{name}.{attribute}-{number}": pattern
        for name in names
        for attribute, value in vars(importlib.import_module(name)).items()
        for number, pattern in enumerate(patterns_in(value))
    }


def repeated(tree: Any) -> Iterator[Any]:
    """Give the body of each repeat that has another repeat inside."""
    for operation, argument in tree:
        parts = list(inner(argument))
        if operation in REPEATS and argument[1] > 1 and any(map(has_repeat, parts)):
            yield argument[2]
        for one in parts:
            yield from repeated(one)


def has_repeat(tree: Any) -> bool:
    return any(operation in REPEATS and argument[0] != argument[1] for operation, argument in tree)


def texts(random: Random) -> Iterator[str]:
    """Give every text of one or two characters, and longer ones."""
    yield from CHARACTERS
    yield from (one + other for one in CHARACTERS for other in CHARACTERS)
    yield from ("".join(random.choices(CHARACTERS, k=random.randint(3, 6))) for _ in range(2_000))


def ambiguous_text(pattern: str, flags: int = 0) -> str | None:
    """Return a text that a repeat inside the pattern reads as one round or as two."""
    for body in repeated(_parser.parse(pattern, flags & ~re.UNICODE)):
        reads = _compiler.compile(body, flags).fullmatch
        found = (one for one in texts(Random(0)) if reads(one) and reads(one + one))
        if (one := next(found, None)) is not None:
            return one
    return None


@pytest.mark.parametrize("name", (PATTERNS := all_patterns()))
def test_no_repeat_reads_a_text_in_two_ways(name: str) -> None:
    assert ambiguous_text(PATTERNS[name].pattern, PATTERNS[name].flags) is None


@pytest.mark.parametrize("pattern", [r"(?:\w{1,80}[.:]?){1,14}!", r"(?:x|(?:a+b?)+)*$"])
def test_one_that_does_is_found(pattern: str) -> None:
    assert ambiguous_text(pattern)
