"""How many messages may go out: every window is full at its limit, and not one more."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.incident.rate_limit import MOST_PER_SECOND, Limits, RateState
from notifier.text.units import HOUR_MS, MINUTE_MS, SECOND_MS
from tests.properties.strategies import SOME

NOW = 1_795_000_000_000
WIDE = Limits(per_minute=1_000, per_hour=1_000, texts_per_hour=1_000)


def filled(times: list[int], limits: Limits) -> RateState:
    rate_state = RateState()
    for now in times:
        assert rate_state.free_at(now, limits) == now
        rate_state = rate_state.taken(now, with_text=False)
    return rate_state


def test_a_new_brake_is_free_now() -> None:
    assert RateState().free_at(NOW, Limits()) == NOW
    assert RateState().texts_left(NOW, Limits()) == Limits().texts_per_hour


@pytest.mark.parametrize(
    ("limits", "most", "window"),
    [
        (WIDE, MOST_PER_SECOND, SECOND_MS),
        (Limits(per_minute=3, per_hour=1_000), 3, MINUTE_MS),
        (Limits(per_minute=1_000, per_hour=4), 4, HOUR_MS),
        (Limits(per_minute=1, per_hour=1_000), 1, MINUTE_MS),
        (Limits(per_minute=1_000, per_hour=1), 1, HOUR_MS),
    ],
)
def test_a_window_is_full_at_its_limit_until_its_first_message_has_left_it(
    limits: Limits, most: int, window: int
) -> None:
    rate_state = filled([NOW + n for n in range(most)], limits)
    free = NOW + window
    assert rate_state.free_at(NOW + most, limits) == free
    assert rate_state.free_at(free - 1, limits) == free
    assert rate_state.free_at(free, limits) == free
    assert rate_state.free_at(free + 5, limits) == free + 5


def test_the_slowest_window_decides() -> None:
    limits = Limits(per_minute=2, per_hour=3)
    rate_state = filled([NOW, NOW + 1, NOW + MINUTE_MS], limits)
    assert rate_state.free_at(NOW + MINUTE_MS + 1, limits) == NOW + HOUR_MS


_STEPS = st.lists(
    st.sampled_from([0, 1, 199, 200, 999, 1_000, 1_001, 59_999, 60_000, 600_000, 3_600_000])
    | st.integers(0, 4_000_000),
    max_size=80,
)
_LIMITS = st.builds(
    Limits, per_minute=st.integers(1, 8), per_hour=st.integers(1, 12), texts_per_hour=st.just(3)
)


@SOME
@given(_STEPS, _LIMITS)
def test_no_window_ever_holds_more_than_its_limit(steps: list[int], limits: Limits) -> None:
    rate_state, now, sent, texts = RateState(), NOW, [], []
    for step in steps:
        now += step
        if rate_state.free_at(now, limits) > now:
            continue
        with_text = rate_state.texts_left(now, limits) > 0
        rate_state = rate_state.taken(now, with_text=with_text)
        sent.append(now)
        texts += [now] if with_text else []
    windows = (
        (sent, SECOND_MS, MOST_PER_SECOND),
        (sent, MINUTE_MS, limits.per_minute),
        (sent, HOUR_MS, limits.per_hour),
        (texts, HOUR_MS, limits.texts_per_hour),
    )
    for times, window, most in windows:
        assert all(sum(at <= one < at + window for one in times) <= most for at in times)


@SOME
@given(_STEPS, _LIMITS)
def test_the_time_it_names_is_the_earliest_that_is_free(steps: list[int], limits: Limits) -> None:
    rate_state, now = RateState(), NOW
    for step in steps:
        now += step
        free = rate_state.free_at(now, limits)
        assert rate_state.free_at(free, limits) == free
        assert free == now or rate_state.free_at(free - 1, limits) == free
        rate_state = rate_state.taken(free, with_text=False)
        now = free


def test_only_the_last_hour_is_remembered() -> None:
    rate_state = RateState().taken(NOW, with_text=True).taken(NOW + 1, with_text=False)
    later = rate_state.taken(NOW + HOUR_MS, with_text=True)
    assert later.alerts == (NOW + 1, NOW + HOUR_MS)
    assert later.texts == (NOW + HOUR_MS,)


def test_text_messages_have_a_cap_of_their_own() -> None:
    limits = Limits(texts_per_hour=2)
    rate_state = RateState()
    left = []
    for minute in range(4):
        now = NOW + minute * MINUTE_MS
        left.append(rate_state.texts_left(now, limits))
        rate_state = rate_state.taken(now, with_text=left[-1] > 0)
    assert left == [2, 1, 0, 0]
    assert rate_state.texts_left(NOW + HOUR_MS - 1, limits) == 0
    assert rate_state.texts_left(NOW + HOUR_MS, limits) == 1
    assert len(rate_state.alerts) == 4


def test_a_cap_that_was_lowered_leaves_nothing_and_not_less() -> None:
    rate_state = RateState(texts=(NOW, NOW, NOW))
    assert rate_state.texts_left(NOW, Limits(texts_per_hour=1)) == 0
    assert rate_state.texts_left(NOW, Limits(texts_per_hour=0)) == 0


def test_a_storm_digest_named_anew_is_leased_to_nobody() -> None:
    rate_state = RateState(alerts=(NOW,), storm_due=NOW, storm_lease=NOW + 1, version=4)
    again = rate_state.storm_at(NOW + 9)
    assert again == RateState(alerts=(NOW,), storm_due=NOW + 9, storm_lease=0, version=4)
    assert again.storm_at(0).storm_due == 0
