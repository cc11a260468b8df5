"""The README shows what really comes out, and what the template really takes."""

from __future__ import annotations

import re

from workbench.readme import README, ROOT, refreshed

TEXT = README.read_text(encoding="utf-8")


def test_what_is_made_is_made_from_what_is_here() -> None:
    assert TEXT.count("<!-- made: ") == 4
    assert refreshed(TEXT) == TEXT, "run `make golden`"


def test_the_sample_mail_is_the_golden_one() -> None:
    golden = (ROOT / "tests/golden/access-denied-in-log.txt").read_text(encoding="utf-8")
    mail = golden.split("##### email\n")[1].split("##### sms\n")[0].strip()
    assert mail in TEXT


def test_every_link_into_the_project_leads_somewhere() -> None:
    targets = re.findall(r"\]\((?!https?://)([^)#]+)\)", TEXT)
    assert targets
    assert [target for target in targets if not (ROOT / target).exists()] == []


def test_every_make_command_named_is_one() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    named = set(re.findall(r"^make (\w+)", TEXT, re.MULTILINE))
    assert named >= {"demo", "test"}
    assert [one for one in named if not re.search(rf"^{one}:", makefile, re.MULTILINE)] == []
