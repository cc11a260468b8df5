"""How well failure texts from public reports are diagnosed: figures by area and place, and misses.

The corpus is labelled by hand, before the first run, with every cause that is right for a text.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from notifier.diagnosis import catalogue
from notifier.diagnosis.catalogue import Certainty, Specificity
from notifier.diagnosis.diagnose import Diagnosis, explain
from notifier.text import untrusted

CORPUS = Path(__file__).parents[2] / "tests" / "diagnosis" / "corpus.jsonl"
SHOWN = 160  # characters of a text


class Result(StrEnum):
    """How a verdict compares with the label."""

    EXACT = "exact"
    GENERAL = "more general"  # an area, an exit code or `unknown`: true, but it helps less
    WRONG = "wrong"
    WRONG_CERTAIN = "wrong and certain"


@dataclass(frozen=True, slots=True)
class Case:
    """One labelled text and its verdict."""

    text: str
    area: str
    place: str
    expected: Sequence[str]
    verdict: Diagnosis

    @property
    def result(self) -> Result:
        """The verdict compared with the label."""
        if self.verdict.cause in self.expected:
            return Result.EXACT
        specificity = catalogue.load().by_id[self.verdict.cause].specificity
        if specificity is not Specificity.CAUSE and self.verdict.certainty < Certainty.CERTAIN:
            return Result.GENERAL
        is_certain = self.verdict.certainty is Certainty.CERTAIN
        return Result.WRONG_CERTAIN if is_certain else Result.WRONG


def read_cases(path: Path = CORPUS) -> list[Case]:
    """Diagnose every text of a corpus."""
    rows = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    return [_case(row) for row in rows]


def _case(row: Mapping[str, Any]) -> Case:
    verdict = explain(row["text"], row["exit_code"])
    return Case(row["text"], row["area"], row["place"], row["expected"], verdict)


def texts_section(cases: Sequence[Case]) -> str:
    """Write the part of the report about failure texts."""
    blocks = [
        "## Failure texts",
        f"{len(cases)} texts. A wrong cause that is called certain is the worst error here.",
        _table("Area", cases, lambda case: case.area),
        _table("Kind of text", cases, lambda case: case.place),
        "### Every miss",
        "\n".join(_misses(cases)) or "None.",
    ]
    return "\n\n".join(blocks) + "\n"


def _table(head: str, cases: Sequence[Case], key: Callable[[Case], str]) -> str:
    groups = [(name, [c for c in cases if key(c) == name]) for name in sorted(set(map(key, cases)))]
    rows = [_row(name, group) for name, group in (*groups, ("**all**", cases))]
    titles = [head, "texts", *Result, "exact %"]
    rule = ["---", *["---:"] * (len(titles) - 1)]
    return "\n".join(_line(cells) for cells in (titles, rule, *rows))


def _row(name: str, cases: Sequence[Case]) -> list[str]:
    counts = Counter(case.result for case in cases)
    share = f"{100 * counts[Result.EXACT] / len(cases):.0f}"
    return [name, str(len(cases)), *(str(counts[each]) for each in Result), share]


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _misses(cases: Sequence[Case]) -> Iterator[str]:
    for case in cases:
        if case.result is not Result.EXACT:
            text = untrusted.truncate(untrusted.one_line(case.text), SHOWN).replace("`", "'")
            found = f"{case.verdict.cause} ({case.verdict.certainty})"
            yield f"- {case.result}: `{text}` → {found}, expected {' or '.join(case.expected)}"
