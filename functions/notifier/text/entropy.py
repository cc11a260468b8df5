"""The last net: a long token of no known kind is masked unless its shape is known to be harmless.

A random token changes between capitals, small letters and digits at 0.62 of its steps; names in
camel case change at 0.25. Hexadecimal text has one case: digests, ids and commits stay readable.
"""

from __future__ import annotations

import re

from notifier.text import lazy

SHORTEST = 20  # characters
CHANGES = 0.38  # of the steps
WORDS = 0.3  # of the characters, in words of six letters and more
BEFORE = 140  # characters before a token that are looked at

_KINDS = str.maketrans(
    {
        **dict.fromkeys("abcdefghijklmnopqrstuvwxyz", "a"),
        **dict.fromkeys("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "A"),
        **dict.fromkeys("0123456789", "0"),
    }
)
_CHANGE = lazy("(?<=a)[A0]|(?<=A)[a0]|(?<=0)[aA]")
_WORD = lazy("[a-z]{6,}|[A-Z]{7,}")
_MARKS = lazy("[-_/+=~]")
_SEGMENT = 8  # characters of one piece between marks that holds all three
_PATH = 60  # characters: a shorter one with slashes and whole words in it is a path
_DNA = lazy("[ACGTNacgtn+:/=,-]+")
_UUID = lazy("[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}")
# What stands straight before a run that is known to be no secret.
_HARMLESS = lazy(
    r"(?:sha(?:1|224|256|384|512)[:=\- ]|md5\W|digest\W+|checksum\W+|integrity\W+|etag\W+"
    r"|fingerprint\W.{0,12}|host-?id\W+|x-amz-id-2\W+|version-?id\W+|h1:|commit\W+|revision\W+"
    r"|expected\W+|got\W+|\bat\s|request-?id\W+|trace-?id\W.{0,4}|base64,|build_?id\W+"
    r"|/[\w.-]{1,25}[:@])$",
    re.IGNORECASE,
)
_NEAR = 30  # characters before a token, for these
_ADDRESS = lazy(r"(?<![A-Za-z])arn:|s3://|gs://|docker|/[\w.-]{1,60}[:@]$", re.IGNORECASE)
_BREAK = lazy(r"[\s,;\"']")


def looks_random(value: str) -> bool:
    """Say whether a value looks as if drawn by chance from capitals, small letters and digits.

    Examples
    --------
    >>> looks_random("q7Rk2Vw9" "Zt4Xc8Lm3Np6"), looks_random("RnaSeqQuantMergeSample2026")
    (True, False)
    """
    if len(value) < SHORTEST or not _has_all_three(value):
        return False
    plain = _MARKS.sub("", value.translate(_KINDS))
    if len(plain) < SHORTEST - 2 or len(_CHANGE.findall(plain)) < CHANGES * (len(plain) - 1):
        return False
    if sum(map(len, _WORD.findall(value))) > len(value) * WORDS or _is_path(value):
        return False
    return any(len(one) >= _SEGMENT and _has_all_three(one) for one in _MARKS.split(value))


def _has_all_three(value: str) -> bool:
    return (
        any(map(str.isdigit, value))
        and any(map(str.islower, value))
        and any(map(str.isupper, value))
    )


def _is_path(value: str) -> bool:
    if value.startswith("/") and len(value) < _PATH - SHORTEST:
        return True
    parts = value.split("/")
    words = any(len(part) > 2 and (part.isalpha() or part.isdigit()) for part in parts)
    return len(parts) > 2 and words and len(value) < _PATH


def is_known_shape(value: str, *, is_first: bool) -> bool:
    """Say whether a value is DNA, a C++ name, or a UUID on a line of its own."""
    if value.startswith(("_Z", "ZN")) or _DNA.fullmatch(value):
        return True
    return is_first and len(value) < _PATH and bool(_UUID.search(value))


def is_harmless_behind(line: str, start: int) -> bool:
    """Say whether what stands before a place says that no secret follows: `sha256:`, `arn:…`."""
    if _HARMLESS.search(line, max(0, start - _NEAR), start):
        return True
    address = _BREAK.split(line[max(0, start - BEFORE) : start])[-1]
    return bool(address and _ADDRESS.search(address))
