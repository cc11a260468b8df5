"""The labels of the failures in a delivery, read before anything depends on them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from notifier.batch.failure import Failure, Kind
from notifier.batch.labels.labels import Labels, with_labels
from notifier.ports.metrics import Metric
from notifier.ports.reporting import Ports
from notifier.ports.service_error import where
from notifier.workflows.records import ReceivedFailure

READ_MS = 10_000  # three calls of 3 s, and what has to be written after them
NO_TIME = "no time left"
FAILED = "the look-up failed"


def add_labels(
    received: Iterable[ReceivedFailure], ports: Ports, names: Collection[str], reserve_ms: int
) -> None:
    """Give each failure its labels; where they could not be read, its alert says why.

    Parameters
    ----------
    received
        The failures of a delivery.
    ports
        The world.
    names
        Tags that are labels, beside the steering tags.
    reserve_ms
        What the rest of the delivery needs.
    """
    wanted = [one for one in received if _has_labels(one.event)]
    if not wanted:
        return
    found = _read([one.failure for one in wanted], ports, reserve_ms)
    problems = {labels.unread for labels in found.values() if labels.unread}
    for problem in sorted(problems):
        ports.journal.note("labels not read", Metric.LABELS_UNREAD, {"problem": problem})
    for one in wanted:
        labels = found.get(one.failure.job_id, Labels())
        one.event = one.failure = with_labels(one.failure, labels, names)


def _has_labels(event: object) -> bool:
    """Return whether the failure is about a job or queue; a drill's is not in this account."""
    if not isinstance(event, Failure) or event.is_drill:
        return False
    return bool(event.queue_arn) and event.kind is not Kind.UNREADABLE


def _read(failures: Sequence[Failure], ports: Ports, reserve_ms: int) -> Mapping[str, Labels]:
    if ports.remaining_ms() < reserve_ms + READ_MS:
        return {one.job_id: Labels(unread=NO_TIME) for one in failures}
    try:
        return ports.labels.read(failures)
    except Exception as error:  # noqa: BLE001  # labels may cost themselves, never the alert
        ports.journal.note("labels crashed", Metric.CRASHED, {"problem": where(error)})
        return {one.job_id: Labels(unread=FAILED) for one in failures}
