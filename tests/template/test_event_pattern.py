"""The events that the rules match. A failure that no rule matches is never reported."""

from __future__ import annotations

from typing import Any

import pytest

from tests.template.stack import Stack

ACCOUNT = "111122223333"  # as in the translated template
NIGHTLY = "arn:aws:batch:eu-west-1:111122223333:job-queue/nightly"
ADHOC = "arn:aws:batch:eu-west-1:111122223333:job-queue/adhoc"

JOB = "Batch Job State Change"
SERVICE_JOB = "Batch Service Job State Change"
BLOCKED = "Batch Job Queue Blocked"
SERVICE_BLOCKED = "Batch Service Job Queue Blocked"
PREEMPTED = "Batch Service Job Preemption Completed"
RESOURCE = "CloudFormation Resource Status Change"

Event = dict[str, Any]
_ABSENT = object()


def matches(pattern: dict[str, Any], event: Event) -> bool:
    """Check whether EventBridge would match an event, for the operators in use.

    A field that the pattern names must exist. Its alternatives are joined by "or", the fields by
    "and". Unknown operators raise an error.
    """
    for key, wanted in pattern.items():
        actual = event.get(key, _ABSENT)
        if isinstance(wanted, dict):
            if not isinstance(actual, dict) or not matches(wanted, actual):
                return False
        elif not any(_fits(one, actual) for one in wanted):
            return False
    return True


def _fits(wanted: Any, actual: Any) -> bool:
    match wanted:
        case {"exists": False}:
            return actual is _ABSENT
        case {"anything-but": values}:
            return actual is not _ABSENT and actual not in values
        case {"prefix": text}:
            return isinstance(actual, str) and actual.startswith(text)
        case {"suffix": text}:
            return isinstance(actual, str) and actual.endswith(text)
        case dict():
            raise NotImplementedError(f"no test knows the operator in {wanted}")
    return bool(wanted == actual)


def matching_rules(stack: Stack, event: Event) -> list[str]:
    rules = stack.of_type("AWS::Events::Rule")
    return [name for name, rule in rules.items() if matches(rule["EventPattern"], event)]


def batch(detail_type: str = JOB, status: str = "FAILED", **detail: Any) -> Event:
    return {
        "source": "aws.batch",
        "account": ACCOUNT,
        "detail-type": detail_type,
        "detail": {"status": status, "jobQueue": NIGHTLY, **detail},
    }


def resource(kind: str, status: str, reason: str | None = "Invalid subnet") -> Event:
    details = {"status": status} | ({"status-reason": reason} if reason is not None else {})
    return {
        "source": "aws.cloudformation",
        "account": ACCOUNT,
        "detail-type": RESOURCE,
        "detail": {"resource-type": kind, "status-details": details},
    }


def heartbeat(stack: str = "batch-notifier") -> Event:
    source = f"batch-notifier.heartbeat.{stack}"
    return {"source": source, "account": ACCOUNT, "detail": {"at": 1}}


def drill(**changes: Any) -> Event:
    return batch(**changes) | {"source": "batch-notifier.drill"}


