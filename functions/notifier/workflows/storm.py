"""The storm digest: one message about everything that the rate limit holds back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from notifier.alert import storm_digest
from notifier.incident.counts import Tally, fold
from notifier.incident.decision import Standing
from notifier.incident.incident import LEASE_MS
from notifier.incident.rate_limit import RateState
from notifier.ports.metrics import Metric
from notifier.ports.reporting import DRILL_STORM, Options, Ports
from notifier.workflows.announcer import RATE_LIMIT, Announcer

MOST_NAMED = 200  # incidents in one digest; the others are counted, and named in the next


def send_storm_digest(key: str, due: int, ports: Ports, options: Options) -> bool:
    """Report what the rate limit held back; False when it must be tried again.

    `key` is STORM or DRILL_STORM; `due` (epoch ms) names the digest: another one may have replaced
    it.
    """
    now, snapshot = ports.now_ms(), ports.ledger.read((), ())
    is_drill = key == DRILL_STORM
    rate_state = snapshot.drill_rate_state if is_drill else snapshot.rate_state
    if rate_state.storm_due != due:
        ports.journal.note(
            "replaced by another follow-up", Metric.FOLLOW_UPS_REPLACED, {"incident": key}
        )
        return True
    announcer = Announcer(ports, options, snapshot)
    limiter = announcer.limiter(is_drill=is_drill)

    def lease(state: RateState) -> RateState:
        return replace(state, storm_lease=now + LEASE_MS)

    if now < rate_state.storm_lease or not limiter.change(lease):
        return False
    keys = ports.ledger.held(is_drill=is_drill)
    named, more = keys[:MOST_NAMED], len(keys[MOST_NAMED:])
    _publish(named, more, announcer, ports, options)
    ports.ledger.release(named)
    following = now + options.intervals.interval if more else 0
    if following:
        ports.queues.follow_up(key, following, now)
    limiter.change(lambda state: replace(state.storm_at(following), storm_sent=now))
    return True


def _publish(
    named: Sequence[str], more: int, announcer: Announcer, ports: Ports, options: Options
) -> None:
    now, held = ports.now_ms(), _held(named, announcer, ports)
    if held:
        entries = [(each.incident, _news(each)) for each in held]
        since = min(each.since for each in held)
        announcer.announce_storm(storm_digest.compose_storm(entries, more, since))
    for each in held:
        reported = (*each.reported, *each.due)
        ports.ledger.save(each.incident.after_message(reported, now))


def _news(standing: Standing) -> Tally:
    """Count what is on hold: of an array's end, the failures that were not reported before."""
    new = fold(standing.due)
    reported = fold(standing.reported).failed
    if new.parent is None or not reported:
        return new
    unheard = (new.parent.failed or 0) - reported
    if not new.counted and unheard <= 0:  # every failure was reported, but not the array's end
        return standing.tally
    return replace(new, parent=replace(new.parent, failed=unheard))


def _held(keys: Sequence[str], announcer: Announcer, ports: Ports) -> list[Standing]:
    """Return the incidents on the list that are still on hold, with what of them is due."""
    known = ports.ledger.read((), keys).incidents
    waiting = [known[key] for key in keys if key in known and known[key].hold == RATE_LIMIT]
    standings = [announcer.review(each, ports.ledger.members(each.place)) for each in waiting]
    return [each for each in standings if each.due]
