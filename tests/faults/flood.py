"""A hundred thousand failures in one run, and what the function's memory does meanwhile.

Real are the built package in the Lambda runtime interface, the deployed table, queues, topic and
follow-up function on the local AWS, and the time: nothing is put forward before the last failure
is in. Only who hands the batches over is ours: the local AWS takes ten at a time, Lambda a hundred.
"""

from __future__ import annotations

import itertools
import json
import os
import statistics
import time
import uuid
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from samtranslator.yaml_helper import yaml_parse

from tests.faults import arrays
from tests.faults.account import STORM
from tests.faults.world import MOMENT_SECONDS, PATIENCE_SECONDS, REST_SECONDS, World
from tests.runtime import lambda_runtime
from tests.runtime.lambda_runtime import Function
from workbench.local import job_events
from workbench.local.aws import ACCOUNT, REGION, SECRET

BATCH = 100  # BatchSize in template.yaml
MOST_RECEIVES = 5  # maxReceiveCount in template.yaml
PAGE_MIB = os.sysconf("SC_PAGE_SIZE") / 2**20
MINUTE, HOUR = 60, 3_600


@dataclass(frozen=True, slots=True)
class Flood:
    """What came of it; memory in MiB."""

    failures: int
    counted: int
    told: int
    dead: int
    wrong: tuple[str, ...]
    messages: int
    most_in_a_minute: int
    most_in_an_hour: int
    seconds: float
    memory_at_first: float
    memory_at_last: float
    memory_at_most: float

    @property
    def lost(self) -> int:
        """How many nobody heard of."""
        return self.failures - self.told - self.dead


