"""Rules for alarms and subscriptions: topics, subscribers, descriptions and commands."""

from __future__ import annotations

import shlex
from typing import Any

import botocore.session
import pytest
from botocore import xform_name

from notifier.ports.metrics import NAMESPACE, Metric
from tests import command_line
from tests.template.stack import Stack, arn, dead_letter_queues, statements
from workbench.doctor import subscription_checks

# TreatMissingData of the alarms. The template has the reason at each.
MISSING_DATA = {
    "breaching": {"HeartbeatAlarm"},  # a missing heartbeat is the error
    "ignore": {  # without data, the state has not changed
        "DeadLetterAlarm",
        "FollowUpDeadLetterAlarm",
        "UndeliveredAlertAlarm",
        "NobodyListensAlarm",
        "MissingSubscriptionsAlarm",
        "TextSpendAlarm",
    },
}  # all others are notBreaching: no activity, no error
MOST_METRICS = (
    10  # https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-limits.html
)


def metrics(alarm: dict[str, Any]) -> list[tuple[str, str, str]]:
    """List (namespace, metric, dimension value) of every metric of an alarm."""
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
    """List the dimension values of a metric that have an alarm."""
    return {
        of
        for alarm in stack.of_type("AWS::CloudWatch::Alarm").values()
        for space, name, of in metrics(alarm)
        if (space, name) == (namespace, metric)
    }


def test_alarms_publish_only_to_the_ops_topic(stack: Stack) -> None:
    alarms = stack.of_type("AWS::CloudWatch::Alarm")
    assert alarms
    for name, alarm in alarms.items():
        assert alarm["AlarmActions"] == [arn("OpsTopic")], name
        assert alarm["OKActions"] == [arn("OpsTopic")], name
        assert "InsufficientDataActions" not in alarm, name
        assert alarm.get("ActionsEnabled", True), name


def test_alarms_treat_missing_data_as_intended(stack: Stack, source: str) -> None:
    alarms = stack.of_type("AWS::CloudWatch::Alarm")
    assert set().union(*MISSING_DATA.values()) <= set(alarms)
    for name, alarm in alarms.items():
        [wanted] = [each for each, names in MISSING_DATA.items() if name in names] or [
            "notBreaching"
        ]
        assert alarm["TreatMissingData"] == wanted, name
        own = source.partition(f"\n  {name}:\n")[2]
        *before, given = own[: own.index("\n", own.index("TreatMissingData: "))].splitlines()
        assert " # " in given or before[-1].lstrip().startswith("# "), f"{name} gives no reason"


def test_alarms_with_several_metrics_are_valid(stack: Stack) -> None:
    for name, alarm in stack.of_type("AWS::CloudWatch::Alarm").items():
        if "Metrics" not in alarm:
            assert alarm["Statistic"], name
            continue
        [shown] = [one for one in alarm["Metrics"] if one["ReturnData"]]
        assert "Expression" in shown, name
        assert "SEARCH" not in shown["Expression"], name
        assert len(metrics(alarm)) <= MOST_METRICS, name


def test_alarm_descriptions_have_a_meaning_and_valid_commands(stack: Stack) -> None:
    for name, alarm in stack.of_type("AWS::CloudWatch::Alarm").items():
        meaning, *rest = alarm["AlarmDescription"].splitlines()
        # A mail shows the same text for both states, and a new alarm sends its first OK soon.
        assert meaning.startswith("In ALARM: "), name
        assert meaning.endswith("."), name
        assert rest[-1] == "OK means: it is over, or the alarm is new. Nothing to do.", name
        commands = [line for line in rest if line.startswith(("aws ", "batch-notifier "))]
        assert commands, name
        assert any(command.startswith("aws ") for command in commands) or len(commands) > 1, name
        for command in commands:
            assert "--region eu-west-1" in command, name
            check_command(command)
        # The service's limit is 1,024; ARNs and URLs are longer than the names used here.
        assert len(alarm["AlarmDescription"]) <= 720, name


def check_command(command: str) -> None:
    """Check a command against the API of the AWS service, or against our own parser."""
    program, *words = shlex.split(command)
    if program == "batch-notifier":
        assert command_line.problem(words) == ""
        return
    service, operation, *options = words
    given = {option.removeprefix("--") for option in options if option.startswith("--")}
    if (service, operation) == ("logs", "tail"):  # no operation of the API, only of the AWS CLI
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
def test_an_invalid_command_is_detected(command: str) -> None:
    with pytest.raises((AssertionError, ValueError)):
        check_command(command)


def test_every_dead_letter_queue_has_an_alarm(
    stack: Stack,
) -> None:
    ends = {f"QueueName of {end.strip('<>')}" for end in dead_letter_queues(stack)}
    alarms = stack.of_type("AWS::CloudWatch::Alarm").values()
    visible = [one for one in alarms if one.get("Statistic") == "Maximum"]
    found = {
        of
        for alarm in visible
        for _, name, of in metrics(alarm)
        if name == "ApproximateNumberOfMessagesVisible"
    }
    assert found == ends


