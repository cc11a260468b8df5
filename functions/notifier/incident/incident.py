"""The state of an incident, as the ledger stores it, and how it changes.

All times are epoch milliseconds, and `now` is always an argument.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum

from notifier.batch.failure import Failure
from notifier.diagnosis.catalogue import Certainty, Severity
from notifier.incident.counts import Tally
from notifier.text.units import DAY_MS, HOUR_MS, MINUTE_MS

# No invocation lasts longer than the functions' time-outs of 60 and 120 s; then another may report.
LEASE_MS = 150_000
LONGEST_EPISODE_MS = 14 * DAY_MS  # then a new episode begins, before the ledger expires its jobs


class Phase(StrEnum):
    """Where an incident is in its life."""

    OPEN = "open"
    RECOVERED = "recovered"
    CLOSED = "closed"


class Outcome(StrEnum):
    """What a message reports about an incident, or why there is none."""

    FIRST = "first"
    GREW = "grew"
    REPEAT = "repeat"
    RECOVERED = "recovered"
    CLOSED = "closed"
    QUIET = "quiet"
    HELD = "held"
    SILENCED = "silenced"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a failed job is counted: the incident's key and the episode.

    `assumed` is whether only its exit code put it there, because its log was not read.
    """

    key: str
    episode: int = 1
    assumed: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True)
class Intervals:
    """What an operator chose about follow-ups, in milliseconds."""

    interval: int = 5 * MINUTE_MS
    longest_interval: int = 4 * HOUR_MS
    close_after: int = DAY_MS


@dataclass(frozen=True, slots=True)
class Incident:
    """What the ledger keeps of one incident.

    `first` is its first failure without what only its own alert shows. An episode lasts from a
    first message until the incident is recovered or closed; `before` is how the last one ended.
    `announced` counts the jobs of this episode that were reported; `failed` those that had failed
    by themselves then, or when it ended; `ended` is whether a parent was reported, after which none
    can follow. `due` names the one follow-up that counts, 0 is none. `held_reason` says why it was
    not reported, since `held_since`. `streak` and the failures of this episode are those since the
    last success.
    `version` counts the writes.
    """

    key: str
    first: Failure
    cause: str
    certainty: Certainty
    severity: Severity
    opened_at: int
    interval: int
    episode: int = 1
    phase: Phase = Phase.OPEN
    before: Phase | None = None
    phase_at: int = 0
    reported_at: int = 0
    announced: int = 0
    failed: int = 0
    ended: bool = False
    lease_until: int = 0
    due: int = 0
    held_reason: str = ""
    held_since: int = 0
    streak: int = 0
    version: int = 0

    @property
    def place(self) -> Place:
        """Where the jobs of its current episode are counted."""
        return Place(self.key, self.episode)

    @property
    def is_over(self) -> bool:
        """Whether its episode has ended: the next failure begins another."""
        return self.phase is not Phase.OPEN and self.due == 0

    def after(self, last: Incident) -> Incident:
        """Begin the episode that follows `last`, with what has just failed as its first."""
        return replace(
            self,
            episode=last.episode + 1,
            before=last.phase,
            phase_at=last.phase_at,
            streak=last.streak + last.failed,
            version=last.version,
        )

    def claimed(self, now: int) -> Incident:
        """Lease it to one invocation; the others leave it alone meanwhile."""
        return replace(self, lease_until=now + LEASE_MS)

    def reported(self, outcome: Outcome, tally: Tally, now: int, due: int) -> Incident:
        """Record what a published message reported, and which follow-up comes next."""
        recovered = outcome is Outcome.RECOVERED
        too_long = now >= self.opened_at + LONGEST_EPISODE_MS
        return replace(
            self,
            phase=Phase.RECOVERED if recovered else Phase.CLOSED if too_long else Phase.OPEN,
            phase_at=now if recovered or too_long else self.phase_at,
            reported_at=now,
            announced=tally.counted,
            failed=tally.failed,
            ended=tally.ended,
            lease_until=0,
            due=due,
            held_reason="",
            held_since=0,
            # Negative, so that only failures after the success count as a new streak.
            streak=-tally.failed if recovered else self.streak,
        )

    def held_back(self, reason: str, now: int) -> Incident:
        """Record why it was not reported."""
        since = self.held_since or now
        return replace(self, lease_until=0, held_reason=reason, held_since=since)

    def finished(self, phase: Phase, tally: Tally, now: int) -> Incident:
        """End its episode without a message; what was not reported by now will not be."""
        return replace(
            self,
            phase=phase,
            phase_at=now,
            announced=max(self.announced, tally.counted),
            failed=tally.failed,
            lease_until=0,
            held_reason="",
            held_since=0,
            streak=-tally.failed if phase is Phase.RECOVERED else self.streak,
        )
