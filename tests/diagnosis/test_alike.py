"""Failures whose events say the same are diagnosed once, and never otherwise than by themselves."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import pytest

from notifier.batch.event import parse_event
from notifier.batch.failure import Attempt, Failure, Kind
from notifier.diagnosis import alike
from notifier.diagnosis.alike import diagnose_event
from notifier.diagnosis.diagnose import diagnose
from workbench.local import samples

FAILURES = {
    one.name: failure
    for one in samples.load_all()
    if isinstance(failure := parse_event(one.event), Failure)
}
ENDED, OOM = "Essential container in task exited", "OutOfMemoryError: Container killed"
START, MINUTE_MS = 1_795_000_000_000, 60_000


@pytest.mark.parametrize("name", FAILURES)
def test_a_sample_is_diagnosed_as_by_itself(name: str) -> None:
    assert diagnose_event(FAILURES[name]) == diagnose(FAILURES[name])


def test_whatever_an_event_says_of_a_job_counts() -> None:
    child = FAILURES["exit-1-python-traceback"]
    said: dict[str, list[Any]] = {
        "kind": [Kind.JOB, Kind.ARRAY_CHILD, Kind.NODE],
        "exit_code": [None, 1, 137, 143],
        "status_reason": ["", ENDED, "stopped by ana"],
        "reasons": [(), (OOM,)],
        "platform": ["", "EKS"],
        "stopped_by_request": [False, True],
        "timeout_seconds": [None, 60],
        "attempts": [
            (),
            (Attempt(START, START + MINUTE_MS, ENDED, 137),),
            (Attempt(START, START + 2 * MINUTE_MS + 1, ENDED, 137, OOM), Attempt(exit_code=137)),
        ],
    }
    causes = set()
    for values in itertools.product(*said.values()):
        failure = replace(child, **dict(zip(said, values, strict=True)))
        found = diagnose_event(failure)
        assert found == diagnose(failure)
        causes.add(found.cause)
    assert len(causes) > 5


def test_a_thousand_children_that_say_the_same_are_one_diagnosis() -> None:
    alike._diagnose_ended.cache_clear()
    child = replace(FAILURES["exit-1-python-traceback"], kind=Kind.ARRAY_CHILD)
    for index in range(1_000):
        diagnose_event(replace(child, job_id=f"a:{index}", array_index=index, stopped_at=index))
    assert alike._diagnose_ended.cache_info().misses == 1