def test_every_event_source_queue_has_an_alarm_on_messages_that_nobody_receives(
    stack: Stack,
) -> None:
    """Not on the age of the oldest: it leaves out a message after three receives."""
    sources = {
        f"QueueName of {one['EventSourceArn'].strip('<>')}"
        for one in stack.of_type("AWS::Lambda::EventSourceMapping").values()
    }
    assert watched(stack, "AWS/SQS", "ApproximateAgeOfOldestMessage") == set()
    stalled = {
        of
        for alarm in stack.of_type("AWS::CloudWatch::Alarm").values()
        for _, name, of in metrics(alarm)
        if name == "ApproximateNumberOfMessagesVisible"
        and alarm["Statistic"] == "Minimum"  # not one moment without
        and alarm["Threshold"] == 1
        and alarm["Period"] * alarm["EvaluationPeriods"] >= 900
    }
    assert stalled == sources


@pytest.mark.parametrize("metric", ["Errors", "Throttles", "Duration"])
def test_every_function_has_an_alarm_on(metric: str, stack: Stack) -> None:
    functions = {arn(name) for name in stack.of_type("AWS::Lambda::Function")}
    assert watched(stack, "AWS/Lambda", metric) == functions


def test_duration_alarms_fire_at_90_percent_of_the_timeout(stack: Stack) -> None:
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


def test_a_retry_of_an_https_delivery_raises_no_alarm(stack: Stack) -> None:
    """For https, NumberOfNotificationsFailed counts every attempt."""
    assert not watched(stack, "AWS/SNS", "NumberOfNotificationsFailed")
    assert watched(stack, "AWS/SNS", "NumberOfNotificationsFailedToRedriveToDlq") == {
        "TopicName of AlertTopic"
    }


@pytest.mark.parametrize(
    ("parameters", "expression"),
    [
        ({}, "0 + 0 + 0 + 0 + 0 - confirmed"),
        ({"AlertEmail": "a@example.com"}, "1 + 0 + 0 + 0 + 0 - confirmed"),
        (
            {"AlertEmail2": "a@example.com", "AlertPhone": "+14155550100", "ChatEndpoint": "none"},
            "0 + 1 + 0 + 1 + 0 - confirmed",
        ),
    ],
)
def test_a_subscription_that_vanished_raises_an_alarm(
    template: dict[str, Any], parameters: dict[str, str], expression: str
) -> None:
    stack = Stack(template, parameters)
    alarm = stack.of_type("AWS::CloudWatch::Alarm")["MissingSubscriptionsAlarm"]
    assert alarm["Metrics"][0]["Expression"] == expression
    made = [
        one
        for one in stack.of_type("AWS::SNS::Subscription").values()
        if one["TopicArn"] == arn("AlertTopic")
    ]
    assert expression.count("1") == len(made)


def test_alarms_use_only_metrics_that_the_functions_write(stack: Stack) -> None:
    environment = stack.of_type("AWS::Lambda::Function")["OnFailureFunction"]["Environment"]
    service = environment["Variables"]["POWERTOOLS_SERVICE_NAME"]
    for name, alarm in stack.of_type("AWS::CloudWatch::Alarm").items():
        for space, metric, of in metrics(alarm):
            if space == NAMESPACE:
                assert metric in set(Metric), name
                assert of == service, name


def test_text_spend_has_an_alarm_if_there_is_a_phone(
    template: dict[str, Any],
) -> None:
    phone = {"AlertPhone": "+14155550100", "TextSpendLimit": "50"}
    [share, _] = Stack(template, phone).of_type("AWS::CloudWatch::Alarm")["TextSpendAlarm"][
        "Metrics"
    ]
    assert share["Expression"] == "100 * spent / 50"
    assert "TextSpendAlarm" not in Stack(template).of_type("AWS::CloudWatch::Alarm")


def test_cloudwatch_may_publish_only_to_the_ops_topic(stack: Stack) -> None:
    topics = [
        statement["Resource"]
        for _, statement in statements(stack, "AWS::SNS::TopicPolicy")
        if statement["Effect"] == "Allow"
    ]
    assert topics == [arn("OpsTopic")]


@pytest.mark.parametrize("parameters", [{}, {"ChatEndpoint": "none"}])
def test_without_parameters_there_are_no_subscriptions(
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
def test_each_address_creates_its_subscription(
    template: dict[str, Any], parameter: str, value: str, protocol: str, topic: str
) -> None:
    made = Stack(template, {parameter: value}).of_type("AWS::SNS::Subscription")
    [(name, subscription)] = made.items()
    assert name == f"{parameter.removesuffix('Endpoint')}Subscription"  # the doctor relies on it
    assert subscription_checks.PROTOCOLS[parameter] == protocol
    actual = (subscription["Protocol"], subscription["Endpoint"], subscription["TopicArn"])
    assert actual == (protocol, value, arn(topic))


def test_only_text_messages_have_a_filter(stack: Stack) -> None:
    for name, subscription in stack.of_type("AWS::SNS::Subscription").items():
        # Alerts above MaxTextsPerHour have the attribute sms.
        texts = {"severity": ["critical"], "sms": [{"exists": False}]}
        wanted = texts if subscription["Protocol"] == "sms" else None
        assert subscription.get("FilterPolicy") == wanted, name


def test_the_display_name_fits_into_one_sms_part(stack: Stack) -> None:
    topic = stack.of_type("AWS::SNS::Topic")["AlertTopic"]
    assert len(topic["DisplayName"]) <= 10  # 160 characters minus 145 of ours and "> "
