"""Every row of the promise in README.md has tests that hold the code to it, by name."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from workbench.docs.readme import README, ROOT

_TEST = re.compile(r"\[([^]]+)\]\((tests/[\w/]+\.py)\)")
LEAST_ROWS = 12


def promise() -> dict[str, list[tuple[str, str]]]:
    """Read the table: fault → the tests that it links, as (words of its name, file)."""
    section = README.read_text(encoding="utf-8").split("## The promise\n")[1].split("\n## ")[0]
    rows = [line.strip("| ").split(" | ") for line in section.splitlines() if line[:1] == "|"]
    return {row[0]: _TEST.findall(row[-1]) for row in rows[2:]}


def functions(file: str) -> dict[str, ast.FunctionDef]:
    """Give the tests of a file that pytest would find, by name."""
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    return {one.name: one for one in tree.body if isinstance(one, ast.FunctionDef)}


PROMISE = promise()
LINKS = sorted({link for links in PROMISE.values() for link in links})


def test_the_table_was_read_whole() -> None:
    assert len(PROMISE) >= LEAST_ROWS
    assert {"malformed or unknown event", "a crash between any two steps"} <= set(PROMISE)


@pytest.mark.parametrize("fault", PROMISE)
def test_every_row_has_a_test(fault: str) -> None:
    assert PROMISE[fault], "say in its last column which test holds the code to it"


@pytest.mark.parametrize(("words", "file"), LINKS, ids=lambda value: Path(value).stem)
def test_every_test_that_is_named_exists_and_is_run(words: str, file: str) -> None:
    name = "test_" + words.replace(" ", "_")
    assert name in functions(file)
    marks = [ast.unparse(one) for one in functions(file)[name].decorator_list]
    assert [one for one in marks if "skip" in one or "xfail" in one] == []
    asserted = [one for one in ast.walk(functions(file)[name]) if isinstance(one, ast.Assert)]
    assert asserted, "a test that asserts nothing holds nothing"
