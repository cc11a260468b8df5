"""When an incident is looked at again: its next follow-up, which every state that is saved has."""

from __future__ import annotations

from dataclasses import replace

from notifier.incident.decision import Standing
from notifier.incident.incident import Incident, Intervals, Outcome
from notifier.incident.silence import Hold
from notifier.ports.metrics import Metric
from notifier.ports.reporting import Ports
from notifier.workflows.publishing import PublishError

JUST_AFTER_MS = 1_000  # what holds an incident back has ended for certain


class Schedule:
    """Decides when an incident is looked at again."""

    def __init__(self, ports: Ports, intervals: Intervals) -> None:
        self._ports, self._intervals = ports, intervals

    def wait(self, standing: Standing) -> None:
        """Look at an incident again when that is due, without a message now."""
        incident, now = standing.incident, self._ports.now_ms()
        times = []
        if standing.due:
            times.append(max(now, incident.reported_at + incident.interval))
        if standing.waits_for_a_run(now) or self._may_grow(incident, now):
            times.append(self._next_look(incident, now))
        if standing.hold:
            times.append(self._end_of_hold(standing.hold, incident, now))
            self._note_hold(standing)
            incident = incident.held_back(standing.hold.reason)
        if times:
            self.save_for(min(times), incident)
            return
        if incident.first.is_unusable:  # after so long, it is reported again
            incident = forgotten(incident, now)
        if self._ports.ledger.save(replace(incident, due=0)) is None:
            self.leave_to_another(incident)

    def wait_for_hold(self, standing: Standing) -> None:
        """See to it that an incident is looked at when what holds a failure of it ends."""
        incident, now = standing.incident, self._ports.now_ms()
        if standing.hold is None:
            return
        self._note_hold(standing)
        due = self._end_of_hold(standing.hold, incident, now)
        if now < incident.due <= due and incident.hold:
            return
        held = incident.held_back(standing.hold.reason)
        self.save_for(min(due, incident.due) if now < incident.due else due, held)

    def _end_of_hold(self, hold: Hold, incident: Incident, now: int) -> int:
        """Return when to look at what is held.

        That is at its end, but before long: a person may remove a silence earlier.
        """
        longest = now + self._intervals.longest_interval
        latest = self._next_look(incident, now) if hold.may_end_early else longest
        return min(hold.until + JUST_AFTER_MS, latest)

    def leave_to_another(self, incident: Incident) -> None:
        """Leave an incident to who saved it first, if that one will look at it again."""
        self._note("another invocation reports it", Metric.CLAIMS_LOST, incident)
        now = self._ports.now_ms()
        other = self._ports.ledger.read((), [incident.key]).incidents.get(incident.key)
        if other is None or (other.lease_until <= now and other.due <= now + JUST_AFTER_MS):
            raise PublishError

    def save_for(self, due: int, incident: Incident) -> None:
        """Save an incident that is looked at again at `due`; a conflict is a `PublishError`."""
        now = self._ports.now_ms()
        self._ports.queues.follow_up(incident.key, due, now)
        if self._ports.ledger.save(replace(incident, due=due)) is None:
            self.leave_to_another(incident)

    def _may_grow(self, incident: Incident, now: int) -> bool:
        """Return whether a message is so recent that failures may have come while it was sent."""
        return now < incident.reported_at + 2 * max(incident.interval, self._intervals.interval)

    def _next_look(self, incident: Incident, now: int) -> int:
        """Look again after as long as it has been quiet, so that each wait is twice the last."""
        quiet = now - (incident.reported_at or incident.opened_at)
        intervals = self._intervals
        least = incident.interval or intervals.interval
        return now + min(max(least, quiet), intervals.longest_interval)

    def _note_hold(self, standing: Standing) -> None:
        if standing.hold:
            is_silenced = standing.hold.outcome is Outcome.SILENCED
            count = Metric.ALERTS_SILENCED if is_silenced else Metric.ALERTS_HELD
            self._note(standing.hold.reason, count, standing.incident)

    def _note(self, happened: str, count: Metric, incident: Incident) -> None:
        self._ports.journal.note(happened, count, {"incident": incident.key})


def forgotten(incident: Incident, now: int) -> Incident:
    """Return an incident whose members may come again: a resource keeps its id."""
    return replace(incident, reported=frozenset(), reported_before=now)
