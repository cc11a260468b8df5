"""Reporting one incident, safely: send its follow-up, claim it, publish, record.

The order is the promise. Who finds a claim leaves its failures to it, so a claim exists only where
a follow-up is on its way. A crash before the publish leaves a lease that ends and a follow-up that
comes; a crash after it leaves a duplicate, never a loss.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from notifier.alert.alert import Alert
from notifier.alert.commands import rerun
from notifier.alert.facts import Pairs
from notifier.diagnosis.catalogue import Severity
from notifier.incident.counts import Member, Role, highest_severity
from notifier.incident.decision import Decision, Standing, novelty, reason_of, review
from notifier.incident.incident import Incident, Outcome
from notifier.incident.job import job_of
from notifier.incident.recovery import Recovery, open_jobs
from notifier.incident.silence import Steering
from notifier.ports.metrics import Metric
from notifier.ports.reporting import LedgerSnapshot, Options, Ports
from notifier.ports.service_error import ServiceError
from notifier.text import units, untrusted
from notifier.text.units import SECOND_MS
from notifier.workflows.publishing import publish
from notifier.workflows.rate_limiter import RateLimiter, contended
from notifier.workflows.recovery_lookup import RecoveryLookup
from notifier.workflows.schedule import JUST_AFTER_MS, Schedule, forgotten

RATE_LIMIT = "on hold because of the rate limit"


class Announcer:
    """Decides for one invocation what is published now, what is on hold, and what comes later."""

    def __init__(
        self, ports: Ports, options: Options, snapshot: LedgerSnapshot | None = None
    ) -> None:
        self._ports, self._options, self._read = ports, options, snapshot
        self._limiters: dict[bool, RateLimiter] = {}
        self.lookup, self.schedule = RecoveryLookup(ports), Schedule(ports, options.intervals)

    @property
    def _snapshot(self) -> LedgerSnapshot:
        """Silences and the rate limit: unless they were given, they are read once needed."""
        self._read = self._read or self._ports.ledger.read((), ())
        return self._read

    def limiter(self, *, is_drill: bool) -> RateLimiter:
        """Return the rate limit of failures, or that of drills."""
        if is_drill not in self._limiters:
            limiter = RateLimiter(self._ports, self._options, self._snapshot, is_drill=is_drill)
            self._limiters[is_drill] = limiter
        return self._limiters[is_drill]

    def review(self, incident: Incident, members: Sequence[Member]) -> Standing:
        """Return how the members of an incident stand, by all that holds them back."""
        is_reported = all(incident.has_reported(one) for one in members)
        steering = Steering(() if is_reported else self._snapshot.silences, self.lookup.runs_failed)
        return review(incident, members, steering, self._options.minimum, self._ports.now_ms())

    def holds(self, incident: Incident, members: Iterable[Member]) -> bool:
        """Return whether all of these are held back, and looked at when that ends."""
        now = self._ports.now_ms()
        if not incident.hold or incident.due <= now:
            return False
        # Whether an acknowledgement still holds depends on all members, which are not read here.
        steering = Steering(self._snapshot.silences, self.lookup.runs_failed)
        steering = steering.about(incident, sys.maxsize)
        holds = [steering.hold(incident.first, one, now) for one in members]
        return all(one and incident.due <= one.until + JUST_AFTER_MS for one in holds)

    def announce(
        self,
        standing: Standing,
        decision: Decision,
        write: Callable[[], Alert],
        recovery: Recovery | None = None,
    ) -> None:
        """Report an incident, unless the rate limit holds it back.

        Parameters
        ----------
        standing
            Its state, as read, and its members, as read after that.
        write
            Makes the alert; called once no other invocation can report the incident.
        recovery
            What has recovered, where that is reported.

        Raises
        ------
        ServiceError
            When the ledger or the queue failed.
        PublishError
            When the topic did.
        """
        incident, limiter = standing.incident, self._limiter(standing.incident)
        severity = highest_severity(recovery.members) if recovery else standing.tally.severity
        if limiter.has_room(incident.first, severity):
            self._claim_and_publish(standing, decision, write, recovery)
        elif recovery:
            # A storm digest reports failures: a recovery waits for a message of its own.
            free_at = limiter.free_at(incident.first, severity)
            self.schedule.save_for(free_at + JUST_AFTER_MS, incident)
        else:
            self._hold_for_storm(standing)

    def announce_storm(self, alert: Alert) -> None:
        """Publish a storm digest: it has its own interval, and no rate limit holds it back."""
        counted = self.limiter(is_drill=alert.is_drill).count(alert, room_needed=False)
        if counted is None:
            raise contended()
        publish(counted, self._ports)

    def _claim_and_publish(
        self,
        standing: Standing,
        decision: Decision,
        write: Callable[[], Alert],
        recovery: Recovery | None,
    ) -> None:
        incident, now = standing.incident, self._ports.now_ms()
        interval = self._interval(incident, now, recovery)
        # There may be more to say than what has recovered.
        due = now + (JUST_AFTER_MS if recovery and standing.due else interval)
        self._ports.queues.follow_up(incident.key, due, now)
        # The follow-up that is under way stays the one that counts until the message is out.
        leased = replace(incident, due=incident.due or due).claimed(now)
        claimed = self._ports.ledger.save(leased)
        if claimed is None:
            self.schedule.leave_to_another(incident)
            return
        alert = self._completed(write(), standing, decision, recovery)
        counted = self._limiter(incident).count(alert)
        if counted is None:  # others took the room meanwhile
            self._hold_for_storm(replace(standing, incident=claimed))
            return
        publish(counted, self._ports)
        self._measure_delay(standing, decision)
        if incident.hold == RATE_LIMIT:
            self._ports.ledger.release([incident.key])
        after = _after_message(claimed, standing, recovery, now)
        self._ports.ledger.save(replace(after, interval=after.interval and interval, due=due))

    def _measure_delay(self, standing: Standing, decision: Decision) -> None:
        """Measure the time from failure to alert; the time of a drill's failure is made up."""
        is_first = decision.outcome is Outcome.FIRST and standing.since
        if is_first and not standing.incident.first.is_drill:
            # The clocks differ a little: no alert comes before its failure.
            delay = max(0, self._ports.now_ms() - standing.since) / SECOND_MS
            self._ports.journal.measure(Metric.SECONDS_TO_ALERT, delay, "Seconds")

    def _hold_for_storm(self, standing: Standing) -> None:
        """Leave an incident to the storm digest, and look at it after that in case none came.

        A critical one is looked at once more when there is room again, if that is earlier.
        """
        incident, now = standing.incident, self._ports.now_ms()
        severity, limiter = standing.tally.severity, self._limiter(incident)
        # The digest may be overdue and retried: who waits for it must not ask all the time.
        storm = max(limiter.storm_due(now, severity), now)
        self._ports.ledger.hold(incident.key, severity, standing.since)
        due = storm + self._options.intervals.interval
        if severity is Severity.CRITICAL and incident.hold != RATE_LIMIT:
            due = min(due, limiter.free_at(incident.first, severity) + JUST_AFTER_MS)
        self.schedule.save_for(due, incident.held_back(RATE_LIMIT))
        self._note(RATE_LIMIT, Metric.ALERTS_HELD, incident)

    def _limiter(self, incident: Incident) -> RateLimiter:
        return self.limiter(is_drill=incident.first.is_drill)

    def _interval(self, incident: Incident, now: int, recovery: Recovery | None) -> int:
        """Return the time until the next digest: twice the last, unless it was quiet for a day."""
        intervals = self._options.intervals
        is_quiet = now >= incident.reported_at + intervals.close_after
        if is_quiet or recovery or incident.interval == 0:
            return intervals.interval
        return min(incident.interval * 2, intervals.longest_interval)

    def _note(self, happened: str, count: Metric, incident: Incident) -> None:
        self._ports.journal.note(happened, count, {"incident": incident.key})

    def _completed(
        self, alert: Alert, standing: Standing, decision: Decision, recovery: Recovery | None
    ) -> Alert:
        """Add why the alert is sent now, and what was not reported before."""
        row = None if recovery else self.lookup.row(standing)
        return replace(
            alert,
            novelty="" if recovery else novelty(standing, row),
            outcome=str(decision.outcome),
            reason=decision.reason if recovery else reason_of(decision, standing, row),
            kept_back=_kept_back(standing, recovery),
            actions=() if recovery else self._action_links(standing),
            unconfirmed=self._snapshot.unconfirmed,
        )

    def _action_links(self, standing: Standing) -> Pairs:
        """Return signed links; without the key the alert goes out without them."""
        key, job = standing.incident.key, rerun.find_linked_job(standing)
        try:
            return self._ports.actions.sign(key, self._ports.now_ms(), job)
        except ServiceError as error:
            problem = {"incident": key, "problem": error.says}
            self._ports.journal.note("no action links", Metric.ACTION_LINKS_MISSING, problem)
            return ()


