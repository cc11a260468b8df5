"""`batch-notifier` as a person types it, right and wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from workbench.cli import main

EVENTS = Path(__file__).parents[2] / "events"
SAMPLE = str(EVENTS / "exit-1-python-traceback.json")


def test_preview_shows_the_mail_with_the_log_beside_the_event(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["preview", SAMPLE]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("Subject: FAILED ")
    assert "Traceback (most recent call last):" in shown


def test_preview_of_all_channels(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["preview", SAMPLE, "--channel", "all"]) == 0
    shown = capsys.readouterr().out
    assert [shown.count(f"===== {c} =====") for c in ("email", "sms", "chat", "webhook")] == [1] * 4


def test_preview_with_a_log_of_bare_lines(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "job.log"
    log.write_text("starting\nKeyError: 'sample_7'\n", encoding="utf-8")
    assert main(["preview", SAMPLE, "--logs", str(log)]) == 0
    assert "The log says: KeyError: 'sample_7'" in capsys.readouterr().out


@pytest.mark.parametrize("channel", ["chat", "webhook"])
def test_preview_prints_json_for_machines(channel: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["preview", SAMPLE, "--channel", channel]) == 0
    assert json.loads(capsys.readouterr().out)


def test_preview_of_an_event_without_a_failure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    event = json.loads(Path(SAMPLE).read_text(encoding="utf-8"))
    event["detail"]["status"] = "SUCCEEDED"
    file = tmp_path / "succeeded.json"
    file.write_text(json.dumps(event), encoding="utf-8")
    assert main(["preview", str(file)]) == 0
    assert "no alert would be sent" in capsys.readouterr().out


def test_explain_tells_cause_certainty_and_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "OutOfMemoryError: Container killed due to memory usage"]) == 0
    shown = capsys.readouterr().out
    assert "cause oom-container" in shown
    assert "(certain)" in shown
    assert "Do next:\n  1. " in shown


def test_explain_uses_the_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "Essential container in task exited", "--exit-code", "139"]) == 0
    assert "cause app-segfault" in capsys.readouterr().out


def test_explain_jsonl_writes_a_verdict_per_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "reasons.jsonl"
    file.write_text(
        '{"text": "Dependent Job failed", "exit_code": null, "more": 1}\n\n'
        '{"text": "Essential container in task exited", "exit_code": 127}\n',
        encoding="utf-8",
    )
    assert main(["explain", "--jsonl", str(file)]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["cause"] for row in rows] == ["dependent-job-failed", "app-exit-127"]
    assert all(set(row) == {"cause", "class", "certainty", "title"} for row in rows)


def _written(folder: Path, text: str | bytes) -> str:
    file = folder / "given"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return str(file)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "required"),
        (["nope"], "invalid choice"),
        (["preview"], "required"),
        (["preview", "no-such-file.json"], "cannot read no-such-file.json"),
        (["preview", "."], "cannot read ."),
        (["preview", SAMPLE, "--logs", "no-such-log"], "cannot read no-such-log"),
        (["preview", SAMPLE, "--channel", "fax"], "invalid choice"),
        (["explain"], "required"),
        (["explain", "  "], "empty"),
        (["explain", "x", "--exit-code", "many"], "not a number from 0 to 255"),
        (["explain", "x", "--exit-code", "256"], "not a number from 0 to 255"),
        (["preview", str(EVENTS / "local.json")], "is not an EventBridge event"),
        (["explain", "--jsonl", "no-such-file"], "cannot read no-such-file"),
        (["explain", "--jsonl", "x", "--exit-code", "1"], "exit_code"),
    ],
)
def test_bad_arguments_give_one_line_and_exit_code_2(
    arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert says in told.err
    assert told.err.count("\n") == 1


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "is not JSON"),
        ("", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        (b"\xff\xfe\x00", "not UTF-8"),
    ],
)
def test_a_bad_event_file_gives_one_line(
    text: str | bytes, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["preview", _written(tmp_path, text)]) == 2
    told = capsys.readouterr().err
    assert says in told
    assert told.count("\n") == 1


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("rubbish", "line 2 is not JSON"),
        ("[]", 'line 2 has no "text"'),
        ('{"text": 7}', 'line 2 has no "text"'),
        ('{"text": "x", "exit_code": "1"}', "not a whole number"),
        ('{"text": "x", "exit_code": true}', "not a whole number"),
    ],
)
def test_a_bad_row_is_named_and_nothing_is_printed(
    line: str, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = _written(tmp_path, '{"text": "JobQueue deleted"}\n' + line)
    assert main(["explain", "--jsonl", file]) == 2
    told = capsys.readouterr()
    assert (told.out, told.err.count("\n")) == ("", 1)
    assert says in told.err


def test_help_shows_examples(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["--help"])
    assert stopped.value.code == 0
    assert "batch-notifier explain" in capsys.readouterr().out
