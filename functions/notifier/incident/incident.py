"""What is remembered of an incident, and whether to speak of it now.

Grouping follows Alertmanager's terms: failures with one fingerprint are a group, the first is told
at once, what joins it later is told in digests at growing intervals. All times are epoch
milliseconds, and `now` is always an argument.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum

from notifier.batch.failure import Failure
from notifier.diagnosis.catalogue import Certainty, Severity
from notifier.incident.counts import Tally
from notifier.incident.fingerprint import FAMILIES
from notifier.text import units
from notifier.text.units import DAY_MS, HOUR_MS, MINUTE_MS

# No invocation lasts longer than the functions' time-outs of 60 and 120 s: then another may tell.
LEASE_MS = 150_000
# A follow-up that has come due is given so long before a failure tells in its place: it reads back
# all that has failed, and a storm's deliveries would each be the one to do that, time and again.
ON_ITS_WAY_MS = MINUTE_MS
LONGEST_EPISODE_MS = 14 * DAY_MS  # then it is counted anew, before the ledger forgets its jobs


class Phase(StrEnum):
    """Where an incident is in its life."""

    OPEN = "open"
    RECOVERED = "recovered"
    CLOSED = "closed"


class Outcome(StrEnum):
    """What is said of an incident, or why nothing is."""

    FIRST = "first"
    GREW = "grew"
    REPEAT = "repeat"
    RECOVERED = "recovered"
    CLOSED = "closed"
    QUIET = "quiet"
    HELD = "held"
    SILENCED = "silenced"


@dataclass(frozen=True, slots=True)
class Decision:
    """What to say, and the reason that the message shows."""

    outcome: Outcome
    reason: str
    speaks: bool = False
    until: int = 0  # when what holds it back ends, where that is known


@dataclass(frozen=True, slots=True)
class Place:
    """Where a failed job is counted: the incident's key, and which of its episodes.

    `assumed` is whether its exit code alone put it there, because its log was not read.
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
        """Where its jobs are counted."""
        return Place(self.key, self.episode)

    @property
    def is_over(self) -> bool:
        """Whether its episode was counted for the last time: what fails now begins another."""
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
        """Lease it to one invocation: the others leave it alone meanwhile."""
        return replace(self, lease_until=now + LEASE_MS)

    def told(self, outcome: Outcome, tally: Tally, now: int, due: int) -> Incident:
        """Record what a message that went out has said, and which follow-up comes next."""
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
            # Negative, so that only what fails after the success is a new row.
            streak=-tally.failed if recovered else self.streak,
        )

    def kept_back(self, reason: str, now: int) -> Incident:
        """Record why it was not told."""
        since = self.held_since or now
        return replace(self, lease_until=0, held_reason=reason, held_since=since)

    def finished(self, phase: Phase, tally: Tally, now: int) -> Incident:
        """End its episode without a word; what was not told by now will not be."""
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


def decide(
    incident: Incident,
    now: int,
    intervals: Intervals,
    tally: Tally | None = None,
    recovery: str = "",
    *,
    following_up: bool = False,
) -> Decision:
    """Decide whether to speak of an incident.

    Parameters
    ----------
    incident
        Its state.
    now
        Epoch milliseconds.
    terms
        Intervals.
    tally
        What has failed; None when a failure has just come and nobody has counted yet.
    recovery
        In words what succeeded since; empty when nothing did.
    following_up
        Whether its time to be looked at has come, and not a failure.
    """
    if now < incident.lease_until:
        return Decision(Outcome.QUIET, "another invocation is sending it")
    if recovery and incident.phase is Phase.OPEN:
        return Decision(Outcome.RECOVERED, recovery, speaks=incident.reported_at > 0)
    if not following_up and 0 < incident.due <= now < incident.due + ON_ITS_WAY_MS:
        return Decision(Outcome.QUIET, "its follow-up is due and reports what is new")
    ends = tally is not None and tally.ended and not incident.ended
    if tally is not None and tally.counted <= incident.announced and not ends:
        return _nothing_new(incident, now, intervals, following_up)
    if incident.reported_at and now < incident.reported_at + incident.interval:
        since = units.duration(now - incident.reported_at)
        return Decision(Outcome.QUIET, f"reported {since} ago; the next digest has what is new")
    return _news(incident, now, ends, following_up)


def _news(incident: Incident, now: int, ends: bool, following_up: bool) -> Decision:
    if incident.reported_at == 0 and incident.before is None:
        return Decision(Outcome.FIRST, "first failure of this kind since deployment", speaks=True)
    if incident.reported_at == 0 or incident.phase is not Phase.OPEN:
        return Decision(Outcome.REPEAT, _back(incident, now), speaks=True)
    if ends:
        return Decision(Outcome.CLOSED, "the whole job has finished", speaks=True)
    since = units.duration(now - incident.reported_at)
    if following_up:
        return Decision(Outcome.GREW, f"more failures since the alert {since} ago", speaks=True)
    return Decision(Outcome.REPEAT, f"failed again {since} after the last alert", speaks=True)


def _nothing_new(
    incident: Incident, now: int, intervals: Intervals, following_up: bool
) -> Decision:
    quiet_since = incident.reported_at or incident.opened_at
    is_open = incident.phase is Phase.OPEN
    if following_up and is_open and now >= quiet_since + intervals.close_after:
        return Decision(Outcome.CLOSED, f"no new failure for {units.duration(now - quiet_since)}")
    return Decision(Outcome.QUIET, "nothing new")


def _back(incident: Incident, now: int) -> str:
    """Say after what it is back; `phase_at` is when the last episode ended."""
    ended = incident.before if incident.phase is Phase.OPEN else incident.phase
    since = units.duration(now - incident.phase_at)
    if ended is Phase.RECOVERED:
        return f"failed again {since} after it recovered"
    return f"failed again {since} after it was closed without a success"


def novelty(incident: Incident, tally: Tally) -> str:
    """Say how new this is, in the few words that a subject has room for; maybe in none."""
    held = tally.counted - incident.announced
    if incident.held_reason and held > 1:
        return f"{held:,} on hold since {units.clock(incident.held_since)[:5]}"
    is_new = incident.reported_at == 0
    if incident.phase is Phase.RECOVERED or (is_new and incident.before is Phase.RECOVERED):
        return "back again"
    in_a_row = incident.streak + tally.failed
    if in_a_row > 1 and not (incident.first.kind in FAMILIES or incident.first.is_seen):
        return f"{units.ordinal(in_a_row)} in a row"
    return "first time" if is_new and incident.before is None else ""
