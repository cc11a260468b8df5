"""`make diagnosis-report`: how well failures of others are diagnosed, as a page with its date."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from workbench.docs import diagnosis_texts, log_report

PAGE = Path(__file__).parents[2] / "docs" / "diagnosis-report.md"
HEAD = """\
# Diagnosis report

How well failures that others reported are diagnosed. `make diagnosis-report` writes this page from
labelled cases in `tests/`, which were used to write the rules; cases kept apart do worse.
"""


def main() -> None:
    """Write the page, and print it."""
    report = page()
    PAGE.write_text(f"{report}\nMade on {datetime.now(UTC):%d %B %Y}.\n", encoding="utf-8")
    print(report)


def page() -> str:
    """Return the page without its date."""
    texts = diagnosis_texts.texts_section(diagnosis_texts.read_cases())
    return "\n".join((HEAD, texts, *log_report.report_lines()))


if __name__ == "__main__":
    main()
