"""Strip what tools and APIs put before a text of AWS."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

MOST_WRAPPERS = 8  # tools wrap each other's texts


@dataclass(frozen=True, slots=True)
class Wrappers:
    """Patterns of what stands before a text; `causes.toml` explains each."""

    wrappers: str
    speakers: str
    inside: str
    leads: str

    def starts_like_aws(self, text: str) -> bool:
        """Return whether a text begins like one of AWS Batch, the ECS agent or Docker."""
        return bool(compiled(self.leads).match(text))

    def unwrap(self, text: str) -> tuple[str, bool, bool]:
        """Strip all wrappers of a text.

        Returns the rest, whether it is an answer of the AWS Batch API, and whether all that was
        stripped is known.
        """
        cut = compiled(self.inside).search(text)
        start = cut.start() if cut else 0
        rest, is_api = self._strip(text[start:], bool(cut))
        return rest, is_api, start == 0 or not self._strip(text[:start], is_api)[0]

    def _strip(self, text: str, is_api: bool) -> tuple[str, bool]:
        for _ in range(MOST_WRAPPERS):
            speaker = compiled(self.speakers).match(text)
            found = speaker or compiled(self.wrappers).match(text)
            if found is None or not found.end():
                break
            is_api = is_api or bool(speaker)
            text = text[found.end() :]
        return text, is_api


@cache
def compiled(pattern: str) -> re.Pattern[str]:
    """Compile a pattern on first use; case is ignored."""
    return re.compile(pattern, re.IGNORECASE)
