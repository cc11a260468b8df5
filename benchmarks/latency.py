"""Latency from the event bus to a subscriber, on a local AWS.

Children of one array fail at a steady rate. Ours reports the array once, so each second one other
job fails as well, and the latency is that of its message. The alternatives send a message for each
event, and each is measured. The local AWS delivers queued messages at once: the batching window of
Lambda, two seconds, is not included.
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
SECONDS = 14
WARM_UP_RATE, WARM_UP_S = 10, 3  # starts all instances of the functions
PUT_BATCH = 10  # entries in one PutEvents call
TIMEOUT_S = 30.0  # a message that takes longer counts as this
SETTLE_S = 3.0
PERCENTILES = (50, 95, 99)
STACK = "baselines"
OURS, TUTORIAL, USUAL, FLOOR = "ours", "tutorial", "usual", "floor"
OTHERS = (TUTORIAL, USUAL, FLOOR)  # as baselines/template.yaml names them
_JOB = re.compile(r"storm-[0-9a-f-]{36}:\d+")
Latencies = Mapping[str, Mapping[int, list[float]]]
"""Milliseconds by contender and rate."""


def measure(deployment: LocalDeployment) -> Latencies:
    """Measure all contenders in turn, at every rate."""
    found: dict[str, dict[int, list[float]]] = {name: {} for name in (OURS, *OTHERS)}
    with contextlib.ExitStack() as listening:
        others = {
            name: listening.enter_context(Subscriber(deployment.aws, topic))
            for name, topic in _deploy_baselines(deployment.aws).items()
        }
        for rate, seconds in ((WARM_UP_RATE, WARM_UP_S), *((rate, SECONDS) for rate in RATES)):
            found[OURS][rate] = _measure_ours(deployment, rate, seconds)
            for name, subscriber in others.items():
                found[name][rate] = _measure_other(deployment.aws, name, subscriber, rate, seconds)
    return found


def percentile(numbers: list[float], percent: int) -> float:
    """Return a percentile."""
    return statistics.quantiles(numbers, n=100, method="inclusive")[percent - 1]


def _deploy_baselines(aws: LocalAws) -> dict[str, str]:
    """Deploy the alternatives; return the topic of each."""
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
    resources = cloud.describe_stack_resources(StackName=STACK)["StackResources"]
    ids = {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in resources}
    return {name: ids[f"{name.capitalize()}Topic"] for name in OTHERS}


def _measure_ours(deployment: LocalDeployment, rate: int, seconds: int) -> list[float]:
    found = list[float]()
    with _failing_children(deployment.aws, rate, DRILL_SOURCE):
        for _ in range(seconds):
            began = time.perf_counter()
            outcome = deployment.runner.send(samples.find("timeout"), TIMEOUT_S)
            found.append(outcome.milliseconds or TIMEOUT_S * 1000)
            time.sleep(max(0.0, began + 1 - time.perf_counter()))
    deployment.runner.settle(SETTLE_S)
    return found


def _measure_other(
    aws: LocalAws, name: str, subscriber: Subscriber, rate: int, seconds: int
) -> list[float]:
    found = dict[str, float]()
    with _failing_children(aws, rate, f"benchmark.{name}") as sent:
        time.sleep(seconds)
    while len(found) < len(sent) and (delivery := subscriber.next(TIMEOUT_S)) is not None:
        job = _job_id(delivery)
        if job in sent:  # not a late message of the previous rate
            found.setdefault(job, (delivery.arrived - sent[job]) * 1000)
    return [found.get(job, TIMEOUT_S * 1000) for job in sent]


def _job_id(delivery: Delivery) -> str:
    """Find the id of the failed job in a message of any form."""
    return str(_JOB.findall(json.dumps(delivery.document))[0])


@contextlib.contextmanager
def _failing_children(aws: LocalAws, rate: int, source: str) -> Iterator[dict[str, float]]:
    """Fail children of an array while the block lasts; yields when each was put on the bus."""
    stop, sent = threading.Event(), dict[str, float]()

    def fail() -> None:
        array, began = f"storm-{uuid.uuid4()}", time.perf_counter()
        while not stop.is_set():
            due = int((time.perf_counter() - began) * rate) - len(sent)
            entries = [_entry(array, len(sent) + n, source) for n in range(min(due, PUT_BATCH))]
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
