"""The rate limit in one invocation, shared with other invocations through the ledger."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from notifier.alert.alert import Alert
from notifier.batch.failure import Failure
from notifier.diagnosis.catalogue import Severity
from notifier.incident.rate_limit import RateState, Sending, sending
from notifier.ports.reporting import DRILL_STORM, STORM, LedgerSnapshot, Options, Ports
from notifier.ports.service_error import ErrorKind, ServiceError
from notifier.text.units import HOUR_MS, SECOND_MS

TRIES = 5  # of a change to what others change as well
LOST_MS = HOUR_MS  # a storm digest overdue by so much is lost
# A critical failure without room is named by the next digest: with the 2 s in which Lambda
# collects events, within a minute.
CRITICAL_STORM_MS = 30 * SECOND_MS
_CONTENDED = "the rate limit is contended"


class RateLimiter:
    """Room for messages, and the storm digest that reports what found none.

    Parameters
    ----------
    ports
        Everything outside.
    options
        What an operator chose.
    snapshot
        The ledger as read.
    is_drill
        Whether the messages are about drills, which have a limit of their own.
    """

    def __init__(
        self, ports: Ports, options: Options, snapshot: LedgerSnapshot, *, is_drill: bool
    ) -> None:
        self._ports, self._options, self._is_drill = ports, options, is_drill
        self._limits = options.limits.for_drills() if is_drill else options.limits
        self._state = _state_of(snapshot, is_drill=is_drill)

    def has_room(self, failure: Failure, severity: Severity) -> bool:
        """Return whether there is room for a message, now or within a second (it waits)."""
        wait = self.free_at(failure, severity) - self._ports.now_ms()
        if 0 < wait <= SECOND_MS:
            self._ports.pause(wait / SECOND_MS)
        return wait <= SECOND_MS

    def free_at(self, failure: Failure, severity: Severity) -> int:
        """Return when there is room for a message about an incident (epoch ms)."""
        definition = failure.definition_name or failure.stack
        return self._state.free_at(self._sending(failure.queue, definition, severity), self._limits)

    def count(self, alert: Alert, *, room_needed: bool = True) -> Alert | None:
        """Count a message before it is sent; None when other invocations took the room."""
        definition = alert.definition.partition(":")[0]
        if not definition and alert.failure:
            definition = alert.failure.stack
        is_critical, left, others = alert.severity is Severity.CRITICAL, 0, 0

        def take(state: RateState) -> RateState | None:
            nonlocal left, others
            sent = self._sending(alert.queue, definition, alert.severity)
            left = state.texts_left(sent, self._limits)
            others = state.texts_left(Sending(sent.at), self._limits) - 1
            if room_needed and state.free_at(sent, self._limits) > sent.at:
                return None
            return state.taken(sent, with_text=is_critical and left > 0)

        if not self.change(take):
            return None
        is_last = is_critical and left == 1
        return replace(
            alert,
            sms_allowed=left > 0 or not is_critical,
            is_last_sms=is_last and others == 0,
            is_last_sms_of_share=is_last and others > 0,
        )

    def storm_due(self, now: int, severity: Severity) -> int:
        """Return when the next storm digest is due; schedule one if none is, or too late."""
        interval = self._options.intervals.interval
        is_critical = severity is Severity.CRITICAL
        first = now + (min(interval, CRITICAL_STORM_MS) if is_critical else interval)
        due = max(first, self._state.storm_sent + interval)
        known = self._state.storm_due
        if known > now - LOST_MS and (known <= due or not is_critical):
            return known
        self._ports.queues.follow_up(DRILL_STORM if self._is_drill else STORM, due, now)
        if not self.change(lambda state: state.storm_at(due)):
            raise contended()
        return due

    def change(self, change: Callable[[RateState], RateState | None]) -> bool:
        """Apply a change to the current state.

        False when the change is None, or when others changed the state at every try.
        """
        for _ in range(TRIES):
            wanted = change(self._state)
            if wanted is None:
                return False
            saved = self._ports.ledger.save_rate_state(wanted)
            if saved is not None:
                self._state = saved
                return True
            self._state = _state_of(self._ports.ledger.read((), ()), is_drill=self._is_drill)
        return False

    def _sending(self, queue: str, definition: str, severity: Severity) -> Sending:
        is_critical, now = severity is Severity.CRITICAL, self._ports.now_ms()
        if self._is_drill:  # a person may send the same drill again and again
            return Sending(now, is_critical=is_critical)
        return sending(now, queue, definition, is_critical=is_critical)


def _state_of(snapshot: LedgerSnapshot, *, is_drill: bool) -> RateState:
    return snapshot.drill_rate_state if is_drill else snapshot.rate_state


def contended() -> ServiceError:
    """Return the error for a message that could not be counted: it is retried."""
    return ServiceError(ErrorKind.RETRYABLE, _CONTENDED)
