"""CPU time of one failure in a warm function, in milliseconds, without AWS."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from notifier.alert.alert import compose
from notifier.batch.event import parse_event
from notifier.batch.failure import Failure
from notifier.channels import message
from notifier.diagnosis import catalogue
from notifier.diagnosis.diagnose import diagnose, explain
from notifier.joblog.excerpt import LogLine, LogRead
from workbench.local import samples
from workbench.local.aws import ROOT

REASONS = ROOT / "tests" / "diagnosis" / "reasons.jsonl"
ROUNDS = 40
BATCH = 100
SAMPLE = "exit-1-python-traceback"


@dataclass(frozen=True, slots=True)
class Warm:
    """Milliseconds of CPU."""

    floor: float
    """Read the event as JSON, and write a message of the same size as JSON."""
    whole: float
    """One failure: read, diagnose with its log, compose, write for every channel."""
    counted: float
    """One failure of a batch of a hundred that is only counted."""
    median: float
    """Diagnosis of a real reason string: the median over all of the tests."""
    p99: float
    catalogue: float
    """Read the catalogue, once for each start."""


def measure() -> Warm:
    """Measure everything in turn; each figure is a median of `ROUNDS`."""
    sample = samples.find(SAMPLE)
    body = json.dumps(sample.event)
    log = LogRead(tuple(LogLine(line.at, line.text) for line in sample.lines))
    written = json.dumps(message.render(compose(_failure(body), log, 25)).decode())
    document = json.loads(written)
    rows = [json.loads(row) for row in REASONS.read_text("utf-8").splitlines()]
    tasks: dict[str, Callable[[], object]] = {
        "floor": lambda: (json.loads(body), json.dumps(document)),
        "whole": lambda: message.render(compose(_failure(body), log, 25)),
        "counted": lambda: [diagnose(_failure(body)) for _ in range(BATCH)],
        "catalogue": lambda: catalogue.parse_catalogue(
            json.loads(catalogue.CATALOGUE.read_bytes())
        ),
    }
    spent = {name: [_cpu_ms(task) for _ in range(ROUNDS)] for name, task in tasks.items()}
    medians = {name: statistics.median(each) for name, each in spent.items()}
    medians["counted"] /= BATCH
    reasons = [_diagnosis_ms(row["text"], row["exit_code"]) for row in rows]
    p99 = statistics.quantiles(reasons, n=100)[98]
    return Warm(**medians, median=statistics.median(reasons), p99=p99)


def _failure(body: str) -> Failure:
    read = parse_event(json.loads(body))
    assert isinstance(read, Failure)
    return read


def _diagnosis_ms(text: str, exit_code: int | None) -> float:
    runs: Sequence[float] = [_cpu_ms(lambda: explain(text, exit_code)) for _ in range(5)]
    return statistics.median(runs)


def _cpu_ms(task: Callable[[], object]) -> float:
    began = time.thread_time_ns()
    task()
    return (time.thread_time_ns() - began) / 1e6
