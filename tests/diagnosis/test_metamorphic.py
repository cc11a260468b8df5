"""What is done to a text may make its verdict more general, never another and never surer.

`make test` tries a part of all changes, the same each time; `make thorough` tries all.
"""

from __future__ import annotations

import os

import pytest

from notifier.diagnosis.diagnose import explain
from tests.diagnosis import metamorphic

TEXTS = metamorphic.known_texts()
EVERY = 1 if os.environ.get("THOROUGH") else 3


@pytest.mark.parametrize("changes", metamorphic.CHANGES)
def test_a_changed_text_keeps_its_cause_or_loses_it(changes: str) -> None:
    assert len(TEXTS) > 700
    share = EVERY if changes == "cut" else 1
    found = [
        f"{law}: {changed!r}"
        for text in TEXTS
        for changed, law in metamorphic.violations(text, changes, share)
    ]
    assert not found, "\n".join(found[:20])


@pytest.mark.parametrize(
    ("whole", "changed", "law"),
    [
        ("Host EC2 (instance i-1) terminated.", "JobQueue deleted", "another cause"),
        ("CannotPullContainerError: odd", "CannotPullContainerError: manifest unknown", "rises"),
        ("manifest unknown", "CannotPullContainerError: odd", ""),
    ],
)
def test_the_laws_find_what_breaks_them(whole: str, changed: str, law: str) -> None:
    assert law in metamorphic.violation(explain(whole), explain(changed))
    assert bool(law) == bool(metamorphic.violation(explain(whole), explain(changed)))
