"""Rows of cells as aligned lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence


def align(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Format each row as a line, with every column as wide as its longest cell."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(map(str.ljust, row, widths)).rstrip()
