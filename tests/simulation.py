"""AWS as the stories see it, on a clock of its own: queues that deliver, crash and repeat."""

from __future__ import annotations

import heapq
import itertools
import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from notifier.incident.fingerprint import root_of
from notifier.incident.rate_limit import OutageLimit
from notifier.incident.recovery import Success
from notifier.ports.reporting import Options, Ports
from notifier.workflows import delivery, follow_up
from notifier.workflows.records import Record
from tests.fakes import (
    FakeHistory,
    FakeJobs,
    FakeJournal,
    FakeLabels,
    FakeLedger,
    FakeLogs,
    FakeQueues,
    FakeTopic,
)
from workbench.local import job_events

START_MS = 1_795_000_000_000  # some day in November 2026
# As in template.yaml, if its batching window were ten seconds: see WINDOW_MS.
VISIBILITY_MS = {"failures": 370_000, "follow-ups": 720_000}
MOST_RECEIVES = 5
BATCH = {"failures": 100, "follow-ups": 10}
# Lambda stops a chain "approximately 16 times in the same chain of requests".
# https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
MOST_INVOCATIONS = 16
# How long a batch that is not full may wait. The template waits 2 s: here more arrives together.
WINDOW_MS = {"failures": 10_000, "follow-ups": 0}
PLENTY_MS = 120_000


class Crash(BaseException):
    """The process is gone: nothing after this happens, and nobody catches it."""


@dataclass
class Parcel:
    """One message in a queue."""

    message_id: str
    body: str
    visible_at: int
    receives: int = 0
    waits: int = 0
    chain: Counter[str] = field(default_factory=Counter)
    """How often each function was invoked on the way to this message: its trace header."""


@dataclass
class Told:
    """One message that went out, with the time it did."""

    at: int
    subject: str
    document: dict[str, Any]
    texts: dict[str, str]
    attributes: dict[str, str | tuple[str, ...]]
    chat: dict[str, Any] = field(default_factory=dict)

    @property
    def outcome(self) -> str:
        return self.document["outcome"] or ""