def run(world: World, artifact: Path, scratch: Path, size: int) -> Flood:
    """Let `size` children of arrays fail, as fast as one function takes them."""
    world.begin()
    packages = scratch / "runtime"
    packages.mkdir()
    lambda_runtime.packages_of_the_runtime(packages)
    mark = uuid.uuid4().hex
    settings = _settings(world) | {"FLOOD": mark}
    arrivals: list[float] = []
    began = time.monotonic()
    with lambda_runtime.running(artifact, packages, scratch / "log", settings) as function:
        memory, dead = _pour(world, function, mark, size, arrivals)
    took = time.monotonic() - began
    _follow_up(world, size, arrivals)
    told, counted, wrong = _compare(world, size)
    tenth = max(1, len(memory) // 10)
    return Flood(
        failures=size,
        counted=counted,
        told=told,
        dead=dead,
        wrong=tuple(wrong),
        messages=len(world.deliveries),
        most_in_a_minute=_most(arrivals, MINUTE),
        most_in_an_hour=_most(arrivals, HOUR),
        seconds=took,
        memory_at_first=statistics.fmean(memory[:tenth]),
        memory_at_last=statistics.fmean(memory[-tenth:]),
        memory_at_most=max(memory),
    )


def package(template: Path) -> str:
    """Name the folder that is the package of all functions in a built template."""
    resources = yaml_parse(template.read_text(encoding="utf-8"))["Resources"]
    [folder] = {
        each["Properties"]["CodeUri"]
        for each in resources.values()
        if each["Type"] == "AWS::Serverless::Function"
    }
    return str(folder)


def _settings(world: World) -> dict[str, str]:
    """Give the function what the template gives it, and the local AWS to talk to."""
    found = world.aws.client("lambda").get_function_configuration(
        FunctionName=world.resources["OnFailureFunction"]
    )
    return {
        **found["Environment"]["Variables"],
        "AWS_ENDPOINT_URL": world.aws.url,
        "AWS_CA_BUNDLE": str(world.aws.certificate),
        "AWS_ACCESS_KEY_ID": ACCOUNT,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_DEFAULT_REGION": REGION,
        "NO_PROXY": "127.0.0.1",
    }


def _pour(
    world: World, function: Function, mark: str, size: int, arrivals: list[float]
) -> tuple[list[float], int]:
    """Hand over every batch, those that come back as well; give memory after each, and the dead."""
    memory: list[float] = []
    again: deque[dict[str, Any]] = deque()
    fresh, process, dead = _records(size), 0, 0
    while batch := _batch(fresh, again):
        answer = function.invoke({"Records": batch})
        assert "batchItemFailures" in answer, answer
        failed = {one["itemIdentifier"] for one in answer["batchItemFailures"]}
        for record in (each for each in batch if each["messageId"] in failed):
            receives = int(record["attributes"]["ApproximateReceiveCount"])
            dead += receives == MOST_RECEIVES
            if receives < MOST_RECEIVES:
                record["attributes"]["ApproximateReceiveCount"] = str(receives + 1)
                again.append(record)
        process = process or _process(mark)
        memory.append(_resident(process))
        _take(world, arrivals)
    return memory, dead


def _batch(fresh: Iterator[dict[str, Any]], again: deque[dict[str, Any]]) -> list[dict[str, Any]]:
    """Fill a batch with what comes for the first time, and only then with what comes again."""
    batch = list(itertools.islice(fresh, BATCH))
    while again and len(batch) < BATCH:
        batch.append(again.popleft())
    return batch


def _records(size: int) -> Iterator[dict[str, Any]]:
    wide = arrays.arrays(size)
    for number in range(size):
        index, array = divmod(number, wide)  # all arrays fail at once
        event = job_events.failed(
            arrays.array(array),
            round(time.time() * 1000),
            name=f"align-{array:02}",
            definition="align:3",
            index=index,
            exit_code=137 if index % 5 == 0 else 1,
        )
        yield {
            "messageId": f"message-{number}",
            "body": json.dumps(event),
            "attributes": {"ApproximateReceiveCount": "1"},
            "messageAttributes": {},
        }


def _follow_up(world: World, size: int, arrivals: list[float]) -> None:
    """Let time pass until every incident is reported as it is now."""
    end = world.clock.now + PATIENCE_SECONDS
    while (due := world.clock.rest(REST_SECONDS)) < end:
        _take(world, arrivals)
        if sum(arrays.recorded(world, key) for key in arrays.incidents(world, size)) >= size:
            return
        world.clock.forward(due - world.clock.now + MOMENT_SECONDS)
    _take(world, arrivals)


def _compare(world: World, size: int) -> tuple[int, int, list[str]]:
    """Give how many were told and counted, and what does not add up."""
    is_storm = any(one.document["cause"]["id"] == STORM for one in world.deliveries)
    told, counted, wrong = 0, 0, list[str]()
    for key in arrays.incidents(world, size):
        members = arrays.members(world, key)
        heard = max(_heard(world, key), arrays.recorded(world, key) if is_storm else 0)
        if heard > members:
            wrong.append(f"{key}: {heard} reported of {members}")
        told, counted = told + heard, counted + members
    if counted > size:
        wrong.append("a failure was counted twice")
    return told, counted, wrong


def _heard(world: World, incident: str) -> int:
    """Give how many failures of an incident its last message reported."""
    documents = [one.document for one in world.deliveries]
    counts = [one["counts"] for one in documents if one["dedup_key"] == incident]
    return max((each["failed"] if each else 1 for each in counts), default=0)


def _take(world: World, arrivals: list[float]) -> None:
    while (delivery := world.subscriber.next(0.001)) is not None:
        world.deliveries.append(delivery)
        arrivals.append(world.clock.now)


def _most(arrivals: list[float], seconds: float) -> int:
    """Count the most arrivals in any window."""
    return max((sum(at <= one < at + seconds for one in arrivals) for at in arrivals), default=0)


def _process(mark: str) -> int:
    """Find the function's interpreter by a mark in its environment; its host has that too."""
    for each in filter(str.isdigit, os.listdir("/proc")):
        try:
            environment = Path(f"/proc/{each}/environ").read_bytes()
            command = Path(f"/proc/{each}/cmdline").read_bytes()
        except OSError:  # it has ended, or is somebody else's
            continue
        if mark.encode() in environment and b"\0-S\0" in command and b"rie" not in command:
            return int(each)
    raise LookupError("the function's process is not there")


def _resident(process: int) -> float:
    """Give the memory that a process holds, in MiB."""
    return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * PAGE_MIB
