"""Exit code 137, told apart by evidence: the same number for six different stories."""

from __future__ import annotations

from typing import Any

import pytest

from notifier.batch.failure import Attempt, Failure, Kind
from notifier.diagnosis.diagnose import Certainty, diagnose

CERTAIN, LIKELY, GUESS = Certainty.CERTAIN, Certainty.LIKELY, Certainty.GUESS
ENDED = "Essential container in task exited"
OOM = "OutOfMemoryError: Container killed due to memory usage"
TIMEOUT = "Job attempt duration exceeded timeout"
HOST = "Host EC2 (instance i-0737c70432d64f82a) terminated."
SPOT = "Your Spot Task was interrupted."
START = 1_795_000_000_000
HOUR_S = 3_600


def job(*attempts: Attempt, **changes: Any) -> Failure:
    given: dict[str, Any] = {
        "kind": Kind.JOB, "job_id": "a", "job_name": "nightly", "event_id": "e", "event_time": "",
        "account": "1", "region": "us-east-1", "status_reason": ENDED, "exit_code": 137,
        "attempts": attempts,
    }  # fmt: skip
    return Failure(**(given | changes))


def ran(seconds: int, **changes: Any) -> Attempt:
    given = {"exit_code": 137, "status_reason": ENDED} | changes
    return Attempt(started_at=START, stopped_at=START + seconds * 1000, **given)


TABLE = [
    # What AWS says of the container.
    ("out of memory", job(reasons=(OOM,)), [], "oom-container", CERTAIN, "OutOfMemoryError"),
    ("out of memory, in the attempt", job(ran(60, reason=OOM)), [], "oom-container", CERTAIN,
     "OutOfMemoryError"),
    ("out of memory in a pod", job(platform="EKS", reasons=("OOMKilled",)), [], "eks-oomkilled",
     CERTAIN, "OOMKilled"),
    # What Batch says of the job goes before what is said of the container.
    ("timeout", job(status_reason=TIMEOUT), [], "job-timeout", CERTAIN, TIMEOUT),
    ("timeout, though memory was short", job(status_reason=TIMEOUT, reasons=(OOM,)), [],
     "job-timeout", CERTAIN, TIMEOUT),
    ("Spot reclaim on Fargate", job(status_reason=SPOT), [], "fargate-spot-interruption", CERTAIN,
     SPOT),
    ("Spot reclaim in the attempt", job(ran(60, status_reason=SPOT)), [],
     "fargate-spot-interruption", CERTAIN, SPOT),
    ("host lost", job(status_reason=HOST), [], "host-ec2-terminated", CERTAIN, HOST),
    ("host lost in the attempt", job(ran(60, status_reason=HOST), status_reason=""), [],
     "host-ec2-terminated", CERTAIN, HOST),
    # A person, with and without the flag that Batch may leave out of an event.
    ("TerminateJob", job(status_reason="wrong input", stopped_by_request=True), [],
     "terminated-by-user", CERTAIN, "by request"),
    ("TerminateJob with the words of another", job(status_reason=OOM, stopped_by_request=True), [],
     "terminated-by-user", CERTAIN, "by request"),
    ("TerminateJob without its flag", job(status_reason="superseded by run 42"), [],
     "terminated-by-user", GUESS, "superseded"),
    ("TerminateJob just at the timeout", job(ran(HOUR_S), timeout_seconds=HOUR_S,
     status_reason="wrong input", stopped_by_request=True), [], "terminated-by-user", CERTAIN,
     "by request"),
    # Nobody says it: the log may, then times and earlier attempts, or it stays a guess.
    ("the program's own words", job(), ["java.lang.OutOfMemoryError: Java heap space"],
     "app-out-of-memory", LIKELY, "Java heap space"),
    ("it ran as long as it may", job(ran(HOUR_S + 31), timeout_seconds=HOUR_S), ["working"],
     "job-timeout", LIKELY, "its timeout is 1 h"),
    ("it ran a little less", job(ran(HOUR_S - 1), timeout_seconds=HOUR_S), [], "sigkill-137", GUESS,
     "137"),
    ("it ran much longer", job(ran(HOUR_S + 121), timeout_seconds=HOUR_S), [], "sigkill-137", GUESS,
     "137"),
    ("an attempt before was short of memory", job(ran(60, reason=OOM), ran(60)), [],
     "oom-container", LIKELY, "attempt 1 ended with: OutOfMemoryError"),
    ("an attempt before lost its host", job(ran(60, status_reason=HOST), ran(60)), [],
     "sigkill-137", GUESS, "137"),
    ("unknown", job(), [], "sigkill-137", GUESS, "137"),
    ("unknown, with a log that says nothing", job(ran(60)), ["step 3 of 9"], "sigkill-137", GUESS,
     "137"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("failure", "log", "cause", "certainty", "because"),
    [row[1:] for row in TABLE],
    ids=[row[0] for row in TABLE],
)
def test_137_is_told_apart_by_evidence(
    failure: Failure, log: list[str], cause: str, certainty: Certainty, because: str
) -> None:
    told = diagnose(failure, log)
    assert (told.cause, told.certainty) == (cause, certainty)
    assert because in " ".join(one.text for one in told.evidence)
    assert 1 <= len(told.evidence) <= 3


def test_other_exit_codes_are_not_inferred_from_times() -> None:
    failure = job(ran(HOUR_S, exit_code=1), timeout_seconds=HOUR_S, exit_code=1)
    assert diagnose(failure).cause == "app-exit-1"
