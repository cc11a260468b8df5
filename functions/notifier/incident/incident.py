"""The state of an incident, as the ledger stores it, and how it changes.

It is little: which of its members were reported, and which of its jobs have succeeded since. All
else follows from the members. All times are epoch milliseconds, and `now` is always an argument.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from notifier.batch.failure import Failure
from notifier.diagnosis.catalogue import Certainty
from notifier.incident.counts import Member
from notifier.incident.marks import mark
from notifier.text.units import DAY_MS, HOUR_MS, MINUTE_MS

# No invocation lasts longer than the functions' time-outs of 60 and 120 s; then another may report.
LEASE_MS = 150_000
CLOSE_AFTER_MS = 14 * DAY_MS  # without a new failure; until then, it waits for the next run
# A state is one item of at most 400 KB, and a mark takes 9 bytes.
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
MOST_MARKS = 30_000


class Outcome(StrEnum):
    """What a message reports about an incident, or why there is none."""

    FIRST = "first"
    GREW = "grew"
    REPEAT = "repeat"
    RECOVERED = "recovered"
    CLOSED = "closed"
    ANSWERED = "answered"
    QUIET = "quiet"
    HELD = "held"
    SILENCED = "silenced"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a failed job is counted: the incident's key.

    `assumed` is whether only its exit code put it there, because its log was not read.
    """

    key: str
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

    `first` is its first failure without what only its own alert shows. `opened_at` is when it was
    first seen, `reported_at` when its last message went out. `interval` is the time until its next
    digest; 0 after a recovery, so that the next failure is reported at once.
    `reported` marks the members that a message has reported (see `marks`); those that failed before
    `reported_before` have been as well. `recovered` is when the last successful run of a job began,
    by the key of the job, or of all jobs under an empty key.
    `hold` says why a failure is not reported yet. `due` names the one follow-up that counts, 0 is
    none. `lease_until` ends the claim of an invocation. `version` counts the writes.
    """

    key: str
    first: Failure
    cause: str
    certainty: Certainty
    opened_at: int
    interval: int
    reported_at: int = 0
    reported: frozenset[str] = frozenset()
    reported_before: int = 0
    recovered: Mapping[str, int] = field(default_factory=dict)
    hold: str = ""
    due: int = 0
    lease_until: int = 0
    version: int = 0

    @property
    def place(self) -> Place:
        """Where its members are counted."""
        return Place(self.key)

    @property
    def is_over(self) -> bool:
        """Whether nothing of it is looked at any more, until something fails again."""
        return self.due == 0

    @property
    def stage(self) -> str:
        """Where it is in its life: `open`, `recovered`, or `closed` until something fails again."""
        if self.recovered and self.interval == 0:
            return "recovered"
        return "closed" if self.is_over else "open"

    def has_reported(self, member: Member) -> bool:
        """Return whether a message has reported a member."""
        return mark(member.job_id) in self.reported or member.at < self.reported_before

    def recovered_at(self, job: str) -> int:
        """Return when the last successful run of a job began, by its key; 0 if none is known."""
        return max(self.recovered.get(job, 0), self.recovered.get("", 0))

    def claimed(self, now: int) -> Incident:
        """Lease it to one invocation; the others leave it alone meanwhile."""
        return replace(self, lease_until=now + LEASE_MS)

    def after_message(self, members: Iterable[Member], now: int) -> Incident:
        """Record that a message has reported these members."""
        kept = sorted(members, key=lambda one: one.at)
        before = kept[-MOST_MARKS].at if len(kept) > MOST_MARKS else self.reported_before
        return replace(
            self,
            reported_at=now,
            reported=frozenset(mark(one.job_id) for one in kept[-MOST_MARKS:]),
            reported_before=before,
            hold="",
            lease_until=0,
        )

    def held_back(self, why: str) -> Incident:
        """Record why a failure is not reported yet."""
        return replace(self, lease_until=0, hold=why)
