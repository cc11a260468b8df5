"""The README shows what really comes out, and what the template really takes."""

from __future__ import annotations

import re
import shlex

from workbench import cli, demo
from workbench.local_aws import LocalAws
from workbench.readme import PAGES, README, ROOT, refreshed

TEXT = README.read_text(encoding="utf-8")


def test_what_is_made_is_made_from_what_is_here() -> None:
    assert TEXT.count("<!-- made: ") == 4
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        assert refreshed(text) == text, f"run `make golden` ({page.name})"


def test_the_sample_mail_is_the_golden_one() -> None:
    golden = (ROOT / "tests/golden/access-denied-in-log.txt").read_text(encoding="utf-8")
    mail = golden.split("##### email\n")[1].split("##### sms\n")[0].strip()
    assert mail in TEXT


def test_every_command_of_the_runbook_is_one_that_we_take() -> None:
    text = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    commands = re.findall(r"^ *(batch-notifier .+)$", text, re.MULTILINE)
    assert {shlex.split(one)[1] for one in commands} == {"doctor", "redrive", "replay"}
    for command in commands:
        cli._parser().parse_args(shlex.split(command, comments=True)[1:])


def test_the_demo_says_how_to_point_a_command_at_its_aws() -> None:
    aws = LocalAws(port=4711)
    _, *exports, command = demo.exports(aws).splitlines()
    given = dict(word.split("=", 1) for one in exports for word in shlex.split(one)[1:])
    assert given.items() <= aws.environment().items()
    assert given["AWS_ENDPOINT_URL"] == "https://127.0.0.1:4711"
    cli._parser().parse_args(shlex.split(command)[1:])
