"""The whole way on a local AWS: from an event on the bus to the message at a subscriber.

Children of one array fail at a steady rate. Ours tells of them once, so each second another job
fails as well, and its message is waited for. The others send a message for each event, and every
message is waited for. The local AWS hands over what is in a queue at once: the window of ten
seconds, in which Lambda collects a batch, is not in the figures.
"""

from __future__ import annotations

import contextlib
import json
import re
import statistics
import threading
import time
import uuid
from collections.abc import Iterator, Mapping
from typing import Any

from benchmarks.start import BASELINES
from notifier.batch.failure import DRILL_SOURCE
from workbench.local import job_events, samples
from workbench.local.aws import LocalAws
from workbench.local.deployment import LocalDeployment
from workbench.local.subscriber import Delivery, Subscriber

RATES = (1, 10, 100)  # failures a second
SECONDS = 20
WARMING, WARMING_S = 10, 3  # before that, so that functions have started where several run at once
MOST_ENTRIES = 10  # that PutEvents takes
PATIENCE_S = 30.0  # what has not come by then counts as if it came then
SETTLE_S = 3.0
PERCENTILES = (50, 95, 99)
STACK = "baselines"
OURS, TUTORIAL, USUAL, FLOOR = "ours", "tutorial", "usual", "floor"
OTHERS = (TUTORIAL, USUAL, FLOOR)  # as baselines/template.yaml names them
_JOB = re.compile(r"storm-[0-9a-f-]{36}:\d+")
Latencies = Mapping[str, Mapping[int, list[float]]]
"""Milliseconds by contender and rate."""


def measure(stage: LocalDeployment) -> Latencies:
    """Measure all, in turn at every rate."""
    found: dict[str, dict[int, list[float]]] = {name: {} for name in (OURS, *OTHERS)}
    with contextlib.ExitStack() as listening:
        others = {
            name: listening.enter_context(Subscriber(stage.aws, topic))
            for name, topic in _baselines(stage.aws).items()
        }
        for rate, seconds in ((WARMING, WARMING_S), *((rate, SECONDS) for rate in RATES)):
            found[OURS][rate] = _ours(stage, rate, seconds)
            for name, subscriber in others.items():
                found[name][rate] = _other(stage.aws, name, subscriber, rate, seconds)
    return found


def percentile(numbers: list[float], percent: int) -> float:
    """Give the number below which so many per cent lie."""
    return statistics.quantiles(numbers, n=100, method="inclusive")[percent - 1]


def _baselines(aws: LocalAws) -> dict[str, str]:
    """Deploy what people run today; give the topic of each."""
    code = {"UsualCode": "usual_lambda.py", "FloorCode": "floor.py"}
    cloud = aws.client("cloudformation")
    cloud.create_stack(
        StackName=STACK,
        TemplateBody=(BASELINES / "template.yaml").read_text(encoding="utf-8"),
        Capabilities=["CAPABILITY_IAM"],
        Parameters=[
            {"ParameterKey": name, "ParameterValue": (BASELINES / file).read_text("utf-8")}
            for name, file in code.items()
        ],
    )
    cloud.get_waiter("stack_create_complete").wait(StackName=STACK, WaiterConfig={"Delay": 1})
    made = cloud.describe_stack_resources(StackName=STACK)["StackResources"]
    found = {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in made}
    return {name: found[f"{name.capitalize()}Topic"] for name in OTHERS}


def _sample() -> samples.Sample:
    return next(each for each in samples.load_all() if each.name == "timeout")


def _ours(stage: LocalDeployment, rate: int, seconds: int) -> list[float]:
    found = list[float]()
    with _failing(stage.aws, rate, DRILL_SOURCE):
        for _ in range(seconds):
            began = time.perf_counter()
            outcome = stage.runner.send(_sample(), PATIENCE_S)
            found.append(outcome.milliseconds or PATIENCE_S * 1000)
            time.sleep(max(0.0, began + 1 - time.perf_counter()))
    stage.runner.settle(SETTLE_S)
    return found


def _other(
    aws: LocalAws, name: str, subscriber: Subscriber, rate: int, seconds: int
) -> list[float]:
    found = dict[str, float]()
    with _failing(aws, rate, f"benchmark.{name}") as sent:
        time.sleep(seconds)
    while len(found) < len(sent) and (delivery := subscriber.next(PATIENCE_S)) is not None:
        job = _job(delivery)
        if job in sent:  # and not late from the rate before
            found.setdefault(job, (delivery.arrived - sent[job]) * 1000)
    return [found.get(job, PATIENCE_S * 1000) for job in sent]


def _job(delivery: Delivery) -> str:
    """Find the failed job in a message, whatever its form."""
    return str(_JOB.findall(json.dumps(delivery.document))[0])


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
    event = job_events.failed(array, time.time_ns() // 1_000_000, name="align", index=index)
    return {
        "Source": source,
        "DetailType": event["detail-type"],
        "Detail": json.dumps(event["detail"]),
    }
