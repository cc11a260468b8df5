"""The rehearsed night is told by the notifier itself, so it keeps the notifier's promises."""

from __future__ import annotations

from typing import Any

from tests.inbox.conftest import Inbox
from workbench.inbox import rehearsal
from workbench.inbox.rehearsal import rehearse
from workbench.local import storm


def told(night: Inbox, name: str) -> list[dict[str, Any]]:
    messages = [each.document for _, each in night.alerts.after(0)]
    return [each for each in messages if each["job"]["name"] == name]


def test_a_storm_is_reported_first_and_then_with_exact_counts(night: Inbox) -> None:
    messages = told(night, "align-cohort")
    assert [each["outcome"] for each in messages] == ["first", "closed"]
    counts = messages[-1]["counts"]
    assert (counts["failed"], counts["of"]) == (storm.FAILED, storm.SIZE)


def test_what_was_run_again_has_recovered_and_may_come_back(night: Inbox) -> None:
    outcomes = [each["outcome"] for each in told(night, "nightly-load")]
    assert outcomes == ["first", "recovered", "repeat"]
    outcomes = [each["outcome"] for each in told(night, "feature-matrix-2026-11-17")]
    assert outcomes == ["first", "recovered"]


def test_a_recovery_is_reported_after_it_has_happened(night: Inbox) -> None:
    [recovered] = [each for _, each in night.alerts.after(0) if each.row()["outcome"] == "recovered"
                   and each.row()["name"] == "feature-matrix-2026-11-17"]  # fmt: skip
    minute = (recovered.arrived_at - rehearsal.START_MS) / 60_000
    assert minute > rehearsal.RETRIES["feature-matrix-2026-11-17"]


def test_what_the_rate_limit_held_back_is_named_in_one_digest(night: Inbox) -> None:
    [digest] = [
        each.document for _, each in night.alerts.after(0) if each.document["queue"] is None
    ]
    assert digest["incident"].startswith("storm")
    assert len(digest["breakdown"]) > 10


def test_every_message_has_its_card_and_logs_are_read(night: Inbox) -> None:
    messages = [each for _, each in night.alerts.after(0)]
    assert all(each.chat for each in messages)
    assert sum(bool(each.document["log"]) for each in messages) > 5


def test_the_night_is_the_same_every_time(night: Inbox) -> None:
    again = [(each.arrived_at, each.document) for _, each in rehearse().after(0)]
    assert again == [(each.arrived_at, each.document) for _, each in night.alerts.after(0)]
