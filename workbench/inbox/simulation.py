"""The notifier's world in memory, on a clock that is set by hand.

What the stories ask for beyond this is answered as in a dry run.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from notifier.aws.history import DryRunHistory
from notifier.aws.jobs import DryRunJobs
from notifier.aws.queues import DryRunQueues
from notifier.aws.topic import DryRunTopic
from notifier.batch.failure import LogStream
from notifier.incident.counts import Member
from notifier.incident.incident import Incident, Place
from notifier.incident.rate_limit import RateState
from notifier.incident.recovery import Success
from notifier.incident.silence import Silence
from notifier.incident.sweep_position import SweepPosition
from notifier.joblog.excerpt import LogLine, LogRead
from notifier.ports.metrics import FailureLabels, Metric
from notifier.ports.reporting import LedgerSnapshot, Ports

PLENTY_MS = 120_000  # a function's time is not what is rehearsed


@dataclass
class MemoryLedger:
    """The incident table as dictionaries; a write that comes too late is refused here as well."""

    incidents: dict[str, Incident] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)
    counted: dict[Place, dict[str, Member]] = field(default_factory=dict)
    silences: tuple[Silence, ...] = ()
    rate_state: RateState = field(default_factory=RateState)
    waiting: set[str] = field(default_factory=set)
    unconfirmed: int = 0
    marked: SweepPosition = field(default_factory=SweepPosition)

    def read(self, roots: Collection[str], keys: Collection[str]) -> LedgerSnapshot:
        """Look up where jobs are counted, and incidents."""
        return LedgerSnapshot(
            {root: self.places[root] for root in roots if root in self.places},
            {key: self.incidents[key] for key in keys if key in self.incidents},
            self.silences,
            self.rate_state,
            self.unconfirmed,
        )

    def record(self, members: Sequence[tuple[Place, Member]], places: Mapping[str, Place]) -> None:
        """Count members."""
        for place, member in members:
            self.counted.setdefault(place, {})[member.job_id] = member
        self.places.update(places)

    def settle(self, places: Mapping[str, Place]) -> dict[str, Place]:
        """Remember where jobs are counted, unless somebody has already; give what is so."""
        return {root: self.places.setdefault(root, place) for root, place in places.items()}

    def members(self, place: Place) -> tuple[Member, ...]:
        """Give every member counted in a place."""
        return tuple(self.counted.get(place, {}).values())

    def save(self, incident: Incident) -> Incident | None:
        """Keep it if it is based on what is kept."""
        kept = self.incidents.get(incident.key)
        if incident.version != (kept.version if kept else 0):
            return None
        saved = self.incidents[incident.key] = replace(incident, version=incident.version + 1)
        return saved

    def save_rate_state(self, rate_state: RateState) -> RateState | None:
        """Keep it likewise."""
        if rate_state.version != self.rate_state.version:
            return None
        self.rate_state = replace(rate_state, version=rate_state.version + 1)
        return self.rate_state

    def hold(self, key: str) -> None:
        """Put an incident on the list of the storm digest."""
        self.waiting.add(key)

    def held(self) -> tuple[str, ...]:
        """Give that list."""
        return tuple(sorted(self.waiting))

    def release(self, keys: Collection[str]) -> None:
        """Take keys off it."""
        self.waiting -= set(keys)

    def sweep_position(self) -> SweepPosition:
        """Give where the sweep stopped."""
        return self.marked

    def save_sweep_position(self, sweep_position: SweepPosition) -> None:
        """Keep where it stopped."""
        self.marked = sweep_position

    def note_unconfirmed(self, pending: int) -> None:
        """Keep how many subscriptions are not confirmed."""
        self.unconfirmed = pending


@dataclass(order=True)
class Later:
    """What comes when its time has come."""

    at: int
    number: int
    body: str
    due: int = 0
    """Of a follow-up: when it is due. `body` is the incident's key then."""
    waits: int = 0
    """Of an event: how often it was sent back."""


@dataclass
class MemoryQueues(DryRunQueues):
    """Both queues as one heap; `now` is the clock."""

    now: int
    later: list[Later] = field(default_factory=list)
    _numbers: itertools.count[int] = field(default_factory=itertools.count)

    def follow_up(self, key: str, due: int, now: int) -> None:
        """Keep it until it is due."""
        self.put(key, max(due, now), due=due)

    def wait(self, body: str, waits: int, delay_s: int) -> None:
        """Keep it for so long."""
        self.put(body, self.now + delay_s * 1_000, waits=waits)

    def put(self, body: str, at: int, *, due: int = 0, waits: int = 0) -> None:
        """Keep anything."""
        heapq.heappush(self.later, Later(at, next(self._numbers), body, due, waits))


@dataclass
class MemoryLogs:
    """Log streams by name."""

    streams: dict[str, tuple[LogLine, ...]] = field(default_factory=dict)

    def read(self, stream: LogStream) -> LogRead:
        """Read a stream."""
        lines = self.streams.get(stream.stream, ())
        missing = "" if lines else "log group or stream does not exist"
        return LogRead(lines, complete=True, unavailable=missing)


@dataclass
class MemoryJobs(DryRunJobs):
    """Jobs that succeed, each found once that has happened on the clock of `queues`."""

    queues: MemoryQueues
    succeeded: list[Success] = field(default_factory=list)

    def successes(
        self, queue_arn: str, definition: str, names: Sequence[str], since: int
    ) -> tuple[Success, ...]:
        """Find those with one of these names."""
        ended = [one for one in self.succeeded if one.stopped_at <= self.queues.now]
        return tuple(one for one in ended if one.started_at > since and one.name in names)


class Quiet:
    """A journal that nobody reads: what is rehearsed shows itself in messages."""

    def note(self, happened: str, count: Metric, facts: Mapping[str, str]) -> None:
        """Forget it."""

    def measure(self, metric: Metric, value: float, unit: str) -> None:
        """Forget it."""

    def failed(self, kin: FailureLabels, count: int) -> None:
        """Forget it."""


class World:
    """Everything that the stories touch.

    Parameters
    ----------
    now
        The time at which it begins, in epoch milliseconds.
    """

    def __init__(self, now: int) -> None:
        self.queues = MemoryQueues(now)
        self.ledger = MemoryLedger()
        self.logs = MemoryLogs()
        self.jobs = MemoryJobs(self.queues)
        self.topic = DryRunTopic()

    def ports(self) -> Ports:
        """Give what one invocation is run with."""
        return Ports(
            logs=self.logs,
            topic=self.topic,
            journal=Quiet(),
            ledger=self.ledger,
            queues=self.queues,
            jobs=self.jobs,
            history=DryRunHistory(),
            remaining_ms=lambda: PLENTY_MS,
            pause=self._pause,
            now_ms=lambda: self.queues.now,
        )

    def _pause(self, seconds: float) -> None:
        self.queues.now += round(seconds * 1_000)
