"""Every sample event, worded for every channel. `make golden` writes the files anew."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from notifier.channels import message
from workbench.preview import alert_of

HERE = Path(__file__).parent
EVENTS = HERE.parents[1] / "events"
SAMPLES = sorted(file for file in EVENTS.glob("*.json") if file.name != "local.json")


def worded(event_file: Path) -> str:
    alert = alert_of(event_file)
    assert alert is not None
    texts = message.by_channel(alert)
    parts = [f"##### {channel}\n{_readable(text)}" for channel, text in texts.items()]
    return "\n".join(parts) + "\n"


def _readable(text: str) -> str:
    if not text.startswith("{"):
        return text
    return json.dumps(json.loads(text), indent=2, ensure_ascii=False)


@pytest.mark.parametrize("event_file", SAMPLES, ids=lambda file: file.stem)
def test_golden(event_file: Path) -> None:
    golden = HERE / f"{event_file.stem}.txt"
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_text(worded(event_file), encoding="utf-8")
    assert worded(event_file) == golden.read_text(encoding="utf-8")


def test_every_golden_has_its_sample() -> None:
    assert {file.stem for file in HERE.glob("*.txt")} == {file.stem for file in SAMPLES}
