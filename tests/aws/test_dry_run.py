"""A dry run prints the mail for the person who runs it, and publishes nothing."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from notifier import on_failure, wiring
from notifier.aws.topic import DryRunTopic
from notifier.channels.message import Message
from tests.fakes import FakeLogs

EVENTS = Path(__file__).parents[2] / "events"
CONTEXT: Any = SimpleNamespace(
    get_remaining_time_in_millis=lambda: 100_000,
    function_name="on-failure",
    memory_limit_in_mb=1024,
    invoked_function_arn="arn:aws:lambda:us-east-1:111122223333:function:on-failure",
    aws_request_id="request",
)


def message(email: str) -> Message:
    texts = {"email": email, "sms": "", "https": "{}", "http": "{}"}
    return Message("FAILED nightly: Timed out", json.dumps(texts), {})


@pytest.fixture
def dry_run(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The environment of `sam local invoke --env-vars events/local.json`."""
    variables = json.loads((EVENTS / "local.json").read_text(encoding="utf-8"))
    for name, value in variables["OnFailureFunction"].items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(wiring, "JobLogs", FakeLogs)
    wiring.load_settings.cache_clear()
    yield
    wiring.load_settings.cache_clear()


def test_the_mail_is_printed_as_a_person_reads_it() -> None:
    output = io.StringIO()
    topic = DryRunTopic(output)
    topic.publish(message("Job nightly failed.\n\nDO NEXT\n  1. Look."))
    assert output.getvalue() == (
        "\nSubject: FAILED nightly: Timed out\n\nJob nightly failed.\n\nDO NEXT\n  1. Look.\n"
    )
    assert [each["subject"] for each in topic.messages] == ["FAILED nightly: Timed out"]


def test_half_a_surrogate_pair_does_not_stop_it() -> None:
    output = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    DryRunTopic(output).publish(message("half \ud83d of a pair"))
    output.seek(0)
    assert "half ? of a pair" in output.read()


@pytest.mark.usefixtures("dry_run")
def test_the_function_prints_the_mail_and_returns_it(capsys: pytest.CaptureFixture[str]) -> None:
    event = json.loads((EVENTS / "timeout.json").read_text(encoding="utf-8"))
    answer = on_failure.handler(event, CONTEXT)
    [shown] = answer["messages"]
    assert f"\nSubject: {shown['subject']}\n\n{shown['email']}\n" in capsys.readouterr().out


def test_without_an_output_nothing_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    DryRunTopic().publish(message("Job nightly failed."))
    assert capsys.readouterr().out == ""
