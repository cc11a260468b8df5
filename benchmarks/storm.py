"""A storm through the real handlers, and through the usual function.

`python -m benchmarks.storm ours|usual SIZE arrays|jobs` runs a storm and prints its usage as JSON.
moto simulates DynamoDB, SNS, SQS and CloudWatch Logs in the same process. `arrays` have at most
10,000 children and two causes each; `jobs` have one definition and one cause, so they are one
incident. A simulated clock runs through the storm (a hundred failures a second) and an hour of
follow-ups.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any
from unittest import mock

import boto3

from benchmarks.meter import Measured, Meter
from notifier import on_failure, on_follow_up, wiring
from notifier.aws import calls, history, job_logs
from notifier.batch.failure import DEFAULT_LOG_GROUP
from notifier.ports.reporting import Journal, Ports
from tests import incident_table
from workbench.local import job_events
from workbench.local.aws import REGION
from workbench.local.job_events import Event

MAX_ARRAY_SIZE = 10_000
BATCH = 100  # BatchSize in template.yaml
PER_SECOND = 100  # failures that arrive
HOUR_MS = 3_600_000
STREAMS = 100  # shared by the jobs, so that moto creates no hundred thousand
LINES = 60
TABLE = "incidents"
SETTINGS = {
    "POWERTOOLS_SERVICE_NAME": "batch-notifier",
    "POWERTOOLS_METRICS_NAMESPACE": "BatchNotifier",
    "POWERTOOLS_METRICS_DISABLED": "true",
}


@dataclass
class Clock:
    """A simulated clock, in epoch milliseconds."""

    now: int

    def wait(self, seconds: float) -> None:
        """Advance the clock."""
        self.now += round(seconds * 1000)


def arrays(size: int, start: int, name: str = "array") -> Iterator[tuple[int, Event]]:
    """Make `size` failures of arrays, and their parents, each with the time of its event."""
    for first in range(0, size, MAX_ARRAY_SIZE):
        job, children = f"{name}-{first}", min(MAX_ARRAY_SIZE, size - first)
        for index in range(children):
            at = start + (first + index) * 1000 // PER_SECOND
            yield at, _child(job, index, at)
        end = start + (first + children) * 1000 // PER_SECOND
        yield end, job_events.array_parent(job, end, children, children, definition="align:3")


def jobs(size: int, start: int) -> Iterator[tuple[int, Event]]:
    """Make `size` failures of jobs with one queue, definition and cause."""
    for number in range(size):
        at = start + number * 1000 // PER_SECOND
        event = job_events.failed(f"job-{number}", at, name="align", definition="align:3")
        yield at, _with_log(event, number)


STORMS = {"arrays": arrays, "jobs": jobs}


def _child(job: str, index: int, at: int) -> Event:
    killed = index % 5 == 0
    event = job_events.failed(
        job,
        at,
        name="align",
        definition="align:3",
        index=index,
        exit_code=137 if killed else 1,
        container_reason="OutOfMemoryError: Container killed due to memory usage" if killed else "",
    )
    return _with_log(event, index)


def _with_log(event: Event, number: int) -> Event:
    event["detail"]["container"]["logStreamName"] = f"align/default/{number % STREAMS}"
    return event


def ours(storm: Iterator[tuple[int, Event]], meter: Meter) -> None:
    """Run the storm through OnFailure in full batches, and an hour of follow-ups."""
    clock, due = _simulate_time(), list[dict[str, Any]]()
    queue_url = os.environ["FOLLOW_UP_QUEUE_URL"]

    def record_follow_up(params: dict[str, Any], **_: Any) -> None:
        if params["QueueUrl"] == queue_url:
            due.append(json.loads(params["MessageBody"]))

    for hooks in _client_hooks():
        hooks.register("provide-client-params.sqs.SendMessage", record_follow_up)
    records = ((at, _record(json.dumps(event))) for at, event in storm)
    end = clock.now + HOUR_MS
    meter.run(on_failure.handler, {"Records": [_record("{}")]})
    due.clear()
    meter.reset()
    for batch in _batches(records):
        _follow_up(due, clock, batch[-1][0], meter)
        meter.run(on_failure.handler, {"Records": [record for _, record in batch]})
    _follow_up(due, clock, end, meter)


def _follow_up(due: list[dict[str, Any]], clock: Clock, until: int, meter: Meter) -> None:
    """Advance the clock, and deliver every follow-up that becomes due."""
    while due and (earliest := min(due, key=lambda each: each["due"]))["due"] <= until:
        due.remove(earliest)
        clock.now = max(clock.now, earliest["due"])
        meter.run(on_follow_up.handler, {"Records": [_record(json.dumps(earliest))]})
    clock.now = max(clock.now, until)


def usual(storm: Iterator[tuple[int, Event]], meter: Meter) -> None:
    """Run the storm through the usual function, one event at a time."""
    usual_lambda: Any = importlib.import_module("benchmarks.baselines.usual_lambda")
    importlib.reload(usual_lambda)  # creates its clients again, so that they are watched
    meter.run(usual_lambda.handler, next(jobs(1, 0))[1])
    meter.reset()
    for _, event in storm:
        meter.run(usual_lambda.handler, event)


CONTENDERS = {"ours": ours, "usual": usual}


def measure(contender: str, size: int, shape: str = "arrays") -> Measured:
    """Measure one contender in a fresh simulated AWS, in this process."""
    # Imported here: `memory` must not count them.
    from moto import mock_aws
    from moto.dynamodb.models.table import Table

    meter = Meter(size)
    # For each item of a transaction moto copies the whole table, to roll back: 24 GB in a storm of
    # 10,000. Without concurrent writers nothing is rolled back.
    no_copies = mock.patch.object(Table, "__deepcopy__", lambda table, _: table, create=True)
    with mock_aws(), no_copies, meter.uncounted_services():
        _set_up()
        for hooks in _client_hooks():
            meter.watch(hooks)
        CONTENDERS[contender](STORMS[shape](size, _now_ms()), meter)
    return meter.total


def _client_hooks() -> tuple[Any, ...]:
    """Return the event hooks of all clients: the usual function uses boto3, ours botocore."""
    assert boto3.DEFAULT_SESSION is not None
    return boto3.DEFAULT_SESSION.events, calls.session().get_component("event_emitter")


def _set_up() -> None:
    """Create what the functions use of the template, and the logs of the jobs."""
    os.environ |= SETTINGS | {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": REGION,
    }
    boto3.setup_default_session()
    for cached in (
        *(calls.session, job_logs._client, history.batch_client, wiring.load_settings),
        *(wiring._topic, wiring._ledger, wiring._queues, wiring._jobs_client),
        *(wiring._labels, wiring._definitions),
    ):
        cached.cache_clear()  # from an earlier simulated AWS
    sqs = boto3.client("sqs")
    os.environ |= {
        "TABLE_NAME": TABLE,
        "ALERT_TOPIC_ARN": boto3.client("sns").create_topic(Name="alerts")["TopicArn"],
        "FAILURE_QUEUE_URL": sqs.create_queue(QueueName="failures")["QueueUrl"],
        "FOLLOW_UP_QUEUE_URL": sqs.create_queue(QueueName="follow-ups")["QueueUrl"],
    }
    incident_table.make(boto3.client("dynamodb"), TABLE)
    _write_logs()


def _write_logs() -> None:
    logs, now = boto3.client("logs"), _now_ms()
    logs.create_log_group(logGroupName=DEFAULT_LOG_GROUP)
    lines = [*(f"read part {n}" for n in range(1, LINES)), "ValueError: bad row 17"]
    events: list[Any] = [{"timestamp": now, "message": line} for line in lines]
    for number in range(STREAMS):
        group, stream = DEFAULT_LOG_GROUP, f"align/default/{number}"
        logs.create_log_stream(logGroupName=group, logStreamName=stream)
        logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)


def _simulate_time() -> Clock:
    """Run the handlers on a simulated clock."""
    clock, original = Clock(_now_ms()), wiring.make_ports

    def ports(journal: Journal, remaining_ms: Callable[[], int]) -> Ports:
        real_time = original(journal, remaining_ms)
        return replace(real_time, now_ms=lambda: clock.now, pause=clock.wait)

    wiring.make_ports = ports
    return clock


def _batches(records: Iterator[tuple[int, Any]]) -> Iterator[list[tuple[int, Any]]]:
    batch: list[tuple[int, Any]] = []
    for record in records:
        batch.append(record)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _record(body: str) -> dict[str, Any]:
    return {"messageId": "m", "body": body, "attributes": {"ApproximateReceiveCount": "1"}}


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


if __name__ == "__main__":
    print(measure(sys.argv[1], int(sys.argv[2]), sys.argv[3]).as_json())
