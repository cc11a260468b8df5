"""The story of a follow-up: has it grown, has it recovered, or is it over? And the storm digest."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from notifier.alert import digest, log_samples, storm_digest
from notifier.alert.alert import Alert
from notifier.batch.failure import Kind
from notifier.diagnosis.diagnose import Severity
from notifier.incident.counts import Tally, fold
from notifier.incident.fingerprint import FAMILIES, job_of
from notifier.incident.incident import LEASE_MS, Decision, Incident, Outcome, Phase, decide
from notifier.incident.recovery import cleared, recovery
from notifier.ports.metrics import Metric
from notifier.ports.reporting import STORM, Options, Ports
from notifier.ports.service_error import ServiceError, where
from notifier.workflows.announcer import RATE_LIMIT, Announcer, PublishError
from notifier.workflows.job_evidence import read_log

# A digest costs at most three log reads (two without an answer, 22 s, and then none), a look at
# Batch (10 s), a publish (21 s) and some writes; with less time left it waits for its next turn.
RESERVE_MS = 70_000
EARLY_MS = 2_000  # clocks differ: a message that comes so little before its time is on time
MOST_NAMED = 200  # incidents in one storm digest; the others are counted, and named in the next
MOST_LOOKED_AT = 100  # stuck jobs: what DescribeJobs takes
_RECOVERING = FAMILIES | {Kind.JOB}  # what ListJobs can find


@dataclass(frozen=True, slots=True)
class FollowUp:
    """One follow-up as it was delivered: `body` is `{"incident": key, "due": epoch ms}`."""

    message_id: str
    body: str


def run(turns: Sequence[FollowUp], ports: Ports, options: Options) -> tuple[str, ...]:
    """Look after incidents whose time has come.

    Parameters
    ----------
    turns
        Follow-ups; those not due yet are sent on, those that another has replaced are dropped.
    ports
        The world.
    choices
        What an operator chose.

    Returns
    -------
    tuple[str, ...]
        Ids of the messages that must be delivered again.
    """
    return tuple(turn.message_id for turn in turns if not _finished(turn, ports, options))


def _finished(turn: FollowUp, ports: Ports, options: Options) -> bool:
    """Look after one incident; False when it must be delivered again."""
    if ports.remaining_ms() < RESERVE_MS:
        ports.journal.note("out of time, left for the next delivery", Metric.OUT_OF_TIME, {})
        return False
    try:
        return _looked_after(turn, ports, options)
    except PublishError:  # noted there
        return False
    except ServiceError as error:
        ports.journal.note("not followed up", Metric.FOLLOW_UPS_RETRIED, {"problem": error.says})
        return False
    except Exception as error:  # noqa: BLE001  # what breaks on one incident must not hold the rest
        ports.journal.note("crashed", Metric.CRASHED, {"problem": where(error)})
        return False


def _looked_after(turn: FollowUp, ports: Ports, options: Options) -> bool:
    asked: dict[str, Any] = json.loads(turn.body)
    key, due, now = asked["incident"], asked["due"], ports.now_ms()
    if now < due - EARLY_MS:
        ports.queues.follow_up(key, due, now)
        return True
    if key == STORM:
        return _storm(due, ports, options)
    seen = ports.ledger.read((), [key])
    incident = seen.incidents.get(key)
    if incident is None or incident.due != due:
        ports.journal.note(
            "replaced by another follow-up", Metric.FOLLOW_UPS_REPLACED, {"incident": key}
        )
        return True
    if now < incident.lease_until:
        return False
    _follow(incident, max(now, due), Announcer(ports, options, seen), ports, options)
    return True


def _follow(incident: Incident, now: int, desk: Announcer, ports: Ports, options: Options) -> None:
    ports.journal.measure(Metric.FOLLOW_UPS, 1, "Count")
    tally = fold(ports.ledger.members(incident.place))
    again = _recovery(incident, tally, ports)
    decision = decide(incident, now, options.intervals, tally, again, following_up=True)
    if decision.speaks:
        write = partial(_alert, incident, decision, tally, ports, options)
        desk.tell(incident, decision, tally, write)
        return
    ports.journal.note(decision.reason, Metric.FOLLOW_UPS_QUIET, {"incident": incident.key})
    if incident.phase is not Phase.OPEN:
        ports.ledger.save(replace(incident, due=0))
    elif decision.outcome in (Outcome.CLOSED, Outcome.RECOVERED):
        ended = Phase.CLOSED if decision.outcome is Outcome.CLOSED else Phase.RECOVERED
        desk.look_again(incident.finished(ended, tally, now))
    else:
        desk.look_again(incident)


def _recovery(incident: Incident, tally: Tally, ports: Ports) -> str:
    """Say how the failed jobs have recovered; what nobody silenced is told of first."""
    first = incident.first
    # What a drill says of itself is not to be looked for.
    is_swept = first.is_seen and not first.is_drill
    is_untold = incident.reported_at == 0 and incident.held_reason in ("", RATE_LIMIT)
    if incident.phase is not Phase.OPEN or not (is_swept or first.kind in _RECOVERING) or is_untold:
        return ""
    try:
        return _cleared(incident, tally, ports) if is_swept else _succeeded(incident, tally, ports)
    except ServiceError as error:
        ports.journal.note("recovery unknown", Metric.RECOVERY_UNKNOWN, {"problem": error.says})
        return ""


def _cleared(incident: Incident, tally: Tally, ports: Ports) -> str:
    """Say how long it took until what the sweep saw was seen no more."""
    first = incident.first
    if first.kind is Kind.ENVIRONMENT:
        is_over = ports.jobs.is_usable(first.job_id)
    else:
        # The newest: those before them in the queue began before them, as a rule.
        newest = [job_of(one.job_id) for one in tally.failures]
        is_over = not ports.jobs.waiting(newest[-MOST_LOOKED_AT:])
    return cleared(tally, ports.now_ms()) if is_over else ""


def _succeeded(incident: Incident, tally: Tally, ports: Ports) -> str:
    first = incident.first
    names = [first.job_name] if first.kind in FAMILIES else tally.names
    found = ports.jobs.successes(first.queue_arn, first.definition_name, names, tally.first_at)
    return recovery(incident, tally, found)


def _alert(
    incident: Incident, decision: Decision, tally: Tally, ports: Ports, options: Options
) -> Alert:
    if decision.outcome is Outcome.RECOVERED:
        return digest.compose_recovery(incident, tally, decision.reason)
    wanted = log_samples.choose_logs(tally) if options.log_lines else ()
    reads = [(one, read_log(one.log, ports)) for one in wanted if one.log]
    return digest.compose_digest(incident, tally, reads, options.log_lines)


def _storm(due: int, ports: Ports, options: Options) -> bool:
    """Tell of what the rate limit held back, in one message."""
    now, seen = ports.now_ms(), ports.ledger.read((), ())
    if seen.rate_state.storm_due != due:
        ports.journal.note(
            "replaced by another follow-up", Metric.FOLLOW_UPS_REPLACED, {"incident": STORM}
        )
        return True
    desk = Announcer(ports, options, seen)
    if now < seen.rate_state.storm_lease or not desk.rate_limit.change(
        lambda rate_state: replace(rate_state, storm_lease=now + LEASE_MS)
    ):
        return False
    keys = ports.ledger.held()
    named, more = keys[:MOST_NAMED], len(keys[MOST_NAMED:])
    entries = _held(named, desk, ports)
    shown = [each for each in entries if _is_told(each[0], options.minimum)]
    if shown:
        since = min(incident.held_since for incident, _ in shown)
        desk.tell_storm(storm_digest.compose_storm(shown, more, since))
    for incident, tally in entries:
        ports.ledger.save(incident.told(Outcome.GREW, tally, now, incident.due))
    ports.ledger.release(named)
    following = now + options.intervals.interval if more else 0
    if following:
        ports.queues.follow_up(STORM, following, now)
    desk.rate_limit.change(lambda rate_state: rate_state.storm_at(following))
    return True


def _held(keys: Sequence[str], desk: Announcer, ports: Ports) -> list[tuple[Incident, Tally]]:
    """Give what still waits to be told among the incidents on the list."""
    known = ports.ledger.read((), keys).incidents
    waiting = [known[key] for key in keys if key in known and known[key].held_reason == RATE_LIMIT]
    counted = [(each, fold(ports.ledger.members(each.place))) for each in waiting]
    return [each for each in counted if not desk.kept_back(*each)]


def _is_told(incident: Incident, minimum: Severity) -> bool:
    always = incident.first.is_drill or incident.first.kind is Kind.UNREADABLE
    return always or incident.severity >= minimum
