"""A hundred wrong uses of the commands: each is one line and exit code 2, never a traceback."""

from __future__ import annotations

from pathlib import Path

import boto3
import pytest

from notifier.aws import calls
from workbench.cli.program import COMMANDS
from workbench.commands.main import main

SAMPLE = str(Path(__file__).parents[2] / "events" / "timeout.json")
JOB = "7a71c9a0-5d3e-4c0f-9d0e-9c1f6a3b2d10"
NAMES = [name for commands in COMMANDS.values() for name in commands]
LEAVES = [name for name in NAMES if name not in ("silence", "incidents")]
BY_HAND = [
    ["nope"], ["--nope"], ["-x"], ["--output"], ["--output", "yaml", "doctor"], ["--region"],
    ["--region", "Frankfurt", "doctor"], ["--stack-name", "1st", "doctor"], ["explain"],
    ["explain", ""], ["explain", " \t"], ["explain", "a", "b"], ["explain", "x", "--job", JOB],
    ["explain", "x", "--jsonl", "f"], ["explain", "--jsonl", "no-such-file"],
    ["explain", "--jsonl", "/"], ["explain", "--jsonl", SAMPLE], ["explain", "--job", ""],
    ["explain", "--job", "a b"], ["explain", "--job", JOB, "--exit-code", "1"],
    ["explain", "x", "--exit-code", "-1"], ["explain", "x", "--exit-code", "1e3"],
    ["explain", "x", "--exit-code", "٣"], ["explain", "x", "--channel", "sms"], ["preview"],
    ["preview", "no-such-file"], ["preview", "/dev/null"], ["preview", "/"], ["preview", "~"],
    ["preview", SAMPLE, "--channel", "fax"], ["preview", SAMPLE, "--logs", "/"],
    ["preview", SAMPLE, SAMPLE], ["preview", "x" * 5_000], ["cost"],
    ["cost", "--failures-per-month", "0"], ["cost", "--failures-per-month", "-5"],
    ["cost", "--failures-per-month", "1e9"], ["cost", "--failures-per-month", "9" * 400],
    ["cost", "--failures-per-month", "10", "--storm-size", "11"], ["inbox", "--port", "99999"],
    ["inbox", "--port", ""], ["inbox", "x"], ["drill", "exit-2"], ["drill", "--on", "ec2"],
    ["drill", "exit-1", "--on", "mars"], ["drill", "exit-1", "exit-1"], ["doctor", "please"],
    ["doctor", "--acceptance=yes"], ["redrive", "--only", "all"], ["redrive", "now"], ["replay"],
    ["replay", "--queue", "etl"], ["replay", "--since", "1h"],
    ["replay", "--queue", "", "--since", "1h"], ["replay", "--queue", "a/b", "--since", "1h"],
    ["replay", "--queue", "etl", "--since", "1 week"], ["replay", "--queue", "e", "--since", "0m"],
    ["replay", "--queue", "e", "--since", "1h", "--most", "0"],
    ["replay", "--queue", "e", "--since", "1h", "--full"], ["silence"], ["silence", "hush"],
    ["silence", "add"], ["silence", "add", "--until", "2h"], ["silence", "remove"],
    ["silence", "add", "--until", "2h", "--reason", "x", "--until"], ["silence", "list", "x"],
    ["silence", "add", "--until", "2h", "--reason", "x"],
    ["silence", "add", "--until", "never", "--reason", "x", "--queue", "q"],
    ["silence", "add", "--until", "99d", "--reason", "x", "--queue", "q"],
    ["silence", "add", "--until", "2h", "--reason", "", "--queue", "q"],
    ["silence", "add", "--until", "2h", "--reason", "a\nb", "--queue", "q"],
    ["silence", "add", "--until", "2h", "--reason", "x", "--queue", ""],
    ["silence", "add", "--until", "2h", "--reason", "x", "--cause", "no-such-cause"],
    ["silence", "add", "--until", "2h", "--reason", "x", "--definition", "a:1"],
    ["incidents"], ["incidents", "open"], ["incidents", "show"], ["incidents", "show", ""],
    ["incidents", "show", "a b"], ["incidents", "close"], ["incidents", "watch", "--every", "0"],
    ["rerun"], ["rerun", ""], ["rerun", "a b"], ["rerun", JOB, "--memory", "-1"],
    ["rerun", JOB, "--memory", "8GB"], ["rerun", JOB, "--vcpus", "half"],
    ["rerun", JOB, "--timeout", "1"], ["rerun", JOB, "--queue", "a b"],
    ["rerun", JOB, "--array-index", "a"], ["rerun", JOB, "--definition-revision", "newest"],
    ["rerun", JOB, "--failed-children", "--array-index", "1"],
    ["rerun", f"arn:aws:batch:us-east-1:111122223333:job/{JOB}",
     f"arn:aws:batch:eu-west-1:111122223333:job/{JOB}"],
    ["deploy"], ["deploy", "--email", "nobody", "--yes"], ["deploy", "--preset", "loud"],
    ["deploy", "--queues", "etl", "--yes"], ["deploy", "--chat", "http://x", "--yes"],
    ["deploy", "--parameter", "LogLines", "--yes"], ["deploy", "--email", "a@example.com"],
    ["upgrade", "now"], ["uninstall", "all"],
]  # fmt: skip
COMMON = (["--stack-name", ""], ["--region", ""], ["--profile", ""], ["--output", ""], ["--nope"])
USES = BY_HAND + [[name, *words] for name in LEAVES for words in COMMON]


def test_there_are_a_hundred() -> None:
    assert len(BY_HAND) >= 100
    assert {words[0] for words in USES} >= set(NAMES)


@pytest.mark.parametrize("words", USES, ids=lambda words: " ".join(words)[:60] or "nothing")
def test_a_wrong_use_is_one_line_and_exit_code_2(
    words: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    calls.session.cache_clear()
    monkeypatch.setenv("AWS_PROFILE", "nobody")  # what got as far as AWS would say so
    assert main(words) == 2
    told = capsys.readouterr()
    assert (told.out, told.err.count("\n")) == ("", 1)
    assert told.err.startswith("batch-notifier: ")
    assert "an error of batch-notifier itself" not in told.err
    assert "nobody" not in told.err or "nobody" in words
