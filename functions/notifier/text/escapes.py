r"""Text without the escapes of JSON, URLs, HTML and shells, and where each character came from.

`%3D`, `\u003d`, `&#61;` and `\"` hide an `=` or a quote from the patterns; so a text that has
escapes is looked at twice, as it is and without them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from notifier.text import lazy

_ESCAPE = lazy(
    r"\\{1,4}u00([2-7][0-9a-fA-F])|\\{1,4}x([2-7][0-9a-fA-F])|%(?:25)?([2-7][0-9a-fA-F])"
    r"|&#(3[2-9]|[4-9]\d|1[01]\d|12[0-6]);|&#[xX]([2-7][0-9a-fA-F]);|&(quot|amp|lt|gt|apos);"
    r"|\\{1,4}([nrt])|\\{1,7}([\"'/])"
)
_NAMED = {"quot": '"', "amp": "&", "lt": "<", "gt": ">", "apos": "'"}
_DECIMAL = 4


def unescaped(text: str) -> tuple[str, Sequence[int]] | None:
    """Give a text without escapes and the place of each character, and of the end; None if none.

    Examples
    --------
    >>> unescaped("a%3Db")
    ('a=b', [0, 1, 4, 5])
    """
    if "%" not in text and "\\" not in text and "&" not in text:
        return None
    plain: list[str] = []
    places: list[int] = []
    done = 0
    for match in _ESCAPE.finditer(text):
        plain.append(text[done : match.start()])
        places.extend(range(done, match.start()))
        plain.append(_character(match))
        places.append(match.start())
        done = match.end()
    if not plain:
        return None
    places.extend(range(done, len(text) + 1))
    return "".join([*plain, text[done:]]), places


def _character(match: re.Match[str]) -> str:
    group = match.lastindex or 0
    found = match[group]
    if found in _NAMED:
        return _NAMED[found]
    if match[0].startswith("\\") and len(found) == 1:
        return " " if found in "nrt" else found
    return chr(int(found, 10 if group == _DECIMAL else 16))
