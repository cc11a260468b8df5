"""A storm on the local AWS: hundreds of failures at once, and the few messages they become.

`PutEvents` refuses events with AWS Batch as their source, and drills are reported one by one. So
these events are sent to FailureQueue, as the rule would send them.
"""

from __future__ import annotations

import json
import time
from dataclasses import replace

from notifier.aws import items
from notifier.joblog.excerpt import LogLine
from notifier.text.units import MINUTE_MS
from workbench.local import job_events, sample_run
from workbench.local.aws import LocalAws
from workbench.local.job_events import Event
from workbench.local.sample_run import SampleRunner
from workbench.local.samples import Sample
from workbench.local.subscriber import Delivery

SIZE = 2_000
OUT_OF_MEMORY = range(1_204, 1_384)  # neighbours: the largest inputs
BAD_INPUT = range(7, 607, 5)  # one in five of the first
FAILED = len(OUT_OF_MEMORY) + len(BAD_INPUT)
MAX_MESSAGES = 8
INTERVAL_MS = 5 * MINUTE_MS  # the template's FollowUpMinutes

QUEUE = "genomics"
SEND_BATCH = 10  # messages in one SendMessageBatch call
LOGS_WRITTEN = 10  # of each cause: only the earliest logs are read
QUIET_SECONDS = 2.0
WAIT_SECONDS = 120.0
TRACEBACK = """\
reading s3://cohort/sample-{index:04}.cram
Traceback (most recent call last):
  File "/app/align.py", line 88, in <module>
    align(read_header(path))
  File "/app/align.py", line 41, in read_header
    raise ValueError(f"no read group in {{path}}")
ValueError: no read group in sample-{index:04}.cram"""


