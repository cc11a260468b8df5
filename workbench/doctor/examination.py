"""All checks of a deployed stack, in the order in which a failure passes through it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from workbench.deployed import deployment
from workbench.deployed.deployment import Deployment
from workbench.doctor import (
    acceptance_checks,
    batch_counts,
    pipeline_checks,
    settings_checks,
    subscriber_checks,
    subscription_checks,
    table_checks,
)
from workbench.doctor.finding import Finding, run_check

ResourceCheck = Callable[[Deployment, str, str], Iterator[Finding]]
"""From a stack, the name of the subject and a physical id."""
RESOURCE_CHECKS: tuple[tuple[str, str, ResourceCheck], ...] = (
    ("rule", "AWS::Events::Rule", pipeline_checks.check_rule),
    ("schedule", "AWS::Scheduler::Schedule", pipeline_checks.check_schedule),
    ("event source", "AWS::Lambda::EventSourceMapping", pipeline_checks.check_event_source),
    ("function", "AWS::Lambda::Function", pipeline_checks.check_function),
    ("settings of", "AWS::Lambda::Function", settings_checks.check_settings),
    ("recursive loop of", "AWS::Lambda::Function", pipeline_checks.check_recursive_loop),
)
StackCheck = Callable[[Deployment], Iterator[Finding]]
STACK_CHECKS: tuple[tuple[str, StackCheck], ...] = (
    ("FailureQueue", pipeline_checks.check_failure_queue),
    ("IncidentTable", table_checks.check_table),
    ("access to IncidentTable", table_checks.check_writers),
    ("expiry of IncidentTable", table_checks.check_expiry),
    ("AlertTopic", subscriber_checks.check_alert_topic),
    ("OpsTopic", subscriber_checks.check_ops_topic),
    ("subscriptions of the stack", subscription_checks.check_stack_subscriptions),
    ("unsubscribing", subscription_checks.check_unsubscribing),
    ("kinds of subscribers", subscription_checks.check_kinds),
    ("text messages", subscriber_checks.check_text_messages),
    ("key of OpsTopic", subscriber_checks.check_ops_key),
    ("heartbeat", subscriber_checks.check_heartbeat),
    ("alarms", subscriber_checks.check_alarms),
    (batch_counts.SUBJECT, batch_counts.check_counts),
)


ACCEPTANCE_CHECKS: tuple[tuple[str, StackCheck], ...] = (
    ("heartbeats an hour", acceptance_checks.check_heartbeat_rate),
    ("invocations dropped as loops", acceptance_checks.check_dropped_invocations),
    ("follow-ups after four hours", acceptance_checks.check_late_follow_ups),
)


def examine(stack_name: str, region: str, *, acceptance: bool = False) -> Iterator[Finding]:
    """Run all checks; raises `InputError` when the stack cannot be read.

    With `acceptance`, also those of docs/real-account.md, and what a person has to do there.
    """
    stack = deployment.open_deployment(stack_name, region)
    for kind, resource_type, check in RESOURCE_CHECKS:
        for logical, physical in stack.ids(resource_type).items():
            subject = f"{kind} {logical}"
            yield from run_check(subject, partial(check, stack, subject, physical))
    for queue in pipeline_checks.DEAD_LETTERS:
        dead_letters = partial(pipeline_checks.check_dead_letters, stack, queue)
        yield from run_check(queue, dead_letters)
    for subject, stack_check in STACK_CHECKS + (ACCEPTANCE_CHECKS if acceptance else ()):
        yield from run_check(subject, partial(stack_check, stack))
    if acceptance:
        yield from acceptance_checks.manual_steps()
