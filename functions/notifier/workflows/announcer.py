"""Telling one incident, safely: send its follow-up, claim it, publish, record what was told.

The order is the promise. Whoever finds a claim leaves its failures to it, so a claim stands only
where a follow-up is on its way. Who crashes before the publish leaves a lease that ends and a
follow-up that comes; who crashes after it leaves a duplicate, never a loss.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from notifier.alert.alert import Alert
from notifier.channels import message
from notifier.incident.counts import Tally
from notifier.incident.incident import Decision, Incident, Outcome, Phase, novelty
from notifier.incident.silence import Silence, reason_to_hold
from notifier.ports.metrics import Metric
from notifier.ports.reporting import LedgerSnapshot, Options, Ports
from notifier.ports.service_error import ErrorKind, ServiceError
from notifier.text import units, untrusted
from notifier.text.units import SECOND_MS
from notifier.workflows.rate_limiter import RateLimiter, contended

RATE_LIMIT = "on hold because of the rate limit"
_MOMENT_MS = 1_000  # told after a reader looked away: what ended is looked at just after it


class PublishError(Exception):
    """SNS did not take a message: what it was to tell must come again."""


class Announcer:
    """One invocation's hand on incidents: what is told, what is kept back, what comes later."""

    def __init__(self, ports: Ports, options: Options, seen: LedgerSnapshot) -> None:
        self._ports, self._options = ports, options
        self._silences: tuple[Silence, ...] = seen.silences
        self.rate_limit = RateLimiter(ports, options, seen.rate_state)
        self._unconfirmed = seen.unconfirmed

    def tell(
        self, incident: Incident, decision: Decision, tally: Tally, write: Callable[[], Alert]
    ) -> None:
        """Tell of an incident, unless something keeps it back.

        Parameters
        ----------
        incident
            Its state, as read.
        decision
            What to say.
        tally
            What has failed, counted after the state was read.
        write
            Makes the alert; called once it is certain that nobody else tells.

        Raises
        ------
        ServiceError
            When the ledger or the queue did not do its part.
        PublishError
            When the topic did not.
        """
        if decision.outcome is not Outcome.RECOVERED and self.kept_back(incident, tally):
            return
        if not self.rate_limit.has_room():
            # A storm digest tells what has failed: a recovery waits for a message of its own.
            if decision.outcome is Outcome.RECOVERED:
                self.look_again(incident)
            else:
                self._hold(incident)
            return
        interval = self._interval(incident, decision)
        now = self._ports.now_ms()
        due = now + interval
        self._ports.queues.follow_up(incident.key, due, now)
        # The follow-up that is under way stays the one that counts until the message is out.
        claimed = self._ports.ledger.save(
            replace(incident, interval=interval, due=incident.due or due).claimed(now)
        )
        if claimed is None:  # and a follow-up that counts for nothing is dropped when it comes
            self._note("another invocation tells it", Metric.CLAIMS_LOST, incident)
            return
        alert = replace(_said(write(), incident, decision, tally), unconfirmed=self._unconfirmed)
        if not alert.is_always_sent and alert.severity < self._options.minimum:
            self._ports.journal.note(
                "below the minimum severity", Metric.ALERTS_BELOW_MINIMUM, facts_of(alert)
            )
        elif (counted := self.rate_limit.count(alert)) is None:
            self._hold(claimed)
            return
        else:
            publish(counted, self._ports)
            self._measure_wait(incident, decision, tally)
        if incident.held_reason == RATE_LIMIT:
            self._ports.ledger.release([incident.key])
        self._ports.ledger.save(claimed.told(decision.outcome, tally, now, due))

    def tell_storm(self, alert: Alert) -> None:
        """Publish a storm digest: it has its own interval, and no rate limit holds it back."""
        counted = self.rate_limit.count(alert, room_needed=False)
        if counted is None:
            raise contended()
        publish(counted, self._ports)

    def kept_back(self, incident: Incident, tally: Tally) -> bool:
        """Keep back what a silence or a tag holds, and look at it again when that may be over."""
        now = self._ports.now_ms()
        reason = reason_to_hold(incident, tally, self._silences, now)
        if reason is None:
            return False
        due = self._next_look(incident, now)
        if reason.until:
            due = min(due, reason.until + _MOMENT_MS)
        self._later(incident.kept_back(reason.reason, now), due)
        count = Metric.ALERTS_SILENCED if reason.outcome is Outcome.SILENCED else Metric.ALERTS_HELD
        self._note(reason.reason, count, incident)
        return True

    def look_again(self, incident: Incident) -> None:
        """Have an incident that is not told followed up once more, after a longer while."""
        self._later(incident, self._next_look(incident, self._ports.now_ms()))

    def _measure_wait(self, incident: Incident, decision: Decision, tally: Tally) -> None:
        """Measure how long people did not know; a drill tells of a time that never was."""
        if decision.outcome is Outcome.FIRST and tally.first_at and not incident.first.is_drill:
            # Its clock and ours differ a little: nobody knows before it happens.
            waited = max(0, self._ports.now_ms() - tally.first_at) / SECOND_MS
            self._ports.journal.measure(Metric.SECONDS_TO_ALERT, waited, "Seconds")

    def _hold(self, incident: Incident) -> None:
        """Leave an incident to the storm digest, and look at it after that in case none came."""
        now = self._ports.now_ms()
        # It may be overdue, and be tried again: who waits for it must not ask all the time.
        storm = max(self.rate_limit.storm_due(now), now)
        self._ports.ledger.hold(incident.key)
        self._later(incident.kept_back(RATE_LIMIT, now), storm + self._options.intervals.interval)
        self._note(RATE_LIMIT, Metric.ALERTS_HELD, incident)

    def _later(self, incident: Incident, due: int) -> None:
        self._ports.queues.follow_up(incident.key, due, self._ports.now_ms())
        self._ports.ledger.save(replace(incident, due=due))

    def _interval(self, incident: Incident, decision: Decision) -> int:
        turns = incident.phase is not Phase.OPEN or decision.outcome is Outcome.RECOVERED
        is_new = incident.reported_at == 0 or turns
        return self._options.intervals.interval if is_new else self._longer(incident)

    def _next_look(self, incident: Incident, now: int) -> int:
        """Look again after as long as it has been quiet, so that each wait is twice the last."""
        quiet = now - (incident.reported_at or incident.opened_at)
        longest = self._options.intervals.longest_interval
        return now + min(max(incident.interval, quiet), longest)

    def _longer(self, incident: Incident) -> int:
        return min(incident.interval * 2, self._options.intervals.longest_interval)

    def _note(self, happened: str, count: Metric, incident: Incident) -> None:
        self._ports.journal.note(happened, count, {"incident": incident.key})


