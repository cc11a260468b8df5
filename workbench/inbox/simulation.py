"""The notifier's services in memory, on a simulated clock; the others answer as in a dry run."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from notifier.aws.history import DryRunHistoryLookup
from notifier.aws.jobs import DryRunJobLookup
from notifier.aws.queues import DryRunQueues
from notifier.aws.topic import DryRunTopic
from notifier.batch.failure import LogStream
from notifier.diagnosis.catalogue import Severity
from notifier.incident.counts import Member
from notifier.incident.fingerprint import is_drill_key
from notifier.incident.incident import Incident, Place
from notifier.incident.job import stable_name
from notifier.incident.rate_limit import RateState
from notifier.incident.recovery import Run, Success
from notifier.incident.silence import Silence
from notifier.incident.sweep_position import SweepPosition
from notifier.joblog.excerpt import LogLine, LogRead
from notifier.ports.metrics import FailureLabels, Metric
from notifier.ports.reporting import LedgerSnapshot, Ports
from workbench.recorded_tags import FOLDER, load_tags

REMAINING_MS = 120_000  # a function's deadline is not simulated


@dataclass
class MemoryLedger:
    """The incident table as dictionaries; it refuses outdated writes as well."""

    incidents: dict[str, Incident] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)
    counted: dict[Place, dict[str, Member]] = field(default_factory=dict)
    run: dict[str, dict[tuple[int, str], Run]] = field(default_factory=dict)
    silences: tuple[Silence, ...] = ()
    rate_state: RateState = field(default_factory=RateState)
    drill_rate_state: RateState = field(default_factory=lambda: RateState(is_drill=True))
    waiting: dict[str, tuple[Severity, int]] = field(default_factory=dict)
    nonces: set[str] = field(default_factory=set)
    unconfirmed: int = 0
    marked: SweepPosition = field(default_factory=SweepPosition)

    def read(self, roots: Collection[str], keys: Collection[str]) -> LedgerSnapshot:
        """Return where jobs are counted, and incidents."""
        return LedgerSnapshot(
            {root: self.places[root] for root in roots if root in self.places},
            {key: self.incidents[key] for key in keys if key in self.incidents},
            self.silences,
            self.rate_state,
            self.drill_rate_state,
            self.unconfirmed,
        )

    def record(
        self,
        members: Sequence[tuple[Place, Member]],
        places: Mapping[str, Place],
        runs: Sequence[tuple[str, Run]] = (),
    ) -> None:
        """Count members and runs."""
        self.places |= places
        for place, member in members:
            self.counted.setdefault(place, {})[member.job_id] = member
        for job, run in runs:
            self.run.setdefault(job, {})[run.started_at, run.job_id] = run

    def settle(self, places: Mapping[str, Place]) -> dict[str, Place]:
        """Store where jobs are counted, unless it is stored already; return what is stored."""
        return {root: self.places.setdefault(root, place) for root, place in places.items()}

    def members(self, place: Place) -> tuple[Member, ...]:
        """Return every member counted in a place."""
        return tuple(self.counted.get(place, {}).values())

    def look(self, place: Place) -> tuple[Incident | None, tuple[Member, ...]]:  # noqa: D102
        return self.incidents.get(place.key), self.members(place)

    def runs(self, job: str) -> tuple[Run, ...]:  # noqa: D102
        return tuple(self.run.get(job, {}).values())

    def save(self, incident: Incident) -> Incident | None:
        """Save it if it is based on the stored version."""
        kept = self.incidents.get(incident.key)
        if incident.version != (kept.version if kept else 0):
            return None
        saved = self.incidents[incident.key] = replace(incident, version=incident.version + 1)
        return saved

    def save_rate_state(self, rate_state: RateState) -> RateState | None:
        """Save it if it is based on the stored version."""
        name = "drill_rate_state" if rate_state.is_drill else "rate_state"
        if rate_state.version != getattr(self, name).version:
            return None
        saved = replace(rate_state, version=rate_state.version + 1)
        setattr(self, name, saved)
        return saved

    def hold(self, key: str, severity: Severity, since: int) -> None:
        """Put an incident on the list of the storm digest."""
        self.waiting[key] = severity, since

    def held(self, *, is_drill: bool = False) -> tuple[str, ...]:
        """Return the list of the storm digest, the most urgent first."""
        held = [(-s.rank, since, key) for key, (s, since) in self.waiting.items()]
        return tuple(key for _, _, key in sorted(held) if is_drill_key(key) is is_drill)

    def release(self, keys: Collection[str]) -> None:
        """Remove keys from that list."""
        for key in keys:
            self.waiting.pop(key, None)

    def sweep_position(self) -> SweepPosition:  # noqa: D102
        return self.marked

    def save_sweep_position(self, sweep_position: SweepPosition) -> None:
        """Save where the sweep stopped."""
        self.marked = sweep_position

    def announce_heartbeat(self, nonce: str) -> None:
        """Save a nonce."""
        self.nonces.add(nonce)

    def redeem_heartbeat(self, nonce: str) -> bool:
        """Take a nonce off; its age is not simulated."""
        is_known = nonce in self.nonces
        self.nonces.discard(nonce)
        return is_known

    def note_unconfirmed(self, pending: int) -> None:  # noqa: D102
        self.unconfirmed = pending


@dataclass(order=True)
class QueuedMessage:
    """A message that becomes visible `at` a time, in epoch milliseconds."""

    at: int
    number: int
    body: str
    due: int = 0  # of a follow-up: its `body` is the key of the incident
    waits: int = 0  # how often an event was sent back


@dataclass
class MemoryQueues(DryRunQueues):
    """Both queues as one heap; `now` is the clock."""

    now: int
    messages: list[QueuedMessage] = field(default_factory=list)
    _numbers: itertools.count[int] = field(default_factory=itertools.count)

    def follow_up(self, key: str, due: int, now: int) -> None:
        """Queue a follow-up."""
        self.put(key, max(due, now), due=due)

    def wait(self, body: str, waits: int, delay_s: int) -> None:
        """Queue an event with a delay."""
        self.put(body, self.now + delay_s * 1_000, waits=waits)

    def put(self, body: str, at: int, *, due: int = 0, waits: int = 0) -> None:
        """Queue any message."""
        heapq.heappush(self.messages, QueuedMessage(at, next(self._numbers), body, due, waits))


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
class MemoryJobs(DryRunJobLookup):
    """Successful jobs, each found once it has ended on the clock of `queues`."""

    queues: MemoryQueues
    succeeded: list[Success] = field(default_factory=list)

    def secrets(self, job_ids: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """Return none of each: the events are samples."""
        return dict.fromkeys(job_ids, ())

    def successes(
        self, queue_arn: str, definition: str, names: Sequence[str], since: int
    ) -> tuple[Success, ...]:
        """Find successes."""
        now, wanted = self.queues.now, {*map(stable_name, names)}
        later = [o for o in self.succeeded if since < o.started_at and o.stopped_at <= now]
        return tuple(one for one in later if stable_name(one.name) in wanted)


class SilentJournal:
    """A journal that records nothing."""

    def note(self, happened: str, count: Metric, facts: Mapping[str, str]) -> None:
        """Do nothing."""

    def measure(self, metric: Metric, value: float, unit: str) -> None:
        """Do nothing."""

    def failed(self, kin: FailureLabels, count: int) -> None:
        """Do nothing."""


class Simulation:
    """All services of the notifier.

    Parameters
    ----------
    now
        The start time, in epoch milliseconds.
    """

    def __init__(self, now: int) -> None:
        self.queues = MemoryQueues(now)
        self.ledger = MemoryLedger()
        self.logs = MemoryLogs()
        self.jobs = MemoryJobs(self.queues)
        self.topic = DryRunTopic()
        self.labels = load_tags(sorted(FOLDER.glob("*.json")))

    def ports(self) -> Ports:
        """Return the ports of one invocation."""
        return Ports(
            logs=self.logs,
            topic=self.topic,
            journal=SilentJournal(),
            ledger=self.ledger,
            queues=self.queues,
            jobs=self.jobs,
            history=DryRunHistoryLookup(),
            labels=self.labels,
            remaining_ms=lambda: REMAINING_MS,
            pause=self._pause,
            now_ms=lambda: self.queues.now,
        )

    def _pause(self, seconds: float) -> None:
        self.queues.now += round(seconds * 1_000)
