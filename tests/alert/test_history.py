"""What changed since the last success: compared without showing a word or a value."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from notifier.alert import history
from notifier.alert.alert import compose
from notifier.alert.changes import Change, compare, mark_submission_changes
from notifier.alert.history import Run, RunHistory
from notifier.batch.failure import Failure, Kind
from notifier.batch.job_shape import UNNAMED, JobShape, shape_of_definition, shape_of_job
from notifier.channels import email, message, webhook
from tests.properties.planted import PASSWORD, SECRETS, leaked

ARN = "arn:aws:batch:eu-west-1:111122223333"
RUN = Run("a1", "nightly", "align:36", 1_793_589_120_000)
FAILURE = Failure(
    kind=Kind.JOB, job_id="b2", job_name="nightly", event_id="e", event_time="2026-11-25T10:21:05Z",
    account="111122223333", region="eu-west-1", queue_arn=f"{ARN}:job-queue/etl",
    definition_arn=f"{ARN}:job-definition/align:37",
)  # fmt: skip


def container(**changes: Any) -> dict[str, Any]:
    return {
        "image": "111122223333.dkr.ecr.eu-west-1.amazonaws.com/ml/align:1.9.2",
        "command": ["align", "--in", "a.bam", "--threads", "4"],
        "jobRoleArn": "arn:aws:iam::111122223333:role/align",
        "executionRoleArn": "arn:aws:iam::111122223333:role/execution",
        "environment": [{"name": "STAGE", "value": "prod"}],
        "resourceRequirements": [
            {"type": "VCPU", "value": "2"}, {"type": "MEMORY", "value": "8192"},
        ],
    } | changes  # fmt: skip


def job(revision: int = 36, own: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    return {
        "jobId": "a1",
        "jobDefinition": f"{ARN}:job-definition/align:{revision}",
        "container": container(**(own or {})),
        "timeout": {"attemptDurationSeconds": 3600},
        "retryStrategy": {"attempts": 2},
        "parameters": {"day": "monday"},
        "platformCapabilities": ["FARGATE"],
    } | changes


def told(own: dict[str, Any] | None = None, **changes: Any) -> list[tuple[str, str]]:
    found = compare(shape_of_job(job()), shape_of_job(job(own=own, **changes)))
    return [(one.what, one.text) for one in found]


def env(**values: str) -> dict[str, Any]:
    return {"environment": [{"name": name, "value": value} for name, value in values.items()]}


REPOSITORY = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/ml/align"
DIGEST = "@sha256:" + "0c" * 32


@pytest.mark.parametrize(
    ("own", "changes", "expected"),
    [
        ({}, {}, []),
        ({"image": f"{REPOSITORY}:1.9.3"}, {}, [("image", "ml/align:1.9.2 → 1.9.3")]),
        ({"image": "busybox"}, {}, [("image", f"{REPOSITORY}:1.9.2 → busybox")]),
        ({"resourceRequirements": [{"type": "VCPU", "value": "0.5"},
                                   {"type": "MEMORY", "value": "1024"}]}, {},
         [("vCPU", "2 → 0.5"), ("memory", "8,192 MiB → 1,024 MiB")]),
        ({"resourceRequirements": [*container()["resourceRequirements"],
                                   {"type": "GPU", "value": "1"}]}, {}, [("GPU", "none → 1")]),
        ({"command": ["align", "--in", "b.bam", "--threads", "8"]}, {},
         [("command", "words 3, 5 of 5 differ")]),
        ({"command": ["align", "--in", "b.bam", "--threads", "4"]}, {},
         [("command", "word 3 of 5 differs")]),
        ({"command": ["align", "--in", "a.bam"]}, {},
         [("command", "5 → 3 words, different from word 4 onward")]),
        ({"command": ["align", "-v", "--in", "a.bam", "--threads", "4"]}, {},
         [("command", "5 → 6 words, different from word 2 onward")]),
        ({"command": [*"abcdefg"]}, {}, [("command", "5 → 7 words, different from word 1 onward")]),
        ({"jobRoleArn": "arn:aws:iam::1:role/other"}, {}, [("job role", "align → other")]),
        ({"executionRoleArn": None}, {}, [("execution role", "execution → none")]),
        ({"logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": "/own"}}}, {},
         [("log group", "/aws/batch/job → /own")]),
        (env(STAGE="test"), {}, [("environment", "changed STAGE")]),
        (env(STAGE="prod", DEBUG="1"), {}, [("environment", "added DEBUG")]),
        (env(), {}, [("environment", "removed STAGE")]),
        (env(**{f"V{n}": "1" for n in range(7)}), {},
         [("environment", "added V0, V1, V2, V3, V4 and 2 more; removed STAGE")]),
        ({}, {"timeout": {"attemptDurationSeconds": 600}}, [("timeout", "1 h → 10 min")]),
        ({}, {"timeout": {}}, [("timeout", "1 h → none")]),
        ({}, {"retryStrategy": {"attempts": 1}}, [("attempts", "2 → 1")]),
        ({}, {"retryStrategy": {"attempts": 2, "evaluateOnExit": [{"action": "EXIT"}]}},
         [("retry rules", "evaluateOnExit changed")]),
        ({}, {"parameters": {"day": "tuesday"}}, [("parameters", "changed day")]),
        ({}, {"platformCapabilities": ["EC2"]}, [("platform", "Fargate → EC2")]),
        ({}, {"platformCapabilities": []}, []),
        ({}, {"jobDefinition": f"{ARN}:job-definition/align:37"},
         [("definition", "align:36 → align:37")]),
    ],
)  # fmt: skip
def test_what_differs(
    own: dict[str, Any], changes: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    assert told(own, **changes) == expected


def test_of_many_words_that_differ_few_are_counted_out() -> None:
    before, after = JobShape(command=tuple(range(8))), JobShape(command=tuple(range(10, 18)))
    assert compare(before, after)[0].text == "words 1, 2, 3, 4, 5 and others of 8 differ"


@pytest.mark.parametrize(
    "shaped",
    [
        {"ecsProperties": {"taskProperties": [{"containers": [container()],
                                               "taskRoleArn": "arn:aws:iam::1:role/task"}]}},
        {"eksProperties": {"podProperties": {"containers": [
            {"image": "a:1", "command": ["a"], "args": ["b"], "env": [{"name": "A", "value": "1"}],
             "resources": {"limits": {"cpu": "1", "memory": "512Mi"}}}]}}},
        {"nodeProperties": {"numNodes": 4, "nodeRangeProperties": [
            {"targetNodes": "0:3", "container": container()}]}},
    ],
    ids=["ecs", "eks", "nodes"],
)  # fmt: skip
def test_every_shape_of_a_job_is_read(shaped: dict[str, Any]) -> None:
    shape = shape_of_job({"jobDefinition": "d:1"} | shaped)
    assert shape.image
    assert shape.command
    assert shape.environment
    assert shape.memory_mib
    assert compare(shape, shape) == ()


def test_a_definition_is_read_like_a_job() -> None:
    definition = {
        "jobDefinitionArn": f"{ARN}:job-definition/align:36",
        "containerProperties": container(),
        **{key: job()[key] for key in ("timeout", "retryStrategy", "parameters")},
        "platformCapabilities": ["FARGATE"],
    }
    assert shape_of_definition(definition) == shape_of_job(job())


@pytest.mark.parametrize(
    "detail",
    [
        {},
        {"container": None},
        {"container": [], "parameters": 7},
        {"container": {"command": "x", "environment": [7, None]}},
    ],
)
def test_any_answer_is_read(detail: dict[str, Any]) -> None:
    assert compare(shape_of_job(detail), shape_of_job(detail)) == ()


@pytest.mark.parametrize("planted", SECRETS, ids=lambda planted: planted.kind)
def test_no_word_and_no_value_leaves_a_shape(planted: Any) -> None:
    """Command, environment values and parameters of both runs hold the secret."""
    line = planted.line
    was = shape_of_job(job(own={"command": ["run", line], **env(A=line)}, parameters={"p": line}))
    now = shape_of_job(job(own={"command": [line], **env(B=line, A="x")}, parameters={"q": line}))
    run_history = RunHistory(RUN, was, now)
    alert = compose(FAILURE, None, 25, "", run_history)
    texts = "".join(message.render_channels(alert).values())
    assert not leaked(planted.private, repr((was, now, run_history)) + texts)


def test_a_name_that_may_be_a_value_is_not_shown() -> None:
    assert told(env(**{"STAGE": "prod", f"x={PASSWORD}": "1"})) == [
        ("environment", f"added {UNNAMED}")
    ]


def test_what_the_definition_does_not_explain_was_asked_at_submission() -> None:
    old, new = JobShape(memory_mib=4096, image="a:1"), JobShape(memory_mib=4096, image="a:2")
    before, after = JobShape(memory_mib=4096, image="a:1"), JobShape(memory_mib=2048, image="a:2")
    run_history = RunHistory(RUN, before, after, old, new)
    assert history.list_changes(run_history) == (
        ("image", "a:1 → 2"),
        ("memory", "4,096 MiB → 2,048 MiB (at submission)"),
    )
    assert run_history.overridden == {"memory"}
    assert replace(run_history, definition_after=None).overridden is None
    change = Change("memory", "1", "2")
    assert mark_submission_changes((change,), None) == (change,)


SAME = JobShape(image="a:1")


@pytest.mark.parametrize(
    ("run_history", "sentence", "rows"),
    [
        (None, "", []),
        (RunHistory(RUN, SAME, SAME), "Last success 2026-11-02 03:12 UTC, revision 36",
         [("nothing", "same definition, size, command and roles; the image behind the tag may have "
           "changed")]),
        (RunHistory(RUN, JobShape(image=f"a{DIGEST}"), JobShape(image=f"a{DIGEST}")),
         "Last success 2026-11-02 03:12 UTC, revision 36",
         [("nothing", "same definition, size, command and roles")]),
        (RunHistory(replace(RUN, name="www.evil.example"), SAME, SAME),
         "Last success of its definition 2026-11-02 03:12 UTC, revision 36 "
         "(job www[.]evil[.]example)", None),
        (RunHistory(None), "No success on record", []),
        (RunHistory(None, all_seen=False), "No success among the last 100 jobs", []),
        (RunHistory(unknown="AWS Batch did not answer"), "",
         [("not known", "AWS Batch did not answer")]),
        (RunHistory(RUN, unknown="AWS Batch did not answer"),
         "Last success 2026-11-02 03:12 UTC, revision 36",
         [("not known", "AWS Batch did not answer")]),
        # The definitions alone are missing: what changed is known, only not by whom.
        (RunHistory(RUN, SAME, JobShape(image="b"), unknown="AWS Batch did not answer"),
         "Last success 2026-11-02 03:12 UTC, revision 36", [("image", "a:1 → b")]),
    ],
)  # fmt: skip
def test_the_last_success_and_changes_in_words(
    run_history: RunHistory | None, sentence: str, rows: list[tuple[str, str]] | None
) -> None:
    assert history.describe_last_success(FAILURE, run_history) == sentence
    if rows is not None:
        assert list(history.list_changes(run_history)) == rows


@pytest.mark.parametrize("kind", Kind)
def test_drills_queues_and_environments_have_no_past(kind: Kind) -> None:
    jobs = {Kind.JOB, Kind.ARRAY_CHILD, Kind.ARRAY_PARENT, Kind.NODE, Kind.MULTI_NODE}
    assert history.is_comparable(replace(FAILURE, kind=kind)) is (kind in jobs)
    assert not history.is_comparable(replace(FAILURE, kind=kind, is_drill=True))
    assert not history.is_comparable(replace(FAILURE, kind=kind, definition_arn=""))


def test_the_mail_has_it_before_the_facts() -> None:
    run_history = RunHistory(RUN, SAME, JobShape(image="a:2"))
    mail = email.render_body(
        replace(compose(FAILURE, None, 25, "", run_history), novelty="3rd in a row")
    )
    assert "3rd in a row. Last success 2026-11-02 03:12 UTC, revision 36." in mail
    order = ["DO NEXT", "CHANGED since the last success\n  image  a:1 → 2\n", "FACTS"]
    assert [mail.index(each) for each in order] == sorted(mail.index(each) for each in order)


def test_the_document_has_it_as_data() -> None:
    document = webhook.build_document(
        compose(FAILURE, None, 25, "", RunHistory(RUN, SAME, JobShape(image="a:2")))
    )
    assert document["history"]["last_success"] == {
        "job_id": "a1", "name": "nightly", "definition": "align:36",
        "stopped_at": 1_793_589_120_000,
    }  # fmt: skip
    assert document["changes"] == [
        {"what": "image", "before": "a:1", "after": "a:2", "at_submission": False}
    ]
    assert json.dumps(document)
    nothing = webhook.build_document(compose(FAILURE, None, 25))
    assert (nothing["history"], nothing["changes"]) == (None, None)
