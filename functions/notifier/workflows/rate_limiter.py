"""The rate limit in one invocation, shared with other invocations through the ledger."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from notifier.alert.alert import Alert
from notifier.diagnosis.catalogue import Severity
from notifier.incident.rate_limit import RateState
from notifier.ports.reporting import STORM, Options, Ports
from notifier.ports.service_error import ErrorKind, ServiceError
from notifier.text.units import HOUR_MS, SECOND_MS

TRIES = 5  # of a change to what others change as well
LOST_MS = HOUR_MS  # a storm digest overdue by so much is lost
_CONTENDED = "the rate limit is contended"


class RateLimiter:
    """Room for messages, and the storm digest that reports what found none.

    Parameters
    ----------
    ports
        Everything outside.
    options
        What an operator chose.
    state
        Its state, as read.
    """

    def __init__(self, ports: Ports, options: Options, state: RateState) -> None:
        self._ports, self._options, self._state = ports, options, state

    def has_room(self) -> bool:
        """Return whether there is room for a message, now or within a second (it waits)."""
        now = self._ports.now_ms()
        wait = self._state.free_at(now, self._options.limits) - now
        if 0 < wait <= SECOND_MS:
            self._ports.pause(wait / SECOND_MS)
        return wait <= SECOND_MS

    def free_at(self) -> int:
        """Return when there is room for a message, in epoch milliseconds."""
        return self._state.free_at(self._ports.now_ms(), self._options.limits)

    def count(self, alert: Alert, *, room_needed: bool = True) -> Alert | None:
        """Count a message before it is sent; None when other invocations took the room."""
        now, limits = self._ports.now_ms(), self._options.limits
        is_critical, left = alert.severity is Severity.CRITICAL, 0

        def take(state: RateState) -> RateState | None:
            nonlocal left
            left = state.texts_left(now, limits)
            if room_needed and state.free_at(now, limits) > now:
                return None
            return state.taken(now, with_text=is_critical and left > 0)

        if not self.change(take):
            return None
        return replace(
            alert, sms_allowed=left > 0 or not is_critical, is_last_sms=is_critical and left == 1
        )

    def storm_due(self, now: int) -> int:
        """Return when the next storm digest is due; schedule one if none is."""
        due = now + self._options.intervals.interval
        if self._state.storm_due > now - LOST_MS:
            return self._state.storm_due
        self._ports.queues.follow_up(STORM, due, now)
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
            self._state = self._ports.ledger.read((), ()).rate_state
        return False


def contended() -> ServiceError:
    """Return the error for a message that could not be counted: it is retried."""
    return ServiceError(ErrorKind.RETRYABLE, _CONTENDED)