def _kept_back(standing: Standing, recovery: Recovery | None) -> str:
    """Say what was held back until now: how many failures, since when, why, and what became."""
    told = _told(standing, recovery)
    new = sum(one.role is not Role.PARENT for one in told)
    if not standing.incident.hold or not new:
        return ""
    # The reason quotes a person or a tag.
    why = untrusted.defang(untrusted.one_line(standing.incident.hold))
    success = recovery.success if recovery else None
    over = f"; recovered {units.moment(success.stopped_at)}" if success else ""
    since = units.moment(min(one.at for one in told))
    return f"{new:,} failed since {since}, {why}{over}"


def _told(standing: Standing, recovery: Recovery | None) -> tuple[Member, ...]:
    """Return what a message reports for the first time: of a recovery, what failed before it."""
    if recovery is None or recovery.success is None:
        return standing.due
    first, began = standing.incident.first, recovery.success.started_at
    of_job = (one for one in standing.due if job_of(first, one).key == recovery.key)
    return tuple(one for one in of_job if one.at < began)


def _after_message(
    claimed: Incident, standing: Standing, recovery: Recovery | None, now: int
) -> Incident:
    """Return the incident once a message is out."""
    covered = (*_told(standing, recovery), *(recovery.members if recovery else ()))
    told = {one.job_id for one in (*standing.reported, *covered)}
    after = claimed.after_message([m for m in standing.members if m.job_id in told], now)
    if recovery is None:
        return after
    began = recovery.success.started_at if recovery.success else now
    after = replace(after, recovered={**after.recovered, recovery.key: began})
    if claimed.first.is_unusable:
        after = forgotten(after, now)
    return after if open_jobs(after, standing.reported) else replace(after, interval=0)
