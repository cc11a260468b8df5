"""The whole way on a local AWS: from an event on the bus to the message at a subscriber.

Children of one array fail at a steady rate. Ours tells of them once, so each second another job
fails as well, and its message is waited for. The tutorial sends each event on, and every message
is waited for. The local AWS hands over what is in a queue at once: the window of ten seconds, in
which Lambda collects a batch, is not in the figures.
"""

from __future__ import annotations

import contextlib
import json
import statistics
import threading
import time
import uuid
from collections.abc import Iterator
from typing import Any

from benchmarks.baselines import tutorial
from notifier.core.failure import DRILL_SOURCE
from workbench import failures, samples
from workbench.demo import Stage
from workbench.local_aws import LocalAws
from workbench.subscriber import Subscriber

RATES = (1, 10, 100)  # failures a second
SECONDS = 20
MOST_ENTRIES = 10  # that PutEvents takes
PATIENCE_S = 30.0  # what has not come by then counts as if it came then
SETTLE_S = 3.0
PERCENTILES = (50, 95, 99)
Latencies = dict[int, list[float]]


def measure(stage: Stage) -> tuple[Latencies, Latencies]:
    """Give milliseconds by rate: ours, and the tutorial's, in turn."""
    stage.way.send(_sample(), PATIENCE_S)  # so that the function has started
    ours, other = Latencies(), Latencies()
    for rate in RATES:
        ours[rate] = _ours(stage, rate)
        other[rate] = _tutorial(stage.aws, rate)
    return ours, other


def percentile(numbers: list[float], percent: int) -> float:
    """Give the number below which so many per cent lie."""
    return statistics.quantiles(numbers, n=100, method="inclusive")[percent - 1]


def _sample() -> samples.Sample:
    return next(each for each in samples.load_all() if each.name == "timeout")


def _ours(stage: Stage, rate: int) -> list[float]:
    found = list[float]()
    with _failing(stage.aws, rate, DRILL_SOURCE):
        for _ in range(SECONDS):
            began = time.perf_counter()
            outcome = stage.way.send(_sample(), PATIENCE_S)
            found.append(outcome.milliseconds or PATIENCE_S * 1000)
            time.sleep(max(0.0, began + 1 - time.perf_counter()))
    stage.way.settle(SETTLE_S)
    return found


def _tutorial(aws: LocalAws, rate: int) -> list[float]:
    topic = aws.client("sns").create_topic(Name=f"tutorial-{rate}")["TopicArn"]
    tutorial.set_up(aws.client("events"), topic)
    found = list[float]()
    with Subscriber(aws, topic) as subscriber:
        with _failing(aws, rate, tutorial.SOURCE) as sent:
            time.sleep(SECONDS)
        while len(found) < len(sent) and (delivery := subscriber.next(PATIENCE_S)) is not None:
            job = delivery.document["detail"]["jobId"]
            found.append((delivery.arrived - sent[job]) * 1000)
    return found + [PATIENCE_S * 1000] * (len(sent) - len(found))


@contextlib.contextmanager
def _failing(aws: LocalAws, rate: int, source: str) -> Iterator[dict[str, float]]:
    """Let children of an array fail while the block lasts; give when each was put on the bus."""
    stop, sent = threading.Event(), dict[str, float]()

    def fail() -> None:
        array, began = f"storm-{uuid.uuid4()}", time.perf_counter()
        while not stop.is_set():
            due = int((time.perf_counter() - began) * rate) - len(sent)
            entries = [_entry(array, len(sent) + n, source) for n in range(min(due, MOST_ENTRIES))]
            if entries:
                sent.update(
                    {f"{array}:{len(sent) + n}": time.perf_counter() for n in range(len(entries))}
                )
                aws.client("events").put_events(Entries=entries)
            else:
                stop.wait(1 / rate / 2)

    thread = threading.Thread(target=fail)
    thread.start()
    try:
        yield sent
    finally:
        stop.set()
        thread.join()


def _entry(array: str, index: int, source: str) -> Any:
    event = failures.failed(array, time.time_ns() // 1_000_000, name="align", index=index)
    return {
        "Source": source,
        "DetailType": event["detail-type"],
        "Detail": json.dumps(event["detail"]),
    }
