"""Calls that are made side by side: in order, all of them, and never more than a few at once."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from notifier.aws import calls

PATIENCE_S = 30.0


def test_as_many_as_allowed_run_at_once_and_no_more() -> None:
    together, running, most = threading.Barrier(calls.AT_ONCE), set[int](), list[int]()

    def task(number: int) -> Callable[[], int]:
        def run() -> int:
            running.add(number)
            most.append(len(running))
            together.wait(PATIENCE_S)  # broken, unless so many run at once
            running.discard(number)
            return number

        return run

    numbers = range(3 * calls.AT_ONCE)
    assert calls.at_once([task(number) for number in numbers]) == list(numbers)
    assert max(most) == calls.AT_ONCE


def test_one_that_fails_does_not_stop_the_others() -> None:
    done = list[str]()

    def fails() -> None:
        raise KeyError("first")

    with pytest.raises(KeyError, match="first"):
        calls.at_once([fails, *(lambda name=name: done.append(name) for name in "abcdef")])
    assert sorted(done) == list("abcdef")
