"""Whether to report an incident now, and the reason that the message gives.

Grouping follows Alertmanager: the first failure of a group is reported at once, later ones in
digests at growing intervals. All times are epoch milliseconds, and `now` is always an argument.
"""

from __future__ import annotations

from dataclasses import dataclass

from notifier.incident.counts import Tally
from notifier.incident.fingerprint import FAMILIES
from notifier.incident.incident import Incident, Intervals, Outcome, Phase
from notifier.text import units
from notifier.text.units import MINUTE_MS

# A follow-up that is due gets this long before a delivery reports in its place. Both read back all
# members of the incident, and in a storm every delivery would do so.
FOLLOW_UP_GRACE_MS = MINUTE_MS


@dataclass(frozen=True, slots=True)
class Decision:
    """What to report, and the reason that the message shows."""

    outcome: Outcome
    reason: str
    speaks: bool = False
    until: int = 0  # when what holds it back ends, where that is known


def decide(
    incident: Incident,
    now: int,
    intervals: Intervals,
    tally: Tally | None = None,
    recovery: str = "",
    *,
    following_up: bool = False,
) -> Decision:
    """Decide whether to report an incident.

    Parameters
    ----------
    incident
        Its state.
    now
        Epoch milliseconds.
    intervals
        What the operator chose.
    tally
        What has failed; None when a failure has just arrived and was not counted yet.
    recovery
        In words what succeeded since; empty when nothing did.
    following_up
        Whether its follow-up is due, rather than a failure having arrived.
    """
    if now < incident.lease_until:
        return Decision(Outcome.QUIET, "another invocation is sending it")
    if recovery and incident.phase is Phase.OPEN:
        return Decision(Outcome.RECOVERED, recovery, speaks=incident.reported_at > 0)
    if not following_up and 0 < incident.due <= now < incident.due + FOLLOW_UP_GRACE_MS:
        return Decision(Outcome.QUIET, "its follow-up is due and reports what is new")
    if tally is not None and tally.counted <= incident.announced and not _ends(incident, tally):
        return _nothing_new(incident, now, intervals, following_up)
    if incident.reported_at and now < incident.reported_at + incident.interval:
        since = units.duration(now - incident.reported_at)
        return Decision(Outcome.QUIET, f"reported {since} ago; the next digest has what is new")
    return _report(incident, now, tally, following_up)


def _ends(incident: Incident, tally: Tally | None) -> bool:
    return tally is not None and tally.ended and not incident.ended


def _report(incident: Incident, now: int, tally: Tally | None, following_up: bool) -> Decision:
    if incident.reported_at == 0 and incident.before is None:
        return Decision(Outcome.FIRST, "first failure of this kind since deployment", speaks=True)
    if incident.reported_at == 0 or incident.phase is not Phase.OPEN:
        return Decision(Outcome.REPEAT, _reopened(incident, now), speaks=True)
    if _ends(incident, tally):
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


def _reopened(incident: Incident, now: int) -> str:
    """Return how long after the last episode it failed again; `phase_at` is when that ended."""
    ended = incident.before if incident.phase is Phase.OPEN else incident.phase
    since = units.duration(now - incident.phase_at)
    if ended is Phase.RECOVERED:
        return f"failed again {since} after it recovered"
    return f"failed again {since} after it was closed without a success"


def novelty(incident: Incident, tally: Tally) -> str:
    """Return how new this is, in the few words that a subject has room for; empty if it is not."""
    held = tally.counted - incident.announced
    if incident.held_reason and held > 1:
        return f"{held:,} on hold since {units.clock(incident.held_since)[:5]}"
    is_first_message = incident.reported_at == 0
    ended = incident.before if is_first_message else None
    if Phase.RECOVERED in (incident.phase, ended):
        return "back again"
    in_a_row = incident.streak + tally.failed
    if in_a_row > 1 and not (incident.first.kind in FAMILIES or incident.first.is_from_sweep):
        return f"{units.ordinal(in_a_row)} in a row"
    return "first time" if is_first_message and incident.before is None else ""
