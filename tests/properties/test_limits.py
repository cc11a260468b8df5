"""Whatever an event and a log hold, every channel's text keeps to its limits."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from notifier.alert.alert import Alert, compose, compose_unreadable
from notifier.batch.event import parse_event
from notifier.batch.failure import Failure, Unreadable
from notifier.channels import message
from notifier.joblog.excerpt import LogLine, LogRead
from tests.properties.limits import check_everything
from tests.properties.strategies import (
    FEW,
    broken_samples,
    hostile,
    hostile_events,
    long_hostile,
)  # fmt: skip

hostile_logs = st.one_of(
    st.none(),
    st.builds(LogRead, unavailable=hostile.map(lambda told: told and "ThrottlingException")),
    st.builds(
        LogRead,
        lines=st.lists(
            st.builds(LogLine, st.integers(0, 2_000_000_000_000), long_hostile), max_size=12
        ).map(lambda drawn: tuple(drawn) * 20),
        complete=st.booleans(),
    ),
)


def alert_of(given_event: object, log: LogRead | None, lines: int) -> Alert | None:
    read = parse_event(given_event)
    if isinstance(read, Failure):
        return compose(read, log, lines)
    return compose_unreadable(read) if isinstance(read, Unreadable) else None


@FEW
@given(hostile_events(), hostile_logs, st.integers(1, 200))
def test_hostile_events_and_logs(
    given_event: dict[str, Any], log: LogRead | None, lines: int
) -> None:
    alert = alert_of(given_event, log, lines)
    if alert is not None:
        check_everything(alert, message.render(alert))


@FEW
@given(broken_samples(), hostile_logs)
def test_broken_samples(given_event: object, log: LogRead | None) -> None:
    alert = alert_of(given_event, log, 25)
    if alert is not None:
        check_everything(alert, message.render(alert))
