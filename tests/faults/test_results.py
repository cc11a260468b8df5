"""The committed results cover every fault there is, and none of them lost a failure."""

from __future__ import annotations

from tests.faults.cases import OUTAGES, ROUNDS
from tests.faults.table import RESULTS

FAULT_CELLS = 11
LOST = 8


def test_every_fault_was_tried_and_none_lost_a_failure() -> None:
    lines = RESULTS.read_text(encoding="utf-8").splitlines()
    rows = [line.strip("| ").split(" | ") for line in lines if line[:2] == "| "]
    faults = [row for row in rows if len(row) == FAULT_CELLS and row[0] != "fault"]
    assert [" ".join(row[:4]) for row in faults] == [case.name for case in (*ROUNDS, *OUTAGES)]
    assert {row[LOST] for row in faults} == {"0"}
    assert "| lost | 0 |" in lines
