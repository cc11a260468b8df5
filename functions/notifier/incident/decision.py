"""Whether to report an incident now, and the reason that the message gives.

Grouping follows Alertmanager: the first failure of a group is reported at once, later ones in
digests at growing intervals. All times are epoch milliseconds, and `now` is always an argument.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from notifier.batch.failure import Failure, Kind
from notifier.diagnosis.catalogue import Severity
from notifier.incident.counts import Member, Role, Tally, fold
from notifier.incident.fingerprint import FAMILIES
from notifier.incident.incident import CLOSE_AFTER_MS, Incident, Outcome
from notifier.incident.job import LISTED, job_of
from notifier.incident.recovery import Row, open_jobs
from notifier.incident.silence import LONGEST_HOLD_MS, Hold, Steering
from notifier.text import units
from notifier.text.units import MINUTE_MS, SECOND_MS

# A follow-up that is due gets this long before a delivery reports in its place. Both read back all
# members of the incident, and in a storm every delivery would do so.
FOLLOW_UP_GRACE_MS = MINUTE_MS


@dataclass(frozen=True)
class Standing:
    """How the members of an incident stand now.

    `shown` are those that a message reports or has reported, without those that failed before the
    last success of their job. Of these, `due` are not reported yet and are severe enough. `held`
    wait for the end of what holds them, the first of which is `hold`.
    """

    incident: Incident
    members: tuple[Member, ...]
    reported: tuple[Member, ...]
    shown: tuple[Member, ...]
    due: tuple[Member, ...]
    held: tuple[Member, ...]
    hold: Hold | None

    @cached_property
    def tally(self) -> Tally:
        """What a message counts."""
        return fold(self.shown)

    @property
    def new(self) -> int:
        """How many failures are not reported yet; a parent only sums up."""
        return sum(one.role is not Role.PARENT for one in self.due)

    @property
    def is_about_one_job(self) -> bool:
        """Whether all that failed by itself are runs of one job."""
        first = self.incident.first
        jobs = {job_of(first, one) for one in self.shown if one.role is not Role.DEPENDENT}
        return len(jobs) == 1

    @property
    def since(self) -> int:
        """When the first of what is due failed."""
        return min((one.at for one in self.due), default=0)

    @property
    def has_recoveries(self) -> bool:
        """Whether AWS Batch can tell when what failed is over: of a drill, it knows nothing."""
        first = self.incident.first
        return not first.is_drill and (first.is_from_sweep or first.kind in LISTED)

    def waits_for_a_run(self, now: int) -> bool:
        """Return whether what was reported may still recover: until it is closed."""
        newest = max((one.at for one in self.members), default=0)
        is_open = self.has_recoveries and bool(open_jobs(self.incident, self.reported))
        return is_open and now < max(newest, self.incident.reported_at) + CLOSE_AFTER_MS


def review(
    incident: Incident,
    members: Iterable[Member],
    steering: Steering,
    minimum: Severity,
    now: int,
) -> Standing:
    """Return how the members of an incident stand.

    What holds a failure for too long is given up, for all that it holds: one message reports them.
    """
    known = tuple({one.job_id: one for one in members}.values())
    reported = frozenset(one.job_id for one in known if incident.has_reported(one))
    new = [one for one in known if one.job_id not in reported]
    holds = _holds(incident, new, steering.about(incident, open_failures(incident, known)), now)
    least = Severity.INFO if is_always_reported(incident.first) else minimum
    enough = {one for one in Severity if one >= least}
    summed_up = fold(known).severity
    return Standing(
        incident,
        known,
        tuple(one for one in known if one.job_id in reported),
        shown=tuple(
            one for one in known
            if one.job_id not in holds and not (one.job_id in reported and _is_past(incident, one))
        ),
        due=tuple(
            one for one in new
            if one.job_id not in holds
            and (summed_up if one.role is Role.PARENT else one.severity) in enough
        ),
        held=tuple(one for one in new if one.job_id in holds),
        hold=min(holds.values(), key=lambda one: one.until, default=None),
    )  # fmt: skip


def open_failures(incident: Incident, members: Iterable[Member]) -> int:
    """Count what failed since the last success of its job; a parent only sums up."""
    return sum(one.role is not Role.PARENT and not _is_past(incident, one) for one in members)


def _holds(
    incident: Incident, members: Iterable[Member], steering: Steering, now: int
) -> dict[str, Hold]:
    """Return what holds back members, by their ids."""
    found = [(one, hold) for one in members if (hold := steering.hold(incident.first, one, now))]
    late = {hold.reason for one, hold in found if one.at + LONGEST_HOLD_MS <= now}
    return {one.job_id: hold for one, hold in found if hold.reason not in late}


def is_always_reported(failure: Failure) -> bool:
    """Return whether no minimum applies: to drills, and to events that could not be read."""
    return failure.is_drill or failure.kind is Kind.UNREADABLE


def _is_past(incident: Incident, member: Member) -> bool:
    """Return whether a success has ended what a member was part of. An array counts all of it."""
    if incident.first.kind in FAMILIES:
        return False
    if member.role is Role.DEPENDENT:
        return member.at <= max(incident.recovered.values(), default=0)
    return member.at <= incident.recovered_at(job_of(incident.first, member).key)


@dataclass(frozen=True, slots=True)
class Decision:
    """What to report, and the reason that the message shows."""

    outcome: Outcome
    reason: str
    speaks: bool = False


def decide(
    incident: Incident, now: int, standing: Standing | None = None, *, following_up: bool = False
) -> Decision:
    """Decide whether to report an incident.

    Parameters
    ----------
    incident
        Its state.
    now
        Epoch milliseconds.
    standing
        How its members stand; None when a failure has just arrived and they were not read yet.
    following_up
        Whether its follow-up is due, rather than a failure having arrived.
    """
    if now < incident.lease_until:
        return Decision(Outcome.QUIET, "another invocation is sending it")
    digest_at = incident.reported_at + incident.interval if incident.reported_at else 0
    # Only a digest is waited for: a later follow-up may be the last, and read before this failure.
    is_digest = 0 < incident.due <= now and abs(incident.due - digest_at) <= SECOND_MS
    if not following_up and is_digest and now < incident.due + FOLLOW_UP_GRACE_MS:
        return Decision(Outcome.QUIET, "its follow-up is due and reports what is new")
    if standing is not None and not standing.due:
        if standing.hold:
            return Decision(standing.hold.outcome, standing.hold.reason)
        return Decision(Outcome.QUIET, "nothing new")
    if now < digest_at and incident.due:
        since = units.duration(now - incident.reported_at)
        return Decision(Outcome.QUIET, f"reported {since} ago; the next digest has what is new")
    return _report(incident, now, standing, following_up)


def _report(
    incident: Incident, now: int, standing: Standing | None, following_up: bool
) -> Decision:
    if incident.reported_at == 0:
        return Decision(Outcome.FIRST, "it was not reported yet", speaks=True)
    if standing and any(one.role is Role.PARENT for one in standing.due):
        return Decision(Outcome.CLOSED, "the whole job has finished", speaks=True)
    since = units.duration(now - incident.reported_at)
    if following_up:
        return Decision(Outcome.GREW, f"more failures since the alert {since} ago", speaks=True)
    return Decision(Outcome.REPEAT, f"failed again {since} after the last alert", speaks=True)


def novelty(standing: Standing, row: Row | None) -> str:
    """Return how new this is, in the few words that a subject has room for; empty if it is not.

    `row` is None where nobody could tell what happened to the job since its last failure.
    """
    incident = standing.incident
    if incident.hold and standing.new > 1:
        return f"{standing.new:,} on hold since {units.clock(standing.since)[:5]}"
    if row is None or not any(one.role is Role.FAILED for one in standing.due or standing.shown):
        return ""
    if row.length > 1:
        return f"{units.ordinal(row.length)} in a row"
    if row.has_failed_before:
        return "back again"
    return "" if incident.reported_at else "first time"


def reason_of(decision: Decision, standing: Standing, row: Row | None) -> str:
    """Return the reason that a message gives, with what is known of the runs before."""
    said = novelty(standing, row)
    if said == "first time":
        return "first failure of this kind since deployment"
    if said == "back again" and row is not None:
        since = min((one.at for one in standing.due if one.at > row.after), default=row.after)
        return f"failed again {units.duration(since - row.after)} after it recovered"
    if decision.outcome is Outcome.FIRST and row is not None and row.length > 1:
        return f"failed for the {units.ordinal(row.length)} time in a row"
    return decision.reason
