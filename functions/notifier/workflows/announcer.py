"""Reporting one incident, safely: send its follow-up, claim it, publish, record.

The order is the promise. Who finds a claim leaves its failures to it, so a claim exists only where
a follow-up is on its way. A crash before the publish leaves a lease that ends and a follow-up that
comes; a crash after it leaves a duplicate, never a loss.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from notifier.alert.alert import Alert
from notifier.alert.summary import rate_severity
from notifier.diagnosis.catalogue import Severity
from notifier.incident.counts import Tally
from notifier.incident.decision import Decision, novelty
from notifier.incident.incident import Incident, Outcome, Phase
from notifier.incident.silence import reason_to_hold
from notifier.ports.metrics import Metric
from notifier.ports.reporting import LedgerSnapshot, Options, Ports
from notifier.text import units, untrusted
from notifier.text.units import SECOND_MS
from notifier.workflows.publishing import facts_of, publish
from notifier.workflows.rate_limiter import RateLimiter, contended

RATE_LIMIT = "on hold because of the rate limit"
_JUST_AFTER_MS = 1_000  # what holds an incident back has ended for certain


class Announcer:
    """Decides for one invocation what is published now, what is on hold, and what comes later."""

    def __init__(self, ports: Ports, options: Options, snapshot: LedgerSnapshot) -> None:
        self._ports, self._options = ports, options
        self._silences = snapshot.silences
        self._unconfirmed = snapshot.unconfirmed
        self.rate_limiters = {
            is_drill: RateLimiter(ports, options, snapshot, is_drill=is_drill)
            for is_drill in (False, True)
        }

    def announce(
        self, incident: Incident, decision: Decision, tally: Tally, write: Callable[[], Alert]
    ) -> None:
        """Report an incident, unless a silence, a tag or the rate limit holds it back.

        Parameters
        ----------
        incident
            Its state, as read.
        decision
            What to report.
        tally
            What has failed, counted after the state was read.
        write
            Makes the alert; called once no other invocation can report the incident.

        Raises
        ------
        ServiceError
            When the ledger or the queue failed.
        PublishError
            When the topic did.
        """
        is_recovery = decision.outcome is Outcome.RECOVERED
        if not is_recovery and self.hold_back(incident, tally):
            return
        severity = rate_severity(incident, tally)
        if self._limiter(incident).has_room(incident.first, severity):
            self._claim_and_publish(incident, decision, tally, write)
        elif is_recovery:
            # A storm digest reports failures: a recovery waits for a message of its own.
            self.follow_up_later(incident)
        else:
            self._hold_for_storm(incident, severity)

    def announce_storm(self, alert: Alert) -> None:
        """Publish a storm digest: it has its own interval, and no rate limit holds it back."""
        counted = self.rate_limiters[alert.is_drill].count(alert, room_needed=False)
        if counted is None:
            raise contended()
        publish(counted, self._ports)

    def hold_back(self, incident: Incident, tally: Tally) -> bool:
        """Hold back what a silence or a tag covers, and look at it again when that may end."""
        now = self._ports.now_ms()
        reason = reason_to_hold(incident, tally, self._silences, now)
        if reason is None:
            return False
        due = self._next_look(incident, now)
        if reason.until:
            due = min(due, reason.until + _JUST_AFTER_MS)
        self._save_for(due, incident.held_back(reason.reason, now))
        is_silenced = reason.outcome is Outcome.SILENCED
        count = Metric.ALERTS_SILENCED if is_silenced else Metric.ALERTS_HELD
        self._note(reason.reason, count, incident)
        return True

    def follow_up_later(self, incident: Incident) -> None:
        """Follow an incident up once more, after a longer interval, without a message now."""
        self._save_for(self._next_look(incident, self._ports.now_ms()), incident)

    def _claim_and_publish(
        self, incident: Incident, decision: Decision, tally: Tally, write: Callable[[], Alert]
    ) -> None:
        now, interval = self._ports.now_ms(), self._interval(incident, decision)
        due = now + interval
        self._ports.queues.follow_up(incident.key, due, now)
        # The follow-up that is under way stays the one that counts until the message is out.
        claimed = self._ports.ledger.save(
            replace(incident, interval=interval, due=incident.due or due).claimed(now)
        )
        if claimed is None:  # and a follow-up that counts for nothing is dropped when it comes
            self._note("another invocation reports it", Metric.CLAIMS_LOST, incident)
            return
        alert = _completed(write(), incident, decision, tally, self._unconfirmed)
        if not self._publish(alert, claimed):
            return
        if alert.is_always_sent or alert.severity >= self._options.minimum:
            self._measure_delay(incident, decision, tally)
        if incident.held_reason == RATE_LIMIT:
            self._ports.ledger.release([incident.key])
        self._ports.ledger.save(claimed.reported(decision.outcome, tally, now, due))

    def _publish(self, alert: Alert, claimed: Incident) -> bool:
        """Publish an alert of sufficient severity; False where others took the room meanwhile."""
        if not alert.is_always_sent and alert.severity < self._options.minimum:
            self._ports.journal.note(
                "below the minimum severity", Metric.ALERTS_BELOW_MINIMUM, facts_of(alert)
            )
            return True
        counted = self._limiter(claimed).count(alert)
        if counted is None:
            self._hold_for_storm(claimed, alert.severity)
            return False
        publish(counted, self._ports)
        return True

    def _measure_delay(self, incident: Incident, decision: Decision, tally: Tally) -> None:
        """Measure the time from failure to alert; the time of a drill's failure is made up."""
        if decision.outcome is Outcome.FIRST and tally.first_at and not incident.first.is_drill:
            # The clocks differ a little: no alert comes before its failure.
            delay = max(0, self._ports.now_ms() - tally.first_at) / SECOND_MS
            self._ports.journal.measure(Metric.SECONDS_TO_ALERT, delay, "Seconds")

    def _hold_for_storm(self, incident: Incident, severity: Severity) -> None:
        """Leave an incident to the storm digest, and look at it after that in case none came.

        A critical one is looked at once more when there is room again, if that is earlier.
        """
        now, limiter = self._ports.now_ms(), self._limiter(incident)
        # The digest may be overdue and retried: who waits for it must not ask all the time.
        storm = max(limiter.storm_due(now, severity), now)
        self._ports.ledger.hold(incident.key, severity, incident.held_since or now)
        due = storm + self._options.intervals.interval
        if severity is Severity.CRITICAL and not incident.held_reason:
            due = min(due, limiter.free_at(incident.first, severity) + _JUST_AFTER_MS)
        self._save_for(due, incident.held_back(RATE_LIMIT, now))
        self._note(RATE_LIMIT, Metric.ALERTS_HELD, incident)

    def _limiter(self, incident: Incident) -> RateLimiter:
        return self.rate_limiters[incident.first.is_drill]

    def _save_for(self, due: int, incident: Incident) -> None:
        self._ports.queues.follow_up(incident.key, due, self._ports.now_ms())
        self._ports.ledger.save(replace(incident, due=due))

    def _interval(self, incident: Incident, decision: Decision) -> int:
        turns = incident.phase is not Phase.OPEN or decision.outcome is Outcome.RECOVERED
        intervals = self._options.intervals
        if incident.reported_at == 0 or turns:
            return intervals.interval
        return min(incident.interval * 2, intervals.longest_interval)

    def _next_look(self, incident: Incident, now: int) -> int:
        """Look again after as long as it has been quiet, so that each wait is twice the last."""
        quiet = now - (incident.reported_at or incident.opened_at)
        longest = self._options.intervals.longest_interval
        return now + min(max(incident.interval, quiet), longest)

    def _note(self, happened: str, count: Metric, incident: Incident) -> None:
        self._ports.journal.note(happened, count, {"incident": incident.key})


def _completed(
    alert: Alert, incident: Incident, decision: Decision, tally: Tally, unconfirmed: int
) -> Alert:
    """Add why the alert is sent now, and what was not reported before."""
    since = units.moment(incident.held_since)
    # The reason quotes a person or a tag.
    why = untrusted.defang(untrusted.one_line(incident.held_reason))
    held = f"{tally.counted - incident.announced:,} failed since {since}, {why}"
    is_recovery = decision.outcome is Outcome.RECOVERED
    return replace(
        alert,
        novelty="" if is_recovery else novelty(incident, tally),
        outcome=str(decision.outcome),
        reason=decision.reason,
        kept_back=held if incident.held_reason else "",
        unconfirmed=unconfirmed,
    )
