"""The labelled texts of public reports: floors under the figures of `make diagnosis-report`."""

from __future__ import annotations

from collections import Counter

from notifier.diagnosis import catalogue
from workbench.docs import diagnosis_report, diagnosis_texts
from workbench.docs.diagnosis_texts import Result

CASES = diagnosis_texts.read_cases()


def test_the_labels_are_causes_of_the_catalogue() -> None:
    assert len(CASES) >= 540
    assert {cause for case in CASES for cause in case.expected} <= set(catalogue.load().by_id)


def test_most_texts_are_exact_and_none_is_wrong_and_certain() -> None:
    results = Counter(case.result for case in CASES)
    assert results[Result.EXACT] >= 0.93 * len(CASES)
    assert results[Result.WRONG] <= 2
    assert results[Result.WRONG_CERTAIN] == 0


def test_the_report_lists_every_miss() -> None:
    section = diagnosis_texts.texts_section(CASES)
    misses = [case for case in CASES if case.result is not Result.EXACT]
    assert section.count("\n- ") == len(misses)
    assert f"| **all** | {len(CASES)} |" in section


def test_the_page_in_the_repository_is_current() -> None:
    assert diagnosis_report.PAGE.read_text(encoding="utf-8").startswith(diagnosis_report.page()), (
        "run: make diagnosis-report"
    )