MATCHING: list[tuple[str, Event]] = [
    ("a failed job", batch()),
    ("a failed array child", batch(arrayProperties={"index": 12})),
    ("a failed service job", batch(SERVICE_JOB)),
    ("a blocked queue", batch(BLOCKED, "RUNNABLE")),
    ("a blocked queue of service jobs", batch(SERVICE_BLOCKED, "RUNNABLE")),
    ("a preempted service job", batch(PREEMPTED, "RUNNING")),
    ("an environment not created", resource("AWS::Batch::ComputeEnvironment", "CREATE_FAILED")),
    ("a job queue not updated", resource("AWS::Batch::JobQueue", "UPDATE_FAILED")),
    ("a job definition not deleted", resource("AWS::Batch::JobDefinition", "DELETE_FAILED")),
    ("a drill", drill()),
    ("a drill of another kind", drill(detail_type=BLOCKED, status="RUNNABLE")),
    ("an empty drill", {"source": "batch-notifier.drill", "account": ACCOUNT, "detail": {}}),
    ("a failed resource without a reason", resource("AWS::Batch::JobQueue", "CREATE_FAILED", None)),
    ("its own heartbeat", heartbeat()),
]
OTHER: list[tuple[str, Event]] = [
    *((f"a job {status}", batch(status=status)) for status in ("RUNNABLE", "RUNNING", "SUCCEEDED")),
    ("a service job that succeeded", batch(SERVICE_JOB, "SUCCEEDED")),
    ("a status in lower case", batch(status="failed")),
    ("a call to the Batch API", batch("AWS API Call via CloudTrail")),
    ("an event of another source", batch() | {"source": "example.batch"}),
    ("an environment created", resource("AWS::Batch::ComputeEnvironment", "CREATE_COMPLETE")),
    ("a rollback", resource("AWS::Batch::ComputeEnvironment", "ROLLBACK_IN_PROGRESS")),
    ("a resource of another service", resource("AWS::S3::Bucket", "CREATE_FAILED")),
    ("a type with a similar prefix", resource("AWS::BatchX::Thing", "CREATE_FAILED")),
    (
        "a whole stack that failed",
        resource("AWS::CloudFormation::Stack", "CREATE_FAILED"),
    ),
    ("a source with the prefix of the drill", drill() | {"source": "batch-notifier.drills"}),
    ("the heartbeat of another stack", heartbeat("batch-notifier-2")),
    ("the heartbeat of no stack", heartbeat() | {"source": "batch-notifier.heartbeat"}),
    *(
        (f"{name} of another account", event | {"account": "999988887777"})
        for name, event in MATCHING
    ),
    *(
        (
            f"a sibling of a failed resource: {reason}",
            resource("AWS::Batch::JobQueue", status, reason),
        )
        for status, reason in (
            ("CREATE_FAILED", "Resource creation cancelled"),
            ("UPDATE_FAILED", "Resource update cancelled"),
        )
    ),
]


@pytest.mark.parametrize("event", [pytest.param(event, id=name) for name, event in MATCHING])
def test_exactly_one_rule_matches_a_failure(stack: Stack, event: Event) -> None:
    assert len(matching_rules(stack, event)) == 1  # two would report it twice


@pytest.mark.parametrize("event", [pytest.param(event, id=name) for name, event in OTHER])
def test_no_rule_matches_other_events(stack: Stack, event: Event) -> None:
    assert matching_rules(stack, event) == []


@pytest.mark.parametrize("queues", [NIGHTLY, f"{ADHOC},{NIGHTLY}"])
@pytest.mark.parametrize("event", [pytest.param(event, id=name) for name, event in MATCHING])
def test_watched_queues_and_events_without_a_queue_match(
    template: dict[str, Any], queues: str, event: Event
) -> None:
    assert len(matching_rules(Stack(template, {"JobQueueArns": queues}), event)) == 1


@pytest.mark.parametrize(
    "event",
    [batch(), batch(SERVICE_JOB), batch(BLOCKED, "RUNNABLE"), batch(SERVICE_BLOCKED, "RUNNABLE")],
    ids=[JOB, SERVICE_JOB, BLOCKED, SERVICE_BLOCKED],
)
def test_other_queues_do_not_match(template: dict[str, Any], event: Event) -> None:
    assert matching_rules(Stack(template, {"JobQueueArns": ADHOC}), event) == []


def test_drills_match_with_any_watched_queues(template: dict[str, Any]) -> None:
    stack = Stack(template, {"JobQueueArns": ADHOC})
    assert matching_rules(stack, drill()) == ["DrillRule"]


def test_all_rules_have_the_same_target(stack: Stack) -> None:
    fed = {
        (target["Arn"], target["DeadLetterConfig"]["Arn"])
        for rule in stack.of_type("AWS::Events::Rule").values()
        for target in rule["Targets"]
    }
    assert len(fed) == 1


def test_patterns_use_only_operators_of_the_matcher(stack: Stack) -> None:
    with pytest.raises(NotImplementedError, match="no test knows"):
        matches({"source": [{"wildcard": "*"}]}, batch())
    for rule in stack.of_type("AWS::Events::Rule").values():
        assert "EventBusName" not in rule  # the default bus, where AWS services put their events
        matches(rule["EventPattern"], batch())
