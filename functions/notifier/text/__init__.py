"""Untrusted text made safe, and units as people read them.

In: any text of a job, a log or AWS. Out: one visible line without secrets, bounded in length.
Imports nothing of the notifier.
"""

from __future__ import annotations

import re
from typing import Any, cast


class _Lazy:
    """A regular expression that is compiled when it is first used."""

    def __init__(self, expression: str, flags: int) -> None:
        self._given = expression, flags

    def __getattr__(self, name: str) -> Any:
        """Compile it, and keep its methods for the next time."""
        pattern = re.compile(*self._given)
        for method in ("search", "match", "fullmatch", "finditer", "findall", "split", "sub"):
            setattr(self, method, getattr(pattern, method))
        return getattr(pattern, name)


def lazy(expression: str, flags: int = 0) -> re.Pattern[str]:
    """Give a pattern that costs nothing at the start of a function that never uses it."""
    return cast("re.Pattern[str]", _Lazy(expression, flags))
