"""What is remembered of an incident at one destination, and what every sender offers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from destinations.document import AlertDocument
from destinations.errors import RetryableError

# The first alert has the time of the event, which comes seconds after the job stopped; a later one
# has the time at which its newest job stopped.
SKEW = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Thread:
    """The first message about an incident at one destination.

    `message` is the service's own id of it, `place` where it stands (a channel), `time` that of
    the newest alert it shows: an older one, delivered late, must not replace it. `is_over` is
    whether that alert was the recovery, after which a failure begins a new thread. `begun_by` is
    the id of the alert in the first message, where the service needs it.
    """

    message: str = ""
    place: str = ""
    time: str = ""
    is_over: bool = False
    begun_by: str = ""

    def is_newer_than(self, alert: AlertDocument) -> bool:
        """Return whether an alert came late: the thread shows a newer one."""
        try:
            shown, told = map(datetime.fromisoformat, (self.time, alert.time))
            return shown - told > SKEW
        except (ValueError, TypeError):  # no time yet, or none that can be compared
            return False

    def following(self, alert: AlertDocument) -> Thread:
        """Give the thread with this alert in it."""
        if self.is_newer_than(alert) or alert.is_answer:
            return self
        return replace(self, time=max(self.time, alert.time), is_over=alert.is_recovery)


class UnfinishedError(RetryableError):
    """The first message stands, and what belongs to it does not yet: the thread is remembered."""

    def __init__(self, problem: str, retry_after_s: int, thread: Thread) -> None:
        super().__init__(problem, retry_after_s)
        self.thread = thread


class Sender(Protocol):
    """Sends alerts to one destination."""

    def send(self, alert: AlertDocument, thread: Thread | None) -> Thread | None:
        """Send an alert; `thread` is None for the first message about an incident.

        Returns the thread as it is then; None where the service knows no threads.

        Raises
        ------
        RetryableError, RejectedError
            If the service did not take it.
        """
        ...
