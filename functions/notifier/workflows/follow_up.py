"""The story of one follow-up: the incident has grown, has recovered, is over, or is quiet."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from notifier.alert import digest, log_samples
from notifier.alert.alert import Alert
from notifier.alert.several import recovered
from notifier.incident.counts import Member
from notifier.incident.decision import Decision, Standing, decide
from notifier.incident.incident import Incident, Outcome, Place
from notifier.incident.recovery import Recovery, Row, took
from notifier.joblog.excerpt import LogRead
from notifier.ports.metrics import Metric
from notifier.ports.reporting import DRILL_STORM, STORM, Options, Ports
from notifier.ports.service_error import ServiceError, where
from notifier.text import untrusted
from notifier.workflows.announcer import Announcer
from notifier.workflows.log_reader import read_samples, with_or_without_log
from notifier.workflows.publishing import PublishError
from notifier.workflows.storm import send_storm_digest

# A digest costs at most three log reads (two without an answer, 22 s, and then none), a look at
# Batch (10 s), a publish (21 s) and some writes; with less time left it is delivered again.
RESERVE_MS = 70_000
EARLY_MS = 2_000  # clocks differ: a message that comes so little before its time is on time


@dataclass(frozen=True, slots=True)
class FollowUp:
    """One follow-up as it was delivered: `body` is `{"incident": key, "due": epoch ms}`."""

    message_id: str
    body: str


def run(follow_ups: Sequence[FollowUp], ports: Ports, options: Options) -> tuple[str, ...]:
    """Follow up the incidents that are due.

    Parameters
    ----------
    follow_ups
        Those that are not due yet are delayed again, those that another has replaced are dropped.
    ports
        The world.
    options
        What an operator chose.

    Returns
    -------
    tuple[str, ...]
        Ids of the messages that must be delivered again.
    """
    return tuple(one.message_id for one in follow_ups if not _is_done(one, ports, options))


def _is_done(follow_up: FollowUp, ports: Ports, options: Options) -> bool:
    """Follow up one incident; False when it must be delivered again."""
    if ports.remaining_ms() < RESERVE_MS:
        ports.journal.note("out of time, left for the next delivery", Metric.OUT_OF_TIME, {})
        return False
    try:
        return _follow_up(follow_up, ports, options)
    except PublishError:  # noted there
        return False
    except ServiceError as error:
        ports.journal.note("not followed up", Metric.FOLLOW_UPS_RETRIED, {"problem": error.says})
        return False
    except Exception as error:  # noqa: BLE001  # one incident must not hold back the others
        ports.journal.note("crashed", Metric.CRASHED, {"problem": where(error)})
        return False


def _follow_up(follow_up: FollowUp, ports: Ports, options: Options) -> bool:
    request: dict[str, Any] = json.loads(follow_up.body)
    key, due, now = request["incident"], request["due"], ports.now_ms()
    if now < due - EARLY_MS:
        ports.queues.follow_up(key, due, now)
        return True
    if key in (STORM, DRILL_STORM):
        return send_storm_digest(key, due, ports, options)
    incident, members = ports.ledger.look(Place(key))
    if incident is None or incident.due != due:
        ports.journal.note(
            "replaced by another follow-up", Metric.FOLLOW_UPS_REPLACED, {"incident": key}
        )
        return True
    if now < incident.lease_until:
        return False
    _decide(incident, members, max(now, due), ports, options)
    return True


def _decide(
    incident: Incident, members: Sequence[Member], now: int, ports: Ports, options: Options
) -> None:
    ports.journal.measure(Metric.FOLLOW_UPS, 1, "Count")
    announcer = Announcer(ports, options)
    standing = announcer.review(incident, members)
    later = announcer.lookup.later(standing)
    if later.incident != incident:
        standing = announcer.review(later.incident, members)
    if later.recovery:
        _tell_recovery(later.recovery, standing, announcer, ports)
        return
    decision = decide(later.incident, now, standing, following_up=True)
    if decision.speaks:
        announcer.announce(standing, decision, partial(_alert, standing, ports, options))
        return
    ports.journal.note(decision.reason, Metric.FOLLOW_UPS_QUIET, {"incident": incident.key})
    announcer.schedule.wait(standing)


def _tell_recovery(
    recovery: Recovery, standing: Standing, announcer: Announcer, ports: Ports
) -> None:
    success, row, incident = recovery.success, None, standing.incident
    if success:
        row = announcer.lookup.row_of_job(recovery.job, success.started_at)
    reason = took(recovery, row or Row(), ports.now_ms())
    closes = announcer.lookup.others_closed(recovery, incident)

    def write() -> Alert:
        alert = recovered.compose_recovery(incident, recovery, standing.tally, reason)
        return replace(alert, closes=closes)

    announcer.announce(standing, Decision(Outcome.RECOVERED, reason, speaks=True), write, recovery)


def _alert(standing: Standing, ports: Ports, options: Options) -> Alert:
    tally = standing.tally
    wanted = log_samples.choose_logs(tally) if options.log_lines else ()
    incident = standing.incident

    def write() -> Alert:
        reads = read_samples(wanted, ports)
        return digest.compose_digest(incident, tally, reads, options.log_lines, standing.due)

    def write_without(problem: str) -> Alert:
        reads = [(one, LogRead(unavailable=problem)) for one in wanted]
        return digest.compose_digest(incident, tally, reads, options.log_lines, standing.due)

    try:
        return with_or_without_log(write, write_without, ports.journal)
    finally:
        untrusted.forget_secrets()
