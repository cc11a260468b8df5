"""Every cycle in the template is intended, allowed for Lambda's loop detection, and bounded.

Lambda stops a chain that comes back to the same function through SQS or SNS after about 16
invocations, unless the function allows it. Where it is allowed, nothing at AWS ends a chain any
more, so each row here names what does, and checks it.
https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from notifier import settings
from notifier.incident.incident import CLOSE_AFTER_MS, Intervals
from notifier.text.units import DAY_MS, MINUTE_MS
from notifier.workflows.records import DEPENDENT_WAITS_S
from tests.simulation import Simulation, failed
from tests.template.cycles import cycles, graph_of
from tests.template.stack import Stack, translate
from tests.template.test_alarms import metrics
from workbench.doctor import pipeline_checks

HOUR, DAY = 3_600, 86_400
HOP_MS = 15 * MINUTE_MS  # the longest delay of SQS


def dependents_wait_three_times() -> dict[str, bool]:
    """One message waits at most as often as DEPENDENT_WAITS_S has entries, 255 s in all."""
    world = Simulation()
    world.put(failed("b", depends_on=["never-seen"]), 0)
    world.run_until(DAY)
    return {
        "it waits three times": world.waited == [1, 2, 3],
        "the waits are three": len(DEPENDENT_WAITS_S) == 3,
    }


def follow_ups_end_with_their_incident() -> dict[str, bool]:
    """An incident has one live follow-up, and none two weeks after its last failure.

    Two follow-ups of one incident are at least the interval apart, which is two minutes or more,
    and a follow-up hops once in 15 minutes: so the number of messages is bounded as well.
    """
    _, least, _ = settings._NUMBERS["FOLLOW_UP_MINUTES"]
    world = Simulation()
    for n in range(20 * 24 * 2):  # it fails every half an hour for longer than that
        world.put(failed(f"job-{n}", second=n * HOUR / 2), n * HOUR / 2)
    world.run_until(20 * DAY)
    incidents = world.ledger.incidents.values()
    live = {parcel.body for parcel in world.follow_ups}
    hops, looks = 20 * DAY_MS / HOP_MS, 20 * DAY_MS / Intervals().longest_interval
    claims = {
        "two minutes apart": least >= 2,
        "14 days at most": CLOSE_AFTER_MS == 14 * DAY_MS,
        "one live follow-up for each incident": len(live) <= len(incidents),
        "as many messages as hops and looks": world.queues.calls["SendMessage"]
        <= hops + looks + 16,
    }
    world.run_until(35 * DAY)
    return claims | {"none after it is closed": world.follow_ups == []}


@dataclass(frozen=True)
class Allowed:
    """A cycle that is intended: its function allows loops, and a check shows what ends it."""

    function: str
    bound: Callable[[], dict[str, bool]]


ALLOWED = {
    frozenset({"FailureQueue", "OnFailureFunction"}): Allowed(
        "OnFailureFunction", dependents_wait_three_times
    ),
    frozenset({"FollowUpQueue", "OnFollowUpFunction"}): Allowed(
        "OnFollowUpFunction", follow_ups_end_with_their_incident
    ),
}


def unlawful(stack: Stack) -> list[str]:
    """List what breaks the law: cycles, settings and alarms."""
    found = cycles(graph_of(stack))
    functions = stack.of_type("AWS::Lambda::Function")
    looping = set().union(*found) & functions.keys() if found else set()
    problems = [f"unintended cycle: {sorted(one)}" for one in found - ALLOWED.keys()]
    problems += [f"no such cycle any more: {sorted(one)}" for one in ALLOWED.keys() - found]
    for name, function in functions.items():
        setting = function.get("RecursiveLoop", "not set")
        wanted = "Allow" if name in looping else "Terminate"
        if setting != wanted:
            problems.append(f"{name}: RecursiveLoop is {setting}, not {wanted}")
    for name, alarm in stack.of_type("AWS::CloudWatch::Alarm").items():
        for _, metric, of in metrics(alarm):
            function = functions.get(of.strip("<>"), {})
            if metric == "RecursiveInvocationsDropped" and function.get("RecursiveLoop") == "Allow":
                problems.append(f"{name}: Lambda does not report this metric for {of}")
    return problems


def test_every_cycle_is_intended_and_allowed(stack: Stack) -> None:
    assert unlawful(stack) == []


@pytest.mark.parametrize("allowed", ALLOWED.values(), ids=lambda one: one.function)
def test_every_allowed_cycle_is_bounded(allowed: Allowed) -> None:
    assert [claim for claim, holds in allowed.bound().items() if not holds] == []


def test_the_doctor_checks_the_functions_that_loop() -> None:
    assert {one.function for one in ALLOWED.values()} == set(pipeline_checks.RECURSIVE_FUNCTIONS)


def test_the_graph_contains_every_function_queue_topic_rule_and_schedule(stack: Stack) -> None:
    graph = graph_of(stack)
    nodes = graph.keys() | set(itertools.chain.from_iterable(graph.values()))
    kinds = (
        "AWS::Lambda::Function", "AWS::SQS::Queue", "AWS::SNS::Topic", "AWS::Events::Rule",
        "AWS::Scheduler::Schedule",
    )  # fmt: skip
    assert stack.of_type(*kinds).keys() <= nodes
    # The path of a heartbeat, which passes every kind of edge but a subscription.
    path = ["SweepSchedule", "OnSweepFunction", "event bus batch-notifier.heartbeat.batch-notifier",
            "HeartbeatRule", "FailureQueue", "OnFailureFunction", "AlertTopic"]  # fmt: skip
    for source, target in itertools.pairwise(path):
        assert target in graph[source], (source, target)


def _with(source: str, *changes: tuple[str, str]) -> Stack:
    for old, new in changes:
        assert old in source, old
        source = source.replace(old, new, 1)
    return Stack(translate(source), {"AlertEmail": "a@example.com"})


SWEEP_STATEMENT = "          - Sid: CountSubscriptions\n"
DROPPED = """  DroppedAlarm:
    Type: AWS::CloudWatch::Alarm
    Properties:
      Namespace: AWS/Lambda
      MetricName: RecursiveInvocationsDropped
      Dimensions: [{Name: FunctionName, Value: !Ref FUNCTION}]

  HeartbeatAlarm:
"""


def statement(action: str, resource: str) -> str:
    return (
        f"          - {{Sid: New, Effect: Allow, Action: {action}, Resource: {resource}}}\n"
        f"{SWEEP_STATEMENT}"
    )


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        (
            [("      RecursiveLoop: Allow\n", "")],
            "OnFailureFunction: RecursiveLoop is not set, not Allow",
        ),
        (
            [("      RecursiveLoop: Terminate", "      RecursiveLoop: Allow")],
            "OnSweepFunction: RecursiveLoop is Allow, not Terminate",
        ),
        (  # OnFailure may send to the queue of OnFollowUp; now also the other way round
            [("            Resource: !GetAtt FollowUpQueue.Arn\n          - Sid: PublishAlerts",
              "            Resource: [!GetAtt FollowUpQueue.Arn, !GetAtt FailureQueue.Arn]\n"
              "          - Sid: PublishAlerts")],
            "unintended cycle: ['FailureQueue', 'FollowUpQueue', 'OnFailureFunction',"
            " 'OnFollowUpFunction']",
        ),
        (  # an alert comes back as an event
            [("      Protocol: email\n      Endpoint: !Ref AlertEmail\n",
              "      Protocol: sqs\n      Endpoint: !GetAtt FailureQueue.Arn\n")],
            "unintended cycle: ['AlertTopic', 'FailureQueue', 'FollowUpQueue', 'OnFailureFunction',"
            " 'OnFollowUpFunction']",
        ),
        (  # the sweep invokes itself
            [(SWEEP_STATEMENT, statement("lambda:InvokeFunction", "!GetAtt OnSweepFunction.Arn"))],
            "unintended cycle: ['OnSweepFunction']",
        ),
        (
            [("  HeartbeatAlarm:\n", DROPPED.replace("FUNCTION", "OnFollowUpFunction"))],
            "DroppedAlarm: Lambda does not report this metric for <OnFollowUpFunction>",
        ),
    ],
    ids=["not allowed", "allowed without need", "two queues", "subscription", "itself", "alarm"],
)  # fmt: skip
def test_a_template_that_breaks_the_law_is_refused(
    source: str, changes: list[tuple[str, str]], problem: str
) -> None:
    assert problem in unlawful(_with(source, *changes))


def test_an_alarm_on_dropped_invocations_is_fine_where_loops_end(source: str) -> None:
    sweep: dict[str, Any] = {"FUNCTION": "OnSweepFunction"}
    alarm = DROPPED.replace("FUNCTION", sweep["FUNCTION"])
    assert unlawful(_with(source, ("  HeartbeatAlarm:\n", alarm))) == []
