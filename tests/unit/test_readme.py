"""The README shows what really comes out, and what the template really takes."""

from __future__ import annotations

from workbench.readme import README, ROOT, refreshed

TEXT = README.read_text(encoding="utf-8")


def test_what_is_made_is_made_from_what_is_here() -> None:
    assert TEXT.count("<!-- made: ") == 3
    assert refreshed(TEXT) == TEXT, "run `make golden`"


def test_the_sample_mail_is_the_golden_one() -> None:
    golden = (ROOT / "tests/golden/access-denied-in-log.txt").read_text(encoding="utf-8")
    mail = golden.split("##### email\n")[1].split("##### sms\n")[0].strip()
    assert mail in TEXT
