"""The words that tools and APIs put around the words of AWS, and how to take them off."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

WRAPPERS_LIMIT = 8  # tools wrap each other's texts; more than this is not a wrapped text


@dataclass(frozen=True, slots=True)
class Wrappers:
    """Patterns of what stands before a text; `causes.toml` says which is which."""

    wrappers: str
    speakers: str
    inside: str
    leads: str

    def leads_in(self, text: str) -> bool:
        """Say whether a text begins as Batch, the ECS agent, Docker or a runtime begin theirs."""
        return bool(compiled(self.leads).match(text))

    def opened(self, text: str) -> tuple[str, bool, bool]:
        """Strip what tools and APIs put before a text.

        Returns the rest, whether the Batch API was speaking, and whether nothing but known words
        stood before it.
        """
        cut = compiled(self.inside).search(text)
        start = cut.start() if cut else 0
        rest, by_api = self._stripped(text[start:], bool(cut))
        return rest, by_api, start == 0 or not self._stripped(text[:start], by_api)[0]

    def _stripped(self, text: str, by_api: bool) -> tuple[str, bool]:
        for _ in range(WRAPPERS_LIMIT):
            speaker = compiled(self.speakers).match(text)
            found = speaker or compiled(self.wrappers).match(text)
            if found is None or not found.end():
                break
            by_api = by_api or bool(speaker)
            text = text[found.end() :]
        return text, by_api


@cache
def compiled(pattern: str) -> re.Pattern[str]:
    """Compile a pattern when it is first needed; upper and lower case are one."""
    return re.compile(pattern, re.IGNORECASE)
