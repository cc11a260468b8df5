"""Line numbers of tables and keys in a TOML text, which the standard parser does not keep."""

from __future__ import annotations

import re
import tomllib

Path = tuple[str | int, ...]
_KEY = re.compile(r"\s*([A-Za-z0-9_-]+|\"[^\"]*\")\s*=")
_HEADER = re.compile(r"\s*(\[\[.+?\]\]|\[.+?\])\s*(?:#.*)?$")


def find_positions(source: str) -> dict[Path, int]:
    """Give the line (from 1) of every table and key, by path: ("routes", 0, "queue")."""
    positions: dict[Path, int] = {}
    counts: dict[Path, int] = {}
    table: Path = ()
    for number, line in enumerate(source.splitlines(), 1):
        if header := _HEADER.fullmatch(line):
            table = _open_table(header[1], counts)
            positions.setdefault(table, number)
        elif key := _KEY.match(line):
            positions.setdefault((*table, key[1].strip('"')), number)
    return positions


def _open_table(header: str, counts: dict[Path, int]) -> Path:
    """Resolve a header; the tables of an array are numbered within the last one that holds them."""
    names, is_array = _names(header), header.startswith("[[")
    path: Path = ()
    for place, name in enumerate(names):
        path = (*path, name)
        is_last = place == len(names) - 1
        if is_last and is_array:
            counts[path] = counts.get(path, -1) + 1
        if path in counts:
            path = (*path, counts[path])
    return path


def _names(header: str) -> list[str]:
    try:
        found = tomllib.loads(header)
    except tomllib.TOMLDecodeError:
        return [header]
    names = []
    while found:
        (name, inner), *_ = found.items()
        names.append(name)
        found = inner[0] if isinstance(inner, list) else inner
    return names
