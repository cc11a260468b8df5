"""What reporting needs of the world, and what an operator chose."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from notifier.alert.facts import Pairs
from notifier.alert.history import RunHistory
from notifier.batch.failure import Failure, LogStream
from notifier.batch.labels.labels import Labels
from notifier.batch.labels.scope import Scope
from notifier.channels.message import Message
from notifier.diagnosis.diagnose import Severity
from notifier.incident.counts import Member
from notifier.incident.fingerprint import GROUP_BY
from notifier.incident.incident import Incident, Intervals, Place
from notifier.incident.rate_limit import Limits, OutageLimit, RateState
from notifier.incident.recovery import Run, Success
from notifier.incident.silence import Silence
from notifier.joblog.excerpt import LogRead
from notifier.ports.at_once import AtOnce, in_turn
from notifier.ports.metrics import FailureLabels, Metric

# They stand for a storm digest where a follow-up names an incident.
STORM, DRILL_STORM = "storm", "drill-storm"


@dataclass(frozen=True, slots=True)
class Options:
    """What an operator chose."""

    log_lines: int = 25
    minimum: Severity = Severity.INFO
    group_by: tuple[str, ...] = GROUP_BY
    intervals: Intervals = field(default_factory=Intervals)
    limits: Limits = field(default_factory=Limits)
    filter_labels: tuple[str, ...] = ()
    scope: Scope = field(default_factory=Scope)


@dataclass(frozen=True, slots=True)
class LedgerSnapshot:
    """What one read of the ledger returned; what it does not hold is absent."""

    places: Mapping[str, Place] = field(default_factory=dict)
    incidents: Mapping[str, Incident] = field(default_factory=dict)
    silences: tuple[Silence, ...] = ()
    rate_state: RateState = field(default_factory=RateState)
    drill_rate_state: RateState = field(default_factory=lambda: RateState(is_drill=True))
    unconfirmed: int = 0  # subscriptions to the topic, as the sweep last counted them


class JobLogs(Protocol):
    """Reads the newest lines of a log stream; the result says what could not be read."""

    def read(self, stream: LogStream) -> LogRead:
        """Read a stream."""
        ...


class Topic(Protocol):
    """Publishes one message."""

    def publish(self, message: Message) -> str:
        """Publish and give the message id; raises `ServiceError`."""
        ...


class Journal(Protocol):
    """Writes what happened: lines in the function's log, numbers in its metrics."""

    def note(self, happened: str, count: Metric, facts: Mapping[str, str]) -> None:
        """Write one line with its facts, and count it."""
        ...

    def measure(self, metric: Metric, value: float, unit: str) -> None:
        """Write a number of which no line is written; `unit` in CloudWatch's words."""
        ...

    def failed(self, labels: FailureLabels, count: int) -> None:
        """Write how many failures with these labels were handled."""
        ...


class Ledger(Protocol):
    """Stores incidents. Every read sees every write before it; all raise `ServiceError`."""

    def read(self, roots: Collection[str], keys: Collection[str]) -> LedgerSnapshot:
        """Look up where jobs are counted (by the root of their id), and incidents by key.

        Silences and the state of the rate limit come with every read.
        """
        ...

    def record(
        self,
        members: Sequence[tuple[Place, Member]],
        places: Mapping[str, Place],
        runs: Sequence[tuple[str, Run]] = (),
    ) -> None:
        """Store members where they belong, by root where that is, and runs by job; idempotent."""
        ...

    def settle(self, places: Mapping[str, Place]) -> Mapping[str, Place]:
        """Fix where jobs are counted, by root, unless that is fixed; return where they are.

        Where an event does not decide that, one of rival invocations decides for all.
        """
        ...

    def members(self, place: Place) -> tuple[Member, ...]:
        """Return every member counted in a place."""

    def look(self, place: Place) -> tuple[Incident | None, tuple[Member, ...]]:
        """Return the state of an incident, and every member of it as read after that."""

    def runs(self, job: str) -> tuple[Run, ...]:
        """Return the newest runs of a job, by its key, in any order; parts of one as several."""
        ...

    def save(self, incident: Incident) -> Incident | None:
        """Write it if nobody wrote it since it was read; return what is stored now, or None."""
        ...

    def save_rate_state(self, rate_state: RateState) -> RateState | None:
        """Write it under the same condition."""
        ...

    def redeem_heartbeat(self, nonce: str) -> bool:
        """Return whether the sweep announced this nonce minutes ago; it counts once."""
        ...

    def hold(self, key: str, severity: Severity, since: int) -> None:
        """Put an incident on the list of the next storm digest; drills have a list of their own."""
        ...

    def held(self, *, is_drill: bool = False) -> tuple[str, ...]:
        """Return the keys on that list: the most severe first, then those that waited longest."""
        ...

    def release(self, keys: Collection[str]) -> None:
        """Take keys off those lists."""
        ...


