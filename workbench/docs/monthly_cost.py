"""What a month of failures costs: from the calls that `make bench` measured, and AWS's prices."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path

from workbench.docs import prices

ROOT = Path(__file__).parents[2]
MEASURED = ROOT / "benchmarks" / "measured.json"
LATENCY_S = 0.010  # of a call within a Region
# Lambda gives CPU with memory: one vCPU at 1,769 MB.
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
VCPU_MB = 1_769
OURS_MB, USUAL_MB = 1_024, 256  # MemorySize in template.yaml; what people choose for so little
LOG_LINE_GB = 1.5e-6  # what an invocation writes into its own log: 1.5 KB
# Five pollers for each queue, each asking again after 20 s when there is nothing.
# https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
IDLE_POLLS = 2 * 5 * 3 * 60 * 24 * 30
DELETED_AT_ONCE = 10  # messages in one DeleteMessageBatch
METRICS = 12  # custom metrics that a busy month sees; each is counted as if all month


@dataclass(frozen=True, slots=True)
class Took:
    """What storms took; see `benchmarks/meter.py`."""

    cpu: float = 0.0
    waits: float = 0.0
    invocations: float = 0.0
    messages: float = 0.0
    sends: float = 0.0
    reads: float = 0.0
    writes: float = 0.0
    start: float = 0.0
    """Seconds of a cold start."""

    def times(self, factor: float) -> Took:
        """Give that of so many."""
        return Took(**{one.name: getattr(self, one.name) * factor for one in fields(self)})


@dataclass(frozen=True, slots=True)
class Bill:
    """A month of one way to be told, in US dollars."""

    name: str
    messages: float
    lines: Mapping[str, float]

    @property
    def total(self) -> float:
        """All of it."""
        return sum(self.lines.values())


def bills(failures: int, storm: int) -> tuple[Bill, ...]:
    """Give the bill of ours and of the alternatives, for so many failures in storms of a size."""
    found = json.loads(MEASURED.read_text(encoding="utf-8"))
    storms = failures / storm
    ours = _of_storm(found["ours"], storm).times(storms)
    usual = _took(found["usual"]).times(failures / found["usual"]["failures"])
    return (
        Bill("batch-notifier", ours.messages, dict(_ours(ours, failures))),
        Bill("the usual function", usual.messages, dict(_usual(usual))),
        Bill("the tutorial", failures, {"messages": _told(failures)}),
    )


def _ours(took: Took, failures: int) -> Iterator[tuple[str, float]]:
    requests = failures * (1 + 1 / DELETED_AT_ONCE) + took.sends * 3 + took.invocations + IDLE_POLLS
    yield "messages", _told(took.messages)
    yield "functions", _functions(took, OURS_MB)
    yield "queues", requests * prices.SQS_REQUEST
    yield "table", took.writes * prices.WRITE_UNIT + took.reads * prices.READ_UNIT
    yield "alarms, metrics, key", _fixed()


def _usual(took: Took) -> Iterator[tuple[str, float]]:
    yield "messages", _told(took.messages)
    yield "functions", _functions(took, USUAL_MB)


def _told(messages: float) -> float:
    return messages * (prices.SNS_REQUEST + prices.EMAIL)


def _functions(took: Took, memory_mb: int) -> float:
    seconds = (took.cpu + took.start) * VCPU_MB / memory_mb + took.waits * LATENCY_S
    logged = took.invocations * LOG_LINE_GB * prices.LOG_GB
    requests = took.invocations * prices.LAMBDA_REQUEST
    return requests + seconds * memory_mb / 1_024 * prices.LAMBDA_GB_SECOND + logged


def _fixed() -> float:
    template = (ROOT / "template.yaml").read_text(encoding="utf-8")
    alarms = len(re.findall(r"Type: AWS::CloudWatch::Alarm\b", template))
    keys = len(re.findall(r"Type: AWS::KMS::Key\b", template))
    return alarms * prices.ALARM_MONTH + METRICS * prices.METRIC_MONTH + keys * prices.KEY_MONTH


def _of_storm(rows: list[dict[str, float]], size: int) -> Took:
    """Give what a storm of any size takes: between two that were measured, or in proportion."""
    known = {int(row["failures"]): _took(row) for row in rows}
    below = max(each for each in known if each <= size)
    above = min((each for each in known if each > size), default=0)
    if not above:
        return known[below].times(size / below)
    share = (math.log(size) - math.log(below)) / (math.log(above) - math.log(below))
    low, high = known[below], known[above]
    return Took(**{one.name: _between(low, high, one.name, share) for one in fields(Took)})


def _between(low: Took, high: Took, name: str, share: float) -> float:
    """Take two measures for points of a power law."""
    one, other = getattr(low, name), getattr(high, name)
    return float(one ** (1 - share) * other**share) if one and other else float(one)


def _took(row: Mapping[str, float]) -> Took:
    return Took(**{one.name: float(row[one.name]) for one in fields(Took)})
