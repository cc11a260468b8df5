"""The samples under `events/` keep the shape of real events and hold nothing private."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

EVENTS = Path(__file__).resolve().parents[2] / "events"
LOGS = EVENTS / "logs"
SETTINGS_FILE = "local"  # the --env-vars file of `sam local invoke`, not an event

REQUIRED = {
    "access-denied-in-log", "array-child", "array-parent", "cloudformation-resource-failed",
    "compute-environment-invalid", "custom-log-group", "dependency-failed", "drill",
    "ecs-several-containers",
    "efs-mount-refused", "eks-oomkilled", "entry-point-not-found", "exit-1-python-traceback",
    "exit-137-no-reason", "image-not-found", "image-pull-no-route", "log-disk-full",
    "multi-node-node", "multi-node-parent", "out-of-memory-ec2", "out-of-memory-fargate",
    "queue-blocked", "secret-denied", "segmentation-fault", "service-job", "splunk-driver",
    "spot-reclaimed-three-times", "stuck-job", "terminated-by-person", "timeout", "unknown-shape",
    "wrong-cpu-architecture",
}  # fmt: skip
ENVELOPE = {
    "version", "id", "detail-type", "source", "account", "time", "region", "resources", "detail",
}  # fmt: skip
JOB_DETAIL_TYPES = {
    "Batch Job State Change",
    "Batch Job Queue Blocked",
    "Batch Service Job State Change",
    "Batch Service Job Queue Blocked",
    "Batch Job Stuck",
}
ACCOUNT = "111122223333"
REASON_LIMIT = 255  # AWS Batch API reference: reason strings are "short (255 max characters)"
FIRST_MS = int(datetime(2026, 11, 1, tzinfo=UTC).timestamp() * 1000)
LAST_MS = int(datetime(2026, 12, 1, tzinfo=UTC).timestamp() * 1000)
TIME_KEYS = {"createdAt", "startedAt", "stoppedAt", "statusSummaryLastUpdatedAt", "waitingSince"}
# Reported by Batch for an array parent, which never starts itself.
ZERO_START = {"array-parent"}

LOG_LINE = re.compile(r"(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z) (.+)")
ACCOUNT_IN_ARN_OR_HOST = re.compile(r"(?<=:)\d{12}(?=:)|\b\d{12}(?=\.dkr\.ecr\.)")
SECRETS = {
    "AWS access key": r"\b(?:AKIA|ASIA|AROA)[A-Z0-9]{16}\b",
    "GitHub token": r"\bgh[pousr]_\w{20,}|\bgithub_pat_\w+",
    "GitLab token": r"\bglpat-[\w-]{20,}",
    "Slack token": r"\bxox[abprs]-\w+",
    "Stripe key": r"\b[sr]k_(?:live|test)_\w+",
    "JWT": r"\beyJ[\w-]{8,}\.eyJ[\w-]{8,}",
    "PEM block": r"-----BEGIN",
    "password in a URL": r"\w+://[^/\s:@]+:[^/\s@]+@",
    "password assignment": r"(?i)\b(?:password|passwd|pwd|api_?key|token)\s*[=:]\s*\S",
    "bearer header": r"(?i)\bbearer\s+\w",
    "e-mail address": r"\b[\w.+-]+@[\w-]+(?:\.[\w-]+)*\.(?:com|org|net|io|cn|gov)\b",
}


def load(name: str) -> dict[str, Any]:
    event = json.loads((EVENTS / f"{name}.json").read_text(encoding="utf-8"))
    assert isinstance(event, dict)
    return event


NAMES = sorted(path.stem for path in EVENTS.glob("*.json") if path.stem != SETTINGS_FILE)
LOG_NAMES = sorted(path.stem for path in LOGS.glob("*.txt"))
JOB_NAMES = [name for name in NAMES if load(name)["detail-type"] in JOB_DETAIL_TYPES]
ATTEMPTED = [
    name
    for name in JOB_NAMES
    if load(name)["detail"].get("container") and load(name)["detail"].get("attempts")
]


def walk(value: object) -> Iterator[tuple[str, object]]:
    """Yield every (key, value) pair at any depth."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key, inner
            yield from walk(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from walk(inner)


def attempts_of(detail: dict[str, Any]) -> list[dict[str, Any]]:
    return [*detail.get("attempts", []), *detail.get("eksAttempts", [])]


def streams_of(detail: dict[str, Any]) -> list[str]:
    """Log streams of the last attempt, whatever the job's shape."""
    last = detail["attempts"][-1:] if detail.get("attempts") else []
    return [str(value) for key, value in walk(last) if key == "logStreamName"]


def epoch_ms(stamp: str) -> int:
    moment = datetime.fromisoformat(stamp)
    return int(moment.timestamp()) * 1000 + moment.microsecond // 1000


def log_lines(name: str) -> list[str]:
    """Read the lines as written; `splitlines` would also cut at control characters."""
    return (LOGS / f"{name}.txt").read_text(encoding="utf-8").removesuffix("\n").split("\n")


def test_every_promised_sample_is_there() -> None:
    assert set(NAMES) >= REQUIRED


def test_local_settings_publish_nothing() -> None:
    settings = load(SETTINGS_FILE)
    assert list(settings) == ["OnFailureFunction"]
    assert settings["OnFailureFunction"]["DRY_RUN"] == "true"
    assert all(isinstance(value, str) for value in settings["OnFailureFunction"].values())


@pytest.mark.parametrize("name", NAMES)
def test_envelope(name: str) -> None:
    event = load(name)
    assert set(event) == ENVELOPE
    assert event["version"] == "0"
    assert event["account"] == ACCOUNT
    assert event["source"] in {
        "aws.batch", "aws.cloudformation", "batch-notifier.drill", "batch-notifier.sweep",
    }  # fmt: skip
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", event["time"])
    assert FIRST_MS <= epoch_ms(event["time"]) < LAST_MS
    assert event["resources"]
    assert all(f":{event['region']}:{ACCOUNT}:" in arn for arn in event["resources"])


@pytest.mark.parametrize("name", JOB_NAMES)
def test_job_is_named_consistently(name: str) -> None:
    event = load(name)
    detail = event["detail"]
    assert event["resources"][0] == detail["jobArn"]
    assert detail["jobArn"].endswith("/" + detail["jobId"])
    blocked = event["detail-type"] == "Batch Job Queue Blocked"
    waits = event["detail-type"].endswith((" Queue Blocked", " Stuck"))
    assert detail["status"] == ("RUNNABLE" if waits else "FAILED")
    assert event["resources"][1:] == ([detail["jobQueue"]] if blocked else [])


@pytest.mark.parametrize("name", NAMES)
def test_times_are_epoch_milliseconds_in_order(name: str) -> None:
    event = load(name)
    detail = event["detail"]
    for key, value in walk(detail):
        if key in TIME_KEYS and not (key == "startedAt" and name in ZERO_START):
            assert type(value) is int
            assert FIRST_MS <= value < LAST_MS
    moments = [detail.get("createdAt")]
    for attempt in attempts_of(detail):
        moments += [attempt.get("startedAt"), attempt.get("stoppedAt")]
    moments.append(detail.get("stoppedAt"))
    known = [moment for moment in moments if moment]
    assert known == sorted(known)
    if detail.get("startedAt"):
        assert detail["startedAt"] == attempts_of(detail)[-1]["startedAt"]
    if detail.get("stoppedAt"):
        assert epoch_ms(event["time"]) // 1000 == detail["stoppedAt"] // 1000


@pytest.mark.parametrize("name", NAMES)
def test_reasons_fit_what_batch_sends(name: str) -> None:
    for key, value in walk(load(name)["detail"]):
        if key in {"reason", "statusReason"}:
            assert isinstance(value, str)
            assert 0 < len(value) <= REASON_LIMIT


@pytest.mark.parametrize("name", ATTEMPTED)
def test_top_level_container_is_the_last_attempts(name: str) -> None:
    detail = load(name)["detail"]
    last = detail["attempts"][-1]["container"]
    for key in ("exitCode", "reason", "logStreamName", "taskArn", "containerInstanceArn"):
        assert detail["container"].get(key) == last.get(key)


@pytest.mark.parametrize("name", NAMES)
def test_keys_that_cannot_be_there_are_not(name: str) -> None:
    detail = load(name)["detail"]
    if detail.get("platformCapabilities") == ["FARGATE"]:
        assert "containerInstanceArn" not in dict(walk(detail))
    for attempt in attempts_of(detail):
        if "startedAt" not in attempt:
            assert "exitCode" not in dict(walk(attempt)), "it never started"


@pytest.mark.parametrize(
    "path",
    [*sorted(EVENTS.glob("*.json")), *sorted(LOGS.glob("*.txt"))],
    ids=lambda path: f"{path.parent.name}/{path.name}",
)
def test_nothing_private(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert set(ACCOUNT_IN_ARN_OR_HOST.findall(text)) <= {ACCOUNT}
    assert [what for what, pattern in SECRETS.items() if re.search(pattern, text)] == []


def test_no_two_samples_are_the_same_event_or_job() -> None:
    ids: Counter[str] = Counter()
    jobs: Counter[tuple[str, str]] = Counter()
    for name in NAMES:
        event = load(name)
        detail = event["detail"]
        ids[event["id"]] += 1
        if "jobId" in detail:
            ids[re.split("[:#]", detail["jobId"])[0]] += 1
            jobs[(detail["jobName"], detail["jobQueue"])] += 1
    assert [key for key, count in (*ids.items(), *jobs.items()) if count > 1] == []


@pytest.mark.parametrize("name", LOG_NAMES)
def test_log_lies_inside_the_run(name: str) -> None:
    assert name in NAMES, "a log without its event"
    last = attempts_of(load(name)["detail"])[-1]
    lines = log_lines(name)
    matches = [LOG_LINE.fullmatch(line) for line in lines]
    assert [line for line, match in zip(lines, matches, strict=True) if match is None] == []
    stamps = [epoch_ms(match[1]) for match in matches if match]
    assert stamps == sorted(stamps)
    assert last["startedAt"] <= stamps[0]
    assert stamps[-1] <= last["stoppedAt"]


@pytest.mark.parametrize("name", NAMES)
def test_log_exists_exactly_where_the_job_could_write_one(name: str) -> None:
    detail = load(name)["detail"]
    attempts = detail.get("attempts", [])
    started = bool(attempts) and "startedAt" in attempts[-1]
    drivers = {value for key, value in walk(detail) if key == "logDriver"}
    could_log = started and bool(streams_of(detail)) and drivers <= {"awslogs"}
    assert (name in LOG_NAMES) == could_log


def test_one_log_is_longer_than_any_excerpt() -> None:
    assert max(len(log_lines(name)) for name in LOG_NAMES) > 200  # LOG_LINES goes up to 200
