"""Which patterns can be found in a text at all: a look-up instead of a trial of each.

A pattern that has to contain `manifest unknown` is found by four letters of it, and tried only
where all of it stands. So a text costs what its own length costs, however long the catalogue is,
and a pattern is compiled only when its words have been seen. What each pattern has to contain is
found ahead of time, by `workbench/docs/catalogue_build.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

GRAM = 4  # letters; three let four times as many patterns through, five leave some out
# What re.IGNORECASE takes for an ASCII letter beside upper and lower case, in all of Unicode.
_LIKE_ASCII = str.maketrans({"\u0130": "i", "\u0131": "i", "\u017f": "s", "\u212a": "k"})


def folded(text: str) -> str:
    """Write upper and lower case as one, as `re.IGNORECASE` sees them."""
    return (text if text.isascii() else text.translate(_LIKE_ASCII)).lower()


def grams(text: str) -> set[str]:
    """Give every run of four letters in a folded text."""
    return {text[at : at + GRAM] for at in range(len(text) - GRAM + 1)}


@dataclass(frozen=True, slots=True)
class Prefilter:
    """Patterns by number, and the words that each has to contain.

    Parameters
    ----------
    words
        By four letters of it, a word (folded) and the number of a pattern that needs it. Of several
        words under one number, any is enough.
    always
        Numbers of patterns that need no word in particular.
    """

    words: Mapping[str, Sequence[tuple[int, str]]]
    always: tuple[int, ...] = ()

    def pick(self, text: str) -> list[int]:
        """Give the patterns that may be found in a text, in order; all others cannot be.

        Examples
        --------
        >>> Sieve({"unkn": [(7, "manifest unknown")]}, (2,)).pick("Manifest Unknown")
        [2, 7]
        """
        plain = folded(text)
        found = {
            number
            for gram in self.words.keys() & grams(plain)
            for number, word in self.words[gram]
            if word in plain
        }
        return sorted(found.union(self.always))