class Storm:
    """A storm, and its messages.

    Parameters
    ----------
    aws
        The local AWS.
    resources
        Logical id in the template → physical id.
    runner
        Receives the messages; they are removed from its unmatched deliveries.
    """

    def __init__(self, aws: LocalAws, resources: dict[str, str], runner: SampleRunner) -> None:
        self._aws, self._resources, self._runner = aws, resources, runner
        self.sent = 0
        self.deliveries: list[Delivery] = []

    def problems(self) -> list[str]:
        """Return what is missing or wrong in the messages."""
        latest = {each.document["dedup_key"]: each.document for each in self.deliveries}
        counts = {
            (each["counts"]["failed"], each["counts"]["dependents"], each["counts"]["of"])
            for each in latest.values()
            if each["counts"]
        }
        expected = {
            f"{FAILED} of {SIZE} children counted": (FAILED, 0, SIZE) in counts,
            "a chain of three counted as one failure and its dependents": (1, 2, None) in counts,
            "a recovery": any(each["outcome"] == "recovered" for each in latest.values()),
            f"at most {MAX_MESSAGES} messages": len(self.deliveries) <= MAX_MESSAGES,
        }
        return [f"the storm lacks {what}" for what, is_met in expected.items() if not is_met]

    def fail(self) -> None:
        """Fail part of an array, a job twice, and a job on which two others depend."""
        now = time.time_ns() // 1_000_000
        failures = events(now)
        for event in [*failures[: 2 * LOGS_WRITTEN], *failures[-5:]]:
            sample_run.write_log(self._aws, Sample("storm", event, log_of(event)))
        sqs = self._aws.client("sqs")
        for start in range(0, len(failures), SEND_BATCH):
            batch = enumerate(failures[start : start + SEND_BATCH])
            entries = [{"Id": str(n), "MessageBody": json.dumps(event)} for n, event in batch]
            sqs.send_message_batch(QueueUrl=self._resources["FailureQueue"], Entries=entries)
        self.sent = len(failures)
        self._receive()

    def retry_job(self) -> None:
        """Run the job that failed twice again: it succeeds."""
        batch = self._aws.client("batch")
        batch.create_job_queue(jobQueueName=QUEUE, priority=1, computeEnvironmentOrder=[])
        batch.submit_job(jobName="nightly-load", jobQueue=QUEUE, jobDefinition="nightly-load")

    def let_time_pass(self) -> None:
        """Move the storm's incidents five minutes into the past, and send their follow-ups now."""
        table, queue = self._resources["IncidentTable"], self._resources["FollowUpQueue"]
        found = self._aws.client("dynamodb").get_paginator("scan").paginate(TableName=table)
        states = [item for page in found for item in page["Items"] if item["sk"]["S"] == "state"]
        for item in states:
            incident = items.to_incident(item)
            if incident.first.queue != QUEUE:
                continue
            older = replace(
                incident,
                reported_at=incident.reported_at - INTERVAL_MS,
                due=incident.due - INTERVAL_MS,
            )
            body = {"S": json.dumps(items.from_incident(older))}
            self._aws.client("dynamodb").put_item(TableName=table, Item=item | {"body": body})
            follow_up = json.dumps({"incident": older.key, "due": older.due})
            self._aws.client("sqs").send_message(QueueUrl=queue, MessageBody=follow_up)
        self._receive()

    def _receive(self) -> None:
        """Receive messages until both queues are empty and nothing more arrives."""
        deadline = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < deadline:
            self._runner.settle(QUIET_SECONDS)
            if not any(self._visible(queue) for queue in ("FailureQueue", "FollowUpQueue")):
                break
        self.deliveries += self._runner.unmatched
        self._runner.unmatched.clear()

    def _visible(self, queue: str) -> int:
        """Count the messages of a queue, without the delayed ones."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        answer = self._aws.client("sqs").get_queue_attributes(
            QueueUrl=self._resources[queue], AttributeNames=names
        )
        return sum(int(answer["Attributes"][name]) for name in names)


def events(now: int) -> list[Event]:
    """Make the events of the whole storm, which ended at `now` (epoch ms)."""
    return [*_array(now), *_job_that_fails_twice(now), *_chain(now)]


def _array(now: int) -> list[Event]:
    job = "3b0c7d52-8d1e-4f6a-9c57-1e2a64c0d9f1"
    children = [_child(job, index, now) for index in (*OUT_OF_MEMORY, *BAD_INPUT)]
    # As in a real storm: both causes, in no order of their indices.
    children.sort(key=lambda each: each["detail"]["stoppedAt"])
    parent = job_events.array_parent(
        job, now, SIZE, FAILED, name="align-cohort", queue=QUEUE, definition="align:12"
    )
    return [*children, parent]


def _child(job: str, index: int, now: int) -> Event:
    killed = index in OUT_OF_MEMORY
    return job_events.failed(
        job,
        now - 10 * MINUTE_MS + (index * 7_919) % (5 * MINUTE_MS),
        name="align-cohort",
        queue=QUEUE,
        definition="align:12",
        index=index,
        exit_code=137 if killed else 1,
        container_reason="OutOfMemoryError: Container killed due to memory usage" if killed else "",
    )


def _job_that_fails_twice(now: int) -> list[Event]:
    return [nightly_load(now, minutes_ago) for minutes_ago in (45, 20)]


def nightly_load(now: int, minutes_ago: int) -> Event:
    """Make the event of a failed nightly load."""
    return job_events.failed(
        f"51a4e6f0-0a57-4f0e-8a35-6d1c2f7b9e{minutes_ago:02}",
        now - minutes_ago * MINUTE_MS,
        name="nightly-load",
        queue=QUEUE,
        definition="nightly-load:7",
    )


def _chain(now: int) -> list[Event]:
    """Make the events of a chain whose first job times out; dependents are reported first."""
    first, second, third = (f"c88d1f3a-7b62-4f19-a6f4-90e3d5b2a70{n}" for n in range(3))
    return [
        job_events.failed(
            third, now, name="report", queue=QUEUE, definition="report:2", depends_on=[second]
        ),
        job_events.failed(
            second, now, name="joint-call", queue=QUEUE, definition="joint:9", depends_on=[first]
        ),
        job_events.failed(
            first,
            now - 1_000,
            name="call-variants",
            queue=QUEUE,
            definition="call:4",
            exit_code=137,
            reason="Job attempt duration exceeded timeout",
        ),
    ]


def log_of(event: Event) -> tuple[LogLine, ...]:
    """Return the log of the job of such an event."""
    detail = event["detail"]
    lines = TRACEBACK.format(index=detail.get("arrayProperties", {}).get("index", 0)).split("\n")
    if detail["container"].get("exitCode") != 1:  # killed: no traceback
        lines = lines[:1]
    return tuple(LogLine(detail["stoppedAt"] - 1_000, line) for line in lines)