class Queues(Protocol):
    """Delivers later; both raise `ServiceError`."""

    def follow_up(self, key: str, due: int, now: int) -> None:
        """Have an incident (or a storm digest) followed up at `due`, or a hop nearer to it."""
        ...

    def wait(self, body: str, waits: int, delay_s: int) -> None:
        """Deliver an event again after `delay_s` seconds, as waiting for the `waits`th time."""
        ...


class Jobs(Protocol):
    """Looks up what became of jobs."""

    def successes(
        self, queue_arn: str, definition: str, names: Sequence[str], since: int
    ) -> tuple[Success, ...]:
        """List jobs that began after `since` (epoch ms) and succeeded; raises `ServiceError`.

        `definition` is a name without revision; where there is one name, only that is asked for.
        """
        ...

    def waiting(self, job_ids: Sequence[str]) -> frozenset[str]:
        """Return those of up to 100 jobs that have not begun to run; raises `ServiceError`."""
        ...

    def waiting_services(self, job_ids: Sequence[str]) -> frozenset[str]:
        """Return those service jobs that have not begun; each takes a call."""
        ...

    def secrets(self, job_ids: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
        """Return the secret values in the settings of up to 100 jobs, by id; nothing is stored.

        A job that AWS Batch does not know any more is left out. Raises `ServiceError`.
        """
        ...

    def is_usable(self, arn: str) -> bool:
        """Return whether a queue or compute environment is VALID and ENABLED, or gone.

        Raises `ServiceError`.
        """
        ...


class History(Protocol):
    """Looks up the runs before a failure; the result says what is unknown."""

    def look_up(self, failure: Failure) -> RunHistory | None:
        """Find the last success and what has changed since; None when there is nothing to ask."""
        ...


class LabelReader(Protocol):
    """Reads the labels of jobs; the result says what could not be read."""

    def read(self, failures: Sequence[Failure]) -> Mapping[str, Labels]:
        """Return the labels of failures by the id of their job."""


class NoLabels:
    """Reads none: for a dry run."""

    def read(self, failures: Sequence[Failure]) -> Mapping[str, Labels]:
        """Return none."""
        return {}


class ActionLinks(Protocol):
    """Makes the links by which a reader acts on an incident."""

    def sign(self, incident: str, now: int, job: str) -> Pairs:
        """Return label and URL of each; `job` can run again, if any. Raises `ServiceError`."""


class NoActionLinks:
    """Makes none: ActionLinks is off."""

    def sign(self, incident: str, now: int, job: str) -> Pairs:
        """Return none."""
        return ()


@dataclass(frozen=True, slots=True)
class Ports:
    """Everything outside that the workflows use."""

    logs: JobLogs
    topic: Topic
    journal: Journal
    ledger: Ledger
    queues: Queues
    jobs: Jobs
    remaining_ms: Callable[[], int]
    pause: Callable[[float], None]
    now_ms: Callable[[], int]
    history: History
    labels: LabelReader = field(default_factory=NoLabels)
    outage: OutageLimit = field(default_factory=OutageLimit)
    at_once: AtOnce = in_turn
    actions: ActionLinks = field(default_factory=NoActionLinks)
