"""What AWS Batch answered a short while ago, kept in the container of a function."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import Generic, TypeVar

KEPT_S = 300.0  # a changed tag is seen after five minutes
MOST_KEPT = 5_000  # answers: a few hundred bytes each
_Answer = TypeVar("_Answer")


class Kept(Generic[_Answer]):
    """Answers by ARN or id, each for five minutes."""

    def __init__(self) -> None:
        self._answers: dict[str, tuple[float, _Answer]] = {}

    def missing(self, keys: Iterable[str]) -> list[str]:
        """Return those keys of which no recent answer is known, each once."""
        oldest = time.monotonic() - KEPT_S
        known = self._answers
        return [
            key
            for key in dict.fromkeys(keys)
            if key and (key not in known or known[key][0] <= oldest)
        ]

    def keep(self, answers: Mapping[str, _Answer]) -> None:
        """Keep new answers; the oldest make room."""
        now = time.monotonic()
        for key, answer in answers.items():
            self._answers.pop(key, None)
            self._answers[key] = now, answer
        while len(self._answers) > MOST_KEPT:
            del self._answers[next(iter(self._answers))]

    def get(self, key: str) -> _Answer | None:
        """Return the answer that is kept, however old."""
        known = self._answers.get(key)
        return known[1] if known else None
