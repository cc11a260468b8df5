"""`batch-notifier routes`, with the parameters that moto keeps."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from workbench.commands.main import main
from workbench.local.samples import EVENTS

ROUTES = """default = ["team"]

[destinations.team]
type = "slack"
channel = "C1"
credential = "slack-token"

[destinations.oncall]
type = "pagerduty"
credential = "pager"

[[routes]]
label = "nights"
severity = ">=critical"
destinations = ["oncall"]
"""
PLANTED = "xoxb-" + "7" * 10
CREDENTIALS = f'slack-token = "{PLANTED}"\npager = "{"p" * 32}"\n'


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    texts = {
        "routes": ROUTES,
        "credentials": CREDENTIALS,
        "half": 'pager = "x"\n',
        "bad": ROUTES.replace("severity", "sevrity"),
        "worse": ROUTES.replace("severity", "sevrity").replace('"C1"', "1"),
        "unquoted": f"slack-token = {PLANTED}",
    }
    for name, text in texts.items():
        (tmp_path / f"{name}.toml").write_text(text, encoding="utf-8")
    return {name: str(tmp_path / f"{name}.toml") for name in texts}


@pytest.fixture
def ssm() -> Iterator[Any]:
    with mock_aws():
        yield boto3.client("ssm")


def said(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    code = main(["routes", *words])
    printed = capsys.readouterr()
    assert PLANTED not in printed.out + printed.err
    return code, printed.out + printed.err


def test_check_says_each_problem_with_file_and_line(
    files: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert said(capsys, "check", files["routes"]) == (
        0, "2 destinations, 1 route: no problem found.\n",
    )  # fmt: skip
    code, text = said(capsys, "check", files["bad"])
    first, last = text.splitlines()
    assert code == 1
    assert first.startswith(f"{files['bad']}: line 14: unknown key sevrity")
    assert last == "1 problem."
    code, text = said(capsys, "check", files["worse"])
    assert [line.split(": ")[1] for line in text.splitlines()[:-1]] == ["line 5", "line 14"]
    assert text.endswith("2 problems.\n")
    code, text = said(capsys, "check", files["worse"], "--output", "json")
    assert (code, len(json.loads(text)["problems"])) == (1, 2)


def test_explain_says_who_gets_it_and_why(
    files: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    event = str(EVENTS / "image-not-found.json")
    code, text = said(capsys, "explain", event, "--routes", files["routes"])
    assert code == 0
    assert text.startswith("Sent to: ")
    assert "  cause       image-not-found\n" in text
    _, document = said(capsys, "explain", event, "--routes", files["routes"], "--output", "json")
    assert json.loads(document)["values"]["queue"] == "genomics-annotation"


@pytest.mark.parametrize(
    ("at", "to"),
    [
        ("2026-11-28T03:00Z", "oncall"),
        ("2026-11-28T12:00+01:00", "team"),
        ("2026-11-28T20:00", "oncall"),  # UTC
    ],
)
def test_explain_says_who_gets_it_at_another_time(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], at: str, to: str
) -> None:
    nights = ROUTES.replace('severity = ">=critical"', 'hours = "Mon-Sun 18:00-08:00 UTC"')
    (tmp_path / "nights.toml").write_text(nights, encoding="utf-8")
    event, file = str(EVENTS / "image-not-found.json"), str(tmp_path / "nights.toml")
    code, text = said(capsys, "explain", event, "--routes", file, "--at", at)
    assert code == 0
    assert text.startswith(f"Sent to: {to}\n")


def test_apply_stores_both_encrypted_and_keeps_credentials(
    ssm: Any, files: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    code, text = said(capsys, "apply", files["routes"])
    assert code == 2
    assert "destination team: the credential slack-token is not stored" in text
    assert said(capsys, "apply", files["routes"], "--credentials", files["half"])[0] == 2
    assert said(capsys, "apply", files["routes"], "--credentials", files["unquoted"])[0] == 2
    assert said(capsys, "apply", files["routes"], "--credentials", files["credentials"])[0] == 0
    assert said(capsys, "apply", files["routes"])[0] == 0
    stored = ssm.describe_parameters()["Parameters"]
    assert {(one["Name"], one["Type"]) for one in stored} == {
        ("/batch-notifier/batch-notifier/routes", "SecureString"),
        ("/batch-notifier/batch-notifier/credentials", "SecureString"),
    }
    assert said(capsys, "check")[0] == 0


@pytest.mark.usefixtures("ssm")
def test_wrong_use_is_one_line(
    files: dict[str, str], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "large.toml").write_text(ROUTES + "#" * 9_000, encoding="utf-8")
    large = str(tmp_path / "large.toml")
    for words in (
        ["check"], ["check", "/no/such.toml"], ["explain"], ["explain", files["routes"]],
        ["explain", str(EVENTS / "drill.json"), "--routes", files["routes"], "--at", "noon"],
        ["apply"], ["apply", files["worse"]], ["test", "team"], ["test"], ["send"],
        ["apply", large, "--credentials", files["credentials"]],
    ):  # fmt: skip
        code, text = said(capsys, *words)
        assert code == 2, words
        assert len(text.strip().splitlines()) == 1, text


def test_test_needs_a_stack_with_destinations(
    ssm: Any, files: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    del ssm
    said(capsys, "apply", files["routes"], "--credentials", files["credentials"])
    assert "there is no destination x; known: team, oncall" in said(capsys, "test", "x")[1]
    template = {
        "Resources": {"T": {"Type": "AWS::SNS::Topic"}},
        "Outputs": {"IncidentTableName": {"Value": "t"}},
    }
    boto3.client("cloudformation").create_stack(
        StackName="batch-notifier", TemplateBody=json.dumps(template)
    )
    code, text = said(capsys, "test", "team")
    assert (code, text.strip().endswith("deploy it with Destinations=on")) == (2, True)
