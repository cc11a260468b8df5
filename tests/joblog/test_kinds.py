"""Kinds of logs whose root line was once missed, each with several logs of its kind."""

from __future__ import annotations

import pytest

from notifier.joblog.loggers import strip_prefix
from notifier.joblog.root_line import root_line_text
from notifier.text import untrusted

NIL = "panic: runtime error: invalid memory address or nil pointer dereference"
FRAMES = ["", "goroutine 1 [running]:", "main.main()", "\t/build/main.go:25 +0xd1"]
RAY = "ray.exceptions.RayTaskError(ValueError): ray::load() (pid=12, ip=10.0.0.7)"

LOGS = [
    # .NET: a cause without a message tells less than what it caused.
    ("System.Data.SqlClient.SqlException (0x80131904): Timeout expired.",
     ["System.Data.SqlClient.SqlException (0x80131904): Timeout expired.",
      " ---> System.ComponentModel.Win32Exception (258): Unknown error 258",
      "   at System.Data.SqlClient.SqlConnection.OnError(SqlException exception)"]),
    ("System.InvalidOperationException: The queue 'in' cannot be opened.",
     ["Unhandled exception. System.Exception: start failed",
      " ---> System.InvalidOperationException: The queue 'in' cannot be opened.",
      " ---> System.ComponentModel.Win32Exception (0x80004005)",
      "   at Acme.Start()"]),
    ("System.IO.IOException: The disk is not ready.",
     ["Unhandled exception. System.Exception: start failed",
      " ---> System.IO.IOException: The disk is not ready.", "   at Acme.Start()"]),
    # Words tell more than a bare code, whichever comes last.
    ("Cannot check out a license for solver.",
     ["Cannot check out a license for solver.", "License error: -4. System Error: 11"]),
    ("Solver could not read the mesh.", ["Solver could not read the mesh.", "Error code: 17"]),
    ("Error code: 17", ["reading", "Error code: 17"]),
    # A count of failed jobs wraps what the jobs said.
    ("/bin/sh: _toil_worker: command not found",
     ["/bin/sh: _toil_worker: command not found", "Traceback (most recent call last):",
      '  File "/opt/leader.py", line 2, in run', "    raise FailedJobsException()",
      "toil.exceptions.FailedJobsException: The job store 'js' contains 1 failed jobs: 'a'"]),
    ("bash: line 3: bwa: command not found",
     ["bash: line 3: bwa: command not found", "acme.RunError: the run ended with 3 failed tasks"]),
    # Ray names the task, and the error below it.
    ("ray.exceptions.ActorDiedError: The actor died before this task.",
     ["Traceback (most recent call last):", '  File "a.py", line 3, in main', "    ray.get(x)",
      "ray.exceptions.RayTaskError(ActorDiedError): ray::main_task() (pid=7, ip=10.0.0.1)",
      "ray.exceptions.ActorDiedError: The actor died before this task."]),
    ("ValueError: bad row 3", [RAY, "ValueError: bad row 3"]),
    ("ValueError: bad row 3", [RAY, '  File "a.py", line 9, in load', "ValueError: bad row 3"]),
    # Go: an error that was printed led to the nil pointer.
    ("open template.txt: no such file or directory",
     ["open template.txt: no such file or directory", NIL, *FRAMES]),
    ("2026/01/02 03:04:05 error: dial tcp 10.0.0.7:5432: connect: connection refused",
     ["2026/01/02 03:04:05 error: dial tcp 10.0.0.7:5432: connect: connection refused", NIL,
      "[signal SIGSEGV: segmentation violation]", *FRAMES]),
    (NIL, ["reading rows", NIL, *FRAMES]),
    # Conda and Mamba: the line below the command says why.
    ("The following argument was not expected: --no-default-packages",
     ["CreateCondaEnvironmentException:", "Could not create conda environment from /app/r.yaml:",
      "Command:", "mamba env create --quiet --no-default-packages", "Output:",
      "The following argument was not expected: --no-default-packages",
      "Run with --help for more information."]),
    ("Could not find package 'pgsql'",
     ["CreateCondaEnvironmentException:", "Could not create conda environment from /app/r.yaml:",
      "Command:", "conda env create --quiet", "Output:", "Could not find package 'pgsql'"]),
]  # fmt: skip


@pytest.mark.parametrize(("wanted", "log"), LOGS)
def test_the_root_line(wanted: str, log: list[str]) -> None:
    found = root_line_text(untrusted.lines(log))
    assert found == strip_prefix(wanted).text


@pytest.mark.parametrize("zone", ["+07", "-05", "+05:30", "+0530", "Z", " +02", ""])
@pytest.mark.parametrize(
    "source", ["{subprocess.py:94} INFO - ", "{pod_manager.py:431} INFO - [base] "]
)
def test_airflow_with_any_zone(zone: str, source: str) -> None:
    line = f"[2026-01-02, 03:04:05{zone}] {source}improper relation name"
    assert strip_prefix(line).text == "improper relation name"