def _said(alert: Alert, incident: Incident, decision: Decision, tally: Tally) -> Alert:
    since = units.moment(incident.held_since)
    # It quotes what a person or a tag said.
    why = untrusted.defang(untrusted.one_line(incident.held_reason))
    kept = f"{tally.counted - incident.announced:,} failed since {since}, {why}"
    is_recovery = decision.outcome is Outcome.RECOVERED
    return replace(
        alert,
        novelty="" if is_recovery else novelty(incident, tally),
        outcome=str(decision.outcome),
        reason=decision.reason,
        kept_back=kept if incident.held_reason else "",
    )


def publish(alert: Alert, ports: Ports) -> None:
    """Publish one alert and note it.

    Raises
    ------
    PublishError
        Whatever the trouble, the queue keeps what was to be told: a person may mend a permission
        or a key meanwhile, and what stays rejected ends in the dead-letter queue, where the alarm
        is.
    """
    facts = facts_of(alert)
    try:
        message_id = ports.topic.publish(message.render(alert))
    except ServiceError as error:
        count = (
            Metric.PUBLISH_RETRIED if error.kind is ErrorKind.RETRYABLE else Metric.PUBLISH_REJECTED
        )
        ports.journal.note("not published", count, facts | {"problem": error.says})
        raise PublishError from error
    ports.journal.note(
        "alert published", Metric.ALERTS_PUBLISHED, facts | {"sns_message": message_id}
    )


def facts_of(alert: Alert) -> dict[str, str]:
    """Name an alert for the function's own log: ids and the verdict, never texts of the job."""
    return {
        "event_id": alert.event_id,
        "job_id": alert.job_id,
        "cause": alert.diagnosis.cause,
        "certainty": str(alert.diagnosis.certainty),
        "severity": str(alert.severity),
        "incident": alert.incident,
    }
