"""What the ledger cannot take: one failure that it refuses, or all of them while it is down.

The first is reported as unreadable and delays no other. The others are reported in one message.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from notifier.alert import storm_digest
from notifier.batch.failure import Unreadable
from notifier.ports.metrics import Metric
from notifier.ports.reporting import Options, Ports
from notifier.ports.service_error import ErrorKind, ServiceError
from notifier.workflows.grouping import Grouped, group
from notifier.workflows.log_reader import LogReader
from notifier.workflows.publishing import PublishError, publish
from notifier.workflows.records import ReceivedFailure

LAST_RECEIVE = 5  # maxReceiveCount of FailureQueue: then it goes to the dead-letter queue
DEGRADED_PAUSE_S = 1.0  # two invocations at once then send two messages a second at most


def report_without_ledger(
    due: Sequence[ReceivedFailure], problem: str, ports: Ports, options: Options
) -> list[ReceivedFailure]:
    """Report failures in one message; return what has to be delivered again.

    All are failures, or all are drills. What finds no room is delivered again, until it would be
    a dead letter.
    """
    if not due:
        return []
    held: list[ReceivedFailure] = []
    is_drill = due[0].failure.is_drill
    if not ports.outage.take(ports.now_ms(), options.limits, is_drill=is_drill):
        held = [one for one in due if one.receives < LAST_RECEIVE]
        due = [one for one in due if one.receives >= LAST_RECEIVE]
    if not due:
        return held
    ports.pause(DEGRADED_PAUSE_S)
    failures = [(one.failure, one.diagnosis) for one in due]
    try:
        publish(storm_digest.compose_degraded(failures, problem), ports)
    except PublishError:  # noted there
        return [*held, *due]
    ports.journal.note("reported without the ledger", Metric.DEGRADED_MESSAGES, {})
    return held


def group_apart(
    received: Sequence[ReceivedFailure], ports: Ports, options: Options, logs: LogReader
) -> Grouped:
    """Group a delivery; if the ledger refuses it, its halves, until what it refuses is alone.

    That one becomes unreadable, with what the ledger said.

    Raises
    ------
    ServiceError
        When the ledger fails, or refuses even that.
    """
    try:
        return group(received, ports, options, logs)
    except ServiceError as error:
        if error.kind is not ErrorKind.REJECTED:
            raise
        if len(received) == 1:
            return _group_refused(received[0], error, ports, options, logs)
    half = len(received) // 2
    halves = (received[:half], received[half:])
    return _merged(*(group_apart(each, ports, options, logs) for each in halves))


def _merged(first: Grouped, second: Grouped) -> Grouped:
    """Join two parts of a delivery; of what both read, the second is newer."""
    updates = {one.place: one for one in first.updates}
    for one in second.updates:
        same = updates.get(one.place, replace(one, failures=()))
        updates[one.place] = replace(one, failures=(*same.failures, *one.failures))
    known = {**first.snapshot.incidents, **second.snapshot.incidents}
    return Grouped(
        tuple(updates.values()),
        (*first.waiting, *second.waiting),
        replace(second.snapshot, incidents=known),
    )


def _group_refused(
    one: ReceivedFailure, error: ServiceError, ports: Ports, options: Options, logs: LogReader
) -> Grouped:
    if isinstance(one.event, Unreadable):
        raise error
    facts = {"job_id": one.failure.job_id, "problem": error.says}
    ports.journal.note("refused by the ledger", Metric.LEDGER_FAILURES, facts)
    one.become_unreadable(f"the incident table refused it ({error.says})")
    return group([one], ports, options, logs)
