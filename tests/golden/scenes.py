"""Incidents as they happen, built small: each becomes one message of the kind it is named for."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from actions.update import compose_update
from notifier.alert import digest, log_samples, storm_digest
from notifier.alert.alert import Alert, compose
from notifier.alert.commands import action_links
from notifier.alert.history import Run, RunHistory
from notifier.alert.several.recovered import compose_recovery
from notifier.batch.failure import Attempt, Failure, Kind, LogStream
from notifier.batch.job_shape import JobShape
from notifier.diagnosis.catalogue import Certainty, Severity
from notifier.diagnosis.diagnose import diagnose
from notifier.diagnosis.known_cause import diagnosis_for
from notifier.incident.counts import Member, Role, Tally, fold
from notifier.incident.incident import Incident
from notifier.incident.job import job_of
from notifier.incident.recovery import Recovery, Success
from notifier.joblog.excerpt import LogLine, LogRead

START = 1_795_602_065_000  # 2026-11-25 10:21:05 UTC
MINUTE, HOUR = 60_000, 3_600_000
ROOT = "7a71c9a0-5d3e-4c0f-9d0e-9c1f6a3b2d10"
KEY = "5f2c8d1e9b7a4630"
BATCH = "arn:aws:batch:us-east-1:111122223333"
STREAM = LogStream("/aws/batch/job", "align/default/8c5e1f", "us-east-1")
TRACEBACK = LogRead(tuple(LogLine(START + n * 1000, line) for n, line in enumerate((
    "reading s3://cohort/HG002.bam", "Traceback (most recent call last):",
    '  File "/app/align.py", line 41, in main', "KeyError: 'HG002'",
))))  # fmt: skip


def first(kind: Kind = Kind.JOB, name: str = "nightly", **changes: Any) -> Failure:
    """Give a failure as the ledger keeps it."""
    given = Failure(
        kind=kind, job_id=ROOT, job_name=name, event_id="eac14cac-3aee-43ba-80a9-a3abdd2d28d8",
        event_time="2026-11-25T10:21:05Z", account="111122223333", region="us-east-1",
        job_arn=f"{BATCH}:job/{ROOT}", queue_arn=f"{BATCH}:job-queue/etl",
        definition_arn=f"{BATCH}:job-definition/align:3", vcpus=2, memory_mib=4096,
        platform="Fargate",
    )  # fmt: skip
    return replace(given, **changes)


def child(index: int = 3, **changes: Any) -> Failure:
    own = {"job_id": f"{ROOT}:{index}", "job_arn": f"{BATCH}:job/{ROOT}:{index}"}
    return first(Kind.ARRAY_CHILD, "align-cohort", array_index=index, **own, **changes)


def incident(lead: Failure, cause: str = "oom-container", **changes: Any) -> Incident:
    given = Incident(
        key=KEY, first=lead, cause=cause, certainty=Certainty.CERTAIN, opened_at=START,
        interval=5 * MINUTE,
    )  # fmt: skip
    return replace(given, **changes)


def failed(indices: Iterable[int], cause: str = "oom-container", **more: Any) -> list[Member]:
    """Give children or nodes that failed, a second after each other."""
    mark = more.pop("mark", ":")
    return [
        Member(f"{ROOT}{mark}{n}", Role.FAILED, cause, START + n * 1000, index=n, **more)
        for n in indices
    ]


def runs(names: Iterable[str], cause: str = "app-exit-1", **more: Any) -> list[Member]:
    """Give jobs that failed, an hour after each other."""
    every = more.pop("every", HOUR)
    return [
        Member(f"{ROOT[:-3]}{n:03}", Role.FAILED, cause, START + n * every, name=name, **more)
        for n, name in enumerate(names)
    ]


def waiting(*names: str) -> list[Member]:
    return [
        Member(f"waiting-{name}", Role.DEPENDENT, "dependent-job-failed", START + 60_000, name=name)
        for name in names
    ]


def array_parent(failed_by_batch: int | None = 312, size: int = 10_000) -> Member:
    at = START + 3 * HOUR
    return Member(
        ROOT, Role.PARENT, "array-child-failed", at, size=size, failed=failed_by_batch
    )  # fmt: skip


OOM = failed([3, 17, *range(40, 53), *range(100, 385)], exit_code=137, log=STREAM)
LOST = failed(range(900, 912), "host-ec2-terminated", log=replace(STREAM, stream="align/lost"))


def write_digest(given: Tally, about: Incident, lines: int = 25) -> Alert:
    """Give the digest, with one log that was read and others that were not."""
    reads = [
        (one, TRACEBACK if n == 0 else LogRead(unavailable="ThrottlingException"))
        for n, one in enumerate(log_samples.choose_logs(given))
    ]
    return digest.compose_digest(about, given, reads, lines)


def array_closed() -> Alert:
    alert = write_digest(fold([*OOM, *LOST, array_parent()]), incident(child(), reported_at=START))
    return replace(alert, outcome="closed", reason="the whole job has finished")


def array_first() -> Alert:
    lead = child(reasons=("OutOfMemoryError: Container killed due to memory usage",), exit_code=137)
    about = incident(child(), diagnose(lead).cause)
    alert = digest.add_other_failures(
        compose(lead, TRACEBACK, 25, KEY), about, fold([*OOM[:25], *waiting("merge", "report")])
    )
    reason = "first failure of this kind since deployment"
    return replace(alert, outcome="first", reason=reason, novelty="first time")


def nodes() -> Alert:
    lead = first(Kind.NODE, "les-sim", job_id=f"{ROOT}#2", node_index=2)
    parent = Member(ROOT, Role.PARENT, "app-exit-1", START + MINUTE, size=4)
    given = fold([*failed([2], "app-exit-1", mark="#", exit_code=1, log=STREAM), parent])
    return write_digest(given, incident(lead, "app-exit-1", certainty=Certainty.LIKELY))


def nightly() -> Alert:
    about = incident(first(), "app-exit-1", certainty=Certainty.LIKELY)
    alert = write_digest(fold(runs(["nightly"] * 5, exit_code=1, log=STREAM)), about)
    reason = "more failures since the alert 4 h ago"
    return replace(alert, outcome="grew", reason=reason, novelty="5th in a row")


def seventeen() -> Alert:
    names = [f"sample-{n:03}" for n in range(17)]
    about = incident(first(name=names[0]), "sigkill-137", certainty=Certainty.GUESS)
    alert = write_digest(fold(runs(names, "sigkill-137", exit_code=137, every=1000)), about)
    kept = "17 failed since 2026-11-25 10:21:05 UTC, silenced by anna until 18:00 UTC: upgrade"
    return replace(alert, novelty="17 on hold since 10:21", kept_back=kept, outcome="first")


def chain() -> Alert:
    about = incident(first(name="extract"), "job-timeout")
    given = fold([*runs(["extract"], "job-timeout"), *waiting("transform", "load")])
    return write_digest(given, about)


def recovered() -> Alert:
    critical = {"label": Severity.CRITICAL, "error": "KeyError: <text>"}
    given = fold([*runs(["nightly"] * 5, exit_code=1, **critical), *waiting("report")])
    about = incident(first(tags=(("notify:severity", "critical"),)), "app-exit-1")
    reason = "after 3 h 10 min, 5 failed runs"
    ended = START + 3 * HOUR + 10 * MINUTE
    success = Success("nightly", ended - HOUR, ended, f"{ROOT[:-3]}00a")
    over = Recovery(given.failures, job_of(about.first, given.failures[0]), success)
    alert = compose_recovery(about, over, given, reason)
    return replace(alert, outcome="recovered", reason=reason)


def unreadable() -> Alert:
    lead = first(Kind.UNREADABLE, "", job_id="", queue_arn="", definition_arn="", vcpus=None,
                 memory_mib=None, platform="", status_reason="the event names no job")  # fmt: skip
    given = [
        Member(f"unreadable:{n}", Role.FAILED, "unreadable-event", START + n) for n in range(4)
    ]
    return write_digest(fold(given), incident(lead, "unreadable-event"))


CAUSES = ("oom-container", "oom-container", "job-timeout", "image-not-found")


def storm(number: int = 195, more: int = 57) -> Alert:
    entries = []
    for n in range(number):
        cause, name = CAUSES[n % len(CAUSES)], f"ingest-{n:03}"
        lead = first(name=name, queue_arn=f"{BATCH}:job-queue/{'etl' if n % 5 else 'web'}")
        about = incident(lead, cause, hold="on hold because of the rate limit")
        entries.append((about, fold(runs([name] * (1 + n % 11), cause, every=1000))))
    return storm_digest.compose_storm(entries, more, START)


def degraded(number: int = 60) -> Alert:
    pairs = []
    for n in range(number):
        lead = first(name=f"ingest-{n % 25:03}", job_id=f"job-{n}")
        pairs.append((lead, diagnosis_for(CAUSES[n % 25 % len(CAUSES)])))
    return storm_digest.compose_degraded(pairs, "ThrottlingException")


def changed() -> Alert:
    """A job that succeeded until its definition got a smaller size and another image."""
    image = "111122223333.dkr.ecr.us-east-1.amazonaws.com/genomics/align"
    old = JobShape("align:36", f"{image}:1.9.2", 2, 8192, platform="Fargate", job_role="align",
                timeout_seconds=14_400, attempt_limit=2, command=(1, 2, 3, 4))  # fmt: skip
    new = replace(old, definition="align:37", image=f"{image}:1.9.3", memory_mib=4096)
    after = replace(new, command=(1, 2, 5, 4), environment=frozenset({("CHUNK_ROWS", 1)}))
    run_history = RunHistory(
        Run("a1", "nightly", "align:36", START - 26 * HOUR), old, after, old, new
    )
    lead = first(
        reasons=("OutOfMemoryError: Container killed due to memory usage",), exit_code=137,
        stopped_at=START, created_at=START - 44 * MINUTE,
        definition_arn=f"{BATCH}:job-definition/align:37",
        attempts=(Attempt(START - 3 * MINUTE, START, exit_code=137),), attempt_limit=1,
    )  # fmt: skip
    alert = compose(lead, TRACEBACK, 25, KEY, run_history)
    reason = "first failure of this kind since deployment"
    return replace(alert, outcome="first", reason=reason, novelty="3rd in a row")


def with_action_links() -> Alert:
    url = "https://a1b2c3.lambda-url.us-east-1.on.aws/"
    job = "7a71c9a0-5d3e-4c0f-9d0e-9c1f6a3b2d10"
    return replace(nightly(), actions=action_links.list_actions(url, b"key", KEY, START, job))


def acknowledged() -> Alert:
    members = [
        Member(f"{ROOT}{n}", Role.FAILED, "oom-container", START + n * MINUTE, "nightly")
        for n in range(3)
    ]
    said = "acknowledged by Ada: no more digests until it recovers or has 30 failures"
    return compose_update(incident(first()), members, "ACKNOWLEDGED", said, START + HOUR)


def run_again() -> Alert:
    members = [Member(ROOT, Role.FAILED, "oom-container", START, "nightly")]
    said = "run again by Ada: job 0c1d2e3f-5a6b-4c7d-8e9f-a0b1c2d3e4f5, memory 4,096 -> 8,192 MiB"
    return compose_update(incident(first()), members, "RUN AGAIN", said, START + HOUR)


SCENES: dict[str, Callable[[], Alert]] = {
    "acknowledged": acknowledged,
    "action-links": with_action_links,
    "array-closed": array_closed,
    "array-first": array_first,
    "chain": chain,
    "changed": changed,
    "degraded": degraded,
    "multi-node": nodes,
    "nightly-5th": nightly,
    "recovered": recovered,
    "run-again": run_again,
    "seventeen-samples": seventeen,
    "storm": storm,
    "unreadable": unreadable,
}
