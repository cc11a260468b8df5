"""The catalogue of causes: how each is recognised, what it means, what to do.

People edit `workbench/docs/causes.toml`. `make catalogue` turns it into `causes.json`, which loads
faster and has the index of `prefilter.py`. A cause is parsed and a pattern compiled when first
tried. Tests check the files, not the code at run time.
"""

from __future__ import annotations

import json
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, overload

from notifier.diagnosis.cause import (
    Cause,
    Certainty,
    Class,
    Match,
    Severity,
    Specificity,
    parse_cause,
)  # fmt: skip
from notifier.diagnosis.prefilter import Prefilter
from notifier.diagnosis.wrappers import Wrappers

__all__ = [
    "Catalogue", "Cause", "Certainty", "Class", "Match", "Severity", "Specificity", "load",
]  # fmt: skip

CATALOGUE = Path(__file__).with_name("causes.json")
CAUSES_START, CAUSES_END = '{"cause":[\n', "\n],\n"  # a cause a line between them
TEXT_LIMIT = 2_000  # characters of one text that are read
CUTS = frozenset((255, 1_024))  # characters at which ECS and Batch cut a reason

_TYPOGRAPHY = str.maketrans("‘’“”–—\u00a0", "''\"\"-- ")  # AWS writes can’t and PERMISSIONS – …
_Pattern = tuple[Cause, Match]
_Key = TypeVar("_Key")


class Causes(Sequence[Cause]):
    """All causes in order, each parsed from its line when it is first needed."""

    def __init__(self, raw: Sequence[str | dict[str, Any]]) -> None:
        self._raw = raw
        self._parsed: dict[int, Cause] = {}

    def __len__(self) -> int:
        return len(self._raw)

    @overload
    def __getitem__(self, number: int) -> Cause: ...
    @overload
    def __getitem__(self, number: slice) -> Sequence[Cause]: ...
    def __getitem__(self, number: int | slice) -> Cause | Sequence[Cause]:
        if isinstance(number, slice):
            return [self[each] for each in range(*number.indices(len(self)))]
        if number not in self._parsed:
            self._parsed[number] = _cause(self._raw[number])
        return self._parsed[number]


class Patterns(Sequence[_Pattern]):
    """All patterns in the order in which they are tried; `sizes` has the number of each cause."""

    def __init__(self, causes: Causes, sizes: Sequence[int]) -> None:
        self._causes = causes
        self._at = [(cause, match) for cause, size in enumerate(sizes) for match in range(size)]

    def __len__(self) -> int:
        return len(self._at)

    @overload
    def __getitem__(self, number: int) -> _Pattern: ...
    @overload
    def __getitem__(self, number: slice) -> Sequence[_Pattern]: ...
    def __getitem__(self, number: int | slice) -> _Pattern | Sequence[_Pattern]:
        if isinstance(number, slice):
            return [self[each] for each in range(*number.indices(len(self)))]
        at, match = self._at[number]
        cause = self._causes[at]
        return cause, cause.matches[match]


class ByKey(Mapping[_Key, Cause]):
    """Causes by their id or exit code."""

    def __init__(self, causes: Causes, numbers: Mapping[_Key, int]) -> None:
        self._causes, self._numbers = causes, numbers

    def __getitem__(self, key: _Key) -> Cause:
        return self._causes[self._numbers[key]]

    def __iter__(self) -> Iterator[_Key]:
        return iter(self._numbers)

    def __len__(self) -> int:
        return len(self._numbers)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All causes and their patterns, in the order in which they are tried."""

    causes: Sequence[Cause]
    patterns: Sequence[_Pattern]
    prefilter: Prefilter
    by_id: Mapping[str, Cause]
    by_exit: Mapping[int, Cause]
    wrappers: Wrappers

    def candidates(
        self, places: frozenset[str], allowed: Container[Specificity], text: str
    ) -> Iterator[_Pattern]:
        """Yield the patterns for these places that may match a text, in order."""
        for number in self.prefilter.candidates(text):
            cause, match = self.patterns[number]
            if cause.specificity in allowed and match.where & places:
                yield cause, match

    def recognise(
        self, text: str, places: frozenset[str], allowed: Container[Specificity]
    ) -> tuple[Cause, Certainty] | None:
        """Return the first cause whose pattern matches, first without the wrapper of a tool.

        A guess counts only where nothing else matches.
        """
        whole = normalise(text)
        rest, is_api, is_known = self.wrappers.unwrap(whole)
        is_aws = is_known and (is_api or self.wrappers.starts_like_aws(rest))
        is_cut = text.rstrip().endswith(("...", "…")) or not CUTS.isdisjoint(map(len, (text, rest)))
        if is_api:
            places |= {"request"}
        patterns = tuple(self.candidates(places, allowed, whole))  # it contains the rest
        guess = None
        for variant in dict.fromkeys((rest, whole) if patterns else ()):
            for cause, match in patterns:
                at = match.position_in(variant)
                if at is None:
                    continue
                if match.certainty is not Certainty.GUESS:
                    is_sure = is_aws or (at == 0 and is_known)
                    is_open = is_cut and match.unless  # what excludes it may be missing
                    most = Certainty.CERTAIN if is_sure and not is_open else Certainty.LIKELY
                    return cause, min(match.certainty, most)
                guess = guess or (cause, match.certainty)
        return guess


def normalise(text: str) -> str:
    """Replace typographic marks by ASCII and white space by one space, as the patterns expect."""
    return " ".join(text[:TEXT_LIMIT].translate(_TYPOGRAPHY).split())


@cache
def load() -> Catalogue:
    """Load the catalogue once; the first call takes some milliseconds."""
    causes, rest = CATALOGUE.read_text(encoding="utf-8").split(CAUSES_END, 1)
    lines = causes.removeprefix(CAUSES_START).split(",\n")
    return _catalogue(Causes(lines), json.loads("{" + rest))


def parse_catalogue(data: Mapping[str, Any]) -> Catalogue:
    """Parse a catalogue in the form that `make catalogue` writes."""
    return _catalogue(Causes(data["cause"]), {**data, "index": index(data["cause"])})


def index(causes: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return what has to be known of causes before they are parsed."""
    return {
        "sizes": [len(cause.get("match", ())) for cause in causes],
        "ids": {cause["id"]: n for n, cause in enumerate(causes) if "of" not in cause},
        "exits": [(code, n) for n, cause in enumerate(causes) for code in cause.get("exit", ())],
    }


def _cause(raw: str | dict[str, Any]) -> Cause:
    return parse_cause(json.loads(raw) if isinstance(raw, str) else raw)


def _catalogue(causes: Causes, data: Mapping[str, Any]) -> Catalogue:
    return Catalogue(
        causes=causes,
        patterns=Patterns(causes, data["index"]["sizes"]),
        prefilter=Prefilter(data["words"], tuple(data["always"])),
        by_id=ByKey(causes, data["index"]["ids"]),
        by_exit=ByKey(causes, dict(data["index"]["exits"])),
        wrappers=Wrappers(**data["around"]),
    )
