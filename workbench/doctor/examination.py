"""All checks of a deployed stack, in the order in which a failure passes through it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from workbench.deployed import deployment
from workbench.deployed.deployment import Deployment
from workbench.doctor import pipeline_checks, subscriber_checks
from workbench.doctor.finding import Finding, run_check

ResourceCheck = Callable[[Deployment, str, str], Iterator[Finding]]
"""From a stack, the name of the subject and a physical id."""
RESOURCE_CHECKS: tuple[tuple[str, str, ResourceCheck], ...] = (
    ("rule", "AWS::Events::Rule", pipeline_checks.check_rule),
    ("schedule", "AWS::Scheduler::Schedule", pipeline_checks.check_schedule),
    ("event source", "AWS::Lambda::EventSourceMapping", pipeline_checks.check_event_source),
    ("function", "AWS::Lambda::Function", pipeline_checks.check_function),
)
StackCheck = Callable[[Deployment], Iterator[Finding]]
STACK_CHECKS: tuple[tuple[str, StackCheck], ...] = (
    ("FailureQueue", pipeline_checks.check_failure_queue),
    ("AlertTopic", subscriber_checks.check_alert_topic),
    ("OpsTopic", subscriber_checks.check_ops_topic),
    ("text messages", subscriber_checks.check_text_messages),
    ("key of OpsTopic", subscriber_checks.check_ops_key),
    ("heartbeat", subscriber_checks.check_heartbeat),
    ("alarms", subscriber_checks.check_alarms),
)


def examine(stack_name: str, region: str) -> Iterator[Finding]:
    """Run all checks; raises `InputError` when the stack cannot be read."""
    stack = deployment.open_deployment(stack_name, region)
    for kind, resource_type, check in RESOURCE_CHECKS:
        for logical, physical in stack.ids(resource_type).items():
            subject = f"{kind} {logical}"
            yield from run_check(subject, partial(check, stack, subject, physical))
    for queue in pipeline_checks.DEAD_LETTERS:
        dead_letters = partial(pipeline_checks.check_dead_letters, stack, queue)
        yield from run_check(queue, dead_letters)
    for subject, stack_check in STACK_CHECKS:
        yield from run_check(subject, partial(stack_check, stack))
