"""`make catalogue`: builds causes.json, which the functions read, from causes.toml.

Reading `causes.toml` takes a tenth of a cold start, and compiling its patterns as long again. So
`causes.json` holds the same data, and the words that a text must contain to match each pattern (see
`diagnosis/prefilter.py`). They come from the tree that Python's own parser makes of a pattern; a
node that is not supported here requires no words.
"""

from __future__ import annotations

import itertools
import json
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from re import _constants as op  # type: ignore[attr-defined]  # the tree has no public names
from re import _parser  # type: ignore[attr-defined]  # likewise
from typing import Any

from notifier.diagnosis import catalogue
from notifier.diagnosis.prefilter import GRAM, fold_case, grams

SOURCE = Path(__file__).with_name("causes.toml")
MAX_ALTERNATIVES = 24  # more words are slower to find than the pattern itself
LONG_ENOUGH = 8  # letters; beyond that, fewer words are better than longer ones

Words = tuple[str, ...]
"""Words of which a matching text contains at least one; an empty word requires nothing."""


def main() -> None:
    """Write causes.json."""
    catalogue.CATALOGUE.write_text(build_catalogue(), encoding="utf-8")


def build_catalogue() -> str:
    """Return the content of causes.json, with one cause a line for readable diffs."""
    data = tomllib.loads(SOURCE.read_text(encoding="utf-8"))
    wrappers = {name: "|".join(patterns) for name, patterns in data["around"].items()}
    matches = [match for cause in data["cause"] for match in cause.get("match", ())]
    words, always = _prefilter(matches)
    causes = ",\n".join(map(_json, data["cause"]))
    index = catalogue.index(data["cause"])
    tables = {"around": wrappers, "index": index, "always": always, "words": words}
    rest = ",\n".join(f'"{name}":{_json(value)}' for name, value in tables.items())
    return f"{catalogue.CAUSES_START}{causes}{catalogue.CAUSES_END}{rest}}}\n"


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _prefilter(
    matches: Sequence[dict[str, Any]],
) -> tuple[dict[str, list[tuple[int, str]]], list[int]]:
    """Return the words of all matches by their rarest four letters, and the matches without."""
    required = [required_words(match["pattern"], match.get("also", "")) for match in matches]
    texts = [*(fold_case(match["example"]) for match in matches), *itertools.chain(*required)]
    frequency = Counter(gram for text in texts for gram in grams(text))

    def rarest_gram(word: str) -> str:
        return min(grams(word), key=lambda gram: (frequency[gram], gram))

    index: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for number, words in enumerate(required):
        for word in words:
            index[rarest_gram(word)].append((number, word))
    return dict(sorted(index.items())), [n for n, words in enumerate(required) if not words]


def required_words(*patterns: str) -> Words:
    """Return words of which every text that matches all patterns contains one; none if unknown.

    Examples
    --------
    >>> required_words(r"pull (?:image )?manifest (?:for|unknown)", "")
    ('pull image manifest for', 'pull image manifest unknown', 'pull manifest for', ...)
    """
    best = _most_selective(
        [words for one in patterns for words in _requirements(_parser.parse(one))]
    )
    return best if best and min(map(len, best)) >= GRAM else ()


def _most_selective(choices: Iterable[Words]) -> Words:
    """Choose the words that rule out most texts: long ones, and few."""
    folds = [tuple(sorted(set(map(fold_case, words)))) for words in choices]
    usable = [words for words in folds if words and all(word.isascii() for word in words)]
    return max(usable, key=_worth, default=())


def _worth(words: Words) -> tuple[int, int]:
    return min(LONG_ENOUGH, *map(len, words)), -len(words)


def _requirements(tree: Any) -> list[Words]:
    """Return every set of words of which a text that matches the tree contains one."""
    found: list[Words] = []
    run: Words = ("",)
    for node in tree:
        exact = _exact_texts([node])
        longer = _concatenate(run, exact) if exact else None
        if longer:
            run = longer
        else:
            found += [run, *_node_requirements(*node)]
            run = ("",)
    return [*found, run]


def _node_requirements(code: Any, argument: Any) -> list[Words]:
    """Return the requirements of a node that matches more than a few texts."""
    if code is op.SUBPATTERN:
        return _requirements(argument[3])
    if code is op.BRANCH:
        branches = [_most_selective(_requirements(branch)) for branch in argument[1]]
        return [tuple(itertools.chain(*branches))] if all(branches) else []
    if code in (op.MAX_REPEAT, op.MIN_REPEAT) and argument[0] > 0:
        return _requirements(argument[2])
    return []


def _exact_texts(tree: Any) -> Words | None:
    """Return all texts that a tree matches, if they are few; None otherwise."""
    texts: Words | None = ("",)
    for code, argument in tree:
        texts = _concatenate(texts, _node_texts(code, argument)) if texts else None
    return texts


def _node_texts(code: Any, argument: Any) -> Words | None:
    if code is op.LITERAL:
        return (chr(argument),)
    if code in (op.AT, op.ASSERT, op.ASSERT_NOT):  # match no letter
        return ("",)
    if code is op.SUBPATTERN:
        return _exact_texts(argument[3])
    if code is op.BRANCH:
        return _union(map(_exact_texts, argument[1]))
    if code is op.IN:
        return _union(_node_texts(*letter) for letter in argument)
    if code in (op.MAX_REPEAT, op.MIN_REPEAT) and argument[:2] == (0, 1):
        return _union([("",), _exact_texts(argument[2])])
    return None


def _union(choices: Iterable[Words | None]) -> Words | None:
    found: list[str] = []
    for words in choices:
        if words is None:
            return None
        found += words
    return tuple(found)


def _concatenate(before: Words, after: Words | None) -> Words | None:
    if after is None or len(before) * len(after) > MAX_ALTERNATIVES:
        return None
    return tuple(one + other for one in before for other in after)


if __name__ == "__main__":
    main()
