"""The dead letters of a deployed notifier: show them, and return them to their queue."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from notifier.aws.ledger import IncidentLedger
from notifier.batch.event import parse_event
from notifier.batch.failure import Unreadable
from notifier.diagnosis.diagnose import diagnose
from notifier.incident.incident import Incident
from notifier.ports.reporting import DRILL_STORM, STORM
from notifier.ports.service_error import ServiceError
from notifier.text import units, untrusted
from workbench.deployed import deployment
from workbench.deployed.deployment import Deployment
from workbench.doctor.pipeline_checks import depth
from workbench.errors import AwsError

MAX_SHOWN = 50  # more are not read; all are returned
BATCH = 10  # messages in one SQS call
VISIBILITY_S = 60  # messages that are read are hidden from others so long
MOVE_WAIT_S = 60  # SQS moves 500 messages a second; a longer move continues by itself
# How a queue reports that it has no move tasks; the last two are those of a simulated AWS.
NO_MOVE_TASKS = frozenset(
    (
        "UnsupportedOperation",
        "AWS.SimpleQueueService.UnsupportedOperation",
        "InvalidAction",
        "UnknownOperationException",
    )
)
Row = tuple[str, str, str, str]
Letter = dict[str, Any]
"""One message of SQS."""


@dataclass(frozen=True, slots=True)
class QueuePair:
    """A dead-letter queue and the queue that its messages return to, as outputs of the stack."""

    dead_letters: str
    target: str
    meaning: str
    head: Row
    describe: Callable[[Deployment, Sequence[Letter]], list[Row]]


def describe_failures(_: Deployment, letters: Sequence[Letter]) -> list[Row]:
    """Describe failures: job, queue, cause, time."""
    try:
        return [_describe_failure(letter["Body"]) for letter in letters]
    finally:
        untrusted.forget_secrets()


def _describe_failure(body: str) -> Row:
    try:
        failure = parse_event(json.loads(body))
    except (ValueError, RecursionError):
        return _row(cause="not JSON")
    if failure is None:
        return _row(cause="reports no failure")
    if isinstance(failure, Unreadable):
        return _row(failure.job_name, "", "unreadable event", failure.event_time)
    when = units.moment(failure.stopped_at)[:16] if failure.stopped_at else failure.event_time
    return _row(failure.job_name, failure.queue or "-", diagnose(failure).cause, when)


def _row(job: str = "", queue: str = "", cause: str = "-", when: str = "") -> Row:
    return (job or "?", queue or "?", cause, when or "?")


def describe_follow_ups(stack: Deployment, letters: Sequence[Letter]) -> list[Row]:
    """Describe follow-ups: first job, queue and cause of the incident, due time."""
    follow_ups = [_read_follow_up(letter["Body"]) for letter in letters]
    keys = {key for key, _ in follow_ups} - {"", STORM, DRILL_STORM}
    try:
        ledger = IncidentLedger(stack.outputs[deployment.TABLE])
        incidents = ledger.read((), keys).incidents if keys else {}
    except ServiceError as error:
        raise deployment.aws_error("read the incident table", error) from error
    return [_describe_follow_up(key, due, incidents.get(key)) for key, due in follow_ups]


def _describe_follow_up(key: str, due: int, incident: Incident | None) -> Row:
    when = units.moment(due)[:16] if due else ""
    if key in (STORM, DRILL_STORM):
        return _row("storm digest", "-", "-", when)
    if incident is None:
        return _row(untrusted.one_line(key), "-", "no longer known", when)
    return _row(incident.first.job_name, incident.first.queue or "-", incident.cause, when)


def _read_follow_up(body: str) -> tuple[str, int]:
    """Read the key of an incident and the due time; empty where the body is not a follow-up."""
    try:
        follow_up = json.loads(body)
        return str(follow_up["incident"]), int(follow_up["due"])
    except (ValueError, RecursionError, KeyError, TypeError):
        return "", 0


QUEUES = {
    "failures": QueuePair(
        "FailureDeadLetterQueue",
        "FailureQueue",
        "failures that were never reported",
        ("JOB", "QUEUE", "CAUSE", "FAILED (UTC)"),
        describe_failures,
    ),
    "follow-ups": QueuePair(
        "FollowUpDeadLetterQueue",
        "FollowUpQueue",
        "incidents that get no more updates",
        ("FIRST JOB", "QUEUE", "CAUSE", "DUE (UTC)"),
        describe_follow_ups,
    ),
}


@dataclass(frozen=True, slots=True)
class DeadLetters:
    """What is in a dead-letter queue: `count` messages, of which at most `MAX_SHOWN` are rows."""

    queues: QueuePair
    count: int
    rows: tuple[Row, ...]


def read(stack: Deployment, queues: QueuePair) -> DeadLetters:
    """Read the messages of a dead-letter queue, which stay there."""
    url = stack.outputs[f"{queues.dead_letters}Url"]
    try:
        count, letters = depth(url), _peek(url)
        return DeadLetters(queues, count, tuple(queues.describe(stack, letters)))
    except (BotoCoreError, ClientError) as error:
        raise deployment.aws_error(f"redrive {queues.dead_letters}", error) from error


def return_all(stack: Deployment, queues: QueuePair, count: int) -> int | None:
    """Return all messages to their queue: how many, or None while SQS is still moving them."""
    url, target = (stack.outputs[f"{name}Url"] for name in (queues.dead_letters, queues.target))
    try:
        return _return_all(url, target, count)
    except (BotoCoreError, ClientError) as error:
        raise deployment.aws_error(f"redrive {queues.dead_letters}", error) from error


def _peek(url: str) -> list[Letter]:
    """Read messages, and make them visible again at once."""
    sqs, letters = boto3.client("sqs"), list[Letter]()
    while len(letters) < MAX_SHOWN:
        received = _receive(url, BATCH)
        letters += received
        if not received:
            break
    for start in range(0, len(letters), BATCH):
        entries: list[Any] = [
            {"Id": str(n), "ReceiptHandle": letter["ReceiptHandle"], "VisibilityTimeout": 0}
            for n, letter in enumerate(letters[start : start + BATCH])
        ]
        sqs.change_message_visibility_batch(QueueUrl=url, Entries=entries)
    return letters


def _receive(url: str, maximum: int) -> list[Any]:
    answer = boto3.client("sqs").receive_message(
        QueueUrl=url,
        MaxNumberOfMessages=maximum,
        VisibilityTimeout=VISIBILITY_S,
        MessageAttributeNames=["All"],
        WaitTimeSeconds=1,
    )
    return answer.get("Messages", [])


def _return_all(source_url: str, target_url: str, count: int) -> int | None:
    """Let SQS move all messages; where it cannot, move them one by one."""
    sqs, source = boto3.client("sqs"), _arn(source_url)
    try:
        # With a destination: SQS knows no source queue for messages that came from a rule.
        sqs.start_message_move_task(SourceArn=source, DestinationArn=_arn(target_url))
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") not in NO_MOVE_TASKS:
            raise
        return _move_one_by_one(source_url, target_url, count)
    deadline = time.monotonic() + MOVE_WAIT_S
    while time.monotonic() < deadline:
        [task] = sqs.list_message_move_tasks(SourceArn=source, MaxResults=1)["Results"]
        if task.get("Status") == "COMPLETED":
            return int(task.get("ApproximateNumberOfMessagesMoved", 0))
        if task.get("Status") != "RUNNING":
            reason = task.get("FailureReason", "cancelled")
            raise AwsError(f"SQS did not return all messages: {reason}")
        time.sleep(1)
    return None


def _move_one_by_one(source_url: str, target_url: str, count: int) -> int:
    """Send each message, then delete it: an interruption leaves a duplicate, never a loss."""
    sqs, moved = boto3.client("sqs"), 0
    while moved < count:  # messages that fail again meanwhile are not moved twice
        letters = _receive(source_url, min(BATCH, count - moved))
        if not letters:
            break
        for letter in letters:
            sqs.send_message(
                QueueUrl=target_url,
                MessageBody=letter["Body"],
                MessageAttributes=letter.get("MessageAttributes", {}),
            )
            sqs.delete_message(QueueUrl=source_url, ReceiptHandle=letter["ReceiptHandle"])
            moved += 1
    return moved


def _arn(url: str) -> str:
    answer = boto3.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    return answer["Attributes"]["QueueArn"]
