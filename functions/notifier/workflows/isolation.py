"""A failure that the ledger refuses is reported as unreadable, and delays no other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from notifier.batch.failure import Unreadable
from notifier.ports.metrics import Metric
from notifier.ports.reporting import Options, Ports
from notifier.ports.service_error import ErrorKind, ServiceError
from notifier.workflows.grouping import Grouped, group
from notifier.workflows.log_reader import LogReader
from notifier.workflows.records import ReceivedFailure


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
