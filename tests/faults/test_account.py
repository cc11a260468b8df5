"""The account finds what is lost: a test that cannot fail proves nothing."""

from __future__ import annotations

from typing import Any

from tests.faults.account import LedgerSnapshot, account
from workbench.local.subscriber import Delivery

JOBS = ("job-1", "job-2", "job-3")


def told(key: str, failed: int, cause: str = "exit-1", email: str = "") -> Delivery:
    document: dict[str, Any] = {
        "dedup_key": key,
        "cause": {"id": cause},
        "counts": {"failed": failed, "dependents": 0, "of": None},
        "outcome": "first",
        "text": {"email": email},
    }
    return Delivery(0.0, "", document, {})


def test_what_is_counted_and_reported_is_announced() -> None:
    found = account(JOBS, LedgerSnapshot({"a": frozenset(JOBS)}, [told("a", 3)]))
    assert found.announced == set(JOBS)
    assert (found.lost, found.duplicates, found.wrong) == (0, 0, [])


def test_what_is_counted_and_not_reported_is_lost() -> None:
    assert account(JOBS, LedgerSnapshot({"a": frozenset(JOBS)}, [])).lost == 3
    assert account(JOBS, LedgerSnapshot({"a": frozenset(JOBS)}, [told("a", 2)])).lost == 3


def test_what_is_nowhere_is_lost() -> None:
    found = account(JOBS, LedgerSnapshot({"a": frozenset(JOBS[:2])}, [told("a", 2)]))
    assert found.untold == {"job-3"}


def test_a_dead_letter_is_no_loss_unless_no_alarm_watches() -> None:
    dead = frozenset(JOBS)
    assert account(JOBS, LedgerSnapshot({}, [], dead=dead)).lost == 0
    assert account(JOBS, LedgerSnapshot({}, [], dead=dead)).wrong == []
    assert account(JOBS, LedgerSnapshot({}, [], dead=dead, alarmed=False)).wrong == [
        "dead letters without an alarm"
    ]


def test_an_incident_that_nobody_follows_is_dead() -> None:
    seen = LedgerSnapshot({"a": frozenset(JOBS)}, [], unfollowed=frozenset("a"))
    assert account(JOBS, seen).dead == set(JOBS)


def test_the_same_message_twice_is_a_duplicate() -> None:
    seen = LedgerSnapshot({"a": frozenset(JOBS)}, [told("a", 3), told("a", 3)])
    assert account(JOBS, seen).duplicates == 1


def test_what_is_reported_without_the_table_and_counted_as_well_is_a_duplicate() -> None:
    degraded = told("degraded-1", 2, "degraded", "job-1 and job-2 failed")
    found = account(JOBS, LedgerSnapshot({"a": frozenset(JOBS)}, [degraded, told("a", 3)]))
    assert (found.lost, found.duplicates, found.wrong) == (0, 2, [])


def test_more_than_has_failed_is_wrong() -> None:
    strangers = LedgerSnapshot({"a": frozenset(("job-9", *JOBS))}, [told("a", 4)])
    assert account(JOBS, strangers).wrong == ["a: 1 counted that never failed"]
    more = LedgerSnapshot({"a": frozenset(JOBS)}, [told("a", 4)])
    assert account(JOBS, more).wrong == ["a: 4 reported of 3"]
    twice = LedgerSnapshot(
        {"a": frozenset(JOBS), "b": frozenset(JOBS[:1])}, [told("a", 3), told("b", 1)]
    )
    assert account(JOBS, twice).wrong == ["job-1 counted in 2 incidents"]


def test_what_a_storm_digest_tells_is_what_the_ledger_records_then() -> None:
    seen = LedgerSnapshot({"a": frozenset(JOBS)}, [told("storm-1", 3, "storm")], recorded={"a": 3})
    assert (account(JOBS, seen).lost, account(JOBS, seen).wrong) == (0, [])
    silent = LedgerSnapshot({"a": frozenset(JOBS)}, [], recorded={"a": 3})
    assert account(JOBS, silent).lost == 3
