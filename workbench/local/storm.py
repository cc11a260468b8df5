"""A storm on the local AWS: hundreds of failures at once, and the few messages they become.

`PutEvents` refuses what names AWS Batch as its source, and drills are told one by one. So these
events go straight on FailureQueue, as the rule would put them there.
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
from workbench.local.sample_run import Drill
from workbench.local.samples import Sample
from workbench.local.subscriber import Delivery

SIZE = 2_000
OUT_OF_MEMORY = range(1_204, 1_384)  # neighbours: the largest inputs
BAD_INPUT = range(7, 607, 5)  # and one in five of the first
FAILED = len(OUT_OF_MEMORY) + len(BAD_INPUT)
MOST_MESSAGES = 8
INTERVAL_MS = 5 * MINUTE_MS  # the template's FollowUpMinutes

QUEUE = "genomics"
SEND_BATCH = 10  # SendMessageBatch takes no more
LOGS_WRITTEN = 10  # of each cause: the earliest are the ones that are read
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
    """A storm, and what became of it.

    Parameters
    ----------
    aws
        The local AWS.
    resources
        Logical id in the template → physical id.
    way
        What subscribers got; what the storm brings is taken out of its strays.
    """

    def __init__(self, aws: LocalAws, resources: dict[str, str], way: Drill) -> None:
        self._aws, self._resources, self._way = aws, resources, way
        self.sent = 0
        self.told: list[Delivery] = []

    def faults(self) -> list[str]:
        """Say in what it was not told as it should be."""
        last = {each.document["dedup_key"]: each.document for each in self.told}
        every = {
            (each["counts"]["failed"], each["counts"]["dependents"], each["counts"]["of"])
            for each in last.values()
            if each["counts"]
        }
        wanted = {
            f"{FAILED} of {SIZE} children counted": (FAILED, 0, SIZE) in every,
            "a chain of three counted as one failure and two that waited": (1, 2, None) in every,
            "a recovery": any(each["outcome"] == "recovered" for each in last.values()),
            f"{MOST_MESSAGES} messages at most": len(self.told) <= MOST_MESSAGES,
        }
        return [f"the storm was to bring {what}" for what, came in wanted.items() if not came]

    def fail(self) -> None:
        """Let an array fail in part, a job twice, and one that two others waited for."""
        now = time.time_ns() // 1_000_000
        every = events(now)
        for event in [*every[: 2 * LOGS_WRITTEN], *every[-5:]]:
            sample_run.seed_log(self._aws, Sample("storm", event, log_of(event)))
        sqs = self._aws.client("sqs")
        for start in range(0, len(every), SEND_BATCH):
            batch = enumerate(every[start : start + SEND_BATCH])
            entries = [{"Id": str(n), "MessageBody": json.dumps(event)} for n, event in batch]
            sqs.send_message_batch(QueueUrl=self._resources["FailureQueue"], Entries=entries)
        self.sent = len(every)
        self._take()

    def mend(self) -> None:
        """Run the job that failed twice once more: it succeeds."""
        batch = self._aws.client("batch")
        batch.create_job_queue(jobQueueName=QUEUE, priority=1, computeEnvironmentOrder=[])
        batch.submit_job(jobName="nightly-load", jobQueue=QUEUE, jobDefinition="nightly-load")

    def let_time_pass(self) -> None:
        """Make the storm's incidents older by an interval, and have them looked after at once.

        Nobody wants to wait for five minutes: what the table remembers of the time is set back.
        """
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
            look = json.dumps({"incident": older.key, "due": older.due})
            self._aws.client("sqs").send_message(QueueUrl=queue, MessageBody=look)
        self._take()

    def _take(self) -> None:
        """Take in what is told until both queues are empty and nothing more arrives."""
        deadline = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < deadline:
            self._way.settle(QUIET_SECONDS)
            if not any(self._left(queue) for queue in ("FailureQueue", "FollowUpQueue")):
                break
        self.told += self._way.strays
        self._way.strays.clear()

    def _left(self, queue: str) -> int:
        """Count the messages of a queue, but for those whose time has not come."""
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
    # As they would come: of both kinds, in no order of their indices.
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
    return [nightly_load(now, ago) for ago in (45, 20)]


def nightly_load(now: int, ago: int) -> Event:
    """Let the nightly load fail so many minutes ago."""
    return job_events.failed(
        f"51a4e6f0-0a57-4f0e-8a35-6d1c2f7b9e{ago:02}",
        now - ago * MINUTE_MS,
        name="nightly-load",
        queue=QUEUE,
        definition="nightly-load:7",
    )


def _chain(now: int) -> list[Event]:
    """Let one run too long; those that waited for it are told of first."""
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
    """Give the log that the job of such an event has written."""
    detail = event["detail"]
    said = TRACEBACK.format(index=detail.get("arrayProperties", {}).get("index", 0)).split("\n")
    if detail["container"].get("exitCode") != 1:  # killed: it could not say why
        said = said[:1]
    return tuple(LogLine(detail["stoppedAt"] - 1_000, line) for line in said)
