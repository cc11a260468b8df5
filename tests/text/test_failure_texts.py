"""No text of AWS about a failure loses a word: what is masked there hides the cause."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from notifier.text import untrusted

ROOT = Path(__file__).parents[2]
CATALOGUE = ROOT / "workbench/docs/causes.toml"
TABLES = ("tests/diagnosis/reasons.jsonl", "tests/diagnosis/corpus.jsonl")
REASONS = ("reason", "statusReason", "ResourceStatusReason", "status_reason", "errorMessage")


def _texts() -> Iterator[str]:
    for cause in tomllib.loads(CATALOGUE.read_text(encoding="utf-8"))["cause"]:
        yield from (rule["example"] for rule in cause.get("match", []) if "log" not in rule["in"])
    for table in TABLES:
        for row in (ROOT / table).read_text(encoding="utf-8").splitlines():
            found = json.loads(row)
            if found.get("place", found.get("in")) != "log":
                yield found["text"]
    for folder in ("events", "tests/recorded"):
        for file in (ROOT / folder).glob("*.json"):
            yield from _reasons(json.loads(file.read_text(encoding="utf-8")))


def _reasons(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        yield from (node[key] for key in REASONS if isinstance(node.get(key), str))
        node = list(node.values())
    if isinstance(node, list):
        for one in node:
            yield from _reasons(one)


def test_a_failure_text_is_shown_whole() -> None:
    texts = dict.fromkeys(text for text in _texts() if untrusted.MASK not in text)
    assert len(texts) > 900
    masked = {text: untrusted.one_line(text) for text in texts}
    assert not {text: shown for text, shown in masked.items() if untrusted.MASK in shown}
