"""Failed jobs folded into counts by cause, and index ranges as a person writes them."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.incident.counts import Member, Role, Tally, fold, ranges
from tests.properties.strategies import SOME


def member(job_id: str, cause: str = "app-exit-1", at: int = 1_000, **more: Any) -> Member:
    return replace(Member(job_id, Role.FAILED, cause, at), **more)


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        ((), ""),
        ((0,), "0"),
        ((0, 1), "0-1"),
        ((3, 17, 40, 41, 42), "3, 17, 40-42"),
        ((0, 1, 2, 5, 6, 9), "0-2, 5-6, 9"),
        (range(10_000), "0-9999"),
        (range(0, 8, 2), "0, 2, 4, 6"),
    ],
)
def test_ranges(numbers: tuple[int, ...], expected: str) -> None:
    assert ranges(numbers) == expected


def _read_back(text: str) -> list[int]:
    pairs = [part.split("-") for part in text.split(", ") if part]
    return [number for pair in pairs for number in range(int(pair[0]), int(pair[-1]) + 1)]


@SOME
@given(st.sets(st.integers(0, 10_000)).map(sorted))
def test_ranges_read_back_are_the_numbers_in_the_fewest_parts(numbers: list[int]) -> None:
    text = ranges(numbers)
    assert _read_back(text) == numbers
    runs = sum(number - 1 not in numbers for number in numbers)
    assert len([part for part in text.split(", ") if part]) == runs


_MEMBERS = st.lists(
    st.builds(
        Member,
        job_id=st.sampled_from("abcdefgh"),
        role=st.sampled_from(Role),
        cause=st.sampled_from(["oom-container", "app-exit-1", "job-timeout"]),
        at=st.integers(0, 5),
        name=st.sampled_from(["align", "sort"]),
        index=st.none() | st.integers(0, 9),
    ),
    unique_by=lambda one: one.job_id,
    max_size=8,
)


@SOME
@given(_MEMBERS, st.randoms(use_true_random=False))
def test_order_and_repeats_change_nothing(members: list[Member], luck: random.Random) -> None:
    again = [*members, *luck.choices(members, k=3)] if members else []
    luck.shuffle(again)
    assert fold(again) == fold(members)


@SOME
@given(_MEMBERS)
def test_each_job_is_counted_once_where_its_role_puts_it(members: list[Member]) -> None:
    tally = fold(members)
    own = [one for one in members if one.role is Role.FAILED]
    parents = [one for one in members if one.role is Role.PARENT]
    assert tally.failed == len(own)
    assert tally.counted == len(own) + sum(one.role is Role.DEPENDENT for one in members)
    assert tally.ended == bool(parents)
    assert {one.job_id for one in tally.every} <= {one.job_id for one in members}
    assert len(tally.every) == tally.counted + tally.ended
    sizes = [len(group.members) for group in tally.groups]
    assert sizes == sorted(sizes, reverse=True)
    assert {group.cause for group in tally.groups} == {one.cause for one in own}
    for group in tally.groups:
        assert all(one.cause == group.cause for one in group.members)
        assert [one.at for one in group.members] == sorted(one.at for one in group.members)
    if members and len(parents) < 2:  # of two parents, which cannot be, one is kept
        assert tally.first_at == min(one.at for one in members)
        assert tally.newest_at == max(one.at for one in members)


def test_nothing_folds_into_nothing() -> None:
    tally = fold(())
    assert tally == Tally()
    assert (tally.failed, tally.counted, tally.ended, tally.every) == (0, 0, False, ())
    assert (tally.first_at, tally.newest_at, tally.names) == (0, 0, ())


def test_the_largest_cause_comes_first_and_of_equals_the_earlier() -> None:
    tally = fold(
        [
            member("d", "late", at=4),
            member("a", "early", at=1),
            member("b", "common", at=2),
            member("c", "common", at=3),
        ]
    )
    assert [group.cause for group in tally.groups] == ["common", "early", "late"]


def test_what_failed_in_the_same_instant_goes_by_id() -> None:
    [group] = fold([member("b"), member("a"), member("c", at=999)]).groups
    assert [one.job_id for one in group.members] == ["c", "a", "b"]


def test_a_group_names_indices_ascending_and_each_name_once() -> None:
    [group] = fold(
        [
            member("x:9", at=1, index=9, name="b"),
            member("x:2", at=2, index=2, name="a"),
            member("y", at=3, name="b"),
        ]
    ).groups
    assert group.indices == (2, 9)
    assert group.names == ("b", "a")


def test_names_are_those_of_jobs_that_failed_by_themselves() -> None:
    tally = fold(
        [
            member("a", "one", name="align"),
            member("b", "two", name="sort"),
            member("c", "one", name="align"),
            member("d", name="report", role=Role.DEPENDENT),
            member("e", name="parent", role=Role.PARENT),
        ]
    )
    assert tally.names == ("align", "sort")
    assert tally.counted == 4
    assert tally.parent is not None
