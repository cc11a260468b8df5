"""The rate limit as one invocation works with it: what it has counted, others count as well."""

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
LOST_MS = HOUR_MS  # a storm digest overdue by so much will not come any more
_CONTENDED = "the rate limit is contended"


class RateLimiter:
    """Room for messages, and the storm digest that tells what found none.

    Parameters
    ----------
    ports
        The world.
    choices
        What an operator chose.
    brake
        Its state, as read.
    """

    def __init__(self, ports: Ports, options: Options, rate_state: RateState) -> None:
        self._ports, self._options, self._brake = ports, options, rate_state

    def has_room(self) -> bool:
        """Wait for room where it comes within a second; else say that there is none."""
        now = self._ports.now_ms()
        wait = self._brake.free_at(now, self._options.limits) - now
        if 0 < wait <= SECOND_MS:
            self._ports.pause(wait / SECOND_MS)
        return wait <= SECOND_MS

    def count(self, alert: Alert, *, room_needed: bool = True) -> Alert | None:
        """Count a message before it goes out; None when others took the room there was."""
        now, limits = self._ports.now_ms(), self._options.limits
        is_critical, left = alert.severity is Severity.CRITICAL, 0

        def take(rate_state: RateState) -> RateState | None:
            nonlocal left
            left = rate_state.texts_left(now, limits)
            if room_needed and rate_state.free_at(now, limits) > now:
                return None
            return rate_state.taken(now, with_text=is_critical and left > 0)

        if not self.change(take):
            return None
        return replace(
            alert, sms_allowed=left > 0 or not is_critical, is_last_sms=is_critical and left == 1
        )

    def storm_due(self, now: int) -> int:
        """Give when the next storm digest is due, which is sent for if none is on its way."""
        due = now + self._options.intervals.interval
        if self._brake.storm_due > now - LOST_MS:
            return self._brake.storm_due
        self._ports.queues.follow_up(STORM, due, now)
        if not self.change(lambda rate_state: rate_state.storm_at(due)):
            raise contended()
        return due

    def change(self, change: Callable[[RateState], RateState | None]) -> bool:
        """Apply a change to the brake as it is now.

        False when the change is None, or when others never left the brake alone.
        """
        for _ in range(TRIES):
            wanted = change(self._brake)
            if wanted is None:
                return False
            saved = self._ports.ledger.save_rate_state(wanted)
            if saved is not None:
                self._brake = saved
                return True
            self._brake = self._ports.ledger.read((), ()).rate_state
        return False


def contended() -> ServiceError:
    """Give the error of who could not count: it is worth another try."""
    return ServiceError(ErrorKind.RETRYABLE, _CONTENDED)
