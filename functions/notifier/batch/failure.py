"""What a failure is: one job, queue or environment that needs somebody."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

DRILL_SOURCE = "batch-notifier.drill"
SWEEP_SOURCE = "batch-notifier.sweep"
HEARTBEAT_SOURCE = "batch-notifier.heartbeat"
DEFAULT_LOG_GROUP = "/aws/batch/job"  # where the awslogs driver writes unless told otherwise
# https://docs.aws.amazon.com/batch/latest/APIReference/API_LogConfiguration.html
LOG_DRIVERS = frozenset(
    ("awsfirelens", "awslogs", "fluentd", "gelf", "json-file", "journald", "logentries",
     "splunk", "syslog")
)  # fmt: skip
STEERING_TAGS = (
    "notify:after", "notify:mute-until", "notify:owner", "notify:runbook", "notify:severity",
)  # fmt: skip
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
    STUCK = "stuck"  # a job that waits for hours, which no event tells
    UNREADABLE = "unreadable"  # an event that failed to be read, as the ledger remembers it


WITHOUT_LOG = frozenset((Kind.ENVIRONMENT, Kind.QUEUE_BLOCKED, Kind.STUCK, Kind.UNREADABLE))


@dataclass(frozen=True, slots=True)
class LogStream:
    """Where a job wrote: CloudWatch log group, stream and the Region of both."""

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
class Finding:
    """Why a job may wait, as a look at its queue and compute environments showed.

    `cause` is one of the catalogue; `said` is a text of AWS's own, which may tell another;
    `is_sure` is whether it alone keeps the job waiting.
    """

    cause: str
    text: str
    said: str = ""
    is_sure: bool = False


@dataclass(frozen=True, slots=True)
class Failure:
    """Everything the event says about one failure, safe to show.

    Times are epoch milliseconds. Text fields went through `text.one_line`: one line, no controls,
    secrets masked. `waiting_since` is when a stuck job began to wait, and `findings` say for what,
    the most telling first. `secrets` are literal values from the job's environment and parameters,
    kept only to mask them in log lines.
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
    no_log: str = ""
    training_job: str = ""
    stack: str = ""
    resource_type: str = ""
    waiting_since: int | None = None
    findings: tuple[Finding, ...] = ()
    tags: tuple[tuple[str, str], ...] = ()
    is_drill: bool = False
    secrets: tuple[str, ...] = field(default=(), repr=False)

    @property
    def is_unusable(self) -> bool:
        """Whether it is a queue or compute environment as the sweep saw it, and no deployment."""
        return self.kind is Kind.ENVIRONMENT and self.status in UNUSABLE

    @property
    def is_queue(self) -> bool:
        """Whether the resource that cannot be used is a job queue."""
        return self.resource_type.endswith("Queue")

    @property
    def is_seen(self) -> bool:
        """Whether the sweep saw it: it lasts until it is over, and nothing succeeds again."""
        return self.kind is Kind.STUCK or self.is_unusable

    @property
    def seen_at(self) -> int:
        """When the event was made, in epoch milliseconds; 0 when it does not tell."""
        try:
            return int(datetime.fromisoformat(self.event_time).timestamp() * 1000)
        except ValueError:
            return 0

    @property
    def queue(self) -> str:
        """Name of the job queue, the last part of its ARN."""
        return _after(self.queue_arn, "/")

    @property
    def definition(self) -> str:
        """Name of the job definition with its revision (`name:3`)."""
        return _after(self.definition_arn, "/")

    @property
    def definition_name(self) -> str:
        """Name of the job definition, whatever its revision."""
        return self.definition.partition(":")[0]

    @property
    def log_region(self) -> str:
        """Region of the log, which may be another than the job's."""
        return (self.log and self.log.region) or self.region

    @property
    def partition(self) -> str:
        """`aws`, `aws-cn` or `aws-us-gov`, from the job's ARN or else its Region."""
        parts = (self.job_arn or self.queue_arn or self.stack).split(":")
        if len(parts) > 1 and parts[0] == "arn" and parts[1]:
            return parts[1]
        return next(
            (f"aws-{p}" for p in ("cn", "us-gov") if self.region.startswith(f"{p}-")), "aws"
        )

    def tag(self, key: str) -> str:
        """Value of a job tag, or an empty text."""
        return dict(self.tags).get(key, "")

    def remembered(self) -> Failure:
        """Give what names the job and sizes it, without what only its own alert shows."""
        return replace(
            self,
            status_reason=self.status_reason if self.kind is Kind.UNREADABLE else "",
            attempts=(),
            retry_rules=(),
            reasons=(),
            image="",
            depends_on=(),
            findings=(),
            log=None,
            no_log="",
            secrets=(),
        )


@dataclass(frozen=True, slots=True)
class Unreadable:
    """An event that let itself not be read: the little that is certain, and what is wrong."""

    problem: str
    event_id: str = ""
    event_time: str = ""
    account: str = ""
    region: str = ""
    detail_type: str = ""
    job_id: str = ""
    job_name: str = ""
    is_drill: bool = False

    def stand_in(self) -> Failure:
        """Give the failure that is counted in its place; it is told by `alert.unreadable`."""
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


def _after(value: str, mark: str) -> str:
    return value.rpartition(mark)[2]
