"""A maintained scanner as an outside judge: it finds no secret in alerts that quote many."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from detect_secrets.core.scan import scan_file
from detect_secrets.settings import default_settings, get_settings, transient_settings

from notifier.alert.alert import compose
from notifier.batch.event import parse_event
from notifier.batch.failure import Failure
from notifier.channels import message
from notifier.joblog.excerpt import LogLine, LogRead
from tests.properties.planted import SECRETS
from tests.properties.strategies import SAMPLES, changed
from tests.text.secret_samples import printed_secrets
from workbench.docs import token_formats_build

# Those two see a secret in every digest, and behind every word like `password`, masked or not.
BLIND = {"Base64HighEntropyString", "HexHighEntropyString", "KeywordDetector"}
LINES = 20  # of one log: an excerpt shows 25
LEAST_FOUND = 60  # secrets that the judge finds where they are not masked


def planted() -> list[str]:
    tokens = [kind["true"].replace("‖", "") for kind in token_formats_build.kinds()]
    samples = [line for one in printed_secrets() for line in one.text.split("\n")]
    return [*tokens, *(one.line for one in SECRETS), *samples]


def alerts() -> Iterator[str]:
    """Write what every channel sends for jobs that print, are named by or fail with secrets."""
    lines, given = planted(), SAMPLES["exit-1-python-traceback"]
    for start in range(0, len(lines), LINES):
        told = lines[start : start + LINES]
        one = changed(given, ("detail", "statusReason"), told[0])
        one = changed(one, ("detail", "jobName"), f"run-{told[-1]}")
        failure = parse_event(one)
        assert isinstance(failure, Failure)
        log = LogRead(tuple(LogLine(n, line) for n, line in enumerate(told)))
        sent = message.render(compose(failure, log, 25))
        yield "\n".join([sent.subject, *json.loads(sent.body).values(), str(sent.attributes)])


@pytest.fixture(scope="module")
def judge() -> Iterator[None]:
    with default_settings():
        names = list(get_settings().plugins)
    named = [{"name": name} for name in names if name not in BLIND]
    with transient_settings({"plugins_used": named}):
        yield


def found(text: str, file: Path) -> list[str]:
    file.write_text(text, encoding="utf-8")
    lines = text.split("\n")
    return [f"{one.type}: {lines[one.line_number - 1]}" for one in scan_file(str(file))]


@pytest.mark.usefixtures("judge")
def test_the_judge_knows_secrets(tmp_path: Path) -> None:
    assert len(found("\n".join(planted()), tmp_path / "planted.txt")) >= LEAST_FOUND


@pytest.mark.usefixtures("judge")
def test_the_judge_finds_no_secret_in_alerts(tmp_path: Path) -> None:
    assert found("\n".join(alerts()), tmp_path / "alerts.txt") == []
