"""Every rule of the engine over `Failure` values, and the table of real strings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.batch.failure import Attempt, Failure, Kind
from notifier.diagnosis.catalogue import Certainty, Class, Severity
from notifier.diagnosis.diagnose import Diagnosis, Source, diagnose, explain
from notifier.text import units

TABLE = Path(__file__).with_name("reasons.jsonl")
ROWS = [json.loads(line) for line in TABLE.read_text(encoding="utf-8").splitlines()]
CERTAIN, LIKELY, GUESS = Certainty.CERTAIN, Certainty.LIKELY, Certainty.GUESS
ESSENTIAL = "Essential container in task exited"
HOST = "Host EC2 (instance i-0737c70432d64f82a) terminated."
OOM = "OutOfMemoryError: Container killed due to memory usage"
TIMEOUT = "Job attempt duration exceeded timeout"
NO_IMAGE = "CannotPullContainerError: Error response from daemon: manifest unknown"
TRACEBACK = [
    "Traceback (most recent call last):",
    '  File "a.py", line 3',
    "ValueError: bad row 17",
]


def failed(**fields: Any) -> Failure:
    """A job that failed, with nothing else known than what the test names."""
    given_fields = {
        "kind": Kind.JOB, "job_id": "j-1", "job_name": "job", "event_id": "e-1",
        "event_time": "2026-01-01T00:00:00Z", "account": "111122223333", "region": "eu-west-1",
        "status": "FAILED",
    } | fields  # fmt: skip
    return Failure(**given_fields)


def texts(told: Diagnosis) -> list[str]:
    return [each.text for each in told.evidence]


# ---- The table of real strings ------------------------------------------------------------------


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['cause']}: {row['text'][:40]}")
def test_a_real_string_is_explained(row: dict[str, Any]) -> None:
    assert explain(row["text"], row["exit_code"]).cause == row["cause"]


def test_the_rate_over_the_table() -> None:
    told = [(row, explain(row["text"], row["exit_code"])) for row in ROWS]
    wrong = [(row["text"], it) for row, it in told if it.cause != row["cause"]]
    certain = [text for text, it in wrong if it.certainty is CERTAIN]
    right = len(ROWS) - len(wrong)
    rate = f"{right} of {len(ROWS)} exact, {len(certain)} wrong and certain"
    print(rate)  # noqa: T201  the number is what this test is for (pytest -s, or on a failure)
    assert right / len(ROWS) >= 0.97
    assert certain == []


# The deciding word is the action, and a cut within it leaves the wider cause, which is true too.
CUT_BUT_TRUE = {("ce-service-role-assume", "ce-not-authorized")}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['cause']}: {row['text'][:40]}")
def test_a_cut_text_is_never_certain_of_another_cause(row: dict[str, Any]) -> None:
    for length in range(12, len(row["text"]), 7):
        told = explain(row["text"][:length])
        if told.cause != row["cause"] and (row["cause"], told.cause) not in CUT_BUT_TRUE:
            assert told.certainty < CERTAIN, row["text"][:length]


@pytest.mark.parametrize("row", [r for r in ROWS if r["cause"] == "unknown"], ids=str)
def test_free_text_is_shown_and_never_believed(row: dict[str, Any]) -> None:
    told = explain(row["text"])
    assert told.certainty is GUESS
    assert texts(told) == [row["text"]]


# What we would like to say, and what we say today. A fix moves a row into the table above.
KNOWN_WRONG = [
    # The text is cut before the mount that failed is named; rootfs_linux.go hints at it.
    (
        'OCI runtime create failed: container_linux.go:349: starting container process caused '
        '"process_linux.go:449: container init caused \\"rootfs_linux.go:58',
        None, "cannot-start-mount", "cannot-start-oci",
    ),
    # No credentials is a permission matter, but so is a metadata service out of reach.
    (
        "Failed to initialize logging driver: NoCredentialProviders: no valid providers in chain",
        None, "log-driver-denied", "log-driver-unspecified",
    ),
    # A person's sentence that begins like Docker's cannot be told from Docker's.
    ("toomanyrequests: I keep seeing this, stopping for today", None,
     "unknown", "image-pull-rate-limit"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "code", "wanted", "today"), KNOWN_WRONG)
def test_known_wrong_answers(text: str, code: int | None, wanted: str, today: str) -> None:
    assert explain(text, code).cause == today != wanted


# ---- Certainty ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "code", "cause", "certainty"),
    [
        (NO_IMAGE, None, "image-not-found", CERTAIN),
        (f"Task failed to start - {NO_IMAGE}", None, "image-not-found", CERTAIN),
        ("the agent said: manifest unknown", None, "image-not-found", LIKELY),
        ("CannotPullContainerError: ref pull has been", None, "image-pull-unspecified", LIKELY),
        ("we think: Job attempt duration exceeded timeout", None, "job-timeout", LIKELY),
        ("java.io.IOException: No space left on device", 1, "app-disk-full", LIKELY),
        (ESSENTIAL, 137, "sigkill-137", GUESS),
        (ESSENTIAL, 127, "app-exit-127", LIKELY),
        (ESSENTIAL, 139, "app-segfault", CERTAIN),
        (ESSENTIAL, 1, "app-exit-1", LIKELY),
        ("process ended with exit code 139", None, "app-segfault", LIKELY),
        ("some tool | An error occurred (ClientException) when calling the SubmitJob operation: "
         "JobDefinition x not found.", None, "job-definition-invalid", LIKELY),
        ("Cancelled by bob: CannotPullContainerError", None, "terminated-by-user", LIKELY),
        # The daemon says 404 of networks too, and not only of images.
        ("CannotStartContainerError: API error (404): could not find bridge docker0", None,
         "cannot-start-unspecified", LIKELY),
        # Cut before it says whether a secret or the registry was refused.
        ("unable to pull secrets or registry auth: AccessDeniedException: User: arn:aws:sts", None,
         "init-secrets-denied", LIKELY),
        # What was refused is not the command.
        ("OCI runtime create failed: runc create failed: unable to start container process: "
         "open sysctl net.ipv4.ip_forward file: permission denied", None,
         "cannot-start-permission", LIKELY),
        # Docker also says so of an image that it pulled and lost.
        ("CannotPullContainerError: Error: image app:9ce7d67b not found", None,
         "image-not-found", LIKELY),
        # A service event holds the reason of the task; its own words say little.
        ("(service web) was unable to place a task. Reason: CannotPullContainerError: "
         "ref pull has been retried 1 t", None, "image-pull-unspecified", LIKELY),
        # The agent was refused, not the job.
        ("TaskFailedToStart: AccessDeniedException", None, "task-failed-to-start", GUESS),
    ],
)  # fmt: skip
def test_how_sure(text: str, code: int | None, cause: str, certainty: Certainty) -> None:
    told = explain(text, code)
    assert (told.cause, told.certainty) == (cause, certainty)


def test_typography_does_not_matter() -> None:
    curly = explain("CannotPullContainerError: The task can’t pull the image. Check your network "
                    "configuration.")  # fmt: skip
    dash = explain("MISCONFIGURATION:SERVICE_ROLE_PERMISSIONS – Batch service role has an issue.")
    assert (curly.cause, curly.certainty) == ("image-pull-network", CERTAIN)
    assert (dash.cause, dash.certainty) == ("queue-service-role-permissions", CERTAIN)


@given(st.text(max_size=300), st.none() | st.integers(-5, 300))
def test_any_text_is_explained(text: str, code: int | None) -> None:
    told = explain(text, code)
    assert 1 <= len(told.evidence) <= 3
    assert told.actions


# ---- Rule 1: stopped on request -----------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    ["out of memory", NO_IMAGE + " again, giving up", f"because {TIMEOUT}", "", OOM,
     "Host EC2 is slow", "capacity diagnosis complete"],
)  # fmt: skip
def test_a_persons_words_decide_nothing(words: str) -> None:
    attempt = Attempt(status_reason=words, exit_code=137)
    told = diagnose(failed(stopped_by_request=True, status_reason=words, attempts=(attempt,)))
    assert (told.cause, told.certainty) == ("terminated-by-user", CERTAIN)
    assert told.severity is Severity.INFO
    assert not words or words in texts(told)
    assert told.evidence[0].source is Source.FLAG


@pytest.mark.parametrize(
    ("words", "cause"),
    [
        ("Canceled by JobStateTimeLimit action due to reason: MISCONFIGURATION:"
         "JOB_RESOURCE_REQUIREMENT", "job-state-time-limit"),
        ("JobQueue deleted", "job-queue-deleted"),
        (TIMEOUT, "job-timeout"),
        ("Job killed by NF", "cancelled-by-orchestrator"),
        (HOST, "host-ec2-terminated"),
        ("Your Spot Task was interrupted.", "fargate-spot-interruption"),
    ],
)  # fmt: skip
def test_the_systems_words_may_explain_a_stop(words: str, cause: str) -> None:
    told = diagnose(failed(stopped_by_request=True, status_reason=words, exit_code=137))
    assert (told.cause, told.certainty) == (cause, CERTAIN)


def test_an_unknown_status_of_a_killed_job_is_perhaps_a_person() -> None:
    told = diagnose(failed(status_reason="superseded by run 42", exit_code=137))
    assert (told.cause, told.certainty) == ("terminated-by-user", GUESS)
    assert "superseded by run 42" in texts(told)


def test_a_reason_that_says_something_outranks_an_exit_code() -> None:
    other = diagnose(failed(status_reason="superseded by run 42", exit_code=1))
    assert (other.cause, other.title) == ("unknown", "AWS says: superseded by run 42")
    assert other.doubt == ""
    killed = diagnose(failed(status_reason=ESSENTIAL, reasons=("NewError: odd",), exit_code=137))
    assert (killed.cause, killed.title) == ("unknown", "AWS says: NewError: odd")
    assert texts(killed) == ["NewError: odd", ESSENTIAL, units.exit_code(137)]
    linked = diagnose(failed(reasons=("See https://example.com for all of this",), exit_code=143))
    assert linked.title == "AWS says: See hxxps://example(.)com for…"


@pytest.mark.parametrize("said", ["Error", "Completed", "Task failed", ESSENTIAL, ""])
def test_a_reason_that_says_nothing_leaves_it_to_the_exit_code(said: str) -> None:
    assert diagnose(failed(status_reason=ESSENTIAL, reasons=(said,), exit_code=137)).cause == (
        "sigkill-137"
    )
    assert diagnose(failed(status_reason=said, exit_code=3)).cause == "app-exit-nonzero"


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("CannotPullContainerError: the words of next year", "image-pull-unspecified"),
        ("ResourceInitializationError: failed to configure ENI: new words", "init-eni"),
        ("failed to initialize logging driver: new words", "log-driver-unspecified"),
        ("The task can't retrieve the secret: new words", "secrets-unspecified"),
        ("OCI runtime create failed: new words", "cannot-start-oci"),
        ("MountVolume.SetUp failed for volume data: new words", "eks-volume-mount"),
        ("CLIENT_ERROR - new words", "ce-client-error-other"),
        ("Received status from SageMaker: NewError: new words", "sagemaker-other"),
        ('Resource handler returned message: "new words" (HandlerErrorCode: New)',
         "cfn-unspecified"),
    ],
)  # fmt: skip
def test_the_area_is_said_where_the_cause_is_not_known(text: str, cause: str) -> None:
    told = diagnose(failed(status_reason=text, exit_code=1))
    assert (told.cause, text in texts(told)) == (cause, True)
    assert told.certainty < CERTAIN
    for word in ("does not say", "no reason", "before it says"):
        assert word not in told.meaning


# ---- Rules 2 and 3: what Batch and the agent say ------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "cause"),
    [
        ({"status_reason": TIMEOUT, "reasons": (OOM,)}, "job-timeout"),
        ({"status_reason": HOST, "reasons": (OOM,)}, "host-ec2-terminated"),
        ({"status_reason": "Your Spot Task was interrupted."}, "fargate-spot-interruption"),
        ({"status_reason": ESSENTIAL, "reasons": (OOM,)}, "oom-container"),
        ({"status_reason": ESSENTIAL}, "sigkill-137"),
    ],
)
def test_137_is_told_apart(fields: dict[str, Any], cause: str) -> None:
    for log in ([], ["MemoryError"] if cause != "sigkill-137" else ["working"]):
        assert diagnose(failed(exit_code=137, **fields), log).cause == cause


def test_137_with_words_in_the_log() -> None:
    job = failed(status_reason=ESSENTIAL, exit_code=137)
    told = diagnose(job, ["step 1", "java.lang.OutOfMemoryError: Java heap space"])
    assert (told.cause, told.certainty) == ("app-out-of-memory", LIKELY)
    assert diagnose(job).certainty is GUESS


def test_the_last_attempt_counts() -> None:
    lost, done = Attempt(status_reason=HOST), Attempt(status_reason=ESSENTIAL, exit_code=1)
    ended = failed(status_reason=ESSENTIAL, attempts=(lost, done))
    assert diagnose(ended).cause == "app-exit-1"
    turned = failed(status_reason=ESSENTIAL, attempts=(done, lost))
    assert diagnose(turned).cause == "host-ec2-terminated"


def test_lost_attempts_are_counted() -> None:
    told = diagnose(failed(status_reason=HOST, attempts=(Attempt(status_reason=HOST),) * 3))
    assert (told.cause, told.certainty, told.retry) == ("host-ec2-terminated", CERTAIN, "yes")
    assert "3 of 3 attempts lost their host or capacity" in texts(told)
    assert told.class_ is Class.SPOT


def test_a_text_that_tells_more_wins_over_one_that_tells_less() -> None:
    cut = "CannotPullContainerError: pull image manifest has been retried 5 time(s)"
    told = diagnose(failed(status_reason=cut, reasons=(NO_IMAGE,)))
    assert told.cause == "image-not-found"
    assert told.evidence[0].source is Source.REASON
    assert diagnose(failed(status_reason=cut)).cause == "image-pull-unspecified"


def test_reasons_of_several_containers() -> None:
    assert diagnose(failed(status_reason=ESSENTIAL, reasons=("", OOM))).cause == "oom-container"
    pod = failed(platform="EKS", reasons=("OOMKilled",), exit_code=137)
    assert diagnose(pod).cause == "eks-oomkilled"


def test_texts_that_say_nothing_come_last() -> None:
    assert diagnose(failed(status_reason="Task failed to start")).cause == "task-failed-to-start"
    assert diagnose(failed(status_reason=ESSENTIAL)).cause == "essential-container-exited"
    assert diagnose(failed(status_reason=ESSENTIAL, exit_code=2)).cause == "app-exit-2"
    seen = diagnose(failed(status_reason=ESSENTIAL), ["OSError: No space left on device"])
    assert seen.cause == "app-disk-full"


# ---- Rules 4 to 6: exit code and log ------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "line", "cause"),
    [
        (1, "ValueError: bad row 17", "app-exit-1"),
        (1, "OSError: [Errno 28] No space left on device", "app-disk-full"),
        (1, "MemoryError", "app-out-of-memory"),
        (255, "requests.exceptions.ConnectionError: Max retries exceeded with url: /",
         "app-connection-failed"),
        (2, "usage: tool [-h]", "app-exit-2"),
        (42, "bye", "app-exit-nonzero"),
        (139, "MemoryError", "app-out-of-memory"),
        (134, "terminate called: No space left on device", "app-disk-full"),
        (139, "./solve: Segmentation fault", "app-segfault"),
        (143, "Connection refused while shutting down", "app-sigterm"),
        (127, "OSError: [Errno 28] No space left on device", "app-disk-full"),
        (134, "terminate called after throwing an instance of 'std::bad_alloc'",
         "app-out-of-memory"),
        (134, "Aborted (core dumped)", "app-abort"),
        (127, "exec /app/run: no such file or directory", "cannot-start-not-found"),
        (126, "standard_init_linux.go:228: exec user process caused: exec format error",
         "exec-format-error"),
        (1, "samtools: command not found", "app-exit-1"),
        (None, "samtools: command not found", "app-exit-127"),
        (None, "line 3: 27 Segmentation fault (core dumped)", "app-segfault"),
        (0, "MemoryError", "app-out-of-memory"),
    ],
)  # fmt: skip
def test_the_log_refines_what_says_little(code: int | None, line: str, cause: str) -> None:
    told = diagnose(failed(status_reason=ESSENTIAL, exit_code=code), ["start", line])
    assert told.cause == cause
    assert not code or units.exit_code(code) in texts(told)


def test_the_last_line_is_heard_first() -> None:
    log = ["MemoryError", "retrying", "OSError: No space left on device"]
    job = failed(status_reason=ESSENTIAL, exit_code=1)
    assert diagnose(job, log).cause == "app-disk-full"
    assert diagnose(job, log[::-1]).cause == "app-out-of-memory"


def test_an_application_failure_shows_the_exception() -> None:
    told = diagnose(failed(status_reason=ESSENTIAL, exit_code=1), TRACEBACK)
    assert "ValueError: bad row 17" in texts(told)


def test_refused_access_shows_the_action() -> None:
    line = "botocore.exceptions.ClientError: An error occurred (AccessDenied) when calling the "
    told = diagnose(failed(exit_code=1), [line + "PutObject operation: Access Denied"])
    assert told.cause == "app-access-denied"
    assert "PutObject" in texts(told)[0]


# ---- Kinds --------------------------------------------------------------------------------------


def test_an_array_parent_points_at_its_children() -> None:
    told = diagnose(failed(kind=Kind.ARRAY_PARENT, status_reason="Array Child Job failed",
                           array_failed=2, array_size=100))  # fmt: skip
    assert (told.cause, told.certainty) == ("array-child-failed", CERTAIN)
    assert "2 of 100 children failed" in texts(told)
    silent = diagnose(failed(kind=Kind.ARRAY_PARENT, array_failed=1))
    assert (silent.cause, silent.certainty) == ("array-child-failed", LIKELY)


def test_a_blocked_queue_uses_its_code() -> None:
    code = "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT - The job resource requirement is higher"
    told = diagnose(failed(kind=Kind.QUEUE_BLOCKED, status="RUNNABLE", status_reason=code))
    assert (told.cause, told.severity) == ("queue-job-resource-requirement", Severity.CRITICAL)
    other = diagnose(failed(kind=Kind.QUEUE_BLOCKED, status_reason="something new"))
    assert (other.cause, other.certainty) == ("queue-blocked-undetermined", GUESS)


@pytest.mark.parametrize(
    ("reason", "cause"),
    [
        ('Resource handler returned message: "Error executing request, Exception : ECS Instance '
         'Role should be an ECS Instance Profile ARN, RequestId: 0 (Service: Batch)"',
         "ce-instance-profile"),
        ("Launch template lt-1 is gone", "ce-launch-template"),
        ("Resource creation cancelled", "cfn-cancelled"),
    ],
)  # fmt: skip
def test_an_environment_that_does_not_deploy(reason: str, cause: str) -> None:
    told = diagnose(failed(kind=Kind.ENVIRONMENT, status="CREATE_FAILED", status_reason=reason))
    assert told.cause == cause


def test_a_service_job() -> None:
    told = diagnose(failed(kind=Kind.SERVICE_JOB, status_reason="Received status from SageMaker: "
                           "AlgorithmError: ExecuteUserScriptError"))  # fmt: skip
    assert told.cause == "sagemaker-algorithm-error"


def test_nothing_known_is_said_to_be_nothing_known() -> None:
    told = diagnose(failed())
    assert (told.cause, told.certainty) == ("unknown", GUESS)
    assert len(told.evidence) == 1
    odd = diagnose(failed(status_reason="odd words", reasons=("other words",)), ["last line"])
    assert texts(odd) == ["odd words", "other words", "last line"]


@given(
    st.sampled_from(list(Kind)),
    st.text(max_size=80),
    st.lists(st.sampled_from([ESSENTIAL, HOST, OOM, TIMEOUT, "", "free words"]), max_size=4),
    st.none() | st.integers(0, 255),
    st.booleans(),
    st.lists(st.sampled_from([*TRACEBACK, "Killed", "MemoryError", ""]), max_size=6),
)
def test_any_failure_is_diagnosed(
    kind: Kind, status: str, said: list[str], code: int | None, stopped: bool, log: list[str]
) -> None:
    attempts = tuple(Attempt(status_reason=text, reason=text) for text in said)
    told = diagnose(
        failed(
            kind=kind, status_reason=status, attempts=attempts, exit_code=code,
            stopped_by_request=stopped, reasons=tuple(said),
        ),
        log,
    )  # fmt: skip
    assert 1 <= len(told.evidence) <= 3
    assert len(told.title) <= 40
    if TIMEOUT in said[-1:] and not stopped:
        assert told.class_ is not Class.MEMORY
