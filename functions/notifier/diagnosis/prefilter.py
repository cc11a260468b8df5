"""Find the patterns that can match a text with a look-up, instead of trying each.

A pattern that must contain `manifest unknown` is indexed by four of its letters and tried only if
the text contains all of it. So the time depends on the length of the text, not of the catalogue,
and a pattern is compiled only if its words occur. `workbench/docs/catalogue_build.py` computes the
words of each pattern.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

GRAM = 4  # letters; with 3, four times as many patterns pass, with 5 some have no words
# All other characters of Unicode that re.IGNORECASE matches with an ASCII letter.
_LIKE_ASCII = str.maketrans({"\u0130": "i", "\u0131": "i", "\u017f": "s", "\u212a": "k"})


def fold_case(text: str) -> str:
    """Fold upper and lower case in the same way as `re.IGNORECASE`."""
    return (text if text.isascii() else text.translate(_LIKE_ASCII)).lower()


def grams(text: str) -> set[str]:
    """Return every run of four letters in a folded text."""
    return {text[at : at + GRAM] for at in range(len(text) - GRAM + 1)}


@dataclass(frozen=True, slots=True)
class Prefilter:
    """An index from words to the numbers of the patterns that need them.

    Parameters
    ----------
    words
        By four of its letters, each word (folded) with the number of a pattern that needs it. If
        several words have one number, any of them is enough.
    always
        Numbers of patterns that need no particular word.
    """

    words: Mapping[str, Sequence[tuple[int, str]]]
    always: tuple[int, ...] = ()

    def candidates(self, text: str) -> list[int]:
        """Return the numbers of the patterns that may match a text, in order.

        Examples
        --------
        >>> Prefilter({"unkn": [(7, "manifest unknown")]}, (2,)).candidates("Manifest Unknown")
        [2, 7]
        """
        folded = fold_case(text)
        found = {
            number
            for gram in self.words.keys() & grams(folded)
            for number, word in self.words[gram]
            if word in folded
        }
        return sorted(found.union(self.always))
