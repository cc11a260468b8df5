"""Private keys in PEM form: one block of a text, and rows of a log, also when cut at either end."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from notifier.text import entropy, lazy

_BLOCK = lazy(
    r"-----BEGIN\b[A-Z0-9 ]{0,60}(?:-----)?(.{0,4000}?)(?:-----END\b[^-]{0,60}(?:-----)?|$)",
    re.DOTALL,
)
_TAIL = lazy(
    r"(?:[A-Za-z0-9+/]{4,100}={0,2}(?:\s|\\{1,4}[nr]|[\"',]){1,8}){1,400}"
    r"-----END\b[^-]{0,60}(?:-----)?"
)
_HEADER = lazy(r"(?:Proc-Type|DEK-Info|Version|Comment): ")
_ROW = lazy("[A-Za-z0-9+/]{12,100}={0,2}")
_SHORTEST = 12  # characters of a row
_ROW_LIMIT = 110  # characters at the end of a line
_ALONE = r"(?:(?<![A-Za-z0-9/+=_.-])|(?<=\\[nrt]))"
# A line of a private key, whatever stands around it.
LONG_ROW = lazy(
    rf"{_ALONE}(?=[A-Za-z0-9/+]{{0,60}}[A-Z])"
    r"(?=[A-Za-z0-9/+]{0,60}[a-z])(?=[A-Za-z0-9/+]{0,60}[0-9])"
    r"([A-Za-z0-9/+]{48,}={0,2})(?![\w-])"
)
_CAPITALIZED = lazy("[A-Z][a-z]{4,}")
_PROSE = lazy(r"(?<!\S)[a-z]{2,15}(?!\S)")
_SENTENCE = 5  # words
_NAME_WORDS = 3  # of these, and a row is the name of a class
_PATH = 5  # slashes: base64 has one in 64 characters, a path has more
Span = tuple[int, int]


def find(text: str) -> Iterator[Span]:
    """Find the blocks of a text, whole or cut."""
    if "-----BEGIN" in text:
        yield from (match.span(1) for match in _BLOCK.finditer(text) if match[1].strip())
    if "-----END" in text:
        yield from (match.span() for match in _TAIL.finditer(text))


def rows(lines: Sequence[str]) -> list[bool]:
    """Say for each line whether it belongs to a private key, also to one cut at either end."""
    alike = [_is_row(line) for line in lines]
    masked = [row and _is_long_row(line) for line, row in zip(lines, alike, strict=True)]
    inside = False
    for n, line in enumerate(lines):
        body = alike[n] or (inside and (not line.strip() or bool(_HEADER.search(line))))
        # The last row of a key is short: what precedes it tells what it is.
        masked[n] = (
            masked[n]
            or (inside and body and bool(line.strip()))
            or (alike[n] and n > 0 and masked[n - 1])
        )
        inside = "-----BEGIN" in line or (inside and body)
        if "-----END" in line:
            inside = False
            _upwards(alike, masked, n)
    return masked


def _upwards(alike: Sequence[bool], masked: list[bool], end: int) -> None:
    """Mark the rows straight above an END whose BEGIN was cut away."""
    for n in range(end - 1, -1, -1):
        if masked[n] or not alike[n]:
            return
        masked[n] = True


def _is_row(line: str) -> bool:
    words = line[-_ROW_LIMIT:].rsplit(None, 1)
    if not words or len(words[-1]) < _SHORTEST:
        return False  # most lines
    last = words[-1].rstrip("\"',").replace("'", '"').rpartition('"')[2]
    return bool(_ROW.fullmatch(last)) and _is_mixed(last)


def _is_long_row(line: str) -> bool:
    found = LONG_ROW.search(line)
    if found is None or len(_CAPITALIZED.findall(found[1])) >= _NAME_WORDS:
        return False
    if len(_PROSE.findall(line, 0, found.start())) >= _SENTENCE:
        return False  # `redaction` masks the token, and leaves what the sentence says
    return not entropy.is_harmless_behind(line, found.start())


def _is_mixed(value: str) -> bool:
    """Say whether a value has both cases and a digit, and is no path: keys are like that."""
    both = any(map(str.isupper, value)) and any(map(str.islower, value))
    return both and any(map(str.isdigit, value)) and value.count("/") < _PATH
