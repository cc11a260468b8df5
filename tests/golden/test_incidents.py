"""What a person reads about incidents of many failures, as files to be read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from notifier.channels import message
from tests.golden.scenes import SCENES

HERE = Path(__file__).parent / "incidents"


def worded(scene: str) -> str:
    shown = message.render(SCENES[scene]()).decode()
    card = shown["chat"]["content"]
    parts = {
        "subject": shown["subject"],
        "email": shown["email"],
        "sms": shown["sms"],
        "chat": f"{card['title']}\n\n{card['description']}",
    }
    return "\n".join(f"##### {channel}\n{text}" for channel, text in parts.items()) + "\n"


@pytest.mark.parametrize("scene", SCENES)
def test_golden(scene: str) -> None:
    golden = HERE / f"{scene}.txt"
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_text(worded(scene), encoding="utf-8")
    assert worded(scene) == golden.read_text(encoding="utf-8")


def test_every_golden_has_its_scene() -> None:
    assert {file.stem for file in HERE.glob("*.txt")} == set(SCENES)
