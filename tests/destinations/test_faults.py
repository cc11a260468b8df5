"""Some of the faults of destinations that `make faults` tries, so that they cannot rot."""

from __future__ import annotations

import pytest

from tests.faults import destinations
from tests.faults.services import Fault


@pytest.mark.parametrize(
    "fault",
    [
        Fault("429", 30),
        Fault("5xx", 30),
        Fault("reset", 30),
        Fault("reset", 100, 100),
        Fault("cut", 30),
    ],
    ids=lambda fault: fault.title,
)
def test_a_destination_in_trouble_loses_no_alert(fault: Fault) -> None:
    row = destinations.run(fault)
    assert row.faults > 0
    assert (row.lost, row.dead, row.wrong) == (0, 0, ())
    assert row.delivered == row.expected
    # Only where a service takes a message and its answer is lost. What one has taken in part, such
    # as Slack an edit without the update after it, is not sent twice.
    assert (row.duplicates > 0) == (fault.name == "cut")


def test_a_revoked_token_leaves_a_dead_letter_with_each_destination_to_send_again() -> None:
    row = destinations.run(Fault("bad token", 100, destinations.OUTAGE))
    assert (row.lost, row.delivered, row.wrong) == (0, 0, ())
    assert row.redriven == row.dead == row.expected
