"""The ledger of incidents, in one DynamoDB table.

| pk | sk | what |
|---|---|---|
| `incident#<key>` | `state` | one incident |
| `incident#<key>` | `job#<episode>#<job id>` | one failed job, counted there |
| `job#<root>` | `place` | where that job is counted |
| `job#base#<key>` | `place` | the latest incident of failures that agree in all their events say |
| `silences` | `all` | every silence |
| `brake` | `alerts` | when messages went out |
| `held` | `<key>` | an incident that waits for the storm digest |
| `sweep` | `bookmark` | where the sweep stopped |
| `subscriptions` | `pending` | how many are not confirmed |
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence

from notifier.aws import items
from notifier.aws.items import Item
from notifier.aws.table import MOST_TOGETHER, PAUSES_S, Table, wait
from notifier.incident.counts import Member
from notifier.incident.incident import Incident, Place
from notifier.incident.rate_limit import RateState
from notifier.incident.silence import Silence
from notifier.incident.sweep_position import SweepPosition
from notifier.ports.reporting import LedgerSnapshot

DAY_S = 24 * 3600
# An episode lasts 14 days at most, and its follow-ups come within hours.
MEMBER_DAYS = 30
STATE_DAYS = 400  # "3rd in a row" is remembered for over a year
HELD_DAYS = 7
SILENCE_DAYS = 31
BOOKMARK_DAYS = 30  # a sweep that stood still for so long begins anew
PENDING_DAYS = 3  # as long as SNS waits for a confirmation
_SILENCES, _BRAKE = items.key("silences", "all"), items.key("brake", "alerts")
_BOOKMARK, _PENDING = items.key("sweep", "bookmark"), items.key("subscriptions", "pending")


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


class IncidentLedger:
    """Remembers incidents; see `ports.Ledger`."""

    def __init__(self, table: str, now_ms: Callable[[], int] = _now_ms) -> None:
        self._table, self._now_ms = Table(table, now_ms), now_ms

    def read(self, roots: Collection[str], keys: Collection[str]) -> LedgerSnapshot:
        """Look up places and incidents, with silences and the brake, in as few calls as can be."""
        own = (_SILENCES, _BRAKE, _PENDING)
        wanted = [*own, *map(items.place_key, roots), *map(items.state_key, keys)]
        found = {(one["pk"]["S"], one["sk"]["S"]): one for one in self._table.get(wanted)}
        places = {root: found.get((f"job#{root}", "place")) for root in roots}
        states = {key: found.get((f"incident#{key}", "state")) for key in keys}
        silences, rate_state = found.get(("silences", "all")), found.get(("brake", "alerts"))
        pending = found.get(("subscriptions", "pending"))
        return LedgerSnapshot(
            places={root: Place(**items.body_of(item)) for root, item in places.items() if item},
            incidents={key: items.to_incident(item) for key, item in states.items() if item},
            silences=items.to_silences(silences) if silences else (),
            rate_state=items.to_rate_state(rate_state) if rate_state else RateState(),
            unconfirmed=items.body_of(pending)["pending"] if pending else 0,
        )

    def record(self, members: Sequence[tuple[Place, Member]], places: Mapping[str, Place]) -> None:
        """Count members where they belong, and remember by root where; twice is as once."""
        puts = [
            items.with_body(
                items.member_key(place, one.job_id),
                items.from_member(one),
                # By the failure's own time, so that the same event always makes the same item.
                (one.at or self._now_ms()) // 1000 + MEMBER_DAYS * DAY_S,
            )
            for place, one in members
        ]
        puts += [self._place_item(root, place) for root, place in places.items()]
        self._table.put(puts)

    def settle(self, places: Mapping[str, Place]) -> dict[str, Place]:
        """Fix where jobs are counted, unless that is fixed already; give where they are."""
        roots, settled = list(places), dict[str, Place]()
        for start in range(0, len(roots), MOST_TOGETHER):
            settled |= self._settled({root: places[root] for root in roots[start:][:MOST_TOGETHER]})
        return settled

    def members(self, place: Place) -> tuple[Member, ...]:
        """Give every member counted in a place."""
        prefix = items.member_prefix(place)
        found = self._table.query(f"incident#{place.key}", prefix)
        return tuple(items.to_member(item, prefix) for item in found)

    def save(self, incident: Incident) -> Incident | None:
        """Write it if nobody wrote it since it was read; give what is kept now, or None."""
        version = incident.version + 1
        item = items.with_body(
            items.state_key(incident.key),
            items.from_incident(incident),
            self._in_days(STATE_DAYS),
            version,
        )
        return items.to_incident(item) if self._table.put_if_unchanged(item) else None

    def save_rate_state(self, rate_state: RateState) -> RateState | None:
        """Write it likewise."""
        item = items.with_body(
            _BRAKE,
            items.from_rate_state(rate_state),
            self._in_days(STATE_DAYS),
            rate_state.version + 1,
        )
        return items.to_rate_state(item) if self._table.put_if_unchanged(item) else None

    def hold(self, key: str) -> None:
        """Put an incident on the list of the next storm digest."""
        item = items.with_body(items.key("held", key), {}, self._in_days(HELD_DAYS))
        self._table.put([item])

    def held(self) -> tuple[str, ...]:
        """Give the keys on that list."""
        return tuple(item["sk"]["S"] for item in self._table.query("held", ""))

    def release(self, keys: Collection[str]) -> None:
        """Take keys off that list."""
        self._table.delete([items.key("held", key) for key in keys])

    def sweep_position(self) -> SweepPosition:
        """Give where the last sweep stopped."""
        found = list(self._table.get([_BOOKMARK]))
        return items.to_sweep_position(found[0]) if found else SweepPosition()

    def save_sweep_position(self, sweep_position: SweepPosition) -> None:
        """Keep where this sweep stopped: no two run at once."""
        body, expires = items.from_sweep_position(sweep_position), self._in_days(BOOKMARK_DAYS)
        self._table.put([items.with_body(_BOOKMARK, body, expires)])

    def note_unconfirmed(self, pending: int) -> None:
        """Keep how many subscriptions are not confirmed, for the next alert."""
        item = items.with_body(_PENDING, {"pending": pending}, self._in_days(PENDING_DAYS))
        self._table.put([item])

    def silences(self) -> tuple[tuple[Silence, ...], int]:
        """Give all silences and the version to save them with."""
        found = list(self._table.get([_SILENCES]))
        return (items.to_silences(found[0]), items.version_of(found[0])) if found else ((), 0)

    def save_silences(self, silences: Sequence[Silence], version: int) -> bool:
        """Write all silences that have not ended; False when somebody else wrote meanwhile."""
        live = [items.from_silence(one) for one in silences if one.until > self._now_ms()]
        item = items.with_body(
            _SILENCES, {"silences": live}, self._in_days(SILENCE_DAYS), version + 1
        )
        return self._table.put_if_unchanged(item)

    def _settled(self, left: dict[str, Place]) -> dict[str, Place]:
        known: dict[str, Place] = {}
        for pause in (*PAUSES_S, None):
            if self._table.put_all_if_absent([self._place_item(*one) for one in left.items()]):
                break
            known |= self.read(left, ()).places
            left = {root: place for root, place in left.items() if root not in known}
            if not left:
                break
            wait(pause)
        return known | left

    def _place_item(self, root: str, place: Place) -> Item:
        body = {"key": place.key, "episode": place.episode}
        body |= {"assumed": True} if place.assumed else {}
        return items.with_body(items.place_key(root), body, self._in_days(MEMBER_DAYS))

    def _in_days(self, days: int) -> int:
        return self._now_ms() // 1000 + days * DAY_S


class DryRunLedger:
    """Remembers nothing, so that every failure is a first: for `sam local invoke`."""

    def read(self, roots: Collection[str], keys: Collection[str]) -> LedgerSnapshot:
        """Find nothing."""
        return LedgerSnapshot()

    def record(self, members: Sequence[tuple[Place, Member]], places: Mapping[str, Place]) -> None:
        """Forget them."""

    def settle(self, places: Mapping[str, Place]) -> Mapping[str, Place]:
        """Agree."""
        return places

    def members(self, place: Place) -> tuple[Member, ...]:
        """Find none."""
        return ()

    def save(self, incident: Incident) -> Incident | None:
        """Agree."""
        return incident

    def save_rate_state(self, rate_state: RateState) -> RateState | None:
        """Agree."""
        return rate_state

    def hold(self, key: str) -> None:
        """Forget it."""

    def held(self) -> tuple[str, ...]:
        """Find none."""
        return ()

    def release(self, keys: Collection[str]) -> None:
        """Forget them."""

    def sweep_position(self) -> SweepPosition:
        """Begin anew."""
        return SweepPosition()

    def save_sweep_position(self, sweep_position: SweepPosition) -> None:
        """Forget it."""

    def note_unconfirmed(self, pending: int) -> None:
        """Forget it."""
