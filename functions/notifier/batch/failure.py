"""A failure: one failed or stuck job, blocked queue or broken environment."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from notifier.batch.waiting.queue_head import QueueHead

DRILL_SOURCE = "batch-notifier.drill"
SWEEP_SOURCE = "batch-notifier.sweep"
HEARTBEAT_SOURCE = "batch-notifier.heartbeat"
SERVICE_PLATFORM = "SageMaker"
DEFAULT_LOG_GROUP = "/aws/batch/job"  # the default of the awslogs driver
UNUSABLE = ("INVALID", "DISABLED")  # status or state in which nothing runs jobs
ATTEMPTS_KEPT = 10  # RetryStrategy.attempts allows 1 to 10
NAME_LIMIT = 256  # characters of an ARN or id; stack ARNs are the longest
ID_LIMIT = 640  # a stack ARN of at most 300 characters and a logical id of at most 255
JOB_NAME_LIMIT = 128  # what Batch allows
REASON_LIMIT = 1_024  # CancelJob.reason; container reasons are 255

Rule = tuple[tuple[str, str], ...]  # one condition of evaluateOnExit: its keys, each with its value


class Kind(StrEnum):
    """What failed."""

    JOB = "job"
    ARRAY_CHILD = "array-child"
    ARRAY_PARENT = "array-parent"
    NODE = "node"
    MULTI_NODE = "multi-node"
    SERVICE_JOB = "service-job"
    QUEUE_BLOCKED = "queue-blocked"
    ENVIRONMENT = "environment"
    STUCK = "stuck"  # a job that has waited too long; AWS Batch sends no event
    UNREADABLE = "unreadable"  # an event that could not be parsed, as the ledger stores it


WITHOUT_LOG = frozenset((Kind.ENVIRONMENT, Kind.QUEUE_BLOCKED, Kind.STUCK, Kind.UNREADABLE))


@dataclass(frozen=True, slots=True)
class LogStream:
    """The CloudWatch log group and stream of a job, and their Region."""

    group: str
    stream: str
    region: str


@dataclass(frozen=True, slots=True)
class Attempt:
    """One run of a job. Times are epoch milliseconds, None where AWS gave none or 0."""

    started_at: int | None = None
    stopped_at: int | None = None
    status_reason: str = ""
    exit_code: int | None = None
    reason: str = ""
    container: str = ""
    log_stream: str = ""
    host: str = ""


@dataclass(frozen=True, slots=True)
class WaitReason:
    """Why a job may wait, from the state of its queue and compute environments.

    `cause` is an id of the catalogue; `aws_text` is AWS's own status reason, which may show another
    cause; `is_sure` is whether this reason alone keeps the job waiting.
    """

    cause: str
    text: str
    aws_text: str = ""
    is_sure: bool = False


@dataclass(frozen=True, slots=True)
class Failure:
    """Everything the event says about one failure, safe to show.

    Times are epoch milliseconds. Texts are one line without control characters, secrets masked.
    `waiting_since` is when a stuck job began to wait; the most important of `wait_reasons` comes
    first. `tags` steer its alerts, or subscriptions filter by them; `labels_unread` is why some may
    be missing. `secrets` are values of its environment and parameters, to mask them in log lines.
    """

    kind: Kind
    job_id: str
    job_name: str
    event_id: str
    event_time: str
    account: str
    region: str
    job_arn: str = ""
    queue_arn: str = ""
    definition_arn: str = ""
    status: str = ""
    status_reason: str = ""
    created_at: int | None = None
    started_at: int | None = None
    stopped_at: int | None = None
    attempts: tuple[Attempt, ...] = ()
    attempt_limit: int | None = None
    retry_rules: tuple[Rule, ...] = ()
    reasons: tuple[str, ...] = ()
    exit_code: int | None = None
    container: str = ""
    image: str = ""
    vcpus: float | None = None
    memory_mib: int | None = None
    gpus: int | None = None
    platform: str = ""
    timeout_seconds: int | None = None
    array_size: int | None = None
    array_index: int | None = None
    array_failed: int | None = None
    node_index: int | None = None
    node_count: int | None = None
    depends_on: tuple[str, ...] = ()
    stopped_by_request: bool = False
    log: LogStream | None = None
    no_log_reason: str = ""
    training_job: str = ""
    preempted: str = ""
    stack: str = ""
    resource_type: str = ""
    waiting_since: int | None = None
    queue_head: QueueHead | None = None
    wait_reasons: tuple[WaitReason, ...] = ()
    tags: tuple[tuple[str, str], ...] = ()
    pipeline: str = ""  # the workflow engine of which the job is a task
    run: str = ""
    step: str = ""
    labels_unread: str = ""
    is_drill: bool = False
    secrets: tuple[str, ...] = field(default=(), repr=False)

    @property
    def is_unusable(self) -> bool:
        """Whether the sweep found a queue or compute environment that runs no jobs."""
        return self.kind is Kind.ENVIRONMENT and self.status in UNUSABLE

    @property
    def is_queue(self) -> bool:
        """Whether the resource is a job queue."""
        return self.resource_type.endswith("Queue")

    @property
    def is_service_job(self) -> bool:
        """Whether it is about a SageMaker job, which AWS Batch describes by other operations."""
        return self.kind is Kind.SERVICE_JOB or self.platform == SERVICE_PLATFORM

    @property
    def is_from_sweep(self) -> bool:
        """Whether the sweep found it: a state that ends, not a job that can succeed later."""
        return self.kind is Kind.STUCK or self.is_unusable

    @property
    def event_at(self) -> int:
        """Time of the event in epoch milliseconds; 0 if it has none."""
        try:
            return int(datetime.fromisoformat(self.event_time).timestamp() * 1000)
        except ValueError:
            return 0

    @property
    def queue(self) -> str:
        """Name of the job queue."""
        return self.queue_arn.rpartition("/")[2]

    @property
    def definition(self) -> str:
        """Name of the job definition with its revision (`name:3`)."""
        return self.definition_arn.rpartition("/")[2]

    @property
    def definition_name(self) -> str:
        """Name of the job definition without its revision."""
        return self.definition.partition(":")[0]

    @property
    def log_region(self) -> str:
        """Region of the log, which may differ from the job's."""
        return (self.log and self.log.region) or self.region

    @property
    def partition(self) -> str:
        """`aws`, `aws-cn` or `aws-us-gov`, from an ARN or else the Region."""
        parts = (self.job_arn or self.queue_arn or self.stack).split(":")
        if len(parts) > 1 and parts[0] == "arn" and parts[1]:
            return parts[1]
        return next(
            (f"aws-{p}" for p in ("cn", "us-gov") if self.region.startswith(f"{p}-")), "aws"
        )

    def tag(self, key: str) -> str:
        """Return the value of a label, or an empty text."""
        return dict(self.tags).get(key, "")

    def for_storage(self) -> Failure:
        """Return a copy without what only the first alert shows, as the ledger stores it."""
        return replace(
            self,
            status_reason=self.status_reason if self.kind is Kind.UNREADABLE else "",
            attempts=(),
            retry_rules=(),
            reasons=(),
            image="",
            depends_on=(),
            wait_reasons=(),
            queue_head=None,
            log=None,
            no_log_reason="",
            preempted="",
            labels_unread="",
            secrets=(),
        )


@dataclass(frozen=True, slots=True)
class Unreadable:
    """An event that could not be parsed: what is wrong with it, and the little that is known."""

    problem: str
    event_id: str = ""
    event_time: str = ""
    account: str = ""
    region: str = ""
    detail_type: str = ""
    job_id: str = ""
    job_name: str = ""
    is_drill: bool = False

    def as_failure(self) -> Failure:
        """Return the failure that is counted in its place."""
        return Failure(
            kind=Kind.UNREADABLE,
            job_id=self.job_id,
            job_name=self.job_name,
            event_id=self.event_id,
            event_time=self.event_time,
            account=self.account,
            region=self.region,
            status_reason=self.problem,
            is_drill=self.is_drill,
        )
