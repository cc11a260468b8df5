"""What the demo starts ends with it, and what stops it is said in one line."""

import os
import re
import signal
import socket
import subprocess
import sys
import time

import pytest

from workbench.errors import SetupError
from workbench.local.aws import ROOT, LocalAws
from workbench.local.loopback import HOST

DEMO = [sys.executable, "-m", "workbench.demo"]


def test_a_local_aws_ends_with_all_its_processes_and_files() -> None:
    with LocalAws() as aws:
        assert aws.client("sts").get_caller_identity()["Account"] == "111122223333"
        group, scratch, port = aws.group, aws.scratch, aws.port
    assert ended(group)
    assert not scratch.exists()
    assert not listens(port)


def test_a_failure_inside_ends_it_too() -> None:
    def fail() -> None:
        with LocalAws() as aws:
            groups.append(aws.group)
            raise SetupError("deployment failed")

    groups: list[int] = []
    with pytest.raises(SetupError):
        fail()
    assert ended(groups[0])


def test_ctrl_c_ends_it() -> None:
    demo = subprocess.Popen(
        DEMO, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
    )
    try:
        assert demo.stdout is not None
        told = next(line for line in demo.stdout if line.startswith("Deploying"))
        port = int(re.search(rf"{HOST}:(\d+)", told)[1])  # type: ignore[index]  # the line has it
        assert listens(port)
        demo.send_signal(signal.SIGINT)
        demo.communicate(timeout=30)
    finally:
        demo.terminate()  # does nothing to what has ended
        demo.wait(timeout=30)
    assert demo.returncode == 128 + signal.SIGINT
    assert not listens(port)


def test_a_busy_port_is_one_clear_line() -> None:
    with socket.create_server((HOST, 0)) as busy:
        port = busy.getsockname()[1]
        done = subprocess.run(
            [*DEMO, "--once", "--port", str(port)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 2
    assert done.stderr == f"demo: cannot listen on {HOST}:{port} (Address already in use)\n"


def ended(group: int) -> bool:
    """Whether no process of the group is left, once init has buried those that were killed."""
    deadline = time.monotonic() + 3
    while time.monotonic() < deadline:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0
