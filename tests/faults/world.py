"""The deployed notifier on a local AWS, behind a proxy that injects faults, on a clock that jumps.

Template, artifact, queues, redrive, retries and time-outs are the real ones, and none of them is
shortened: what takes half an hour takes half an hour of a clock that jumps to where something
comes due.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from notifier.aws.items import to_incident
from tests.faults.account import Account, LedgerSnapshot, account
from tests.faults.clock_hand import ClockHand
from tests.faults.proxy import Proxy
from tests.runtime.lambda_runtime import free_port
from workbench.local import sam
from workbench.local.aws import LocalAws
from workbench.local.job_events import Event
from workbench.local.subscriber import Delivery, Subscriber

SEED = 7
REST_SECONDS = 300.0  # of our time; an invocation lasts a minute or two when everything is slow
SEND_BATCH = 10  # SendMessageBatch takes no more
MOMENT_SECONDS = 0.05  # past the time when something comes due
LISTEN_SECONDS = 0.2
# Half an hour of tries, then follow-ups that wait for others, at intervals that double.
PATIENCE_SECONDS = 8 * 3600
PARAMETERS = {"JobLogGroups": "/aws/batch/job"}  # all else as the template has it
DEAD_LETTERS = {
    "FailureDeadLetterQueue": "DeadLetterAlarm",
    "FollowUpDeadLetterQueue": "FollowUpDeadLetterAlarm",
}
EVERY_QUEUE = (*DEAD_LETTERS, "FailureQueue", "FollowUpQueue", "UndeliveredAlertQueue")


@dataclass
class World:
    """A notifier, what surrounds it, and the failures sent to it."""

    aws: LocalAws
    proxy: Proxy
    clock: ClockHand
    subscriber: Subscriber
    resources: dict[str, str]
    deliveries: list[Delivery] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)

    def begin(self) -> None:
        """Forget all that was: no rules, nothing queued, nothing remembered."""
        self.proxy.break_with([])
        self.clock.rest(REST_SECONDS)
        for queue in EVERY_QUEUE:
            self.aws.client("sqs").purge_queue(QueueUrl=self.resources[queue])
        table = self.resources["IncidentTable"]
        for item in self.items():
            key = {name: item[name] for name in ("pk", "sk")}
            self.aws.client("dynamodb").delete_item(TableName=table, Key=key)
        self._listen()
        self.deliveries.clear()
        self.sent.clear()

    def fail(self, events: Sequence[Event]) -> None:
        """Put failures on the queue, as the rule would."""
        for start in range(0, len(events), SEND_BATCH):
            batch = enumerate(events[start : start + SEND_BATCH])
            entries = [{"Id": str(n), "MessageBody": json.dumps(event)} for n, event in batch]
            self.aws.client("sqs").send_message_batch(
                QueueUrl=self.resources["FailureQueue"], Entries=entries
            )
        self.sent += [event["detail"]["jobId"] for event in events]

    def pass_time(self, seconds: float) -> None:
        """Let time pass, stopping wherever something comes due."""
        end = self.clock.now + seconds
        while (due := self.clock.rest(REST_SECONDS)) <= end:
            self.clock.forward(due - self.clock.now + MOMENT_SECONDS)
        self.clock.forward(end - self.clock.now)

    def settle(self) -> tuple[Account, float]:
        """Let time pass until every failure is told or dead, or patience ends.

        Returns
        -------
        tuple
            The account, and the seconds that it took on the clock.
        """
        began = self.clock.now
        while True:
            due = self.clock.rest(REST_SECONDS)
            found = self.account()
            took = self.clock.now - began
            if found.is_settled or due - began > PATIENCE_SECONDS:
                return found, took
            self.clock.forward(due - self.clock.now + MOMENT_SECONDS)

    def account(self) -> Account:
        """Draw up what became of the failures so far."""
        counted, recorded = self.remembered()
        self._listen()
        dead = self._letters("FailureDeadLetterQueue")
        follow_ups = self._letters("FollowUpDeadLetterQueue")
        return account(
            self.sent,
            LedgerSnapshot(
                counted=counted,
                deliveries=self.deliveries,
                recorded=recorded,
                dead=frozenset(one["detail"]["jobId"] for one in dead),
                unfollowed=frozenset(one["incident"] for one in follow_ups),
                alarmed=all(map(self._has_alarm, DEAD_LETTERS)),
            ),
        )

    def _listen(self) -> None:
        while (delivery := self.subscriber.next(LISTEN_SECONDS)) is not None:
            self.deliveries.append(delivery)

    def remembered(self) -> tuple[dict[str, frozenset[str]], dict[str, int]]:
        """Give the jobs that the ledger counts, by incident, and how many it says were reported."""
        counted: dict[str, set[str]] = defaultdict(set)
        recorded: dict[str, int] = {}
        for item in self.items():
            kind, _, key = item["pk"]["S"].partition("#")
            what, _, rest = item["sk"]["S"].partition("#")
            if (kind, what) == ("incident", "job"):
                counted[key].add(rest)
            elif what == "state":
                recorded[key] = len(to_incident(item).reported)
        return {key: frozenset(members) for key, members in counted.items()}, recorded

    def items(self) -> Iterator[dict[str, Any]]:
        """Give every item of the table."""
        pages = self.aws.client("dynamodb").get_paginator("scan")
        for page in pages.paginate(TableName=self.resources["IncidentTable"]):
            yield from page["Items"]

    def _letters(self, queue: str) -> list[dict[str, Any]]:
        """Take the dead letters out of a queue and put them back where they were."""
        sqs, url = self.aws.client("sqs"), self.resources[queue]
        found: dict[str, dict[str, Any]] = {}
        while taken := sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=600
        ).get("Messages"):
            found |= {one["ReceiptHandle"]: json.loads(one["Body"]) for one in taken}
        for receipt in found:
            sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=receipt, VisibilityTimeout=0)
        return list(found.values())

    def _has_alarm(self, queue: str) -> bool:
        """Say whether the queue is empty, or in the state that its deployed alarm waits for."""
        name = "ApproximateNumberOfMessagesVisible"
        [alarm] = self.aws.client("cloudwatch").describe_alarms(
            AlarmNames=[self.resources[DEAD_LETTERS[queue]]]
        )["MetricAlarms"]
        arn = self.aws.client("sqs").get_queue_attributes(
            QueueUrl=self.resources[queue], AttributeNames=["QueueArn"]
        )["Attributes"]["QueueArn"]
        watched = {one["Name"]: one["Value"] for one in alarm["Dimensions"]}
        return (
            alarm["MetricName"] == name
            and watched == {"QueueName": arn.rpartition(":")[2]}
            and alarm["AlarmActions"] == [self.resources["OpsTopic"]]
            and alarm["Threshold"] == 1
            and alarm["ComparisonOperator"] == "GreaterThanOrEqualToThreshold"
        )

    def workers(self) -> list[int]:
        """Give the process ids in which the functions run now."""
        return [pid for pid in _group(self.aws.group) if pid != self.aws.group]


def _group(group: int) -> list[int]:
    """List the processes of a group; one that ends meanwhile is left out."""
    found = []
    for each in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            if os.getpgid(int(each)) == group:
                found.append(int(each))
    return found


@contextlib.contextmanager
def deployed(artifact: Path, scratch: Path, seed: int = SEED) -> Iterator[World]:
    """Deploy the notifier where faults can be injected, for a while."""
    local, port = free_port(), free_port()
    with ClockHand(scratch / "clock") as clock:
        settings = clock.settings | {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}"}
        with (
            LocalAws(local, settings) as aws,
            Proxy(port, aws.url, aws.certificate, scratch, seed) as proxy,
        ):
            resources = sam.deploy(aws, artifact, PARAMETERS)
            with Subscriber(aws, resources["AlertTopic"]) as subscriber:
                yield World(aws, proxy, clock, subscriber, resources)
