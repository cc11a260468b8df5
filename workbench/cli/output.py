"""What a command prints: text for a person, or one JSON document for a program."""

from __future__ import annotations

import json
import os
import shutil
import sys
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

import click

MOST_COLUMNS = 100  # longer lines are hard to read, however wide the window
UNLIMITED = 10_000  # columns of a table that goes into a file or a pipe


class Step(Protocol):
    """Reports that work goes on: with what, and by how much."""

    def __call__(self, doing: str = "", advance: int = 1) -> None:
        """Report a step."""
        ...


def is_terminal(stream: Any) -> bool:
    """Whether a person sees the stream as it is written."""
    return stream is not None and stream.isatty() and os.environ.get("TERM") != "dumb"


class Output:
    """Text or JSON on standard output: what is for one of them alone is ignored by the other."""

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json
        self._document: dict[str, object] = {}

    def line(self, text: str = "", **style: Any) -> None:
        """Print a line for a person; `style` is that of `click.style`, used on a terminal only."""
        if not self.as_json:
            is_coloured = style and is_terminal(sys.stdout) and "NO_COLOR" not in os.environ
            print(click.style(text, **style) if is_coloured else text, flush=True)

    def prose(self, text: str, indent: str = "", first: str | None = None) -> None:
        """Print a sentence, broken into lines where a person would have to scroll."""
        if not is_terminal(sys.stdout):
            self.line(f"{indent if first is None else first}{text}")
            return
        width = min(shutil.get_terminal_size().columns, MOST_COLUMNS)
        start = indent if first is None else first
        for line in textwrap.wrap(
            text, max(width, 20), initial_indent=start, subsequent_indent=indent
        ):
            self.line(line)

    def table(self, head: Sequence[str], rows: Sequence[Sequence[str]], indent: int = 0) -> None:
        """Print rows of cells; on a terminal, long cells are folded to its width."""
        if self.as_json:
            return
        from rich.console import Console
        from rich.padding import Padding
        from rich.table import Table
        from rich.text import Text

        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
        for name in head:
            table.add_column(Text(name), overflow="fold")
        for row in rows:
            table.add_row(*(Text(cell) for cell in row))
        width = None if is_terminal(sys.stdout) else UNLIMITED
        console = Console(width=width, highlight=False, emoji=False, markup=False)
        with console.capture() as printed:
            console.print(Padding(table, (0, 0, 0, indent), expand=False))
        for line in printed.get().splitlines():
            print(line.rstrip(), flush=True)

    def add(self, **values: object) -> None:
        """Add names and values to the JSON document."""
        self._document |= values

    def append(self, name: str, *values: object) -> None:
        """Append to a list of the JSON document; without values, the list is there and empty."""
        current = self._document.setdefault(name, [])
        if not isinstance(current, list):
            raise TypeError(f"{name} is no list")
        current.extend(values)

    def raw(self, text: str) -> None:
        """Print a line in both forms, for output that is JSON lines already."""
        print(text, flush=True)

    def close(self) -> None:
        """Print the JSON document."""
        if self.as_json and self._document:
            print(json.dumps(self._document, indent=2, ensure_ascii=False), flush=True)

    @contextmanager
    def progress(self, doing: str, total: int | None = None) -> Iterator[Step]:
        """Show on standard error that work goes on, if it is a terminal."""
        if not is_terminal(sys.stderr):
            yield lambda doing="", advance=1: None
            return
        from rich.console import Console
        from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

        bars = () if total is None else (BarColumn(),)
        with Progress(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            *bars,
            TimeElapsedColumn(),
            console=Console(stderr=True),
            transient=True,
            # What is printed meanwhile is put above the bar, unless it goes elsewhere.
            redirect_stdout=is_terminal(sys.stdout),
        ) as bar:
            task = bar.add_task(doing, total=total)

            def step(doing: str = "", advance: int = 1) -> None:
                bar.update(task, advance=advance, description=doing or None)

            yield step
