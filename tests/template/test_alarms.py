"""Laws over alarms and subscriptions: who is told, by which topic, and what to do first."""

from __future__ import annotations

import shlex
from typing import Any

import botocore.session
import pytest
from botocore import xform_name

from notifier.ports.metrics import NAMESPACE, Metric
from tests.template.stack import Stack, arn, dead_letter_queues, statements
from workbench.commands import main

# What an alarm takes no data for, and why. The template gives the reason beside each.
SILENCE = {
    "breaching": {"HeartbeatAlarm"},  # silence is the trouble
    "ignore": {  # the state is not over because nobody measures it
        "DeadLetterAlarm",
        "FollowUpDeadLetterAlarm",
        "UndeliveredAlertAlarm",
        "NobodyListensAlarm",
        "TextSpendAlarm",
    },
}  # all others: nothing happened, so nothing went wrong
MOST_METRICS = (
    10  # https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-limits.html
)


def metrics(alarm: dict[str, Any]) -> list[tuple[str, str, str]]:
    """List (namespace, metric, value of its dimension) of all that an alarm looks at."""
    stats = [one["MetricStat"]["Metric"] for one in alarm.get("Metrics", []) if "MetricStat" in one]
    return [
        (
            one["Namespace"],
            one["MetricName"],
            "".join(d["Value"] for d in one.get("Dimensions", [])),
        )
        for one in stats or [alarm]
    ]


def watched(stack: Stack, namespace: str, metric: str) -> set[str]:
    """Name what some alarm looks at for a metric."""
    return {
        of
        for alarm in stack.of_type("AWS::CloudWatch::Alarm").values()
        for space, name, of in metrics(alarm)
        if (space, name) == (namespace, metric)
    }


def test_every_alarm_speaks_on_the_ops_topic_only(stack: Stack) -> None:
    alarms = stack.of_type("AWS::CloudWatch::Alarm")
    assert alarms
    for name, alarm in alarms.items():
        assert alarm["AlarmActions"] == [arn("OpsTopic")], name
        assert alarm["OKActions"] == [arn("OpsTopic")], name
        assert "InsufficientDataActions" not in alarm, name
        assert alarm.get("ActionsEnabled", True), name


def test_every_alarm_takes_silence_for_what_it_is(stack: Stack, source: str) -> None:
    alarms = stack.of_type("AWS::CloudWatch::Alarm")
    assert set().union(*SILENCE.values()) <= set(alarms)
    for name, alarm in alarms.items():
        [wanted] = [each for each, names in SILENCE.items() if name in names] or ["notBreaching"]
        assert alarm["TreatMissingData"] == wanted, name
        own = source.partition(f"\n  {name}:\n")[2]
        *before, given = own[: own.index("\n", own.index("TreatMissingData: "))].splitlines()
        assert " # " in given or before[-1].lstrip().startswith("# "), f"{name} gives no reason"


def test_an_alarm_over_several_metrics_is_one_that_cloudwatch_takes(stack: Stack) -> None:
    for name, alarm in stack.of_type("AWS::CloudWatch::Alarm").items():
        if "Metrics" not in alarm:
            assert alarm["Statistic"], name
            continue
        [shown] = [one for one in alarm["Metrics"] if one["ReturnData"]]
        assert "Expression" in shown, name
        assert "SEARCH" not in shown["Expression"], name
        assert len(metrics(alarm)) <= MOST_METRICS, name


def test_every_alarm_says_what_it_means_and_the_first_command_to_run(stack: Stack) -> None:
    for name, alarm in stack.of_type("AWS::CloudWatch::Alarm").items():
        meaning, *rest = alarm["AlarmDescription"].splitlines()
        assert meaning.endswith("."), name
        commands = [line for line in rest if line.startswith(("aws ", "batch-notifier "))]
        assert commands, name
        assert any(command.startswith("aws ") for command in commands) or len(commands) > 1, name
        for command in commands:
            assert "--region eu-west-1" in command, name
            understood(command)
        # The service's limit is 1,024; ARNs and URLs are longer than the names used here.
        assert len(alarm["AlarmDescription"]) <= 700, name


def understood(command: str) -> None:
    """Hold a command against what takes it: the API of the service, or our own parser."""
    program, *words = shlex.split(command)
    if program == "batch-notifier":
        main._parser().parse_args(words)
        return
    service, operation, *options = words
    given = {option.removeprefix("--") for option in options if option.startswith("--")}
    if (service, operation) == ("logs", "tail"):  # made of several calls by the AWS CLI
        assert given <= {"region", "since"}
        return
    model = botocore.session.get_session().get_service_model(service)
    [shape] = [
        model.operation_model(name).input_shape
        for name in model.operation_names
        if xform_name(name, "-") == operation
    ]
    takes = {xform_name(member, "-") for member in (shape.members if shape else ())}
    assert given <= takes | {"region", "query"}, command
    needs = {xform_name(member, "-") for member in (shape.required_members if shape else ())}
    assert needs <= given, command


@pytest.mark.parametrize(
    "command",
    ["aws sqs no-such-call", "aws sqs receive-message --queue-name x", "aws sqs receive-message"],
)
def test_a_command_that_nothing_takes_is_found_out(command: str) -> None:
    with pytest.raises((AssertionError, ValueError)):
        understood(command)


