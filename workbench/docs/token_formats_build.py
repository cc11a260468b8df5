"""`make catalogue`: the formats of tokens as the functions read them, made of what people edit.

`token_formats.toml` has sources and samples and takes 60 ms to read. `token_formats.json` holds
the expressions alone, and is read in one.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from notifier.text import token_formats

SOURCE = Path(__file__).with_name("token_formats.toml")
LONG_PREFIX = 4  # characters that, with a mark or a digit among them, begin no ordinary word
CUT_LENGTH = 10  # characters of a body that was cut, one of the first 15 a digit
MANY_WORDS = frozenset(
    str.split("com io api client secret net ml")
)  # the vendor's name is the other

Kind = dict[str, Any]


def main() -> None:
    """Write it."""
    token_formats.FORMATS.write_text(built(), encoding="utf-8")


def kinds() -> list[Kind]:
    """Give the kinds of all groups, as they stand in the source."""
    return [kind for group in _source()["kind"].values() for kind in group]


def _source() -> dict[str, Any]:
    return tomllib.loads(SOURCE.read_text(encoding="utf-8"))


def built() -> str:
    """Give the file: an entry a line, so that a change can be read."""
    data = _source()
    every = [kind for group in data["kind"].values() for kind in group]
    prefixes = _prefixes(every, data["alphabet"], data["prefix"])
    lone = [prefix for prefix in prefixes if prefix[0].isalnum() and "$" not in prefix]
    shapes, words = _keyed(every, data["alphabet"])
    found = {
        "prefixes": prefixes,
        "trie": _trie(lone),
        "marked": [prefix for prefix in prefixes if prefix not in lone],
        "inner": [
            [_literal(kind), _body(kind, data["alphabet"])]
            for kind in every
            if "prefix" not in kind and "words" not in kind
        ],
        "shapes": shapes,
        "words": words,
    }
    lines = ",\n".join(f"{_json(name)}:{_entries(value)}" for name, value in found.items())
    return f"{{\n{lines}\n}}\n"


def _entries(value: Any) -> str:
    if isinstance(value, str):
        return _json(value)
    if isinstance(value, dict):
        return "{\n" + ",\n".join(f"{_json(k)}:{_json(v)}" for k, v in value.items()) + "\n}"
    return "[\n" + ",\n".join(map(_json, value)) + "\n]"


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _body(kind: Kind, alphabets: dict[str, str]) -> str:
    return "".join(_part(part, alphabets) for part in kind["body"])


def _part(part: str, alphabets: dict[str, str]) -> str:
    if part.startswith("="):
        return re.escape(part[1:])
    name, _, length = part.partition(":")
    least, _, most = length.partition("-")
    return f"[{alphabets[name]}]{{{least}{',' + most if most else ''}}}"


def _prefixes(
    every: Iterable[Kind], alphabets: dict[str, str], given: dict[str, list[str]]
) -> dict[str, list[str]]:
    """Give for each prefix the expressions of a whole body and of one that was cut, if any."""
    found: dict[str, list[Kind]] = defaultdict(list)
    for kind in every:
        for prefix in kind.get("prefix", ()):
            found[prefix].append(kind)
    return {
        prefix: [
            "|".join(sorted({_body(kind, alphabets) for kind in with_it})),
            _cut(prefix, with_it, alphabets) if _is_strong(prefix, given) else "",
            "digit" if prefix in given["weak"] else "",
        ]
        for prefix, with_it in sorted(found.items())
    }


def _is_strong(prefix: str, given: dict[str, list[str]]) -> bool:
    marked = len(prefix) >= LONG_PREFIX and not prefix.isalpha()
    return prefix in given["strong"] or (marked and prefix not in given["weak"])


def _cut(prefix: str, with_it: Iterable[Kind], alphabets: dict[str, str]) -> str:
    """Give what a body that was cut, or is longer than the table knows, looks like."""
    parts = sorted({part for kind in with_it for part in kind["body"]})
    classes = [
        re.sub("[A-Za-z0-9]", "", part[1:])
        if part.startswith("=")
        else alphabets[part.partition(":")[0]]
        for part in parts
    ]
    ranges = {each for one in classes for each in re.findall("[A-Za-z0-9]-[A-Za-z0-9]", one)}
    if prefix[-1] in "_-":
        ranges |= {"0-9", "A-Z", "a-z"}
    marks = set("".join(re.sub("[A-Za-z0-9]-[A-Za-z0-9]", "", one) for one in classes))
    alphabet = f"[{''.join(sorted(ranges))}{''.join(map(re.escape, sorted(marks)))}]"
    return f"(?={alphabet}{{0,14}}[0-9]){alphabet}{{{CUT_LENGTH},}}"


def _literal(kind: Kind) -> str:
    """Give the longest literal of a body: a run without it is not tried."""
    return max((str(part[1:]) for part in kind["body"] if part.startswith("=")), key=len)


def _keyed(
    every: Iterable[Kind], alphabets: dict[str, str]
) -> tuple[list[str], dict[str, list[int]]]:
    """Give the distinct bodies, and for each word of a vendor which of them may follow.

    A body counts from 1; below 0 it is one only where a secret is spoken of as well.
    """
    shapes: list[str] = []
    words: dict[str, list[int]] = defaultdict(list)
    for kind in every:
        if "words" not in kind:
            continue
        body = _body(kind, alphabets)
        if body not in shapes:
            shapes.append(body)
        number = shapes.index(body) + 1
        for name in kind["words"]:
            words[_telling(name)].append(-number if kind.get("ordinary_word") else number)
    return shapes, {word: sorted(set(numbers)) for word, numbers in sorted(words.items())}


def _telling(name: str) -> str:
    """Give the one word of a name that is looked for."""
    parts = re.findall("[a-z0-9]+", name.lower())
    return str(parts[0] if parts[-1] in MANY_WORDS else parts[-1])


def _trie(words: Iterable[str]) -> str:
    """Give one expression for many literals that shares their beginnings, the longest first."""
    root: dict[str, Any] = {}
    for word in words:
        node = root
        for letter in word:
            node = node.setdefault(letter, {})
        node[""] = {}
    return _expression(root)


def _expression(node: dict[str, Any]) -> str:
    ends = "" in node
    branches = [re.escape(c) + _expression(inner) for c, inner in sorted(node.items()) if c]
    if not branches:
        return ""
    alone = len(branches) == 1 and not ends
    joined = branches[0] if alone else f"(?:{'|'.join(branches)})"
    return joined + "?" if ends else joined


if __name__ == "__main__":
    main()
