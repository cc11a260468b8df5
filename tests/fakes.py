"""Small stand-ins for AWS, each kept honest by the contract tests in tests/aws."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from notifier.alert.history import RunHistory
from notifier.aws.job_logs import EVENTS_READ
from notifier.batch.failure import Failure, LogStream
from notifier.batch.job_secrets import secrets_in
from notifier.batch.labels.labels import Labels
from notifier.channels.message import Message
from notifier.diagnosis.catalogue import Severity
from notifier.incident.counts import Member
from notifier.incident.incident import Incident, Place
from notifier.incident.job import stable_name
from notifier.incident.rate_limit import RateState
from notifier.incident.recovery import Run, Success
from notifier.incident.sweep_position import SweepPosition
from notifier.joblog.excerpt import LogLine, LogRead
from notifier.ports.metrics import FailureLabels, Metric
from notifier.ports.reporting import LedgerSnapshot
from notifier.ports.service_error import ErrorKind, ServiceError
from notifier.ports.sweeping import Listed, Page
from workbench.inbox.simulation import MemoryLedger
from workbench.recorded_tags import RecordedTags

MEMBERS_A_PAGE = 4_000  # a page of Query holds 1 MB, a member takes about 250 bytes


@dataclass
class FakeTopic:
    """Keeps what is published; `troubles` are raised first, one a call."""

    troubles: list[ServiceError] = field(default_factory=list)
    published: list[Message] = field(default_factory=list)

    def publish(self, message: Message) -> str:
        if self.troubles:
            raise self.troubles.pop(0)
        self.published.append(message)
        return f"message-{len(self.published)}"


@dataclass
class FakeLogs:
    """Log streams in memory."""

    streams: dict[LogStream, list[LogLine]] = field(default_factory=dict)
    reads: list[LogStream] = field(default_factory=list)

    def read(self, stream: LogStream) -> LogRead:
        self.reads.append(stream)
        if stream not in self.streams:
            return LogRead(unavailable="log group or stream does not exist")
        lines = self.streams[stream]
        if not lines:
            return LogRead(unavailable="the log stream is empty", is_stream_empty=True)
        return LogRead(tuple(lines[-EVENTS_READ:]), complete=len(lines) < EVENTS_READ)


@dataclass
class FakeJournal:
    """Remembers every entry."""

    entries: list[tuple[str, Metric, dict[str, str]]] = field(default_factory=list)
    measured: list[tuple[Metric, float, str]] = field(default_factory=list)
    failures: Counter[FailureLabels] = field(default_factory=Counter)

    def note(self, happened: str, count: Metric, facts: Mapping[str, str]) -> None:
        self.entries.append((happened, count, dict(facts)))

    def measure(self, metric: Metric, value: float, unit: str) -> None:
        self.measured.append((metric, value, unit))

    def failed(self, kin: FailureLabels, count: int) -> None:
        self.failures[kin] += count

    def counts(self) -> list[Metric]:
        return [count for _, count, _ in self.entries]


@dataclass
class FakeLedger(MemoryLedger):
    """The table in memory; `calls` counts what DynamoDB would be asked."""

    troubles: list[ServiceError] = field(default_factory=list)
    calls: Counter[str] = field(default_factory=Counter)

    def read(self, roots: Collection[str], keys: Collection[str]) -> LedgerSnapshot:
        self._called("BatchGetItem", -(-(len(roots) + len(keys) + 4) // 100))
        return super().read(roots, keys)

    def record(
        self,
        members: Sequence[tuple[Place, Member]],
        places: Mapping[str, Place],
        runs: Sequence[tuple[str, Run]] = (),
    ) -> None:
        self._called("BatchWriteItem", -(-(len(members) + len(places) + len(runs)) // 25))
        super().record(members, places, runs)

    def settle(self, places: Mapping[str, Place]) -> dict[str, Place]:
        self._called("TransactWriteItems", -(-len(places) // 100))
        return super().settle(places)

    def members(self, place: Place) -> tuple[Member, ...]:
        self._called("Query", 1 + len(self.counted.get(place, ())) // MEMBERS_A_PAGE)
        return super().members(place)

    def runs(self, job: str) -> tuple[Run, ...]:
        self._called("Query", 1)
        return super().runs(job)

    def save(self, incident: Incident) -> Incident | None:
        self._called("PutItem", 1)
        return super().save(incident)

    def save_rate_state(self, rate_state: RateState) -> RateState | None:
        self._called("PutItem", 1)
        return super().save_rate_state(rate_state)

    def hold(self, key: str, severity: Severity, since: int) -> None:
        self._called("BatchWriteItem", 1)
        super().hold(key, severity, since)

    def held(self, *, is_drill: bool = False) -> tuple[str, ...]:
        self._called("Query", 1)
        return super().held(is_drill=is_drill)

    def release(self, keys: Collection[str]) -> None:
        self._called("BatchWriteItem", -(-len(keys) // 25))
        super().release(keys)

    def sweep_position(self) -> SweepPosition:
        self._called("BatchGetItem", 1)
        return super().sweep_position()

    def save_sweep_position(self, sweep_position: SweepPosition) -> None:
        self._called("BatchWriteItem", 1)
        super().save_sweep_position(sweep_position)

    def announce_heartbeat(self, nonce: str) -> None:
        self._called("BatchWriteItem", 1)
        super().announce_heartbeat(nonce)

    def redeem_heartbeat(self, nonce: str) -> bool:
        self._called("BatchGetItem", 1)
        return super().redeem_heartbeat(nonce)

    def note_unconfirmed(self, pending: int) -> None:
        self._called("BatchWriteItem", 1)
        super().note_unconfirmed(pending)

    def _called(self, operation: str, times: int) -> None:
        if self.troubles:
            raise self.troubles.pop(0)
        self.calls[operation] += times


@dataclass
class FakeQueues:
    """Keeps what was sent: (key, due, deliver at), and (body, waits, delay in seconds)."""

    follow_ups: list[tuple[str, int, int]] = field(default_factory=list)
    waits: list[tuple[str, int, int]] = field(default_factory=list)
    calls: Counter[str] = field(default_factory=Counter)

    def follow_up(self, key: str, due: int, now: int) -> None:
        self.calls["SendMessage"] += 1
        self.follow_ups.append((key, due, now + min(900_000, max(0, due - now))))

    def wait(self, body: str, waits: int, delay_s: int) -> None:
        self.calls["SendMessage"] += 1
        self.waits.append((body, waits, delay_s))


@dataclass
class FakeJobs:
    """Jobs that succeeded, jobs that wait, and queues and environments that run none.

    `definitions` are those that jobs of a name are known to have, by the name; others match any.
    """

    succeeded: list[Success] = field(default_factory=list)
    definitions: dict[str, set[str]] = field(default_factory=dict)
    not_begun: set[str] = field(default_factory=set)
    unusable: set[str] = field(default_factory=set)
    details: dict[str, dict[str, Any]] = field(default_factory=dict)
    calls: Counter[str] = field(default_factory=Counter)

    def successes(
        self, queue_arn: str, definition: str, names: Sequence[str], since: int
    ) -> tuple[Success, ...]:
        self.calls["ListJobs"] += 1
        wanted = {stable_name(name) for name in names}
        return tuple(
            one
            for one in self.succeeded
            if one.started_at > since
            and stable_name(one.name) in wanted
            and definition in self.definitions.get(one.name, {definition})
        )

    def waiting(self, job_ids: Sequence[str]) -> frozenset[str]:
        self.calls["DescribeJobs"] += 1
        return frozenset(job_ids) & self.not_begun

    def waiting_services(self, job_ids: Sequence[str]) -> frozenset[str]:
        self.calls["DescribeServiceJob"] += len(job_ids)
        return frozenset(job_ids) & self.not_begun

    def secrets(self, job_ids: Sequence[str]) -> dict[str, tuple[str, ...]]:
        self.calls["DescribeJobs"] += 1
        return {one: secrets_in(self.details[one]) for one in job_ids if one in self.details}

    def is_usable(self, arn: str) -> bool:
        self.calls["Describe"] += 1
        return arn not in self.unusable


@dataclass
class FakeHistory:
    """One run_history for every failure."""

    run_history: RunHistory | None = None
    asked: list[Failure] = field(default_factory=list)

    def look_up(self, failure: Failure) -> RunHistory | None:
        self.asked.append(failure)
        return self.run_history


@dataclass
class FakeLabels(RecordedTags):
    """Tags in memory; `unread` is why some may be missing."""

    unread: str = ""
    reads: int = 0

    def read(self, failures: Sequence[Failure]) -> Mapping[str, Labels]:
        self.reads += 1
        return {
            job_id: replace(labels, unread=self.unread)
            for job_id, labels in super().read(failures).items()
        }


@dataclass
class FakeBatch:
    """Queues, compute environments and jobs as AWS describes them; newest jobs are listed first."""

    queue_list: list[dict[str, Any]] = field(default_factory=list)
    environment_list: list[dict[str, Any]] = field(default_factory=list)
    jobs: dict[str, dict[str, Any]] = field(default_factory=dict)
    page_size: int = 1_000
    troubles: dict[str, list[ServiceError]] = field(default_factory=dict)
    calls: Counter[str] = field(default_factory=Counter)
    snapshots: dict[str, dict[str, Any]] = field(default_factory=dict)

    def service_page(self, queue_arn: str, status: str, token: str = "") -> Page:
        page = self._page("ListServiceJobs", queue_arn, status, token)
        jobs = tuple(replace(one, summary=self.jobs[one.job_id]) for one in page.jobs)
        return Page(jobs, page.token)

    def snapshot(self, queue_arn: str) -> dict[str, Any]:
        self._called("GetJobQueueSnapshot")
        if queue_arn not in self.snapshots:
            raise ServiceError(ErrorKind.DENIED, "AccessDeniedException")
        return self.snapshots[queue_arn]

    def queues(self, arns: Collection[str]) -> tuple[dict[str, Any], ...]:
        self._called("DescribeJobQueues")
        return tuple(one for one in self.queue_list if not arns or one["jobQueueArn"] in arns)

    def environments(self, arns: Collection[str]) -> tuple[dict[str, Any], ...]:
        self._called("DescribeComputeEnvironments", -(-len(arns) // 100))
        return tuple(one for one in self.environment_list if one["computeEnvironmentArn"] in arns)

    def page(self, of: str, status: str, token: str = "") -> Page:
        return self._page("ListJobs", of, status, token)

    def _page(self, operation: str, of: str, status: str, token: str) -> Page:
        self._called(operation)
        found = [job for job in self.jobs.values() if job["status"] == status and self._is(job, of)]
        found.sort(key=lambda job: -job["createdAt"])
        start = int(token or 0)
        end = start + self.page_size
        listed = tuple(
            Listed(
                job["jobId"],
                job["createdAt"],
                job.get("stoppedAt", 0),
                bool(job.get("arrayProperties", {}).get("size")),
                job.get("jobDefinition", ""),
            )
            for job in found[start:end]
        )
        return Page(listed, str(end) if end < len(found) else "")

    def describe(self, job_ids: Sequence[str]) -> tuple[dict[str, Any], ...]:
        self._called("DescribeJobs", -(-len(job_ids) // 100))
        return tuple(self.jobs[one] for one in job_ids if one in self.jobs)

    def _is(self, job: dict[str, Any], of: str) -> bool:
        is_child = ":" in job["jobId"]
        if ":job-queue/" in of:
            return job["jobQueue"] == of and not is_child
        return is_child and job["jobId"].startswith(f"{of}:")

    def _called(self, operation: str, times: int = 1) -> None:
        if self.troubles.get(operation):
            raise self.troubles[operation].pop(0)
        self.calls[operation] += times


@dataclass
class FakeOutbox:
    """Keeps what was sent."""

    sent: list[dict[str, Any]] = field(default_factory=list)

    def send(self, events: Sequence[Mapping[str, Any]]) -> None:
        self.sent += [dict(event) for event in events]


@dataclass
class FakePulse:
    """Counts beats; the topic has these many subscriptions, confirmed and pending."""

    counted: tuple[int, int] = (1, 0)
    beats: list[int] = field(default_factory=list)
    nonces: list[str] = field(default_factory=list)
    troubles: list[ServiceError] = field(default_factory=list)

    def beat(self, now: int, nonce: str) -> None:
        if self.troubles:
            raise self.troubles.pop(0)
        self.beats.append(now)
        self.nonces.append(nonce)

    def subscriptions(self) -> tuple[int, int]:
        return self.counted
