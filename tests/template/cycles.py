"""The graph of what sends to what and what invokes what, read from the translated template.

An edge from A to B means that A can cause B to run or to receive something. Edges come from event
sources, IAM statements, targets of rules and schedules, subscriptions, redrive policies and alarms;
nothing is listed by hand, so a new resource or permission appears by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.template.stack import Stack, arn, listed, role_statements

Graph = dict[str, set[str]]
BUS = "event bus"
# Actions that hand something on to the resource of the statement.
SENDS = {
    "events:PutEvents", "lambda:InvokeAsync", "lambda:InvokeFunction", "scheduler:CreateSchedule",
    "scheduler:UpdateSchedule", "sns:Publish", "sns:PublishBatch", "sqs:SendMessage",
    "sqs:StartMessageMoveTask", "states:StartExecution",
}  # fmt: skip


def graph_of(stack: Stack) -> Graph:
    """Map each logical id to those that it sends to or invokes."""
    graph: Graph = {}
    for source, target in _edges(stack):
        graph.setdefault(source, set()).add(target)
    return graph


def cycles(graph: Graph) -> set[frozenset[str]]:
    """Find the strongly connected components that contain a cycle."""
    reachable = {node: _reachable(graph, node) for node in graph}
    return {
        frozenset(other for other in reach if node in reachable.get(other, ()))
        for node, reach in reachable.items()
        if node in reach
    }


def _reachable(graph: Graph, start: str) -> set[str]:
    found: set[str] = set()
    waiting = list(graph.get(start, ()))
    while waiting:
        node = waiting.pop()
        if node not in found:
            found.add(node)
            waiting += graph.get(node, ())
    return found


def _edges(stack: Stack) -> Iterator[tuple[str, str]]:
    yield from _event_sources(stack)
    yield from _permissions(stack)
    yield from _events(stack)
    yield from _dead_letters(stack)
    for name, one in stack.of_type("AWS::SNS::Subscription").items():
        if one["Protocol"] in ("lambda", "sqs", "firehose"):
            yield _name(one["TopicArn"]), _name(one["Endpoint"])
        else:
            yield _name(one["TopicArn"]), f"subscriber {name}"
    for name, alarm in stack.of_type("AWS::CloudWatch::Alarm").items():
        for action in (*alarm.get("AlarmActions", []), *alarm.get("OKActions", [])):
            yield name, _name(action)


def _event_sources(stack: Stack) -> Iterator[tuple[str, str]]:
    for one in stack.of_type("AWS::Lambda::EventSourceMapping").values():
        yield _name(one["EventSourceArn"]), _name(one["FunctionName"])
    for one in stack.of_type("AWS::Lambda::EventInvokeConfig").values():
        for outcome in one.get("DestinationConfig", {}).values():
            yield _name(one["FunctionName"]), _name(outcome["Destination"])


def _permissions(stack: Stack) -> Iterator[tuple[str, str]]:
    """Yield an edge from each function, or schedule, whose role may send to a resource."""
    users: dict[str, set[str]] = {}
    for name, function in stack.of_type("AWS::Lambda::Function").items():
        users.setdefault(function["Role"], set()).add(name)
    for name, schedule in stack.of_type("AWS::Scheduler::Schedule").items():
        users.setdefault(schedule["Target"]["RoleArn"], set()).add(name)
    policies = stack.of_type("AWS::IAM::Policy")
    for policy, statement in role_statements(stack):
        if SENDS & set(listed(statement["Action"])):
            for role in policies[policy]["Roles"]:
                for user in users[role]:
                    for resource in listed(statement["Resource"]):
                        yield user, _bus_of(statement, resource)


def _bus_of(statement: dict[str, Any], resource: str) -> str:
    """Name a resource; of the event bus, only the sources that the statement allows."""
    if ":event-bus/" not in resource:
        return _name(resource)
    sources = listed(
        statement.get("Condition", {}).get("StringEquals", {}).get("events:source", "*")
    )
    return f"{BUS} {'|'.join(sources)}"


def _events(stack: Stack) -> Iterator[tuple[str, str]]:
    """Yield edges from what is on the bus through rules, and from schedules, to their targets."""
    rules = stack.of_type("AWS::Events::Rule")
    puts = {target for _, target in _permissions(stack) if target.startswith(BUS)}
    for name, rule in rules.items():
        for target in rule["Targets"]:
            yield name, _name(target["Arn"])
        for put in puts:
            sources = put.removeprefix(f"{BUS} ").split("|")
            if "*" in sources or set(sources) & set(rule["EventPattern"].get("source", sources)):
                yield put, name
    for name, schedule in stack.of_type("AWS::Scheduler::Schedule").items():
        yield name, _name(schedule["Target"]["Arn"])


def _dead_letters(stack: Stack) -> Iterator[tuple[str, str]]:
    for name, one in stack.of_type("AWS::SQS::Queue", "AWS::SNS::Subscription").items():
        if "RedrivePolicy" in one:
            source = name if "TopicArn" not in one else f"subscriber {name}"
            yield source, _name(one["RedrivePolicy"]["deadLetterTargetArn"])
    for name, rule in stack.of_type("AWS::Events::Rule").items():
        for target in rule["Targets"]:
            yield name, _name(target["DeadLetterConfig"]["Arn"])


def _name(resource: str) -> str:
    """Return the logical id; something outside the stack keeps its ARN."""
    return resource[1:-1] if resource == arn(resource[1:-1]) else resource
