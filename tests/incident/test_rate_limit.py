"""How many messages may go out: every window is full at its limit, and not one more."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.incident.rate_limit import MOST_PER_SECOND, Limits, RateState, Sending, sending
from notifier.text.units import HOUR_MS, MINUTE_MS, SECOND_MS
from tests.properties.strategies import SOME

NOW = 1_795_000_000_000
WIDE = Limits(per_minute=1_000, per_hour=1_000, texts_per_hour=1_000)


def critical(at: int, queue: str = "", definition: str = "") -> Sending:
    return sending(at, queue, definition, is_critical=True)


def warning(at: int, queue: str = "", definition: str = "") -> Sending:
    return sending(at, queue, definition, is_critical=False)


def filled(times: list[int], limits: Limits) -> RateState:
    rate_state = RateState()
    for now in times:
        assert rate_state.free_at(critical(now), limits) == now
        rate_state = rate_state.taken(critical(now), with_text=False)
    return rate_state


def sent_until_full(make: object, limits: Limits, start: RateState | None = None) -> int:
    """Send one kind of message, one a second, until there is no room; return how many went out."""
    rate_state, count = start or RateState(), 0
    while True:
        one = make(NOW + 1_000 * (count + len(rate_state.alerts)))  # type: ignore[operator]
        if rate_state.free_at(one, limits) > one.at:
            return count
        rate_state, count = rate_state.taken(one, with_text=False), count + 1


def test_a_new_brake_is_free_now() -> None:
    assert RateState().free_at(warning(NOW), Limits()) == NOW
    assert RateState().texts_left(critical(NOW), Limits()) == Limits().texts_per_hour


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
    assert rate_state.free_at(critical(NOW + most), limits) == free
    assert rate_state.free_at(critical(free - 1), limits) == free
    assert rate_state.free_at(critical(free), limits) == free
    assert rate_state.free_at(critical(free + 5), limits) == free + 5


def test_the_slowest_window_decides() -> None:
    limits = Limits(per_minute=2, per_hour=3)
    rate_state = filled([NOW, NOW + 1, NOW + MINUTE_MS], limits)
    assert rate_state.free_at(critical(NOW + MINUTE_MS + 1), limits) == NOW + HOUR_MS


_STEPS = st.lists(
    st.sampled_from([0, 1, 199, 200, 999, 1_000, 1_001, 59_999, 60_000, 600_000, 3_600_000])
    | st.integers(0, 4_000_000),
    max_size=80,
)
_LIMITS = st.builds(
    Limits, per_minute=st.integers(1, 8), per_hour=st.integers(1, 12), texts_per_hour=st.just(3)
)
_ABOUT = st.lists(
    st.tuples(st.sampled_from(["", "a", "b"]), st.sampled_from(["", "x", "y"]), st.booleans()),
    min_size=80,
    max_size=80,
)


@SOME
@given(_STEPS, _LIMITS, _ABOUT)
def test_no_window_ever_holds_more_than_its_limit(
    steps: list[int], limits: Limits, about: list[tuple[str, str, bool]]
) -> None:
    rate_state, now, sent, texts = RateState(), NOW, [], []
    for step, (queue, definition, is_critical) in zip(steps, about, strict=False):
        now += step
        one = sending(now, queue, definition, is_critical=is_critical)
        if rate_state.free_at(one, limits) > now:
            continue
        with_text = rate_state.texts_left(one, limits) > 0
        rate_state = rate_state.taken(one, with_text=with_text)
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
@given(_STEPS, _LIMITS, _ABOUT)
def test_the_time_it_names_is_the_earliest_that_is_free(
    steps: list[int], limits: Limits, about: list[tuple[str, str, bool]]
) -> None:
    rate_state, now = RateState(), NOW
    for step, (queue, definition, is_critical) in zip(steps, about, strict=False):
        now += step
        one = sending(now, queue, definition, is_critical=is_critical)
        free = rate_state.free_at(one, limits)
        later = sending(free, queue, definition, is_critical=is_critical)
        before = sending(free - 1, queue, definition, is_critical=is_critical)
        assert rate_state.free_at(later, limits) == free
        assert free == now or rate_state.free_at(before, limits) == free
        rate_state = rate_state.taken(later, with_text=False)
        now = free


@pytest.mark.parametrize(
    ("per_hour", "others"), [(1, 1), (2, 1), (3, 2), (5, 4), (10, 8), (30, 24), (1_000, 800)]
)
def test_what_is_not_critical_leaves_a_reserve_except_of_a_limit_of_one(
    per_hour: int, others: int
) -> None:
    limits = Limits(per_minute=1_000, per_hour=per_hour)
    assert sent_until_full(warning, limits) == others
    assert sent_until_full(critical, limits) == per_hour


def test_one_definition_uses_half_of_what_others_left_and_one_queue_four_fifths() -> None:
    limits = Limits(per_minute=1_000, per_hour=30)
    assert sent_until_full(lambda at: critical(at, definition="noisy"), limits) == 15
    assert sent_until_full(lambda at: critical(at, queue="dev"), limits) == 24
    assert sent_until_full(lambda at: warning(at, "dev", "noisy"), limits) == 12
    assert sent_until_full(lambda at: warning(at, "dev", f"{at}"), limits) == 20


@pytest.mark.parametrize("noise", [warning, critical])
def test_whatever_one_queue_and_its_definitions_send_another_has_room(noise: object) -> None:
    rate_state, now = RateState(), NOW
    for n in range(5_000):
        one = noise(NOW + n * 500, "dev", f"def-{n % 40}")  # type: ignore[operator]
        now = one.at
        if rate_state.free_at(one, Limits()) == now:
            rate_state = rate_state.taken(
                one, with_text=one.is_critical and rate_state.texts_left(one, Limits()) > 0
            )
        assert rate_state.free_at(critical(now, "prod", "pay"), Limits()) <= now + SECOND_MS
        assert rate_state.texts_left(critical(now, "prod", "pay"), Limits()) > 0


def test_only_the_last_hour_is_remembered() -> None:
    first, second = critical(NOW), critical(NOW + 1)
    rate_state = RateState().taken(first, with_text=True).taken(second, with_text=False)
    last = critical(NOW + HOUR_MS)
    later = rate_state.taken(last, with_text=True)
    assert later.alerts == (second, last)
    assert later.texts == (last,)


def test_text_messages_have_a_cap_of_their_own() -> None:
    limits = Limits(texts_per_hour=2)
    rate_state = RateState()
    left = []
    for minute in range(4):
        one = critical(NOW + minute * MINUTE_MS)
        left.append(rate_state.texts_left(one, limits))
        rate_state = rate_state.taken(one, with_text=left[-1] > 0)
    assert left == [2, 1, 0, 0]
    assert rate_state.texts_left(critical(NOW + HOUR_MS - 1), limits) == 0
    assert rate_state.texts_left(critical(NOW + HOUR_MS), limits) == 1
    assert len(rate_state.alerts) == 4


def test_a_cap_that_was_lowered_leaves_nothing_and_not_less() -> None:
    rate_state = RateState(texts=(critical(NOW),) * 3)
    assert rate_state.texts_left(critical(NOW), Limits(texts_per_hour=1)) == 0
    assert rate_state.texts_left(critical(NOW), Limits(texts_per_hour=0)) == 0


def test_drills_have_smaller_limits_and_never_larger_ones() -> None:
    assert Limits().for_drills() == Limits(5, 10, 1)
    assert Limits(1, 2, 0).for_drills() == Limits(1, 2, 0)


def test_a_storm_digest_named_anew_is_leased_to_nobody() -> None:
    one = critical(NOW)
    rate_state = RateState(alerts=(one,), storm_due=NOW, storm_lease=NOW + 1, version=4)
    again = rate_state.storm_at(NOW + 9)
    assert again == RateState(alerts=(one,), storm_due=NOW + 9, storm_lease=0, version=4)
    assert again.storm_at(0).storm_due == 0
