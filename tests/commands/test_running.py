"""How a command ends: one line for every error, and the exit code that docs/cli.md lists."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from botocore import exceptions

from workbench.cli.program import COMMANDS
from workbench.commands import explain
from workbench.commands.main import main
from workbench.deployed.deployment import aws_error
from workbench.errors import ExitCode

ROOT = Path(__file__).parents[2]
SAMPLE = str(ROOT / "events" / "exit-1-python-traceback.json")
NOTIFIER = [
    sys.executable,
    "-c",
    "from workbench.commands.main import main; raise SystemExit(main())",
]
EXPLAIN = [*NOTIFIER, "explain", "JobQueue deleted"]
NAMES = [name for commands in COMMANDS.values() for name in commands]


def shell(
    script: str, *, timeout: float = 60, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run a command in a shell, as `$NOTIFIER`."""
    words = " ".join(f"'{word}'" for word in NOTIFIER)
    return subprocess.run(
        ["bash", "-c", script.replace("batch-notifier", words)],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


def test_a_full_disk_is_one_line() -> None:
    done = shell("batch-notifier explain 'JobQueue deleted' > /dev/full")
    assert (done.returncode, done.stderr) == (2, "batch-notifier: No space left on device\n")


def test_a_closed_output_is_one_line() -> None:
    done = shell("batch-notifier explain 'JobQueue deleted' >&-")
    assert (done.returncode, done.stderr) == (2, "batch-notifier: standard output is closed\n")


def test_a_reader_that_has_seen_enough_is_no_error() -> None:
    done = shell(
        f"batch-notifier preview {SAMPLE} --channel all | head -1; echo ${{PIPESTATUS[0]}}"
    )
    assert (done.stdout, done.stderr) == ("===== email =====\n0\n", "")


def test_an_ascii_terminal_gets_a_question_mark_for_what_it_cannot_show(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("KeyError: 'Größe → 大'\n", encoding="utf-8")
    ascii_only = {"PYTHONIOENCODING": "ascii", "LC_ALL": "C", "PYTHONUTF8": "0"}
    done = shell(f"batch-notifier preview {SAMPLE} --logs {log}", **ascii_only)
    assert (done.returncode, done.stderr) == (0, "")
    assert "KeyError: 'Gr??e ? ?'" in done.stdout
    said = shell("batch-notifier preview größe", **ascii_only)
    assert (said.returncode, said.stderr.count("\n")) == (2, 1)


def test_bytes_that_are_no_text_are_taken_as_they_come() -> None:
    done = shell("batch-notifier explain $'CannotPullContainerError \\xff\\xfe'")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("wait_s", [0.05, 0.1, 0.2, 0.4, 0.8])
def test_ctrl_c_ends_with_one_line_at_any_moment(wait_s: float, tmp_path: Path) -> None:
    """Python's own start is no moment of ours, so the command says when it is over."""
    pipe = tmp_path / "rows"
    os.mkfifo(pipe)
    code = f"print('started', flush=True); {NOTIFIER[2]}"
    process = subprocess.Popen(
        [sys.executable, "-c", code, "explain", "--jsonl", str(pipe)],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(wait_s)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=30)
    finally:
        process.kill()
        process.wait(timeout=30)
    assert (process.returncode, said) == (130, "batch-notifier: interrupted\n")


def test_an_error_of_our_own_is_one_line_and_debug_shows_where(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("two\nlines")

    monkeypatch.setattr(explain, "explain", fail)
    assert main(["explain", "x"]) == 2
    told = capsys.readouterr().err
    assert told.startswith("batch-notifier: ZeroDivisionError: two lines (an error of batch-notif")
    assert told.count("\n") == 1
    assert main(["explain", "x", "--debug"]) == 2
    assert "Traceback (most recent call last)" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (exceptions.EndpointConnectionError(endpoint_url="https://x"), ExitCode.AWS),
        (exceptions.ProxyConnectionError(proxy_url="http://127.0.0.1:9"), ExitCode.AWS),
        (exceptions.ReadTimeoutError(endpoint_url="https://x"), ExitCode.AWS),
        (exceptions.ClientError({"Error": {"Code": "AccessDenied"}}, "ListJobs"), ExitCode.AWS),
        (exceptions.NoCredentialsError(), ExitCode.USAGE),
        (exceptions.NoRegionError(), ExitCode.USAGE),
    ],
    ids=lambda each: type(each).__name__,
)
def test_what_aws_refuses_or_cannot_be_reached_is_told_apart_from_a_wrong_setting(
    error: exceptions.BotoCoreError, code: ExitCode
) -> None:
    assert aws_error("list jobs", error).exit_code == code


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("option", "says"),
    [
        (["--stack-name", ""], "not the name of a stack"),
        (["--stack-name", "a b"], "not the name of a stack"),
        (["--region", ""], "not an AWS Region"),
        (["--region", "Ireland"], "not an AWS Region"),
        (["--profile", ""], "not the name of a profile"),
        (["--output", "xml"], "'xml' is not one of"),
    ],
)
def test_every_command_checks_the_options_of_every_command(
    name: str, option: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for words in ([*option, name], [name, *option]):
        assert main(words) == 2
        told = capsys.readouterr()
        if name not in ("silence", "incidents"):  # they have commands of their own
            assert says in told.err
        assert told.err.count("\n") == 1


@pytest.mark.parametrize("name", NAMES)
def test_the_help_of_every_command_is_ascii_and_fits(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([name, "--help"]) == 0
    shown = capsys.readouterr().out
    assert shown.isascii()
    assert "Options of every command:" in shown
    assert max(map(len, shown.splitlines())) <= 100


def test_options_before_the_command_are_its_defaults(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["--output", "json", "explain", "JobQueue deleted"]) == 0
    assert capsys.readouterr().out.startswith('{\n  "cause": "job-queue-deleted"')
    assert main(["--output", "json", "explain", "JobQueue deleted", "--output", "text"]) == 0
    assert capsys.readouterr().out.startswith("The job queue was deleted")


@pytest.mark.parametrize("shell_name", ["bash", "zsh", "fish"])
def test_shells_complete_commands_and_options(shell_name: str) -> None:
    script = shell("batch-notifier", _BATCH_NOTIFIER_COMPLETE=f"{shell_name}_source")
    assert script.returncode == 0
    assert "_BATCH_NOTIFIER_COMPLETE" in script.stdout
    words = {"COMP_WORDS": "batch-notifier dr", "COMP_CWORD": "1"}
    found = shell("batch-notifier", _BATCH_NOTIFIER_COMPLETE="bash_complete", **words)
    assert found.stdout == "plain,drill\n"


def test_no_colours_in_a_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "JobQueue deleted"]) == 0
    assert "\x1b" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("settings", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)]
)
def test_colours_on_a_terminal_unless_it_is_asked_for_none(
    settings: dict[str, str], coloured: bool
) -> None:
    done = _on_terminal(EXPLAIN, {"TERM": "xterm", **settings})
    assert ("\x1b[1m" in done) == coloured


def _on_terminal(words: list[str], settings: dict[str, str]) -> str:
    """Run a command on a terminal of its own; give what it shows."""
    main_end, its_end = pty.openpty()
    environment = {n: v for n, v in os.environ.items() if n not in ("NO_COLOR", "TERM")}
    subprocess.run(
        words, cwd=ROOT, stdout=its_end, env=environment | settings, check=True, timeout=60
    )
    os.close(its_end)
    shown = b""
    while True:
        try:
            more = os.read(main_end, 65_536)
        except OSError:  # the other end is closed
            break
        if not more:
            break
        shown += more
    os.close(main_end)
    return shown.decode()
