"""The README shows what really comes out, and what the template really takes."""

from __future__ import annotations

import re
import shlex

import pytest
from cfnlint.decode import cfn_yaml

from tests import command_line
from workbench.docs.readme import PAGES, README, ROOT, benchmark, with_generated_parts
from workbench.local import demo
from workbench.local.aws import LocalAws

TEXT = README.read_text(encoding="utf-8")


def test_the_generated_parts_are_up_to_date() -> None:
    assert TEXT.count("<!-- made: ") == 4
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        assert with_generated_parts(text) == text, f"run `make golden` ({page.name})"


def test_the_sample_mail_is_the_golden_one() -> None:
    golden = (ROOT / "tests/golden/access-denied-in-log.txt").read_text(encoding="utf-8")
    mail = golden.split("##### email\n")[1].split("##### sms\n")[0].strip()
    (upper,) = re.findall(r"```text\nSubject: [^\n]*\n\n(.*?)\n```", TEXT, re.DOTALL)
    assert mail.startswith(upper)
    assert "\nDO NEXT\n" in upper
    assert mail.removeprefix(upper).startswith("\n\nFACTS\n")


def test_a_missing_benchmark_is_named() -> None:
    assert benchmark("arrays", "1,000", "messages").count(" / ") == 1
    with pytest.raises(LookupError, match="has no 'both ms' of 'OffFailure'"):
        benchmark("", "OffFailure", "both ms")


def test_the_picture_shows_what_the_template_has() -> None:
    """Names in capitals are logical ids; the functions go without their last word."""
    (picture,) = re.findall(r"```mermaid\n(.*?)```", TEXT, re.DOTALL)
    shown = set(re.findall(r"\b[A-Z][a-z]+[A-Z]\w+", re.sub(r"\[.*?\]|%%.*", "", picture)))
    resources = cfn_yaml.load(str(ROOT / "template.yaml"))["Resources"]
    assert shown >= {"FailureQueue", "OnFailure", "OnFollowUp", "OnSweep", "AlertTopic", "OpsTopic"}
    assert shown <= {name.removesuffix("Function") for name in resources}


def test_every_command_of_the_runbook_is_one_that_we_take() -> None:
    text = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    commands = re.findall(r"^ *(batch-notifier .+)$", text, re.MULTILINE)
    assert {shlex.split(one)[1] for one in commands} == {"doctor", "redrive", "replay"}
    for command in commands:
        assert command_line.problem(shlex.split(command, comments=True)[1:]) == ""


def test_the_demo_says_how_to_point_a_command_at_its_aws() -> None:
    aws = LocalAws(port=4711)
    _, *exports, command = demo.shell_settings(aws).splitlines()
    given = dict(word.split("=", 1) for one in exports for word in shlex.split(one)[1:])
    assert given.items() <= aws.environment().items()
    assert given["AWS_ENDPOINT_URL"] == "https://127.0.0.1:4711"
    assert command_line.problem(shlex.split(command)[1:]) == ""
