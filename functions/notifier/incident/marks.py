"""Marks of the members that were reported, short: an item of DynamoDB holds at most 400 KB."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

from notifier.incident.counts import ranges

_SIZE = 8  # characters of a mark without an index: 48 bits, as good as unique among thousands
_INDEXED = re.compile(r"(.+)([:#](?:0|[1-9]\d{0,5}))", re.DOTALL)


def mark(job_id: str) -> str:
    """Return the mark of a member. Children and nodes keep their index."""
    indexed = _INDEXED.fullmatch(job_id)
    return _digest(indexed[1]) + indexed[2] if indexed else _digest(job_id)


@lru_cache(maxsize=1_024)
def _digest(text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8", "replace")).digest()[: _SIZE * 6 // 8]
    return base64.urlsafe_b64encode(digest).decode()


def pack(marks: Iterable[str]) -> dict[str, str]:
    """Write marks: those of children and nodes as ranges by their job, the others in one text.

    Examples
    --------
    >>> pack(["AAAAAAAA:3", "AAAAAAAA:4", "BBBBBBBB"])
    {'': 'BBBBBBBB', 'AAAAAAAA:': '3-4'}
    """
    plain, indices = list[str](), dict[str, list[int]]()
    for mark in marks:
        if len(mark) == _SIZE:
            plain.append(mark)
        else:
            indices.setdefault(mark[: _SIZE + 1], []).append(int(mark[_SIZE + 1 :]))
    found = {"": "".join(sorted(plain))} if plain else {}
    return found | {job: ranges(sorted(numbers)) for job, numbers in sorted(indices.items())}


def unpack(packed: Mapping[str, str]) -> frozenset[str]:
    """Read marks back."""
    plain = packed.get("", "")
    found = {plain[at : at + _SIZE] for at in range(0, len(plain), _SIZE)}
    for job, numbers in packed.items():
        for part in numbers.split(", ") if job else ():
            first, _, last = part.partition("-")
            found |= {f"{job}{n}" for n in range(int(first), int(last or first) + 1)}
    return frozenset(found)
