"""A storm through the real handlers, and through the function that people usually write.

`python -m benchmarks.storm ours|usual SIZE arrays|jobs` runs one against moto, which does the work
of DynamoDB, SNS, SQS and CloudWatch Logs in this process, and prints what it took as JSON. `arrays`
are of 10,000 children at most, two causes each; `jobs` are of one definition and one cause, so
that they are one incident however many. The storm lasts as long as it would (a hundred failures a
second) and is followed up for an hour, on a clock of its own.
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
from notifier.aws import calls, job_logs
from notifier.batch.failure import DEFAULT_LOG_GROUP
from notifier.ports.reporting import Journal, Ports
from workbench.local import job_events
from workbench.local.aws import REGION
from workbench.local.job_events import Event

ARRAY = 10_000  # an array has no more children
BATCH = 100  # BatchSize in template.yaml
PER_SECOND = 100  # failures that arrive
HOUR_MS = 3_600_000
STREAMS = 100  # that the jobs share, so that moto need not make a hundred thousand
LINES = 60
TABLE = "incidents"
SETTINGS = {
    "POWERTOOLS_SERVICE_NAME": "batch-notifier",
    "POWERTOOLS_METRICS_NAMESPACE": "BatchNotifier",
    "POWERTOOLS_METRICS_DISABLED": "true",
}


@dataclass
class Clock:
    """The time of the storm, in epoch milliseconds."""

    now: int

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.now += round(seconds * 1000)


def arrays(size: int, start: int, name: str = "array") -> Iterator[tuple[int, Event]]:
    """Make `size` failures of arrays, and their parents: each with the time it comes."""
    for first in range(0, size, ARRAY):
        job, children = f"{name}-{first}", min(ARRAY, size - first)
        for index in range(children):
            at = start + (first + index) * 1000 // PER_SECOND
            yield at, _child(job, index, at)
        end = start + (first + children) * 1000 // PER_SECOND
        yield end, job_events.array_parent(job, end, children, children, definition="align:3")


def jobs(size: int, start: int) -> Iterator[tuple[int, Event]]:
    """Make `size` failures of jobs that share queue, definition and cause."""
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
    """Send the storm through OnFailure in full batches, then an hour through OnFollowUp."""
    clock, later = _simulated_time(), list[dict[str, Any]]()
    follow_ups = os.environ["FOLLOW_UP_QUEUE_URL"]

    def note(params: dict[str, Any], **_: Any) -> None:
        if params["QueueUrl"] == follow_ups:
            later.append(json.loads(params["MessageBody"]))

    for events in _events():
        events.register("provide-client-params.sqs.SendMessage", note)
    records = ((at, _record(json.dumps(event))) for at, event in storm)
    end = clock.now + HOUR_MS
    meter.run(on_failure.handler, {"Records": [_record("{}")]})
    later.clear()
    meter.begin()
    for batch in _batches(records):
        _follow_up(later, clock, batch[-1][0], meter)
        meter.run(on_failure.handler, {"Records": [record for _, record in batch]})
    _follow_up(later, clock, end, meter)


def _follow_up(later: list[dict[str, Any]], clock: Clock, until: int, meter: Meter) -> None:
    """Let time pass, and hand over every follow-up whose time comes meanwhile."""
    while later and (following := min(later, key=lambda each: each["due"]))["due"] <= until:
        later.remove(following)
        clock.now = max(clock.now, following["due"])
        meter.run(on_follow_up.handler, {"Records": [_record(json.dumps(following))]})
    clock.now = max(clock.now, until)


def usual(storm: Iterator[tuple[int, Event]], meter: Meter) -> None:
    """Send the storm through the usual function, an event at a time."""
    usual_lambda: Any = importlib.import_module("benchmarks.baselines.usual_lambda")
    importlib.reload(usual_lambda)  # it makes its clients at the start, and they are to be watched
    meter.run(usual_lambda.handler, next(jobs(1, 0))[1])
    meter.begin()
    for _, event in storm:
        meter.run(usual_lambda.handler, event)


CONTENDERS = {"ours": ours, "usual": usual}


def measure(contender: str, size: int, shape: str = "arrays") -> Measured:
    """Measure one contender in a fresh simulated AWS, in this process."""
    # Not for `memory`, which would count them.
    from moto import mock_aws
    from moto.dynamodb.models.table import Table

    meter = Meter(size)
    # For each item of a transaction moto copies the whole table, to undo what fails: 24 GB in a
    # storm of 10,000. Without rivals nothing fails.
    no_copies = mock.patch.object(Table, "__deepcopy__", lambda table, _: table, create=True)
    with mock_aws(), no_copies, meter.uncounted_services():
        _set_up()
        for events in _events():
            meter.watch(events)
        CONTENDERS[contender](STORMS[shape](size, _now_ms()), meter)
    return meter.found


def _events() -> tuple[Any, ...]:
    """Where the calls of both can be seen: the usual function's are boto3's, ours botocore's."""
    assert boto3.DEFAULT_SESSION is not None
    return boto3.DEFAULT_SESSION.events, calls.session().get_component("event_emitter")


def _set_up() -> None:
    """Make what the template makes, so far as the functions use it, and the logs of the jobs."""
    os.environ |= SETTINGS | {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": REGION,
    }
    boto3.setup_default_session()
    for made in (
        *(calls.session, job_logs._client, wiring.chosen),
        *(wiring._topic, wiring._ledger, wiring._queues, wiring._jobs),
    ):
        made.cache_clear()  # of an AWS before this one
    sqs = boto3.client("sqs")
    os.environ |= {
        "TABLE_NAME": TABLE,
        "ALERT_TOPIC_ARN": boto3.client("sns").create_topic(Name="alerts")["TopicArn"],
        "FAILURE_QUEUE_URL": sqs.create_queue(QueueName="failures")["QueueUrl"],
        "FOLLOW_UP_QUEUE_URL": sqs.create_queue(QueueName="follow-ups")["QueueUrl"],
    }
    boto3.client("dynamodb").create_table(
        TableName=TABLE,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": "S"},
        ],
        KeySchema=[
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
    )
    logs, now = boto3.client("logs"), time.time_ns() // 1_000_000
    logs.create_log_group(logGroupName=DEFAULT_LOG_GROUP)
    for number in range(STREAMS):
        stream = f"align/default/{number}"
        logs.create_log_stream(logGroupName=DEFAULT_LOG_GROUP, logStreamName=stream)
        said = [*(f"read part {n}" for n in range(1, LINES)), "ValueError: bad row 17"]
        logs.put_log_events(
            logGroupName=DEFAULT_LOG_GROUP,
            logStreamName=stream,
            logEvents=[{"timestamp": now, "message": line} for line in said],
        )


def _simulated_time() -> Clock:
    """Run the handlers on a clock that waits for nobody."""
    clock, real = Clock(_now_ms()), wiring.ports

    def ports(journal: Journal, remaining_ms: Callable[[], int]) -> Ports:
        found = real(journal, remaining_ms)
        return replace(found, now_ms=lambda: clock.now, pause=clock.wait)

    wiring.ports = ports
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
