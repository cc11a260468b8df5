"""`batch-notifier inbox` as a person starts and stops it."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import urllib.request

import pytest

from workbench.commands.main import main
from workbench.local.aws import ROOT
from workbench.local.loopback import HOST

INBOX = [
    sys.executable,
    "-c",
    "from workbench.commands.main import main; raise SystemExit(main())",
    "inbox",
]


def test_it_says_where_it_is_serves_and_ends_on_ctrl_c() -> None:
    process = subprocess.Popen(
        [*INBOX, "--port", "0"], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        said = process.stdout.readline()
        url = re.search(r"http://127\.0\.0\.1:\d+/", said)
        assert url is not None, said
        with urllib.request.urlopen(f"{url[0]}boxes/gallery", timeout=15) as answer:
            assert b"access-denied-in-log" in answer.read()
        process.send_signal(signal.SIGINT)
        rest, wrong = process.communicate(timeout=30)
    finally:
        process.kill()
        process.wait(timeout=30)
    assert (process.returncode, rest, wrong) == (130, "", "batch-notifier: interrupted\n")


def test_a_busy_port_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server((HOST, 0)) as busy:
        port = busy.getsockname()[1]
        assert main(["inbox", "--port", str(port)]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err == (
        f"batch-notifier: cannot listen on {HOST}:{port} (Address already in use); "
        "choose another port with --port\n"
    )


@pytest.mark.parametrize("port", ["many", "70000", "-1", ""])
def test_a_port_that_is_none_is_one_line(port: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inbox", f"--port={port}"]) == 2
    told = capsys.readouterr().err
    assert "not a whole number from 0 to 65,535" in told
    assert told.count("\n") == 1
