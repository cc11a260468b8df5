"""The demo wherever it is started: with a broken AWS configuration, offline, after a crash."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from workbench.demo import console as demo_console
from workbench.demo.__main__ import main
from workbench.demo.console import Console
from workbench.local import sam, scratch
from workbench.local.aws import ROOT, LocalAws
from workbench.local.samples import Sample
from workbench.local.subscriber import Delivery

HOLD = """
import time
from workbench.local.aws import LocalAws
with LocalAws() as aws:
    print(aws.scratch, aws.group, flush=True)
    time.sleep(600)
"""
NOWHERE = "http://127.0.0.1:9"  # nothing listens on the discard port


def test_a_broken_aws_configuration_is_not_read(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    broken = tmp_path / "config"
    broken.write_text("[profile x\nno = [[ configuration")
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(broken))
    monkeypatch.setenv("AWS_PROFILE", "of-nobody")
    monkeypatch.setenv("AWS_ENDPOINT_URL", NOWHERE)
    with LocalAws() as aws:
        assert aws.client("sts").get_caller_identity()["Account"] == "111122223333"


def test_once_set_up_the_functions_are_built_without_a_network(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, NOWHERE)
        monkeypatch.setenv(name.lower(), NOWHERE)
    built = sam.build(tmp_path / "build")
    assert list(built.parent.glob("*/notifier/on_failure.py"))
    assert list(built.parent.glob("*/aws_lambda_powertools"))


@pytest.fixture
def killed() -> tuple[Path, int]:
    """A local AWS whose owner was killed; its own processes and files are still there."""
    owner = subprocess.Popen(
        [sys.executable, "-c", HOLD], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    try:
        assert owner.stdout is not None
        folder, group = owner.stdout.readline().split()
    finally:
        owner.kill()
        owner.wait(timeout=30)
        if owner.stdout is not None:
            owner.stdout.close()
    return Path(folder), int(group)


def test_what_a_killed_one_left_behind_is_cleaned_up_and_the_living_are_left_alone(
    killed: tuple[Path, int],
) -> None:
    folder, group = killed
    assert folder.exists()
    os.killpg(group, 0)
    with LocalAws() as living:
        assert scratch.clean_up() >= 1
        assert not folder.exists()
        assert ended(group)
        assert living.scratch.exists()
        assert living.client("sts").get_caller_identity()["Account"]
    assert not living.scratch.exists()


def test_a_process_that_has_the_number_of_an_old_one_is_left_alone() -> None:
    folder = scratch.make()
    other = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE,
                             start_new_session=True)  # fmt: skip
    try:
        scratch.note_process(folder, other.pid)
        os.close(scratch._held.pop(folder))  # as if this process had been killed
        assert scratch.clean_up() >= 1
        assert not folder.exists()
        assert other.poll() is None
    finally:
        other.kill()
        other.communicate(timeout=30)


def ended(group: int) -> bool:
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False


# ---- what is printed and typed -------------------------------------------------------------------


def delivery(number: int) -> Delivery:
    email = f"Job nightly-{number} failed on queue etl: " + "out of memory and more, " * 20
    text = {"email": f"{email}\n\nDO NEXT\n  1. Raise the memory.\n"}
    return Delivery(0.0, f"FAILED nightly-{number}: Out of memory", {"text": text}, {})


def conversation(
    lines: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> tuple[str, str, list[Sample]]:
    """Type lines behind the prompt, after two alerts were shown."""
    console, typed, sent = Console(), iter(lines.splitlines()), []
    monkeypatch.setattr(demo_console.sys, "stdin", Terminal())

    def answer(_: str) -> str:
        try:
            return next(typed)
        except StopIteration:
            raise EOFError from None

    monkeypatch.setattr("builtins.input", answer)
    console.show(delivery(1))
    console.show(delivery(2))
    shown = capsys.readouterr().out
    assert shown.splitlines()[0] == "  1  FAILED nightly-1: Out of memory"
    assert len(shown.splitlines()) == 2 * 3  # a subject and two lines each
    console.converse(sent.append)
    told = capsys.readouterr()
    return told.out, told.err, sent


class Terminal:
    def isatty(self) -> bool:
        return True


def test_show_prints_the_whole_mail(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    said, wrong, _ = conversation("show 2\nquit", monkeypatch, capsys)
    assert "Subject: FAILED nightly-2: Out of memory\n" in said
    assert "DO NEXT\n  1. Raise the memory." in said
    assert wrong == ""


def test_list_help_and_quit(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    said, wrong, sent = conversation("list\nhelp\nquit\nshow 1", monkeypatch, capsys)
    assert said.startswith("  1  FAILED nightly-1: Out of memory\n  2  FAILED nightly-2")
    assert all(word in said for word in ("show N", "list", "help", "quit"))
    assert "Subject:" not in said  # nothing after quit
    assert (wrong, sent) == ("", [])


@pytest.mark.parametrize("line", ["show 3", "show 0", "show x", "show", "show ٣", "no-such-sample"])
def test_a_wrong_word_is_one_line_and_the_demo_goes_on(
    line: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    said, wrong, _ = conversation(f"{line}\nlist", monkeypatch, capsys)
    assert wrong.startswith("demo: ")
    assert wrong.count("\n") == 1
    assert "FAILED nightly-2" in said


def test_a_sample_is_sent_again(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _, wrong, sent = conversation("timeout\nevents/queue-blocked.json", monkeypatch, capsys)
    assert [sample.name for sample in sent] == ["timeout", "queue-blocked"]
    assert wrong == ""


@pytest.mark.parametrize(
    ("raised", "code", "says"),
    [
        (KeyboardInterrupt(), 128 + signal.SIGINT, "demo: interrupted\n"),
        (OSError(28, "No space left on device"), 2, "demo: [Errno 28] No space left on device\n"),
    ],
)
def test_what_ends_it_is_one_line(
    raised: BaseException,
    code: int,
    says: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail(**_: Any) -> int:
        raise raised

    before = dict(os.environ)
    handlers = {n: signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    monkeypatch.setattr("workbench.demo.__main__.run", fail)
    try:
        assert main([]) == code
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        os.environ.clear()
        os.environ.update(before)
    assert capsys.readouterr().err == says
