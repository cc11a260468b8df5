"""A storm through the real handlers, and through the function that people usually write.

`python -m benchmarks.storm ours|usual SIZE` runs one against moto, which does the work of DynamoDB,
SNS, SQS and CloudWatch Logs in this process, and prints what it took as JSON. The time is that
inside the handlers less that inside moto, clients made before. The storm lasts as long as it would
(a hundred failures a second) and is followed up for an hour, on a clock of its own.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any
from unittest import mock

import boto3
from moto import mock_aws
from moto.core.botocore_stubber import BotocoreStubber

from benchmarks.baselines import usual_lambda
from notifier import on_failure, on_follow_up, wiring
from notifier.aws import clients
from notifier.ports import Journal, Ports
from workbench import failures
from workbench.failures import Event
from workbench.local_aws import REGION

ARRAY = 10_000  # an array has no more children
BATCH = 100  # BatchSize in template.yaml
PER_SECOND = 100  # failures that arrive
HOUR_MS = 3_600_000
STREAMS = 100  # that the jobs share, so that moto need not make a hundred thousand
LINES = 60
TABLE = "incidents"
CONTEXT: Any = SimpleNamespace(
    get_remaining_time_in_millis=lambda: 120_000,
    function_name="notifier",
    memory_limit_in_mb=1024,
    invoked_function_arn="arn:aws:lambda:us-east-1:111122223333:function:notifier",
    aws_request_id="storm",
)


@dataclass
class Clock:
    """The time of the storm, in epoch milliseconds."""

    now: int

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.now += round(seconds * 1000)


@dataclass
class Measured:
    """What one storm took: seconds without the services' own, and AWS calls by name."""

    failures: int
    seconds: float = 0.0
    calls: Counter[str] = field(default_factory=Counter)

    def run(self, handler: Any, event: Any) -> None:
        """Run a handler and count its time."""
        began = time.perf_counter()
        handler(event, CONTEXT)
        self.seconds += time.perf_counter() - began

    def begin(self) -> None:
        """Count from now on: what came before was to get warm."""
        self.seconds = 0.0
        self.calls.clear()


def storm(size: int, start: int) -> Iterator[tuple[int, Event]]:
    """Make `size` failures of arrays, and their parents: each with the time it comes."""
    for first in range(0, size, ARRAY):
        job, children = f"array-{first}", min(ARRAY, size - first)
        for index in range(children):
            at = start + (first + index) * 1000 // PER_SECOND
            event = _child(job, index, at)
            event["detail"]["container"]["logStreamName"] = f"align/default/{index % STREAMS}"
            yield at, event
        end = start + (first + children) * 1000 // PER_SECOND
        yield end, failures.array_parent(job, end, children, children, definition="align:3")


def _child(job: str, index: int, at: int) -> Event:
    killed = index % 5 == 0
    return failures.failed(
        job,
        at,
        name="align",
        definition="align:3",
        index=index,
        exit_code=137 if killed else 1,
        container_reason="OutOfMemoryError: Container killed due to memory usage" if killed else "",
    )


def ours(size: int, measured: Measured) -> None:
    """Send the storm through OnFailure in full batches, then an hour through OnFollowUp."""
    clock, later = _simulated_time(), list[dict[str, Any]]()
    follow_ups = os.environ["FOLLOW_UP_QUEUE_URL"]

    def note(params: dict[str, Any], **_: Any) -> None:
        if params["QueueUrl"] == follow_ups:
            later.append(json.loads(params["MessageBody"]))

    for events in _events():
        events.register("provide-client-params.sqs.SendMessage", note)
    records = ((at, _record(json.dumps(event))) for at, event in storm(size, clock.now))
    end = clock.now + HOUR_MS
    measured.run(on_failure.handler, {"Records": [_record("{}")]})
    later.clear()
    measured.begin()
    for batch in _batches(records):
        _follow_up(later, clock, batch[-1][0], measured)
        measured.run(on_failure.handler, {"Records": [record for _, record in batch]})
    _follow_up(later, clock, end, measured)


def _follow_up(later: list[dict[str, Any]], clock: Clock, until: int, measured: Measured) -> None:
    """Let time pass, and hand over every follow-up whose time comes meanwhile."""
    while later and (following := min(later, key=lambda each: each["due"]))["due"] <= until:
        later.remove(following)
        clock.now = max(clock.now, following["due"])
        measured.run(on_follow_up.handler, {"Records": [_record(json.dumps(following))]})
    clock.now = max(clock.now, until)


def usual(size: int, measured: Measured) -> None:
    """Send the storm through the usual function, an event at a time."""
    start = time.time_ns() // 1_000_000
    measured.run(usual_lambda.handler, next(storm(1, start))[1])
    measured.begin()
    for _, event in storm(size, start):
        measured.run(usual_lambda.handler, event)


CONTENDERS = {"ours": ours, "usual": usual}


def measure(contender: str, size: int) -> Measured:
    """Measure one contender in a fresh simulated AWS, in this process."""
    measured = Measured(size)
    with mock_aws(), _uncounted_services(measured):
        _set_up()
        for events in _events():
            events.register(
                "before-call",
                lambda model, **_: measured.calls.update(
                    [f"{model.service_model.service_name} {model.name}"]
                ),
            )
        CONTENDERS[contender](size, measured)
    return measured


@contextlib.contextmanager
def _uncounted_services(measured: Measured) -> Iterator[None]:
    """Take the time that moto needs out of what is measured."""
    real = BotocoreStubber.__call__

    def timed(*given: Any, **named: Any) -> Any:
        began = time.perf_counter()
        answer = real(*given, **named)
        measured.seconds -= time.perf_counter() - began
        return answer

    with mock.patch.object(BotocoreStubber, "__call__", timed):
        yield


def _events() -> tuple[Any, ...]:
    """Where the calls of both can be seen: the usual function's are boto3's, ours botocore's."""
    assert boto3.DEFAULT_SESSION is not None
    return boto3.DEFAULT_SESSION.events, clients.session().get_component("event_emitter")


def _set_up() -> None:
    """Make what the template makes, so far as the functions use it, and the logs of the jobs."""
    os.environ |= {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": REGION,
        "POWERTOOLS_SERVICE_NAME": "batch-notifier",
        "POWERTOOLS_METRICS_NAMESPACE": "BatchNotifier",
        "POWERTOOLS_METRICS_DISABLED": "true",
    }
    boto3.setup_default_session()
    clients.session.cache_clear()
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
    logs.create_log_group(logGroupName=usual_lambda.LOG_GROUP)
    for number in range(STREAMS):
        stream = f"align/default/{number}"
        logs.create_log_stream(logGroupName=usual_lambda.LOG_GROUP, logStreamName=stream)
        said = [*(f"read part {n}" for n in range(1, LINES)), "ValueError: bad row 17"]
        logs.put_log_events(
            logGroupName=usual_lambda.LOG_GROUP,
            logStreamName=stream,
            logEvents=[{"timestamp": now, "message": line} for line in said],
        )


def _simulated_time() -> Clock:
    """Run the handlers on a clock that waits for nobody."""
    clock, real = Clock(time.time_ns() // 1_000_000), wiring.ports

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


if __name__ == "__main__":
    found = measure(sys.argv[1], int(sys.argv[2]))
    print(json.dumps({"seconds": found.seconds, "calls": found.calls}))
