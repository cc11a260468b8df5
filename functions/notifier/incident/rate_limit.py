"""The rate limit: messages a second, a minute and an hour, and fewer text messages."""

from __future__ import annotations

from dataclasses import dataclass, replace

from notifier.text.units import HOUR_MS, MINUTE_MS, SECOND_MS

# SNS deactivates a mail subscription that gets more than 10 messages a second.
# https://docs.aws.amazon.com/general/latest/gr/sns.html
MOST_PER_SECOND = 5


@dataclass(frozen=True, slots=True)
class Limits:
    """What an operator chose."""

    per_minute: int = 5
    per_hour: int = 30
    texts_per_hour: int = 6


@dataclass(frozen=True, slots=True)
class RateState:
    """When messages went out in the last hour, in epoch milliseconds, oldest first.

    `texts` are those that also went out as a text message. `storm_due` is when the next storm
    digest is due; 0 when nothing is held. `storm_lease` keeps a second one from being written.
    """

    alerts: tuple[int, ...] = ()
    texts: tuple[int, ...] = ()
    storm_due: int = 0
    storm_lease: int = 0
    version: int = 0

    def free_at(self, now: int, limits: Limits) -> int:
        """Return the earliest time at which a message may go out: `now`, or later."""
        windows = (
            (SECOND_MS, MOST_PER_SECOND),
            (MINUTE_MS, limits.per_minute),
            (HOUR_MS, limits.per_hour),
        )
        # Where n may go out in a window, the n-th last has to have left it.
        waits = [
            self.alerts[-most] + window for window, most in windows if len(self.alerts) >= most
        ]
        return max([now, *waits])

    def texts_left(self, now: int, limits: Limits) -> int:
        """Return how many text messages may go out now."""
        return max(0, limits.texts_per_hour - len(_recent(self.texts, now)))

    def taken(self, now: int, *, with_text: bool) -> RateState:
        """Count one message that goes out now."""
        return replace(
            self,
            alerts=(*_recent(self.alerts, now), now),
            texts=(*_recent(self.texts, now), *([now] if with_text else [])),
        )

    def storm_at(self, due: int) -> RateState:
        """Set the time of the next storm digest; 0 is none."""
        return replace(self, storm_due=due, storm_lease=0)


def _recent(times: tuple[int, ...], now: int) -> tuple[int, ...]:
    return tuple(at for at in times if at > now - HOUR_MS)
