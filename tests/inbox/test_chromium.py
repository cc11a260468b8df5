"""How the tests come by a browser."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from workbench.inbox import chromium


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """A machine with no browser and no packages; tests add what it has by name."""
    there: list[str] = []
    monkeypatch.setattr(chromium.shutil, "which", lambda name: f"/bin/{name}" * (name in there))
    monkeypatch.setattr(chromium, "MAC", tmp_path / "none")
    monkeypatch.setattr(chromium, "LOG", tmp_path / ".setup.log")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    return there


def test_the_browser_that_is_there_is_taken(bare: list[str]) -> None:
    bare += ["google-chrome", "chromium"]
    assert chromium.find() == "/bin/chromium"
    assert chromium.main() == 0


def test_a_user_who_may_install_nothing_is_told_what_to(
    bare: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    bare.append("apt-get")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert chromium.main() == 2
    assert capsys.readouterr().err == f"test: {chromium.REQUIRED}\n"


def test_debian_gives_root_its_own(bare: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    bare.append("apt-get")
    ran: list[str] = []

    def run(command: tuple[str, ...], log: int) -> bool:
        ran.append(command[1])
        bare.append("chromium")
        return True

    monkeypatch.setattr(chromium, "_run", run)
    assert chromium.main() == 0
    assert ran == ["update", "install"]
    assert not chromium.LOG.exists()


def test_an_installation_that_fails_is_one_line_and_a_log(
    bare: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    bare.append("apt-get")
    monkeypatch.setattr(chromium, "_run", lambda command, log: False)
    assert chromium.main() == 2
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert ".setup.log has the details" in told
    assert chromium.LOG.exists()
