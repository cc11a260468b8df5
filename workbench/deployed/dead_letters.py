"""Dead letters of a deployed notifier: look at them, and put them back where they came from."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from notifier.aws.ledger import IncidentLedger
from notifier.batch.event import parse_event
from notifier.batch.failure import Unreadable
from notifier.diagnosis.diagnose import diagnose
from notifier.ports.reporting import STORM
from notifier.ports.service_error import ServiceError
from notifier.text import units, untrusted
from workbench.commands.preview import InputError
from workbench.deployed import deployment
from workbench.deployed.deployment import Deployment
from workbench.deployed.table import aligned
from workbench.doctor.pipeline import depth

MOST_SHOWN = 50  # more is not read; all are moved
BATCH = 10  # SQS hands out and takes no more in one call
LOOK_S = 60  # those looked at are nobody else's so long, and given back at once
MOVE_WAIT_S = 60  # 500 messages a second go in that time; what is longer goes on by itself
# What says that a queue cannot move by itself; the last two are those of a simulated AWS.
NO_TASKS = frozenset(
    (
        "UnsupportedOperation",
        "AWS.SimpleQueueService.UnsupportedOperation",
        "InvalidAction",
        "UnknownOperationException",
    )
)
Row = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True)
class Pair:
    """A dead-letter queue and the queue that its messages go back to, as outputs of the stack."""

    dead: str
    alive: str
    holds: str
    head: Row
    describe: Callable[[Deployment, Sequence[dict[str, Any]]], list[Row]]


def of_failures(_: Deployment, letters: Sequence[dict[str, Any]]) -> list[Row]:
    """Say of each failure which job it is, where, why, and when it failed."""
    try:
        return [_failure(letter["Body"]) for letter in letters]
    finally:
        untrusted.forget_secrets()


def _failure(body: str) -> Row:
    try:
        told = parse_event(json.loads(body))
    except (ValueError, RecursionError):
        return ("?", "?", "not JSON", "?")
    if told is None:
        return ("?", "?", "reports no failure", "?")
    if isinstance(told, Unreadable):
        return (told.job_name or "?", "?", "unreadable event", told.event_time or "?")
    when = units.moment(told.stopped_at)[:16] if told.stopped_at else told.event_time
    return (told.job_name or "?", told.queue or "-", diagnose(told).cause, when or "?")


def of_follow_ups(stack: Deployment, letters: Sequence[dict[str, Any]]) -> list[Row]:
    """Say of each follow-up which incident it is about, and when it was due."""
    asked = [_asked(letter["Body"]) for letter in letters]
    keys = {key for key, _ in asked if key not in ("", STORM)}
    try:
        ledger = IncidentLedger(stack.outputs[deployment.TABLE])
        known = ledger.read((), keys).incidents if keys else {}
    except ServiceError as error:
        raise deployment.cannot("read the incident table", error) from error
    rows = list[Row]()
    for key, due in asked:
        when = units.moment(due)[:16] if due else "?"
        if key == STORM:
            rows.append(("storm digest", "-", "-", when))
        elif key in known:
            first = known[key].first
            rows.append((first.job_name or "?", first.queue or "-", known[key].cause, when))
        else:
            rows.append((untrusted.one_line(key) or "?", "-", "no longer known", when))
    return rows


def _asked(body: str) -> tuple[str, int]:
    try:
        asked = json.loads(body)
        return str(asked["incident"]), int(asked["due"])
    except (ValueError, RecursionError, KeyError, TypeError):
        return "", 0


PAIRS = {
    "failures": Pair(
        "FailureDeadLetterQueue",
        "FailureQueue",
        "failures nobody was told of",
        ("JOB", "QUEUE", "CAUSE", "FAILED (UTC)"),
        of_failures,
    ),
    "follow-ups": Pair(
        "FollowUpDeadLetterQueue",
        "FollowUpQueue",
        "incidents that are no longer looked after",
        ("FIRST JOB", "QUEUE", "CAUSE", "DUE (UTC)"),
        of_follow_ups,
    ),
}


def redrive(stack: Deployment, pair: Pair, *, move: bool) -> Iterator[str]:
    """Show what lies in a dead-letter queue, and put it back if it is to `move`."""
    dead = stack.outputs[f"{pair.dead}Url"]
    try:
        count = depth(dead)
        letters = _look(dead)
        if not letters:
            held = f" Somebody else looks at {count} just now." if count else ""
            yield f"{pair.dead}: empty.{held}"
            return
        yield f"{pair.dead}: {pair.holds}: {count}"
        rows = [pair.head, *pair.describe(stack, letters)]
        yield from (f"  {line}" for line in aligned(rows))
        if count > len(letters):
            yield f"and {count - len(letters)} more"
        if move:
            yield _moved(dead, stack.outputs[f"{pair.alive}Url"], count, pair)
    except (BotoCoreError, ClientError) as error:
        raise deployment.cannot(f"redrive {pair.dead}", error) from error


def _look(url: str) -> list[dict[str, Any]]:
    """Read messages without taking them out: they are given back at once."""
    sqs, letters = boto3.client("sqs"), list[dict[str, Any]]()
    while len(letters) < MOST_SHOWN:
        said = sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=BATCH, VisibilityTimeout=LOOK_S, WaitTimeSeconds=1
        )
        got: list[Any] = said.get("Messages", [])
        letters += got
        if not got:
            break
    for start in range(0, len(letters), BATCH):
        entries: list[Any] = [
            {"Id": str(n), "ReceiptHandle": letter["ReceiptHandle"], "VisibilityTimeout": 0}
            for n, letter in enumerate(letters[start : start + BATCH])
        ]
        sqs.change_message_visibility_batch(QueueUrl=url, Entries=entries)
    return letters


def _moved(dead: str, alive: str, count: int, pair: Pair) -> str:
    """Let SQS move everything; where it cannot, move it by hand."""
    sqs, source = boto3.client("sqs"), _arn(dead)
    try:
        # With a destination: some of these came from a rule, and SQS knows no queue they came from.
        sqs.start_message_move_task(SourceArn=source, DestinationArn=_arn(alive))
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") not in NO_TASKS:
            raise
        return f"Returned {_by_hand(dead, alive, count)} to {pair.alive}."
    deadline = time.monotonic() + MOVE_WAIT_S
    while time.monotonic() < deadline:
        [task] = sqs.list_message_move_tasks(SourceArn=source, MaxResults=1)["Results"]
        if task.get("Status") == "COMPLETED":
            moved = task.get("ApproximateNumberOfMessagesMoved", 0)
            return f"Returned {moved} to {pair.alive}."
        if task.get("Status") != "RUNNING":
            raise InputError(f"SQS did not move them all: {task.get('FailureReason', 'cancelled')}")
        time.sleep(1)
    return f"SQS is still returning them to {pair.alive}; it goes on by itself."


def _by_hand(dead: str, alive: str, count: int) -> int:
    """Send each message, then delete it: who is interrupted leaves a copy, never a gap."""
    sqs, moved = boto3.client("sqs"), 0
    while moved < count:  # those that come back meanwhile are not moved again
        said = sqs.receive_message(
            QueueUrl=dead,
            MaxNumberOfMessages=min(BATCH, count - moved),
            VisibilityTimeout=LOOK_S,
            MessageAttributeNames=["All"],
            WaitTimeSeconds=1,
        )
        letters = said.get("Messages", [])
        if not letters:
            break
        for letter in letters:
            attributes: Any = letter.get("MessageAttributes", {})
            sqs.send_message(
                QueueUrl=alive, MessageBody=letter["Body"], MessageAttributes=attributes
            )
            sqs.delete_message(QueueUrl=dead, ReceiptHandle=letter["ReceiptHandle"])
            moved += 1
    return moved


def _arn(url: str) -> str:
    said = boto3.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    return said["Attributes"]["QueueArn"]
