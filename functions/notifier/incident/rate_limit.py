"""The rate limit: messages a second, a minute and an hour, fewer text messages, and their shares.

What is not critical leaves a reserve to what is. No job definition or queue can use everything that
the others left. So neither noise nor a test queue can bury or delay another queue's failure.
"""

from __future__ import annotations

import bisect
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from fractions import Fraction

from notifier.text.units import HOUR_MS, MINUTE_MS, SECOND_MS

# SNS deactivates a mail subscription that gets more than 10 messages a second: five of failures and
# five of drills. https://docs.aws.amazon.com/general/latest/gr/sns.html
MOST_PER_SECOND = 5
RESERVE = Fraction(1, 5)  # of a limit, kept for critical failures
# The part of what others left that one job definition or one queue may use. An account with a
# single queue loses little by the second.
DEFINITION_SHARE, QUEUE_SHARE = Fraction(1, 2), Fraction(4, 5)
_NAME_LENGTH = 8  # hex digits: at most a thousand names are compared


@dataclass(frozen=True, slots=True)
class Limits:
    """What an operator chose."""

    per_minute: int = 5
    per_hour: int = 30
    texts_per_hour: int = 6

    def for_drills(self) -> Limits:
        """Return the limits of drills, which cost text messages as well."""
        return Limits(self.per_minute, min(self.per_hour, 10), min(self.texts_per_hour, 1))


@dataclass(frozen=True, slots=True)
class Sending:
    """One message that goes out at a time (epoch ms), and what it is about; names are hashed."""

    at: int
    queue: str = ""
    definition: str = ""
    is_critical: bool = False


def sending(at: int, queue: str, definition: str, *, is_critical: bool) -> Sending:
    """Describe a message; an empty name has no share."""
    return Sending(at, _short(queue), _short(definition), is_critical)


def _short(name: str) -> str:
    hashed = hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()
    return hashed[:_NAME_LENGTH] if name else ""


@dataclass(frozen=True, slots=True)
class RateState:
    """The messages of the last hour, oldest first; drills have a state of their own.

    `texts` are those that also went out as a text message. `storm_due` is when the next storm
    digest is due; 0 when nothing is held. `storm_lease` keeps a second one from being written.
    `storm_sent` is when the last one went out.
    """

    alerts: tuple[Sending, ...] = ()
    texts: tuple[Sending, ...] = ()
    storm_due: int = 0
    storm_lease: int = 0
    storm_sent: int = 0
    is_drill: bool = False
    version: int = field(default=0)

    def free_at(self, wanted: Sending, limits: Limits) -> int:
        """Return the earliest time at which a message may go out: `wanted.at`, or later."""
        ends = {
            one.at + window
            for one in self.alerts
            for window in (SECOND_MS, MINUTE_MS, HOUR_MS)
            if one.at + window > wanted.at
        }
        times = sorted({wanted.at, *ends})
        # With time, messages leave the windows and none is added: what is free stays free.
        return times[bisect.bisect_left(times, 1, key=lambda at: self._admits(wanted, at, limits))]

    def _admits(self, wanted: Sending, at: int, limits: Limits) -> bool:
        if len(_since(self.alerts, at - SECOND_MS)) >= MOST_PER_SECOND:
            return False
        windows = ((MINUTE_MS, limits.per_minute), (HOUR_MS, limits.per_hour))
        return all(_left(wanted, _since(self.alerts, at - w), most) > 0 for w, most in windows)

    def texts_left(self, wanted: Sending, limits: Limits) -> int:
        """Return how many text messages about the same queue and definition may go out now."""
        texts = _since(self.texts, wanted.at - HOUR_MS)
        return max(0, _left(replace(wanted, is_critical=True), texts, limits.texts_per_hour))

    def taken(self, sent: Sending, *, with_text: bool) -> RateState:
        """Count one message that goes out now."""
        since = sent.at - HOUR_MS
        return replace(
            self,
            alerts=(*_since(self.alerts, since), sent),
            texts=(*_since(self.texts, since), *([sent] if with_text else [])),
        )

    def storm_at(self, due: int) -> RateState:
        """Set the time of the next storm digest; 0 is none."""
        return replace(self, storm_due=due, storm_lease=0)


class OutageLimit:
    """The rate limit while the ledger gives no answer: each process keeps its own, in memory."""

    def __init__(self) -> None:
        self._states = {False: RateState(), True: RateState(is_drill=True)}

    def take(self, now: int, limits: Limits, *, is_drill: bool) -> bool:
        """Count a message that goes out now; False where there is no room for it."""
        state, wanted = self._states[is_drill], Sending(now, is_critical=True)
        if state.free_at(wanted, limits.for_drills() if is_drill else limits) > now:
            return False
        self._states[is_drill] = state.taken(wanted, with_text=False)
        return True


def _left(wanted: Sending, sent: tuple[Sending, ...], most: int) -> int:
    """Return how many messages like `wanted` fit into a window that holds `sent`.

    A critical one is compared with critical ones: less important noise of the same queue does not
    take its share.
    """
    room = most if wanted.is_critical else most - _reserve(most)
    left = [room - len(sent)]
    rivals = [one for one in sent if one.is_critical or not wanted.is_critical]
    if wanted.definition:
        own = sum(one.definition == wanted.definition for one in rivals)
        left.append(_share(room - len(sent) + own, DEFINITION_SHARE) - own)
    if wanted.queue:
        own = sum(one.queue == wanted.queue for one in rivals)
        left.append(_share(room - len(sent) + own, QUEUE_SHARE) - own)
    return min(left)


def _reserve(most: int) -> int:
    """Return what is kept for critical failures; of a limit of 1, nothing can be."""
    return min(most - 1, max(1, int(most * RESERVE)))


def _share(room: int, share: Fraction) -> int:
    return -(-room * share.numerator // share.denominator)


def _since(sent: Iterable[Sending], start: int) -> tuple[Sending, ...]:
    return tuple(one for one in sent if one.at > start)
