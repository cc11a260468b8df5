"""Events as large as the bus takes, of whatever makes them large: read, told, and in time.

EventBridge takes 1 MB. What took a minute for one event would be a message that Lambda gives up on,
with all that was delivered beside it; what takes a second is left to the next delivery in time.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from notifier.batch.event import parse_event
from notifier.batch.failure import ATTEMPTS_KEPT, Failure
from tests.fuzz.cases import Case
from tests.fuzz.oracles import check
from tests.properties.strategies import SAMPLES, changed

BUS_LIMIT = 1_000_000  # bytes of an event
MOST_S = 10.0  # of processor time; each takes a few tenths of a second
SAMPLE = SAMPLES["exit-1-python-traceback"]
ATTEMPT = SAMPLE["detail"]["attempts"][0]
LOG = tuple(f"line {n} of 400, Error: no such sample {n}" for n in range(400))


def containers(count: int) -> list[dict[str, Any]]:
    return [{"name": f"c{n}", "exitCode": 1, "reason": f"Error: {n}"} for n in range(count)]


def secrets(count: int) -> list[dict[str, str]]:
    return [{"name": f"PASSWORD_{n}", "value": f"Zt4Xc8Lm3Np6{n:08}"} for n in range(count)]


def settings_of(*pairs: dict[str, str]) -> Any:
    return SAMPLE["detail"]["container"] | {"environment": list(pairs)}


# What makes it large, and how to make more of it.
LARGE: dict[str, tuple[str, Callable[[int], Any]]] = {
    "words in a reason": ("statusReason", lambda n: "word " * n),
    "one word in a reason": ("statusReason", lambda n: "x" * n),
    "attempts": ("attempts", lambda n: [ATTEMPT] * n),
    "containers of an attempt": ("attempts", lambda n: [{"containers": containers(n)}] * 10),
    "tasks of an attempt": ("attempts", lambda n: [{"taskProperties": [{"taskArn": "a"}] * n}]),
    "containers of a job": (
        "ecsProperties",
        lambda n: {"taskProperties": [{"containers": containers(n)}]},
    ),
    "dependencies": ("dependsOn", lambda n: [{"jobId": f"job-{k}"} for k in range(n)]),
    "tags": ("tags", lambda n: {f"notify:{k}": "x" for k in range(n)}),
    "secrets": ("container", lambda n: settings_of(*secrets(n))),
    "one secret": (
        "container", lambda n: settings_of({"name": "PASSWORD", "value": "Zt4Xc8Lm3 " * n})
    ),
    "lines of one secret": (
        "container", lambda n: settings_of({"name": "PASSWORD", "value": "Zt4Xc8Lm3\n" * n})
    ),
    "unknown": ("unknownKey", lambda n: [[k, {"x": [k]}] for k in range(n)]),
}  # fmt: skip


def as_large_as_the_bus_takes(key: str, make: Callable[[int], Any]) -> Any:
    count = 100
    while True:
        large = changed(SAMPLE, ("detail", key), make(count))
        if len(json.dumps(large)) >= BUS_LIMIT:
            return large
        count *= 2


@pytest.mark.parametrize(("key", "make"), LARGE.values(), ids=LARGE)
def test_large_event(key: str, make: Callable[[int], Any]) -> None:
    large = as_large_as_the_bus_takes(key, make)
    start = time.process_time()
    check(Case(large, LOG))
    assert time.process_time() - start <= MOST_S


def test_ten_thousand_attempts_are_read_from_their_end() -> None:
    attempts = [ATTEMPT | {"statusReason": f"try {n}"} for n in range(10_000)]
    read = parse_event(changed(SAMPLE, ("detail", "attempts"), attempts))
    assert isinstance(read, Failure)
    last = range(10_000 - ATTEMPTS_KEPT, 10_000)
    assert [one.status_reason for one in read.attempts] == [f"try {n}" for n in last]


@pytest.mark.parametrize("depth", [100, 900, 5_000, 100_000])
@pytest.mark.parametrize(("opened", "closed"), [("[", "]"), ('{"a":', "}")])
def test_nesting_as_a_message_may_hold_it(depth: int, opened: str, closed: str) -> None:
    """As text: from some depth on Python reads no JSON, and the message is told as unreadable."""
    deep = opened * depth + "1" + closed * depth
    body = json.dumps(changed(SAMPLE, ("detail", "unknownKey"), "DEEP")).replace('"DEEP"', deep)
    for told in (body, deep):
        check(Case(SAMPLE, LOG[:2], (), told))


@pytest.mark.parametrize("line", ["a" * 1_000_000, "a b " * 250_000, "Error: password=" * 60_000])
def test_log_lines_of_a_megabyte(line: str) -> None:
    start = time.process_time()
    check(Case(SAMPLE, (line,) * 40))
    assert time.process_time() - start <= MOST_S
