"""A tag holds back only the failures that carry it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notifier.incident.rate_limit import Limits
from notifier.ports.reporting import Options
from tests.attacks.forged import CRITICAL, DAY, MUTE, named_after
from tests.simulation import Simulation, failed

ROOMY = Options(limits=Limits(per_minute=1_000, per_hour=10_000))
AFTER = {"notify:after": "99999"}


@pytest.mark.parametrize("tags", [MUTE, AFTER], ids=["mute", "after"])
def test_the_first_failures_tag_silences_no_other(tags: dict[str, str]) -> None:
    world = Simulation()
    world.put(failed("a", name="muted", tags=tags), 0)
    for n in range(20):
        at = 600 + n * 36_000
        world.put(failed(f"o{n}", name=f"prod-{n:02}", second=at, tags=CRITICAL), at)
    world.run_until(30 * DAY)
    late = [
        n for n in range(20) if named_after(world, f"prod-{n:02}", 600 + n * 36_000) > 4 * 3_600
    ]
    assert late == []


def test_what_a_mute_held_back_is_counted_and_reported_when_it_ends() -> None:
    world = Simulation()
    world.put(failed("a", name="muted", tags={"notify:mute-until": "9999-12-31"}), 0)
    world.run_until(32 * DAY)  # a mute lasts 30 days at most
    assert any("muted" in one.texts["email"] for one in world.told)


@settings(max_examples=200)
@given(
    st.lists(
        st.tuples(st.integers(0, 600), st.sampled_from([{}, {}, CRITICAL, MUTE, AFTER])),
        min_size=1,
        max_size=6,
    )
)
def test_every_failure_without_a_mute_of_its_own_is_reported_in_time(
    sent: list[tuple[int, dict[str, str]]],
) -> None:
    world = Simulation(options=ROOMY)
    for n, (second, tags) in enumerate(sent):
        world.put(failed(f"j{n}", name=f"job-{n}", second=second, tags=tags), second)
    world.run_until(3_600)
    mails = "\n".join(one.texts["email"] for one in world.told)
    free = [n for n, (_, tags) in enumerate(sent) if not {*tags} & {*MUTE, *AFTER}]
    assert [n for n in free if f"job-{n}" not in mails] == []