@dataclass
class Simulation:
    """A deployed notifier. Times given to it are seconds since it began.

    `stopping` names the queues whose function Lambda stops when it runs in a loop: those that do
    not have `RecursiveLoop: Allow`.
    """

    options: Options = field(default_factory=Options)
    now: int = START_MS
    ledger: FakeLedger = field(default_factory=FakeLedger)
    topic: FakeTopic = field(default_factory=FakeTopic)
    logs: FakeLogs = field(default_factory=FakeLogs)
    jobs: FakeJobs = field(default_factory=FakeJobs)
    history: FakeHistory = field(default_factory=FakeHistory)
    labels: FakeLabels = field(default_factory=FakeLabels)
    queues: FakeQueues = field(default_factory=FakeQueues)
    journal: FakeJournal = field(default_factory=FakeJournal)
    outage: OutageLimit = field(default_factory=OutageLimit)
    failures: list[Parcel] = field(default_factory=list)
    follow_ups: list[Parcel] = field(default_factory=list)
    dead: list[Parcel] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)
    to_succeed: list[Success] = field(default_factory=list)
    crashes: int = 0
    stopping: frozenset[str] = frozenset()
    refused: int = 0
    waited: list[int] = field(default_factory=list)
    invocations: Counter[str] = field(default_factory=Counter)
    _chain: Counter[str] = field(default_factory=Counter)
    wrap: Callable[[Ports], Ports] = lambda ports: ports
    hops: bool = True
    """Whether SQS delays a follow-up by 15 minutes at most, as it does; else it comes when due."""
    _ids: Any = field(default_factory=itertools.count)

    def ports(self) -> Ports:
        """Give what one invocation is run with."""
        return self.wrap(
            Ports(
                self.logs, self.topic, self.journal, self.ledger, self.queues, self.jobs,
                lambda: PLENTY_MS, self._pause, lambda: self.now, self.history, self.labels,
                self.outage,
            )
        )  # fmt: skip

    def put(self, event: dict[str, Any], second: float = 0) -> None:
        """Put an event on the failure queue: a new chain."""
        self._chain = Counter()
        event = self._as_sent(event)
        self.failures.append(self._parcel(json.dumps(event), START_MS + round(second * 1000)))
        detail = event["detail"]
        if isinstance(detail, dict) and isinstance(detail.get("jobDefinition"), str):
            definition = detail["jobDefinition"].rpartition("/")[2].partition(":")[0]
            self.jobs.definitions.setdefault(str(detail.get("jobName")), set()).add(definition)

    def _as_sent(self, event: dict[str, Any]) -> dict[str, Any]:
        """Leave the tags with the job: AWS Batch puts none into an event."""
        detail = event.get("detail")
        tags = detail.get("tags") if isinstance(detail, dict) else None
        job_id = detail.get("jobId") if isinstance(detail, dict) else None
        is_job = isinstance(tags, dict) and isinstance(job_id, str)
        if not (isinstance(detail, dict) and is_job and event.get("source") == "aws.batch"):
            return event
        self.labels.tags[root_of(detail["jobId"])] = tags
        self.jobs.details[detail["jobId"]] = detail
        return event | {"detail": detail | {"tags": {"resourceArn": detail["jobArn"]}}}

    def succeed(self, name: str, second: float, took: float = 1) -> None:
        """Have a job begin at a second and succeed."""
        began = START_MS + round(second * 1000)
        self.to_succeed.append(Success(name, began, began + round(took * 1000)))

    def run_until(self, second: float) -> None:
        """Deliver what comes due until then."""
        end = START_MS + round(second * 1000)
        while (following := self._next_due()) is not None and following <= end:
            self.now = max(self.now, following)
            self._deliver("failures", self.failures)
            self._deliver("follow-ups", self.follow_ups)
        self.now = max(self.now, end)

    def settle(self, days: float = 3) -> None:
        """Run until all that is still to be said was said."""
        self.run_until((self.now - START_MS) / 1000 + days * 86_400)

    def between(self, start: float, end: float) -> list[Told]:
        """Give what was told from one second to another, both included."""
        return [one for one in self.told if start * 1000 <= one.at - START_MS <= end * 1000]

    def _next_due(self) -> int | None:
        queues = (("failures", self.failures), ("follow-ups", self.follow_ups))
        return min((due for each in queues if (due := self._batch_due(*each))), default=None)

    def _batch_due(self, name: str, queue: list[Parcel]) -> int | None:
        """Give when the next batch is handed over: when it is full, or its first waited enough."""
        if not queue:
            return None
        times = heapq.nsmallest(BATCH[name], (one.visible_at for one in queue))
        waited = times[0] + WINDOW_MS[name]
        return min(waited, times[-1]) if len(times) == BATCH[name] else waited

    def _deliver(self, name: str, queue: list[Parcel]) -> None:
        if not queue or self._batch_due(name, queue) > self.now:
            return
        due = [one for one in queue if one.visible_at <= self.now][: BATCH[name]]
        for one in due:
            one.receives += 1
            one.visible_at = self.now + VISIBILITY_MS[name]
        # One invocation has one trace header. Which message of a batch gives it, AWS does not say:
        # here it is the one that has come furthest, which is the worst.
        chain = max((one.chain for one in due), key=lambda each: each[name])
        if name in self.stopping and chain[name] >= MOST_INVOCATIONS:
            self.refused += 1
            self.settled(name, queue, due, {one.message_id for one in due})
            return
        self._chain = chain + Counter([name])
        self.invocations[name] += 1
        self.settled(name, queue, due, self.invoke(name, due))

    def invoke(self, name: str, due: Sequence[Parcel]) -> set[str]:
        """Run one invocation to its end, or to its crash; give the messages it left."""
        try:
            return set(self.run_handler(name, due))
        except Crash:
            self.crashes += 1
            return {one.message_id for one in due}

    def run_handler(self, name: str, due: Sequence[Parcel]) -> Sequence[str]:
        """Call the story of a queue."""
        self.jobs.succeeded = [one for one in self.to_succeed if one.stopped_at <= self.now]
        if name == "failures":
            records = [Record(one.message_id, one.body, one.receives, one.waits) for one in due]
            return delivery.run(records, self.ports(), self.options)
        turns = [follow_up.FollowUp(one.message_id, one.body) for one in due]
        return follow_up.run(turns, self.ports(), self.options)

    def settled(
        self, name: str, queue: list[Parcel], due: Sequence[Parcel], left: set[str]
    ) -> None:
        """Drop what was done, bury what came too often, and take in what was sent meanwhile."""
        for one in due:
            if one.message_id not in left:
                queue.remove(one)
            elif one.receives >= MOST_RECEIVES:
                queue.remove(one)
                self.dead.append(one)
        self.collect()

    def collect(self) -> None:
        """Take in what was sent and published since."""
        for key, due, deliver_at in self.queues.follow_ups:
            body = json.dumps({"incident": key, "due": due})
            at = deliver_at if self.hops else max(due, deliver_at)
            self.follow_ups.append(self._parcel(body, at))
        for body, waits, delay_s in self.queues.waits:
            parcel = self._parcel(body, self.now + delay_s * 1000)
            parcel.waits = waits
            self.waited.append(waits)
            self.failures.append(parcel)
        self.queues.follow_ups.clear()
        self.queues.waits.clear()
        for message in self.topic.published[len(self.told) :]:
            shown = message.decode()
            document = shown["webhook"]
            self.told.append(
                Told(
                    self.now,
                    message.subject,
                    document,
                    document["text"],
                    message.attributes,
                    shown["chat"],
                )
            )

    def _parcel(self, body: str, at: int) -> Parcel:
        return Parcel(f"m{next(self._ids)}", body, at, chain=self._chain)

    def _pause(self, seconds: float) -> None:
        self.now += round(seconds * 1000)


def failed(job_id: str, *, second: float = 0, **more: Any) -> dict[str, Any]:
    """Make the event of a job that failed at a second; see `workbench.local.job_events`."""
    return job_events.failed(job_id, START_MS + round(second * 1000), **more)


def array_parent(
    job_id: str, size: int, failed: int, *, second: float = 0, **more: Any
) -> dict[str, Any]:
    """Make the event of an array whose children had all ended at a second."""
    return job_events.array_parent(job_id, START_MS + round(second * 1000), size, failed, **more)
