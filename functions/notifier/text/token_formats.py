"""Tokens, found by what they begin with, hold, or stand beside, and by chance as the last net.

A line is searched for unbroken runs of letters, digits and marks, and what follows looks at those
alone: most lines have none with a digit. The formats are facts of `token_formats.json`, which
`make catalogue` makes of workbench/docs/token_formats.toml. What is compiled is compiled when it
is first met: most prefixes never are.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple

from notifier.text import entropy, lazy

FORMATS = Path(__file__).with_name("token_formats.json")
SHORTEST_INNER = 36  # characters of the shortest run with a mark in its middle
NEARBY = 60  # characters before a token in which the name of its vendor is looked for

_RUN = lazy(r"[A-Za-z0-9_~/][A-Za-z0-9_+/=~.:%!|@-]{13,}+")
_TIME = "[0-9]{1,4}+[-:/.][0-9TZ:.+_-]+"
_PLAIN = lazy(f"{_TIME}|[^0-9/.]*+[/.][^0-9]*+")  # a time, a path
# And none of the letters below; `reader.go:143` is as plain as `reader.go`.
_PLAINEST = lazy(f"{_TIME}|[^0-9/.A_]*+[/.][^0-9A_]*+(?:(?<=:)[0-9]{{1,5}}+(?::[0-9]{{1,5}}+)?:?)?")
# Tokens of some kinds are random letters, at times without a digit.
_DIGIT = lazy("[0-9]")
_LETTERS = ("hf_", "api_org_", "CFPAT-", "sk_live_", "rk_live_", "AKIA", "ASIA")
_CORE = lazy(r"[A-Za-z0-9+/_~-]{15,}={0,2}")
# No letter or digit stands before a token. (`\nAKIA…` in quoted JSON: see `escapes`.)
_START = "(?<![A-Za-z0-9])"
_END = "(?![A-Za-z0-9])"
_REST = lazy("[A-Za-z0-9_-]*")
_WORDS = lazy("[a-z0-9]+")
_COMMIT = lazy("/(?:commits?|tree|blob|raw|archive)/[0-9a-f]{7,64}$")
_SECRET_WORDS = frozenset(
    str.split(
        "key token secret password credential credentials login auth apikey accesskey"
        " unauthorized api refused rejected"
    )
)
_BOOTSTRAP = lazy(r"(?<![\w.-])[a-z0-9]{6}\.[a-z0-9]{16}(?![\w.-])")  # kubeadm join
_MARKS = ("$", "/t/")
_MARKED_WORDS = (".webhook.", ".tines.", ".azconfig", "_gitlab_")
WORDS = ("token", "bootstrap", "webhook", "tines", "azconfig", "gitlab")
Span = tuple[int, int]


class Formats(NamedTuple):
    """What `token_formats.json` holds."""

    prefixes: Mapping[str, tuple[str, str, str]]
    """Expressions of a whole body and of a cut one, and whether a digit is needed."""
    trie: str
    marked: tuple[str, ...]
    """Prefixes that begin with a mark or hold one, and so stand anywhere in a line."""
    inner: tuple[tuple[str, str], ...]
    """Literals with the expression of the token that has them in its middle."""
    shapes: tuple[str, ...]
    words: Mapping[str, tuple[int, ...]]
    """Names of vendors with the shapes, from 1, of what they issue; below 0: see `_vendor`."""


@cache
def load() -> Formats:
    """Read the formats; the first call takes a millisecond."""
    return Formats(**json.loads(FORMATS.read_bytes()))


@cache
def _vendors() -> frozenset[str]:
    return frozenset(load().words)


@cache
def _anchor() -> re.Pattern[str]:
    return re.compile(f"{_START}(?=({load().trie}))")


@lru_cache(maxsize=512)
def _compiled(expression: str, before: str = "", after: str = "") -> re.Pattern[str]:
    return re.compile(f"{before}(?:{expression}){after}")


def find(line: str, lowered: str, *, has_word: bool) -> list[Span]:
    """Find the tokens in a line of bounded length.

    Parameters
    ----------
    lowered
        The same in lower case.
    has_word
        Whether one of `WORDS` may stand in it.
    """
    found: list[Span] = []
    may_boot = has_word and ("token" in lowered or "bootstrap" in lowered)
    for match in _RUN.finditer(line):
        run = match[0]
        if _PLAINEST.fullmatch(run) or _is_plain(run):
            continue
        at = match.start()
        inside = _by_prefix(run)
        if len(run) >= SHORTEST_INNER:
            inside += _by_inner(run)
        if may_boot:
            inside += (one.span() for one in _BOOTSTRAP.finditer(run))
        if inside:
            found += [(at + start, at + end) for start, end in inside]
        found += _by_surroundings(line, lowered, at, run)
    for mark in (*_MARKS, *_MARKED_WORDS) if has_word else _MARKS:
        if mark in lowered:
            return [*found, *_by_mark(line)]
    return found


def _has_letters(text: str) -> bool:
    return any(one in text for one in _LETTERS)


def _is_plain(run: str) -> bool:
    """Say whether a run is words, a path or a time, as most are."""
    if _DIGIT.search(run):
        return bool(_PLAIN.fullmatch(run))
    if _has_letters(run):
        return False
    if "/" in run or "." in run:
        return True
    mixed = not (run.islower() or run.isupper())
    return not (mixed and ("-" in run or "_" in run or "ATBB" in run))


def _by_prefix(run: str) -> list[Span]:
    found: list[Span] = []
    prefixes = load().prefixes
    for anchor in _anchor().finditer(run):
        longest, start = anchor[1], anchor.start()
        for size in range(len(longest), 0, -1):
            if longest[:size] not in prefixes:
                continue
            end = _end_of_body(run, start, longest[:size])
            if end:
                found.append((start, end))
                break
    return found


def _end_of_body(run: str, start: int, prefix: str) -> int:
    """Give where a token with this prefix ends, 0 if there is none."""
    whole, cut, needs_digit = load().prefixes[prefix]
    body = _compiled(whole, after=_END).match(run, start + len(prefix))
    if body and not (needs_digit and not any(map(str.isdigit, body[0]))):
        rest = _REST.match(run, body.end())
        return rest.end() if rest else body.end()
    part = _compiled(cut).match(run, start + len(prefix)) if cut else None
    return part.end() if part else 0


def _by_inner(run: str) -> list[Span]:
    found: list[Span] = []
    for literal, expression in load().inner:
        if literal in run:
            pattern = _compiled(expression, "(?<![A-Za-z0-9])", "(?![A-Za-z0-9+/_~-])")
            found += (match.span() for match in pattern.finditer(run))
    return found


def _by_mark(line: str) -> Iterator[Span]:
    formats = load()
    for prefix in formats.marked:
        at = line.find(prefix)
        while at >= 0:
            body = _compiled(formats.prefixes[prefix][0]).match(line, at + len(prefix))
            if body:
                yield at, body.end()
            at = line.find(prefix, at + 1)


def _by_surroundings(line: str, lowered: str, at: int, run: str) -> list[Span]:
    found: list[Span] = []
    for core in _CORE.finditer(run):
        value, start = core[0], at + core.start()
        if not (_DIGIT.search(value) or _has_letters(value)):
            continue
        if entropy.is_known_shape(value, is_first=start == 0):
            continue
        if (_vendor(lowered, start, value) or entropy.looks_random(value)) and not (
            entropy.is_harmless_behind(line, start)
        ):
            found.append((start, at + core.end()))
    return found


def _vendor(lowered: str, start: int, value: str) -> bool:
    """Say whether the name of a vendor stands before a value that looks as this vendor's do.

    Where the name is an ordinary word, as `box`, a word of secrets must stand there as well.
    """
    words = set(_WORDS.findall(lowered, max(0, start - NEARBY), start))
    last = value[value.rfind("/") + 1 :]
    for name in _vendors().intersection(words):
        for number in load().words[name]:
            if number < 0 and not _SECRET_WORDS.intersection(words):
                continue
            shape = _compiled(load().shapes[abs(number) - 1])
            in_path = last != value and not _COMMIT.search(value)
            if shape.fullmatch(value) or (in_path and shape.fullmatch(last)):
                return True
    return False
