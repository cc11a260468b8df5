"""What a month of failures costs, from measured API calls (`make bench`) and AWS prices."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from functools import cache
from typing import Any

from workbench.docs import prices
from workbench.files import IS_CHECKOUT, ROOT

MEASURED = ROOT / "benchmarks" / "measured.json"
LATENCY_S = 0.010  # of a call within a Region
# Lambda gives CPU with memory: one vCPU at 1,769 MB.
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
VCPU_MB = 1_769
OURS_MB, USUAL_MB = 1_024, 256  # MemorySize in template.yaml; a common choice for a small function
LOG_GB = 1.5e-6  # the log of one invocation: 1.5 KB
# Five pollers for a queue, each with a request every 20 s while the queue is empty.
# https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
IDLE_POLLS_OF_QUEUE = 5 * 3 * 60 * 24 * 30
IDLE_POLLS = 2 * IDLE_POLLS_OF_QUEUE
DELETE_BATCH = 10  # messages in one DeleteMessageBatch call
METRICS = 12  # custom metrics of a busy month, each charged for the whole month
MONTH_MINUTES = 30 * 24 * 60
# A sweep of a few queues: one second of OnSweepFunction, and a tenth of OnFailureFunction for its
# heartbeat; sent, received and deleted; position and subscriptions read and written.
SWEEP_GB_SECONDS = 1.0 * 0.5 + 0.1 * 1.0
SWEEP_REQUESTS, SWEEP_READS, SWEEP_WRITES = 3, 2, 2


@dataclass(frozen=True, slots=True)
class Usage:
    """The resources that storms use; see `benchmarks/meter.py`."""

    cpu: float = 0.0
    waits: float = 0.0
    invocations: float = 0.0
    messages: float = 0.0
    sends: float = 0.0
    reads: float = 0.0
    writes: float = 0.0
    start: float = 0.0
    """Seconds of a cold start."""

    def times(self, factor: float) -> Usage:
        """Return the usage of so many storms."""
        return Usage(**{one.name: getattr(self, one.name) * factor for one in fields(self)})


@dataclass(frozen=True, slots=True)
class Bill:
    """A month of one alternative, in US dollars."""

    name: str
    messages: float
    lines: Mapping[str, float]

    @property
    def total(self) -> float:
        """The sum of all lines."""
        return sum(self.lines.values())


def bills(failures: int, storm: int) -> tuple[Bill, ...]:
    """Return the bills of all alternatives, for so many failures in storms of a size."""
    measured = json.loads(MEASURED.read_text(encoding="utf-8"))
    storms = failures / storm
    ours = _storm_usage(measured["ours"], storm).times(storms)
    usual = _read_usage(measured["usual"]).times(failures / measured["usual"]["failures"])
    return (
        Bill("batch-notifier", ours.messages, dict(_ours(ours, failures))),
        Bill("the usual function", usual.messages, dict(_usual(usual))),
        Bill("the tutorial", failures, {"messages": _delivery(failures)}),
    )


def _ours(usage: Usage, failures: int) -> Iterator[tuple[str, float]]:
    requests = failures * (1 + 1 / DELETE_BATCH) + usage.sends * 3 + usage.invocations + IDLE_POLLS
    yield "messages", _delivery(usage.messages)
    yield "functions", _functions(usage, OURS_MB)
    yield "queues", requests * prices.SQS_REQUEST
    yield "table", usage.writes * prices.WRITE_UNIT + usage.reads * prices.READ_UNIT
    yield "sweeps", _sweeps()
    yield "alarms, metrics, key", _fixed()


def _usual(usage: Usage) -> Iterator[tuple[str, float]]:
    yield "messages", _delivery(usage.messages)
    yield "functions", _functions(usage, USUAL_MB)


def _delivery(messages: float) -> float:
    return messages * (prices.SNS_REQUEST + prices.EMAIL)


def _functions(usage: Usage, memory_mb: int) -> float:
    seconds = (usage.cpu + usage.start) * VCPU_MB / memory_mb + usage.waits * LATENCY_S
    logged = usage.invocations * LOG_GB * prices.LOG_GB
    requests = usage.invocations * prices.LAMBDA_REQUEST
    return requests + seconds * memory_mb / 1_024 * prices.LAMBDA_GB_SECOND + logged


def _sweeps() -> float:
    """Return what the sweeps of a quiet month cost; AWS Batch charges nothing for its API."""
    one = (
        prices.SCHEDULED_INVOCATION
        + prices.CUSTOM_EVENT
        + SWEEP_GB_SECONDS * prices.LAMBDA_GB_SECOND
        + 2 * (prices.LAMBDA_REQUEST + LOG_GB * prices.LOG_GB)
        + SWEEP_REQUESTS * prices.SQS_REQUEST
        + SWEEP_READS * prices.READ_UNIT
        + SWEEP_WRITES * prices.WRITE_UNIT
    )
    minutes = int(_template()["Parameters"]["SweepMinutes"]["Default"])
    return MONTH_MINUTES / minutes * one


def _fixed() -> float:
    return (
        alarm_metrics() * prices.ALARM_METRIC_MONTH
        + METRICS * prices.METRIC_MONTH
        + len(_resources("AWS::KMS::Key")) * prices.KEY_MONTH
    )


def options() -> dict[str, float]:
    """Return what each option with a stack of its own adds to a quiet month."""
    stacks = {
        each["Condition"]: each["Properties"]["Location"]
        for each in _template()["Resources"].values()
        if each["Type"] == "AWS::Serverless::Application"
        and each["Properties"]["Location"].startswith("stacks/")
    }
    return {
        f"{_template()['Conditions'][condition]['Fn::Equals'][0]['Ref']}=on": _added(location)
        for condition, location in stacks.items()
    }


def _added(location: str) -> float:
    polled = sum(
        event["Type"] == "SQS"
        for function in _resources("AWS::Serverless::Function", location)
        for event in function["Properties"].get("Events", {}).values()
    )
    return float(
        alarm_metrics(location) * prices.ALARM_METRIC_MONTH
        + len(_resources("AWS::SecretsManager::Secret", location)) * prices.SECRET_MONTH
        + len(_resources("AWS::KMS::Key", location)) * prices.KEY_MONTH
        + polled * IDLE_POLLS_OF_QUEUE * prices.SQS_REQUEST
    )


def alarm_metrics(location: str = "template.yaml") -> int:
    """Count the metrics that the alarms of a template with default parameters read."""
    alarms = (alarm["Properties"] for alarm in _resources("AWS::CloudWatch::Alarm", location))
    return sum(
        sum("MetricStat" in one for one in alarm["Metrics"]) if "Metrics" in alarm else 1
        for alarm in alarms
    )


def batching_window() -> int:
    """Return the seconds for which Lambda collects failures: every first alert waits for them."""
    events = _template()["Resources"]["OnFailureFunction"]["Properties"]["Events"]
    return int(events["Failures"]["Properties"]["MaximumBatchingWindowInSeconds"])


def _resources(resource_type: str, location: str = "template.yaml") -> list[Any]:
    """Return the resources of a type that need no parameter to exist."""
    return [
        each
        for each in _template(location)["Resources"].values()
        if each["Type"] == resource_type and "Condition" not in each
    ]


@cache
def _template(location: str = "template.yaml") -> Any:
    if not IS_CHECKOUT:  # the package has no parser of YAML
        return json.loads((ROOT / location).with_suffix(".json").read_text(encoding="utf-8"))
    from cfnlint.decode import cfn_yaml

    return cfn_yaml.load(str(ROOT / location))


def notes() -> tuple[str, ...]:
    """Return what the sums leave out, and where the prices are from; one line each."""
    dashboards = len(_resources("AWS::CloudWatch::Dashboard"))
    return (
        f"Prices in us-east-1 on {prices.AS_OF}, in US dollars:",
        *(f"  {url}  {_list_prices(names)}" for url, names in prices.SOURCES.items()),
        f"Free each month in an account, and not subtracted: {prices.FREE}.",
        "Options that cost more while nothing fails: "
        + ", ".join(f"{name} {added:.2f}" for name, added in options().items())
        + ".",
        f"Not included: {dashboards} dashboard, {prices.DASHBOARD_MONTH:.2f} if the account has "
        f"more than {prices.FREE_DASHBOARDS}; {prices.KEY_MONTH:.2f} more for the key after each "
        "of its first two yearly rotations; text messages.",
        "Calls: measured by `make bench`.",
    )


def _list_prices(names: str) -> str:
    words = ((name.lower().replace("_", " "), getattr(prices, name)) for name in names.split())
    return ", ".join(
        f"{name} {max(f'{price:.10f}'.rstrip('0'), f'{price:.2f}', key=len)}"
        for name, price in words
    )


def _storm_usage(rows: list[dict[str, float]], size: int) -> Usage:
    """Return the usage of a storm of any size: interpolated, or in proportion to the largest."""
    by_size = {int(row["failures"]): _read_usage(row) for row in rows}
    below = max(each for each in by_size if each <= size)
    above = min((each for each in by_size if each > size), default=0)
    if not above:
        return by_size[below].times(size / below)
    share = (math.log(size) - math.log(below)) / (math.log(above) - math.log(below))
    low, high = by_size[below], by_size[above]
    return Usage(
        **{
            each.name: _interpolate(getattr(low, each.name), getattr(high, each.name), share)
            for each in fields(Usage)
        }
    )


def _interpolate(low: float, high: float, share: float) -> float:
    """Interpolate between two points of a power law."""
    return float(low ** (1 - share) * high**share) if low and high else float(low)


def _read_usage(row: Mapping[str, float]) -> Usage:
    return Usage(**{one.name: float(row[one.name]) for one in fields(Usage)})
