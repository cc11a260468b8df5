"""The committed results cover every fault there is, and none of them lost a failure."""

from __future__ import annotations

from tests.faults.cases import OUTAGES, ROUNDS
from tests.faults.destinations import FAULTS
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


def test_every_fault_of_a_destination_was_tried_and_none_lost_an_alert() -> None:
    section = RESULTS.read_text(encoding="utf-8").partition("## Destinations\n")[2]
    lines = [line for line in section.splitlines() if line[:2] == "| "]
    columns = [name.strip() for name in lines[0].strip("| ").split("|")]
    rows = [dict(zip(columns, line.strip("| ").split(" | "), strict=True)) for line in lines[1:]]
    assert [row["fault, rate, lasts"] for row in rows] == [fault.title for fault in FAULTS]
    assert {row["lost"] for row in rows} == {"0"}
    for row in rows:
        assert int(row["delivered"]) + int(row["dead"]) == int(row["deliveries"])
        assert row["redriven"] == row["dead"]
