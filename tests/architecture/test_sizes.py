"""Sizes that keep the code readable: modules in a package, lines of a module and of a function."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODULES_LIMIT = 12  # of one package, beside __init__.py
MODULE_LINES_LIMIT = 250
FUNCTION_LINES_LIMIT = 30  # without its docstring
FOLDERS = ("functions", "on_alert", "workbench", "environments", "benchmarks")
MODULES = sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))
PACKAGES = sorted({path.parent for path in MODULES})


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def functions(path: Path) -> Iterator[tuple[str, int]]:
    """Give each function of a module and its lines, from `def` on, without the docstring."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or 0) - node.lineno + 1
            first = node.body[0]
            if ast.get_docstring(node) is not None:
                lines -= (first.end_lineno or 0) - first.lineno + 1
            yield node.name, lines


@pytest.mark.parametrize("package", PACKAGES, ids=name)
def test_a_package_fits_on_a_page(package: Path) -> None:
    modules = [path.stem for path in package.glob("*.py") if path.stem != "__init__"]
    assert len(modules) <= MODULES_LIMIT


@pytest.mark.parametrize("module", MODULES, ids=name)
def test_modules_and_functions_are_short(module: Path) -> None:
    assert len(module.read_text(encoding="utf-8").splitlines()) <= MODULE_LINES_LIMIT
    long = {each: lines for each, lines in functions(module) if lines > FUNCTION_LINES_LIMIT}
    assert long == {}
