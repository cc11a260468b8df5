"""Values of the job's own environment, found in any spelling, cut, or split over lines.

A value and a text are compared by their ASCII letters and digits alone: what JSON, URLs, HTML,
Python and shells write around them is left out on both sides, as are the escapes themselves. The
index holds every eight letters in a row of every value; a text is looked up at every fourth
letter, so its cost does not depend on how many values there are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from notifier.text import lazy

SHORTEST = 6  # characters of a value; shorter ones ("prod", "1") would blot out ordinary words
GRAM = 8  # letters in a row that are looked up
STEP = 4  # letters between two places of a text that are looked up
PIECE = 11  # letters in a row that betray a value: STEP - 1 more than GRAM

_ESCAPE = lazy(
    r"\\{1,8}(?:u\{[0-9a-fA-F]{1,6}\}|u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|[0-7]{3})|%(?:25){0,3}[0-9a-fA-F]{2}"
    r"|&(?:amp;){0,3}(?:#\d{1,6}|#[xX][0-9a-fA-F]{1,5}|[a-zA-Z]{2,8});"
)
_LETTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")
_OTHERS = {code: None for code in range(128) if chr(code) not in _LETTERS}
_FOREIGN = lazy(r"[^\x00-\x7f]+")
Span = tuple[int, int]


class Index(NamedTuple):
    """Values to look for."""

    grams: frozenset[str]
    """Every eight letters of the values that nobody would write by chance."""
    heads: frozenset[str]
    """The first eight letters of every value."""
    wholes: tuple[str, ...]
    """Letters of values that are short, or words: they count only as a whole."""
    literals: tuple[str, ...]
    """Values of so few letters that they are looked for as they are."""

    def find(self, text: str) -> Iterator[Span]:
        """Find the values, whole, in pieces, and their beginning at the end of the text."""
        for value in self.literals:
            yield from _places(text, value)
        if not (self.grams or self.wholes or self.heads):
            return
        letters = _letters(text)
        found = [*self._chains(letters), *self._cut(letters)]
        for value in self.wholes:
            found += _places(letters, value)
        if found:
            places = _positions(text)
            yield from ((places[start], places[end - 1] + 1) for start, end in found)

    def _chains(self, letters: str) -> Iterator[Span]:
        grams, end = self.grams, 0
        if not grams:
            return
        for at in range(0, len(letters) - GRAM + 1, STEP):
            if at < end or letters[at : at + GRAM] not in grams:
                continue
            start, end = self._chain(letters, at)
            if end - start >= PIECE or letters[start:end] in self.heads:
                yield start, end

    def _chain(self, letters: str, at: int) -> Span:
        """Give the whole stretch around a place in which all eights belong to values."""
        start, grams = at, self.grams
        while start and letters[start - 1 : start - 1 + GRAM] in grams:
            start -= 1
        end = at + GRAM
        while letters[end : end + GRAM] in grams:  # eight more at once
            end += GRAM
        while end < len(letters) and letters[end + 1 - GRAM : end + 1] in grams:
            end += 1
        return start, end

    def _cut(self, letters: str) -> Iterator[Span]:
        """Find a value that begins or ends with the text: the rest was cut, or is on a line."""
        if len(letters) < GRAM:
            return
        for at in (0, len(letters) - GRAM):
            if letters[at : at + GRAM] in self.grams:
                yield self._chain(letters, at)
        for whole in self.wholes:
            head = whole[:GRAM]
            at = letters.rfind(head)
            if at >= 0 and len(head) == GRAM and whole.startswith(letters[at:]):
                yield at, len(letters)


def _places(text: str, value: str) -> Iterator[Span]:
    at = text.find(value)
    while at >= 0:
        yield at, at + len(value)
        at = text.find(value, at + len(value))


def _letters(text: str) -> str:
    if "\\" in text or "%" in text or "&" in text:
        text = _ESCAPE.sub("", text)
    if not text.isascii():
        text = _FOREIGN.sub("", text)
    return text.translate(_OTHERS)


def _positions(text: str) -> list[int]:
    """Give where in the text each of its letters stands."""
    places = [at for at, character in enumerate(text) if character in _LETTERS]
    escapes = _escapes(text)
    if not escapes:
        return places
    hidden = {place for escape in escapes for place in range(*escape.span())}
    return [at for at in places if at not in hidden]


def _escapes(text: str) -> list[re.Match[str]]:
    if "\\" in text or "%" in text or "&" in text:
        return list(_ESCAPE.finditer(text))
    return []


@lru_cache(maxsize=8)
def index(values: tuple[str, ...]) -> Index:
    """Make the index of some values, each a visible line; too short ones are left out."""
    grams: set[str] = set()
    heads: set[str] = set()
    wholes: set[str] = set()
    literals: set[str] = set()
    for value in values:
        letters = _letters(value)
        if len(value) < SHORTEST:
            continue
        if len(letters) < SHORTEST:
            literals.add(value)
        elif len(letters) >= PIECE and _is_drawn(value):
            grams.update(_grams(letters))
            heads.add(letters[:GRAM])
        else:
            wholes.add(letters)
    return Index(frozenset(grams), frozenset(heads), tuple(sorted(wholes)), tuple(sorted(literals)))


def _grams(letters: str) -> Iterable[str]:
    return (letters[at : at + GRAM] for at in range(len(letters) - GRAM + 1))


def _is_drawn(value: str) -> bool:
    """Say whether no piece of a value is a word or a name that a log may hold as well."""
    return (
        " " not in value
        and any(map(str.isdigit, value))
        and any(map(str.isalpha, value))
        and "://" not in value
    )


def forget() -> None:
    """Drop the values: a function's process outlives its invocations."""
    index.cache_clear()
