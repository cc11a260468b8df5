"""The sample events, and the log lines of their jobs."""

import json
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from notifier.batch.failure import DEFAULT_LOG_GROUP, DRILL_SOURCE, LogStream
from notifier.incident.fingerprint import root_of
from notifier.joblog.excerpt import LogLine
from workbench.errors import SetupError
from workbench.event_file import read_log_lines
from workbench.local.aws import REGION, ROOT

EVENTS = ROOT / "events"
NOT_EVENTS = {"local.json"}  # variables for `sam local invoke`


@dataclass(frozen=True, slots=True)
class Sample:
    """One EventBridge event and the log lines of its job."""

    name: str
    event: dict[str, Any]
    lines: tuple[LogLine, ...] = ()

    @property
    def detail(self) -> dict[str, Any]:
        """The detail of the event."""
        detail: dict[str, Any] = self.event["detail"]
        return detail

    def as_drill(self) -> dict[str, str]:
        """Return the PutEvents entry: the same event with another source and envelope."""
        detail = json.dumps(self.detail)
        # A new job id each time: a job that was reported is not reported again.
        if job_id := self.detail.get("jobId"):
            detail = detail.replace(root_of(job_id), str(uuid.uuid4()))
        return {
            "Source": DRILL_SOURCE,  # PutEvents refuses aws.*, which only AWS may send
            "DetailType": self.event["detail-type"],
            "Detail": detail,
        }

    def log_stream(self) -> LogStream | None:
        """Return the log stream of the failed container, if it had one."""
        failed = _failed_container(self.detail)
        if failed is None:
            return None
        options = failed.get("logConfiguration", {}).get("options", {})
        return LogStream(
            region=options.get("awslogs-region") or _region(self.detail.get("jobArn", "")),
            group=options.get("awslogs-group") or DEFAULT_LOG_GROUP,
            stream=failed["logStreamName"],
        )

    def log_events(self) -> list[dict[str, Any]]:
        """Return the log lines as PutLogEvents takes them."""
        # CloudWatch Logs refuses an empty message.
        return [{"timestamp": line.at, "message": line.text or " "} for line in self.lines]


def load(path: Path) -> Sample:
    """Read an event and, from ``logs/NAME.txt`` beside it, its log lines."""
    try:
        event = json.loads(path.read_text())
    except OSError as error:
        raise SetupError(f"cannot read {path} ({error.strerror})") from error
    except ValueError as error:
        raise SetupError(f"{path} is not JSON: {error}") from error
    if not isinstance(event, dict) or not isinstance(event.get("detail"), dict):
        raise SetupError(f"{path} is not an EventBridge event")
    log = path.parent / "logs" / f"{path.stem}.txt"
    lines = tuple(read_log_lines(log)) if log.exists() else ()
    return Sample(path.stem, event, lines)


def sample_files() -> list[Path]:
    """Return the files of the sample events, sorted by name."""
    return sorted(file for file in EVENTS.glob("*.json") if file.name not in NOT_EVENTS)


def load_all() -> list[Sample]:
    """Read every sample event, sorted by name."""
    return [load(file) for file in sample_files()]


def find(name: str) -> Sample:
    """Read the sample event of this name."""
    return load(EVENTS / f"{name}.json")


def log_groups(samples: Iterable[Sample]) -> list[str]:
    """Return the log groups that ``samples`` write to."""
    streams = (sample.log_stream() for sample in samples)
    return sorted({stream.group for stream in streams if stream} | {DEFAULT_LOG_GROUP})


def _failed_container(detail: dict[str, Any]) -> dict[str, Any] | None:
    """Return definition and result of the last attempt's failed container that has a stream."""
    named = [each for each in _last_containers(detail) if each.get("logStreamName")]
    failed = [each for each in named if each.get("exitCode")] or named
    if not failed:
        return None
    definitions = {each.get("name"): each for each in _definitions(detail)}
    return definitions.get(failed[0].get("name"), {}) | failed[0]


def _last_containers(detail: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for attempt in detail.get("attempts", [])[-1:]:
        yield from [attempt["container"]] if "container" in attempt else []
        for task in attempt.get("taskProperties", []):
            yield from task.get("containers", [])


def _definitions(detail: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from [detail["container"]] if "container" in detail else []
    for task in detail.get("ecsProperties", {}).get("taskProperties", []):
        yield from task.get("containers", [])


def _region(arn: str) -> str:
    parts = arn.split(":")
    return parts[3] if len(parts) > 3 else REGION  # arn:partition:service:region:account:...
