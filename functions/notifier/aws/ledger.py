"""The ledger of incidents, in one DynamoDB table.

| pk | sk | what |
|---|---|---|
| `incident#<key>` | `state` | one incident |
| `incident#<key>` | `job#<job id>` | one failed job, counted there |
| `runs#<key of a job>` | `<began at>#<root>` | one run of that job |
| `job#<root>` | `place` | where that job is counted |
| `job#base#<key>` | `place` | the latest incident of failures whose events are alike |
| `silences` | `all` | every silence |
| `brake` | `alerts`, `drills` | when messages went out, for the rate limit |
| `held`, `held-drills` | `<key>` | an incident on hold for the storm digest |
| `sweep` | `bookmark` | where the last sweep stopped |
| `heartbeat` | `<nonce>` | a heartbeat that is on its way |
| `action` | `<signature>` | a signed link that was used |
| `subscriptions` | `pending` | how many subscriptions are not confirmed |
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import islice

from notifier.aws import items
from notifier.aws.items import Item
from notifier.aws.table import MOST_IN_TRANSACTION, PAUSES_S, Table, wait_to_retry
from notifier.diagnosis.catalogue import Severity
from notifier.incident.counts import Member, Role
from notifier.incident.incident import Incident, Place
from notifier.incident.rate_limit import RateState
from notifier.incident.recovery import Run
from notifier.incident.silence import Silence
from notifier.incident.sweep_position import SweepPosition
from notifier.ports.reporting import LedgerSnapshot

DAY_S = 24 * 3600
MEMBER_DAYS = 60  # nothing is held back for more than 30 days
STATE_DAYS = 400  # "3rd in a row" counts for over a year, and an array counts all its children
MOST_RUNS = 1_000  # that are read of one job
HELD_DAYS = 7
SILENCE_DAYS = 31
POSITION_DAYS = 30  # after this time without a sweep, the next starts anew
# A heartbeat that takes longer proves that failures do, too. HeartbeatAlarm waits for 20 minutes.
HEARTBEAT_S = 15 * 60
PENDING_DAYS = 3  # SNS waits as long for a confirmation
_SILENCES = items.key("silences", "all")
_RATE_STATE, _DRILLS = items.key("brake", "alerts"), items.key("brake", "drills")
_SWEEP_POSITION, _PENDING = items.key("sweep", "bookmark"), items.key("subscriptions", "pending")


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


class IncidentLedger:
    """Stores incidents; see `ports.Ledger`."""

    def __init__(self, table: str, now_ms: Callable[[], int] = _now_ms) -> None:
        self._table, self._now_ms = Table(table, now_ms), now_ms

    def read(self, roots: Collection[str], keys: Collection[str]) -> LedgerSnapshot:
        """Read places, incidents, silences and the rate limit in as few calls as possible."""
        own = (_SILENCES, _RATE_STATE, _DRILLS, _PENDING)
        wanted = [*own, *map(items.place_key, roots), *map(items.state_key, keys)]
        found = {(one["pk"]["S"], one["sk"]["S"]): one for one in self._table.get_many(wanted)}
        places = {root: found.get((items.place_key(root)["pk"]["S"], "place")) for root in roots}
        states = {key: found.get((f"incident#{key}", "state")) for key in keys}
        silences, pending = found.get(("silences", "all")), found.get(("subscriptions", "pending"))
        rate_state, drills = found.get(("brake", "alerts")), found.get(("brake", "drills"))
        return LedgerSnapshot(
            places={root: items.to_place(item) for root, item in places.items() if item},
            incidents={key: items.to_incident(item) for key, item in states.items() if item},
            silences=items.to_silences(silences) if silences else (),
            rate_state=items.to_rate_state(rate_state) if rate_state else RateState(),
            drill_rate_state=(items.to_rate_state(drills) if drills else RateState(is_drill=True)),
            unconfirmed=items.body_of(pending)["pending"] if pending else 0,
        )

    def record(
        self,
        members: Sequence[tuple[Place, Member]],
        places: Mapping[str, Place],
        runs: Sequence[tuple[str, Run]] = (),
    ) -> None:
        """Store members where they belong, by root where that is, and runs by job; idempotent."""
        puts = [
            items.with_body(
                items.member_key(place, one.job_id),
                items.from_member(one),
                # From the time of the failure, so that the same event gives the same item.
                (one.at or self._now_ms()) // 1000 + _days_kept(one) * DAY_S,
            )
            for place, one in members
        ]
        puts += [self._place_item(root, place) for root, place in places.items()]
        expires = self._in_days(STATE_DAYS)
        puts += [
            items.with_body(items.run_key(job, run), items.from_run(run), expires)
            for job, run in runs
        ]
        self._table.put_many(puts)

    def settle(self, places: Mapping[str, Place]) -> dict[str, Place]:
        """Fix where jobs are counted, unless that is fixed already; return where they are."""
        every, settled = list(places.items()), dict[str, Place]()
        for start in range(0, len(every), MOST_IN_TRANSACTION):
            settled |= self._settle_some(dict(every[start : start + MOST_IN_TRANSACTION]))
        return settled

    def members(self, place: Place) -> tuple[Member, ...]:
        """Return every member counted in a place."""
        found = self._table.query(f"incident#{place.key}", items.MEMBER_PREFIX)
        return tuple(items.to_member(item) for item in found)

    def look(self, place: Place) -> tuple[Incident | None, tuple[Member, ...]]:
        """Return the state of an incident, and every member of it as read after that."""
        # In one query, and backwards: "state" comes after the members, and must be read first.
        incident, members = None, list[Member]()
        for one in self._table.query(f"incident#{place.key}", "", newest_first=True):
            if one["sk"]["S"] == items.STATE:
                incident = items.to_incident(one)
            else:
                members.append(items.to_member(one))
        return incident, tuple(members)

    def runs(self, job: str) -> tuple[Run, ...]:
        """Return the newest runs of a job."""
        found = self._table.query(f"runs#{job}", "", newest_first=True)
        return tuple(items.to_run(item) for item in islice(found, MOST_RUNS))

    def save(self, incident: Incident) -> Incident | None:
        """Write it if nobody wrote it since it was read; return what is stored now, or None."""
        version = incident.version + 1
        item = items.with_body(
            items.state_key(incident.key),
            items.from_incident(incident),
            self._in_days(STATE_DAYS),
            version,
        )
        return items.to_incident(item) if self._table.put_if_unchanged(item) else None

    def save_rate_state(self, rate_state: RateState) -> RateState | None:
        """Write it under the same condition."""
        item = items.with_body(
            _DRILLS if rate_state.is_drill else _RATE_STATE,
            items.from_rate_state(rate_state),
            self._in_days(STATE_DAYS),
            rate_state.version + 1,
        )
        return items.to_rate_state(item) if self._table.put_if_unchanged(item) else None

    def hold(self, key: str, severity: Severity, since: int) -> None:
        """Put an incident on the list of the next storm digest; drills have a list of their own."""
        body, expires = {"severity": severity, "since": since}, self._in_days(HELD_DAYS)
        self._table.put_many([items.with_body(items.held_key(key), body, expires)])

    def held(self, *, is_drill: bool = False) -> tuple[str, ...]:
        """Return the keys on that list: the most severe first, then those that waited longest."""
        found = self._table.query(items.held_list(is_drill=is_drill), "")
        return tuple(item["sk"]["S"] for item in sorted(found, key=items.urgency))

    def release(self, keys: Collection[str]) -> None:
        """Take keys off those lists."""
        self._table.delete_many([items.held_key(key) for key in keys])

    def sweep_position(self) -> SweepPosition:
        """Return where the last sweep stopped."""
        found = list(self._table.get_many([_SWEEP_POSITION]))
        return items.to_sweep_position(found[0]) if found else SweepPosition()

    def save_sweep_position(self, sweep_position: SweepPosition) -> None:
        """Store where this sweep stopped; two sweeps never run at once."""
        body, expires = items.from_sweep_position(sweep_position), self._in_days(POSITION_DAYS)
        self._table.put_many([items.with_body(_SWEEP_POSITION, body, expires)])

    def announce_heartbeat(self, nonce: str) -> None:
        """Store the nonce of a heartbeat before it is sent."""
        expires = self._now_ms() // 1000 + HEARTBEAT_S
        self._table.put_many([items.with_body(items.key("heartbeat", nonce), {}, expires)])

    def redeem_heartbeat(self, nonce: str) -> bool:
        """Return whether the sweep announced this nonce minutes ago; it counts once."""
        found = [items.key("heartbeat", nonce)]
        is_known = bool(list(self._table.get_many(found)))
        self._table.delete_many(found if is_known else [])
        return is_known

    def note_unconfirmed(self, pending: int) -> None:
        """Store how many subscriptions are not confirmed, for the next alert."""
        item = items.with_body(_PENDING, {"pending": pending}, self._in_days(PENDING_DAYS))
        self._table.put_many([item])

    def silences(self) -> tuple[tuple[Silence, ...], int]:
        """Return all silences, and the version to save them with."""
        found = list(self._table.get_many([_SILENCES]))
        return (items.to_silences(found[0]), items.version_of(found[0])) if found else ((), 0)

    def save_silences(self, silences: Sequence[Silence], version: int) -> bool:
        """Write all silences that have not ended; False if another writer was faster."""
        live = [items.from_silence(one) for one in silences if one.until > self._now_ms()]
        item = items.with_body(
            _SILENCES, {"silences": live}, self._in_days(SILENCE_DAYS), version + 1
        )
        return self._table.put_if_unchanged(item)

    def redeem_link(self, signature: str, expires: int) -> bool:
        """Use up a signed link that ends then (epoch s); False if it was used before."""
        return self._table.put_all_if_absent([_used_link(signature, expires)])

    def is_link_used(self, signature: str) -> bool:
        """Return whether a link was used."""
        return bool(list(self._table.get_many([items.key("action", signature)])))

    def restore_link(self, signature: str) -> None:
        """Let a link be used again, because nothing was done."""
        self._table.delete_many([items.key("action", signature)])

    def _settle_some(self, left: dict[str, Place]) -> dict[str, Place]:
        known: dict[str, Place] = {}
        for pause in (*PAUSES_S, None):
            if self._table.put_all_if_absent([self._place_item(*one) for one in left.items()]):
                break
            known |= self.read(left, ()).places
            left = {root: place for root, place in left.items() if root not in known}
            if not left:
                break
            wait_to_retry(pause)
        return known | left

    def _place_item(self, root: str, place: Place) -> Item:
        body: dict[str, str | bool] = {"key": place.key}
        body |= {"assumed": True} if place.assumed else {}
        return items.with_body(items.place_key(root), body, self._in_days(STATE_DAYS))

    def _in_days(self, days: int) -> int:
        return self._now_ms() // 1000 + days * DAY_S


def _used_link(signature: str, expires: int) -> Item:
    return items.with_body(items.key("action", signature), {}, expires + DAY_S)


def _days_kept(member: Member) -> int:
    """Return for how long a member is kept: there are at most 10,000 children of an array."""
    is_part = member.index is not None or member.role is Role.PARENT
    return STATE_DAYS if is_part else MEMBER_DAYS
