"""The table of token formats: built as it stands, sourced, and right about its own samples."""

from __future__ import annotations

from typing import Any

import pytest

from notifier.text import token_formats, untrusted
from tests.text.secret_samples import SHOWN
from workbench.docs import token_formats_build

KINDS = token_formats_build.kinds()
LEAST_KINDS = 200
BY_KIND = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind["id"])


def plain(text: str) -> str:
    return text.replace("‖", "")


def leaked(private: str, text: str) -> bool:
    shown, size = untrusted.one_line(text), min(SHOWN, len(private))
    return any(private[at : at + size] in shown for at in range(len(private) - size + 1))


def test_what_the_functions_read_is_built_from_the_table() -> None:
    """`make catalogue` after a change."""
    assert token_formats.FORMATS.read_text(encoding="utf-8") == token_formats_build.built()


def test_the_table_is_large_and_names_each_kind_once() -> None:
    names = [kind["id"] for kind in KINDS]
    assert len(names) == len(set(names)) >= LEAST_KINDS
    assert [kind["id"] for kind in KINDS if not kind["source"]] == []


@BY_KIND
def test_a_token_is_masked_and_its_near_miss_is_not(kind: dict[str, Any]) -> None:
    text = plain(kind["true"])
    for line in (text,) if "words" in kind else (text, f"ValueError: invalid credential '{text}'"):
        assert not leaked(plain(kind.get("value", text)), line)
    near = plain(kind["near"])
    assert untrusted.one_line(near) == near.strip()


def test_no_token_needs_its_surroundings_in_a_job_name() -> None:
    found = [
        kind["id"]
        for kind in KINDS
        if "prefix" in kind and kind["prefix"][0][0].isalnum()
        if leaked(plain(kind["true"]), f"run-{plain(kind['true'])}")
    ]
    assert found == []
