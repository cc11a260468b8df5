"""Laws over alarms and subscriptions: who is told, by which topic, and what to do first."""

from __future__ import annotations

from typing import Any

import pytest

from tests.template.stack import Stack, arn, dead_letter_queues, statements


def test_every_alarm_speaks_on_the_ops_topic_only_and_says_what_silence_means(
    stack: Stack,
) -> None:
    alarms = stack.of_type("AWS::CloudWatch::Alarm")
    assert alarms
    for name, alarm in alarms.items():
        assert alarm["AlarmActions"] == [arn("OpsTopic")], name
        for others in ("OKActions", "InsufficientDataActions"):
            assert set(alarm.get(others, [])) <= {arn("OpsTopic")}, name
        assert alarm["TreatMissingData"] in ("ignore", "notBreaching", "breaching"), name


def test_every_alarm_says_what_it_means_and_the_first_command_to_run(stack: Stack) -> None:
    for name, alarm in stack.of_type("AWS::CloudWatch::Alarm").items():
        meaning, *rest = alarm["AlarmDescription"].splitlines()
        assert meaning.endswith("."), name
        commands = [line for line in rest if line.startswith("aws ")]
        assert commands, name
        assert all("--region eu-west-1" in command for command in commands), name
        # The service's limit is 1,024; ARNs and URLs are longer than the names used here.
        assert len(alarm["AlarmDescription"]) <= 700, name


def test_every_dead_letter_queue_has_an_alarm_that_also_sees_redriven_messages(
    stack: Stack,
) -> None:
    watched = {
        dimension["Value"]
        for alarm in stack.of_type("AWS::CloudWatch::Alarm").values()
        if alarm["MetricName"] == "ApproximateNumberOfMessagesVisible"
        for dimension in alarm["Dimensions"]
    }
    ends = dead_letter_queues(stack)
    assert {f"QueueName of {end.strip('<>')}" for end in ends} == watched


def test_every_function_has_an_errors_alarm(stack: Stack) -> None:
    watched = {
        dimension["Value"]
        for alarm in stack.of_type("AWS::CloudWatch::Alarm").values()
        if (alarm["Namespace"], alarm["MetricName"]) == ("AWS/Lambda", "Errors")
        for dimension in alarm["Dimensions"]
    }
    assert watched == {arn(name) for name in stack.of_type("AWS::Lambda::Function")}


def test_cloudwatch_may_publish_to_the_ops_topic_and_to_no_other(stack: Stack) -> None:
    topics = [
        statement["Resource"]
        for _, statement in statements(stack, "AWS::SNS::TopicPolicy")
        if statement["Effect"] == "Allow"
    ]
    assert topics == [arn("OpsTopic")]


def test_with_no_parameters_nobody_is_subscribed(template: dict[str, Any]) -> None:
    assert Stack(template).of_type("AWS::SNS::Subscription") == {}


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