def test_every_dead_letter_queue_has_an_alarm_that_also_sees_redriven_messages(
    stack: Stack,
) -> None:
    ends = {f"QueueName of {end.strip('<>')}" for end in dead_letter_queues(stack)}
    assert watched(stack, "AWS/SQS", "ApproximateNumberOfMessagesVisible") == ends


def test_every_queue_that_a_function_takes_from_has_an_alarm_on_its_oldest_message(
    stack: Stack,
) -> None:
    sources = {
        f"QueueName of {one['EventSourceArn'].strip('<>')}"
        for one in stack.of_type("AWS::Lambda::EventSourceMapping").values()
    }
    assert watched(stack, "AWS/SQS", "ApproximateAgeOfOldestMessage") == sources


@pytest.mark.parametrize("metric", ["Errors", "Throttles", "Duration"])
def test_every_function_has_an_alarm_on(metric: str, stack: Stack) -> None:
    functions = {arn(name) for name in stack.of_type("AWS::Lambda::Function")}
    assert watched(stack, "AWS/Lambda", metric) == functions


def test_a_function_is_slow_before_it_is_out_of_time(stack: Stack) -> None:
    functions = stack.of_type("AWS::Lambda::Function")
    for alarm in stack.of_type("AWS::CloudWatch::Alarm").values():
        [(_, metric, of), *_] = metrics(alarm)
        if metric == "Duration":
            timeout = functions[of.strip("<>")]["Timeout"]
            assert alarm["Threshold"] == 0.9 * timeout * 1000


@pytest.mark.parametrize("metric", ["FailedInvocations", "InvocationsFailedToBeSentToDlq"])
def test_every_rule_has_an_alarm_on(metric: str, stack: Stack) -> None:
    rules = {arn(name) for name in stack.of_type("AWS::Events::Rule")}
    assert watched(stack, "AWS/Events", metric) == rules


def test_every_metric_of_our_own_is_one_that_the_functions_write(stack: Stack) -> None:
    environment = stack.of_type("AWS::Lambda::Function")["OnFailureFunction"]["Environment"]
    service = environment["Variables"]["POWERTOOLS_SERVICE_NAME"]
    for name, alarm in stack.of_type("AWS::CloudWatch::Alarm").items():
        for space, metric, of in metrics(alarm):
            if space == NAMESPACE:
                assert metric in set(Metric), name
                assert of == service, name


def test_the_spend_on_text_messages_is_watched_where_there_is_a_phone(
    template: dict[str, Any],
) -> None:
    phone = {"AlertPhone": "+14155550100", "TextSpendLimit": "50"}
    [share, _] = Stack(template, phone).of_type("AWS::CloudWatch::Alarm")["TextSpendAlarm"][
        "Metrics"
    ]
    assert share["Expression"] == "100 * spent / 50"
    assert "TextSpendAlarm" not in Stack(template).of_type("AWS::CloudWatch::Alarm")


def test_cloudwatch_may_publish_to_the_ops_topic_and_to_no_other(stack: Stack) -> None:
    topics = [
        statement["Resource"]
        for _, statement in statements(stack, "AWS::SNS::TopicPolicy")
        if statement["Effect"] == "Allow"
    ]
    assert topics == [arn("OpsTopic")]


@pytest.mark.parametrize("parameters", [{}, {"ChatEndpoint": "none"}])
def test_with_no_parameters_nobody_is_subscribed(
    template: dict[str, Any], parameters: dict[str, str]
) -> None:
    assert Stack(template, parameters).of_type("AWS::SNS::Subscription") == {}


@pytest.mark.parametrize(
    ("parameter", "value", "protocol", "topic"),
    [
        ("AlertEmail", "a@example.com", "email", "AlertTopic"),
        ("AlertEmail2", "a@example.com", "email", "AlertTopic"),
        ("AlertEmail3", "a@example.com", "email", "AlertTopic"),
        ("AlertPhone", "+14155550100", "sms", "AlertTopic"),
        ("ChatEndpoint", "https://hooks.example.com/x", "https", "AlertTopic"),
        ("OpsEmail", "a@example.com", "email", "OpsTopic"),
    ],
)
def test_an_address_given_makes_exactly_its_subscription(
    template: dict[str, Any], parameter: str, value: str, protocol: str, topic: str
) -> None:
    made = Stack(template, {parameter: value}).of_type("AWS::SNS::Subscription")
    (subscription,) = made.values()
    told = (subscription["Protocol"], subscription["Endpoint"], subscription["TopicArn"])
    assert told == (protocol, value, arn(topic))


def test_text_messages_are_for_critical_alerts_and_nothing_else_is_filtered(stack: Stack) -> None:
    for name, subscription in stack.of_type("AWS::SNS::Subscription").items():
        # What MaxTextsPerHour leaves no room for carries the attribute sms.
        texts = {"severity": ["critical"], "sms": [{"exists": False}]}
        wanted = texts if subscription["Protocol"] == "sms" else None
        assert subscription.get("FilterPolicy") == wanted, name


def test_the_name_in_front_of_a_text_message_leaves_it_in_one_part(stack: Stack) -> None:
    topic = stack.of_type("AWS::SNS::Topic")["AlertTopic"]
    assert len(topic["DisplayName"]) <= 10  # 160 characters less 145 of ours, "> " and some room
