"""A new sample begins as a copy whose ids are its own."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from workbench.docs import new_event
from workbench.errors import InputError
from workbench.event_file import alert_from_file

LIKE = "exit-1-python-traceback"


@pytest.fixture
def events(tmp_path: Path) -> Path:
    (tmp_path / "logs").mkdir()
    for name in (f"{LIKE}.json", f"logs/{LIKE}.txt", "image-not-found.json"):
        shutil.copy(new_event.EVENTS / name, tmp_path / name)
    return tmp_path


def test_event_and_log_are_copied_and_become_an_alert(events: Path) -> None:
    made = new_event.copy_sample("disk-quota", LIKE, events)
    assert made == [events / "disk-quota.json", events / "logs" / "disk-quota.txt"]
    copy, old = alert_from_file(made[0]), alert_from_file(events / f"{LIKE}.json")
    assert copy is not None
    assert old is not None
    assert copy.diagnosis == old.diagnosis
    assert copy.job_id != old.job_id
    assert json.loads(made[0].read_text())["detail"]["jobName"] == "disk-quota"


def test_no_id_is_kept_and_one_that_returns_stays_one(events: Path) -> None:
    new_event.copy_sample("disk-quota", LIKE, events)
    before, after = ((events / f"{name}.json").read_text() for name in (LIKE, "disk-quota"))
    ids = re.compile(r"[0-9a-f]{32}|[0-9a-f]{8}-[0-9a-f-]{27}")
    assert not set(ids.findall(before)) & set(ids.findall(after))
    assert len(set(ids.findall(before))) == len(set(ids.findall(after)))
    assert json.loads(after)["detail"].keys() == json.loads(before)["detail"].keys()


def test_a_sample_without_a_log_gives_none(events: Path) -> None:
    assert new_event.copy_sample("no-such-tag", "image-not-found", events) == [
        events / "no-such-tag.json"
    ]


@pytest.mark.parametrize(
    ("name", "like", "says"),
    [
        ("Disk_Quota", LIKE, "small letters"),
        ("../disk", LIKE, "small letters"),
        ("", LIKE, "small letters"),
        (LIKE, LIKE, "already"),
        ("disk-quota", "no-such", "no sample called 'no-such'"),
        ("disk-quota", "../README", "no sample called"),
    ],
)
def test_what_cannot_be_made_is_said(name: str, like: str, says: str, events: Path) -> None:
    before = sorted(events.rglob("*"))
    with pytest.raises(InputError, match=re.escape(says)):
        new_event.copy_sample(name, like, events)
    assert sorted(events.rglob("*")) == before


def test_the_command_says_what_comes_next_or_what_is_wrong(
    events: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(new_event, "EVENTS", events)
    assert new_event.main(["disk-quota"]) == 0
    assert "make golden" in capsys.readouterr().out
    assert new_event.main(["disk-quota"]) == 2
    assert capsys.readouterr().err == "new-event: there is a sample called disk-quota already\n"
