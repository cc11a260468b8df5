"""`make catalogue`: the catalogue of causes as the functions read it, made of what people edit.

`causes.toml` takes Lambda a tenth of its start to read, and its patterns as long to compile. So
`causes.json` holds the same, with the words that each pattern has to contain (see
`diagnosis/prefilter.py`). They are taken from the tree that Python's own parser makes of an
expression: what is not understood there narrows nothing.
"""

from __future__ import annotations

import json
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from re import _constants as op  # type: ignore[attr-defined]  # the tree has no public names
from re import _parser  # type: ignore[attr-defined]  # likewise
from typing import Any

from notifier.diagnosis import catalogue
from notifier.diagnosis.prefilter import GRAM, fold_case, grams

SOURCE = catalogue.CATALOGUE.with_suffix(".toml")
MOST_WORDS = 24  # in place of one: more would be slower to look for than the pattern
LONG_ENOUGH = 8  # letters, beyond which fewer words are better than longer ones

Words = tuple[str, ...]
"""Words of which one has to stand in the text; an empty word among them says nothing."""


def main() -> None:
    """Write it."""
    catalogue.CATALOGUE.write_text(made(), encoding="utf-8")


def made() -> str:
    """Give the file: a cause a line, so that a change can be read."""
    data = tomllib.loads(SOURCE.read_text(encoding="utf-8"))
    wrappers = {name: "|".join(patterns) for name, patterns in data["around"].items()}
    matches = [match for cause in data["cause"] for match in cause.get("match", ())]
    words, always = _prefilter(matches)
    lines = ",\n".join(map(_json, data["cause"]))
    rest = {
        "around": wrappers,
        "index": catalogue.index(data["cause"]),
        "always": always,
        "words": words,
    }
    named = ",\n".join(f'"{name}":{_json(value)}' for name, value in rest.items())
    return f"{catalogue.CAUSES_START}{lines}{catalogue.CAUSES_END}{named}}}\n"


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _prefilter(
    matches: Sequence[dict[str, Any]],
) -> tuple[dict[str, list[tuple[int, str]]], list[int]]:
    """Give the words of all matches by their rarest four letters, and who has none."""
    needs = [needed(match["pattern"], match.get("also", "")) for match in matches]
    texts = [fold_case(match["example"]) for match in matches]
    texts += [word for words in needs for word in words]
    known = Counter(gram for text in texts for gram in grams(text))
    found: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for number, word in ((n, word) for n, words in enumerate(needs) for word in words):
        found[min(grams(word), key=lambda gram: (known[gram], gram))].append((number, word))
    return dict(sorted(found.items())), [n for n, words in enumerate(needs) if not words]


def needed(*patterns: str) -> Words:
    """Give words of which one stands in every text that has all these patterns; none if unknown.

    Examples
    --------
    >>> needed(r"pull (?:image )?manifest (?:for|unknown)", "")
    ('pull image manifest for', 'pull image manifest unknown', 'pull manifest for', ...)
    """
    best = _best([words for one in patterns for words in _required(_parser.parse(one))])
    return best if best and min(map(len, best)) >= GRAM else ()


def _best(choices: Iterable[Words]) -> Words:
    """Choose the words that narrow most: long ones, and few."""
    folds = [tuple(sorted(set(map(fold_case, words)))) for words in choices]
    usable = [words for words in folds if words and all(word.isascii() for word in words)]
    return max(usable, key=_worth, default=())


def _worth(words: Words) -> tuple[int, int]:
    return min(LONG_ENOUGH, *map(len, words)), -len(words)


def _required(tree: Any) -> list[Words]:
    """Give every set of words of which one has to stand in a text that the tree matches."""
    found: list[Words] = []
    run: Words = ("",)
    for each in tree:
        exact = _exact([each])
        longer = _joined(run, exact) if exact else None
        if longer:
            run = longer
        else:
            found += [run, *_inside(*each)]
            run = ("",)
    return [*found, run]


def _inside(code: Any, argument: Any) -> list[Words]:
    """Give what a part that matches more than a few texts asks for."""
    if code is op.SUBPATTERN:
        return _required(argument[3])
    if code is op.BRANCH:
        best = [_best(_required(branch)) for branch in argument[1]]
        return [tuple(word for words in best for word in words)] if all(best) else []
    if code in (op.MAX_REPEAT, op.MIN_REPEAT) and argument[0] > 0:
        return _required(argument[2])
    return []


def _exact(tree: Any) -> Words | None:
    """Give all texts that a tree matches, if they are few; None otherwise."""
    texts: Words | None = ("",)
    for code, argument in tree:
        texts = _joined(texts, _exact_part(code, argument)) if texts else None
    return texts


def _exact_part(code: Any, argument: Any) -> Words | None:
    if code is op.LITERAL:
        return (chr(argument),)
    if code in (op.AT, op.ASSERT, op.ASSERT_NOT):  # take up no letter
        return ("",)
    if code is op.SUBPATTERN:
        return _exact(argument[3])
    if code is op.BRANCH:
        return _any_of(map(_exact, argument[1]))
    if code is op.IN and all(kind is op.LITERAL for kind, _ in argument):
        return tuple(chr(letter) for _, letter in argument)
    if code in (op.MAX_REPEAT, op.MIN_REPEAT) and argument[:2] == (0, 1):
        return _any_of([("",), _exact(argument[2])])
    return None


def _any_of(choices: Iterable[Words | None]) -> Words | None:
    found: list[str] = []
    for words in choices:
        if words is None:
            return None
        found += words
    return tuple(found)


def _joined(before: Words, after: Words | None) -> Words | None:
    if after is None or len(before) * len(after) > MOST_WORDS:
        return None
    return tuple(one + other for one in before for other in after)


if __name__ == "__main__":
    main()
