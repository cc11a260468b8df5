"""How often an alert says why, on ends of job logs from public reports (see the report's page)."""

from __future__ import annotations

from functools import cache

import pytest

from workbench.docs.log_report import Result, read_tails, report_lines, try_tail

# Set, and the least shares: up front, in the subject, a cause as good as the log allows.
LEAST = [
    ("field", 0.90, 0.88, 0.0), ("work", 0.93, 0.88, 0.91), ("blind", 0.87, 0.82, 0.85),
    ("blind-2", 0.95, 0.95, 0.88), ("blind-3", 0.89, 0.86, 0.80), ("blind-4", 0.95, 0.95, 0.95),
    ("blind-5", 0.95, 0.84, 0.95),
]  # fmt: skip


@cache
def results() -> tuple[Result, ...]:
    return tuple(try_tail(tail) for tail in read_tails())


@pytest.mark.parametrize(("group", "front", "subject", "cause"), LEAST)
def test_shares(group: str, front: float, subject: float, cause: float) -> None:
    found = [one for one in results() if one.tail.group == group]
    labelled = [one for one in found if one.has_good_cause is not None]
    assert sum(one.is_up_front for one in found) >= front * len(found)
    assert sum(one.is_in_subject for one in found) >= subject * len(found)
    assert sum(bool(one.has_good_cause) for one in labelled) >= cause * len(labelled)


def test_there_are_many_tails_of_many_kinds() -> None:
    tails = read_tails()
    assert len(tails) >= 560
    assert len({tail.language for tail in tails}) >= 30
    assert len({tail.carrier for tail in tails}) >= 8
    assert len({tail.name for tail in tails}) == len(tails)


def test_the_report_names_every_miss() -> None:
    lines = "\n".join(report_lines())
    missed = [one for one in results() if not (one.is_up_front and one.is_in_subject)]
    assert all(f"**{one.tail.name}**" in lines for one in missed)
