"""A routes file in TOML: read, checked as a whole, every problem with its line."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from destinations.document import SEVERITIES
from destinations.errors import ConfigurationError
from destinations.routing import hours, specs
from destinations.routing.positions import Path, find_positions
from destinations.routing.reachability import find_unreachable
from destinations.routing.routes import FIELDS, Match, Route
from destinations.routing.specs import Destination

_OTHER_KEYS = ("label", "hours", "destinations", "continue", "drop", "routes")


@dataclass(frozen=True, slots=True)
class RoutesFile:
    """What a routes file says. `warnings` are lines for a person: nothing is wrong, but odd."""

    destinations: Mapping[str, Destination]
    routes: tuple[Route, ...]
    default: tuple[str, ...]
    warnings: tuple[str, ...] = ()


def parse(source: str) -> RoutesFile:
    """Read a routes file.

    Raises
    ------
    ConfigurationError
        With a line for every problem, such as `line 12: unknown key queu`.
    """
    try:
        content = tomllib.loads(source)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"not TOML: {error}") from error
    reader = _Reader(content, find_positions(source))
    result = reader.read()
    if reader.problems:
        found = sorted(reader.problems, key=lambda one: one[0])
        raise ConfigurationError(*(f"line {line}: {problem}" for line, problem in found))
    return result


class _Reader:
    def __init__(self, content: dict[str, Any], positions: dict[Path, int]) -> None:
        self._content, self._positions = content, positions
        self._used: set[str] = set()
        self._named: set[str] = set()
        self.problems: list[tuple[int, str]] = []

    def read(self) -> RoutesFile:
        for key in self._content.keys() - {"destinations", "routes", "default"}:
            self._report((key,), f"unknown key {key}; known: destinations, routes, default")
        destinations = self._read_destinations()
        routes = self._read_routes(self._content.get("routes", []), ("routes",), ())
        default = self._names(self._content.get("default"), ("default",))
        if "default" not in self._content:
            self._report((), "default is missing: a list of destinations for all other alerts")
        positions = self._positions
        warnings = [
            f"line {positions.get(path, 1)}: {text}" for path, text in find_unreachable(routes)
        ]
        warnings += [
            f"line {positions.get(('destinations', name), 1)}: no route uses destination {name}"
            for name in destinations.keys() - self._used
        ]
        return RoutesFile(destinations, routes, default, tuple(warnings))

    def _read_destinations(self) -> dict[str, Destination]:
        tables = self._content.get("destinations", {})
        if not isinstance(tables, dict) or not tables:
            self._report(("destinations",), "there is no [destinations.NAME] table")
            return {}
        found = {}
        self._named.update(tables)
        for name, table in tables.items():
            path = ("destinations", name)
            if not isinstance(table, dict):
                self._report(path, f"destination {name} must be a table")
                continue
            for key, problem in specs.problems_of(name, table):
                self._report((*path, key) if key else path, problem)
            options = {k: v for k, v in table.items() if k not in ("type", "credential")}
            found[name] = Destination(
                name, str(table.get("type")), options, str(table.get("credential", ""))
            )
        return found

    def _read_routes(
        self, tables: object, path: Path, inherited: tuple[str, ...]
    ) -> tuple[Route, ...]:
        if not isinstance(tables, list) or not all(isinstance(one, dict) for one in tables):
            self._report(path, "routes must be [[routes]] tables")
            return ()
        return tuple(
            self._read_route(table, (*path, n), inherited) for n, table in enumerate(tables)
        )

    def _read_route(self, table: dict[str, Any], path: Path, inherited: tuple[str, ...]) -> Route:
        for key in table.keys() - {*FIELDS, *_OTHER_KEYS}:
            known = ", ".join((*FIELDS, *_OTHER_KEYS))
            self._report((*path, key), f"unknown key {key}; known: {known}")
        names = self._names(table.get("destinations"), (*path, "destinations")) or inherited
        drops = self._flag(table, "drop", path)
        if not names and not drops and not table.get("routes"):
            self._report(path, "a route needs destinations, routes or drop = true")
        if drops and "destinations" in table:
            self._report((*path, "drop"), "a route with drop = true has no destinations")
        return Route(
            label=str(table.get("label") or f"line {self._positions.get(path, 1)}"),
            matches=tuple(
                self._read_match(name, table[name], (*path, name))
                for name in FIELDS
                if name in table
            ),
            hours=self._read_hours(table, path),
            destinations=() if drops else names,
            continues=self._flag(table, "continue", path),
            drops=drops,
            routes=self._read_routes(table.get("routes", []), (*path, "routes"), names),
        )

    def _read_match(self, name: str, value: object, path: Path) -> Match:
        globs: list[Any] = value if isinstance(value, list) else [value]
        if not globs or not all(isinstance(one, str) and one for one in globs):
            self._report(path, f"{name} must be a text or a list of texts")
            return Match(name)
        if name == "severity":
            return self._read_severity(globs, path)
        if any(one.startswith((">", "<")) for one in globs):
            self._report(path, "only severity can be compared with >=")
        return Match(name, tuple(globs))

    def _read_severity(self, globs: list[str], path: Path) -> Match:
        first = globs[0].replace(" ", "")
        if len(globs) == 1 and first.startswith(">=") and first[2:] in SEVERITIES:
            return Match("severity", at_least=first[2:])
        if any(one.lstrip("!") not in SEVERITIES for one in globs):
            self._report(path, f"severity must be of {', '.join(SEVERITIES)}, or >= one of them")
        return Match("severity", tuple(globs))

    def _read_hours(self, table: dict[str, Any], path: Path) -> hours.Hours | None:
        if "hours" not in table:
            return None
        try:
            return hours.parse(str(table["hours"]))
        except ValueError as error:
            self._report((*path, "hours"), str(error))
            return None

    def _names(self, value: object, path: Path) -> tuple[str, ...]:
        names = [value] if isinstance(value, str) else value
        if names is None:
            return ()
        if not isinstance(names, list) or not all(isinstance(one, str) for one in names):
            self._report(path, f"{path[-1]} must be a list of names of destinations")
            return ()
        for name in names:
            if name not in self._named:
                self._report(path, f"unknown destination {name}")
        self._used.update(names)
        return tuple(names)

    def _flag(self, table: dict[str, Any], key: str, path: Path) -> bool:
        value = table.get(key, False)
        if not isinstance(value, bool):
            self._report((*path, key), f"{key} must be true or false")
        return value is True

    def _report(self, path: Path, problem: str) -> None:
        while path and path not in self._positions:
            path = path[:-1]
        self.problems.append((self._positions.get(path, 1), problem))
