"""The doctor, and each of the things that can be wrong with a deployed notifier."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from tests.aws.doctor_stack import KEY_POLICY, PHONE, STACK, Clinic, given, refused
from workbench.commands.main import main
from workbench.doctor.subscribers import may_use


def doctor(capsys: pytest.CaptureFixture[str], code: int) -> str:
    assert main(["doctor"]) == code
    told = capsys.readouterr()
    assert told.err == ""
    return told.out


def test_a_notifier_that_is_well_is_said_to_be(
    clinic: Clinic, capsys: pytest.CaptureFixture[str]
) -> None:
    said = doctor(capsys, 0).splitlines()
    assert said[-1] == f"All is well: {len(said) - 1} checks."
    assert all(line.startswith("ok  ") for line in said[:-1])
    for what in ("rule JobFailedRule", "event source Mapping", "function OnFailureFunction",
                 "FailureDeadLetterQueue", "AlertTopic", "OpsTopic", "text messages",
                 "key of OpsTopic", "heartbeat", "alarms: 1 of 1"):  # fmt: skip
        assert any(what in line for line in said), what


def _unsubscribe(clinic: Clinic, topic: str) -> None:
    sns = clinic.client("sns")
    said = sns.list_subscriptions_by_topic(TopicArn=clinic.outputs[f"{topic}Arn"])
    for one in said["Subscriptions"]:
        sns.unsubscribe(SubscriptionArn=one["SubscriptionArn"])


def _old_heartbeat(clinic: Clinic) -> None:
    point = {"Timestamp": datetime.now(UTC) - timedelta(hours=3), "Sum": 1.0}
    answer = given({"Datapoints": [point]})
    nothing = given({"Datapoints": []})
    clinic.answer(
        "cloudwatch.GetMetricStatistics",
        lambda asked: answer if asked["MetricName"] == "Heartbeat" else nothing,
    )


def _crashes(clinic: Clinic) -> None:
    clinic.client("cloudwatch").put_metric_data(
        Namespace="AWS/Lambda",
        MetricData=[
            {
                "MetricName": "Errors",
                "Dimensions": [{"Name": "FunctionName", "Value": "on-failure"}],
                "Timestamp": datetime.now(UTC) - timedelta(minutes=2),
                "Value": 3,
            }
        ],
    )


def _key_for_no_alarm(clinic: Clinic) -> None:
    key = clinic.resources["TopicKey"][1]
    policy = KEY_POLICY | {"Statement": KEY_POLICY["Statement"][:1]}
    clinic.client("kms").put_key_policy(KeyId=key, PolicyName="default", Policy=json.dumps(policy))


def _sandbox(clinic: Clinic) -> None:
    clinic.answer("sns.GetSMSSandboxAccountStatus", lambda _: given({"IsInSandbox": True}))
    clinic.answer("sns.ListSMSSandboxPhoneNumbers", lambda _: given({"PhoneNumbers": []}))


def _pending(clinic: Clinic) -> None:
    url = "https://hooks.example.com/secret-path"
    one = {"SubscriptionArn": "PendingConfirmation", "Protocol": "https", "Endpoint": url}
    ok = {"SubscriptionArn": "arn:aws:sns:x", "Protocol": "email", "Endpoint": "a@example.com"}
    clinic.answer("sns.ListSubscriptionsByTopic", lambda _: given({"Subscriptions": [one, ok]}))


def _alarm(clinic: Clinic) -> None:
    clinic.client("cloudwatch").set_alarm_state(
        AlarmName="stalled", StateValue="ALARM", StateReason="test"
    )


def _mapping_off(clinic: Clinic) -> None:
    uuid = clinic.resources["Mapping"][1]
    clinic.client("lambda").update_event_source_mapping(UUID=uuid, Enabled=False)


def _no_concurrency(clinic: Clinic) -> None:
    clinic.client("lambda").put_function_concurrency(
        FunctionName="on-failure", ReservedConcurrentExecutions=0
    )


def _schedule_off(clinic: Clinic) -> None:
    clinic.resources["SweepSchedule"] = ("AWS::Scheduler::Schedule", "sweep")
    clinic.answer("scheduler.GetSchedule", lambda _: given({"State": "DISABLED"}))


WRONG: list[tuple[str, Callable[[Clinic], Any], str, str]] = [
    (
        "rule disabled",
        lambda clinic: clinic.client("events").disable_rule(Name="failed"),
        "rule JobFailedRule: it is disabled",
        "aws events enable-rule --name failed --region eu-west-1",
    ),
    (
        "rule without target",
        lambda clinic: clinic.client("events").remove_targets(Rule="failed", Ids=["queue"]),
        "rule JobFailedRule: it has no target",
        "sam deploy",
    ),
    (
        "schedule disabled",
        _schedule_off,
        "schedule SweepSchedule: it is disabled",
        "sam deploy",
    ),
    (
        "event source disabled",
        _mapping_off,
        "event source Mapping: it is disab",
        "aws lambda update-event-source-mapping --uuid ",
    ),
    (
        "crashes",
        _crashes,
        "function OnFailureFunction: errors in the last 60 minutes: 3",
        "aws logs tail /aws/lambda/on-failure --since 60m --region eu-west-1",
    ),
    (
        "never runs",
        _no_concurrency,
        "function OnFailureFunction: its reserved concurrency is 0",
        "aws lambda delete-function-concurrency --function-name on-failure",
    ),
    (
        "dead letters",
        lambda clinic: clinic.put("FailureDeadLetterQueue", "x"),
        "FailureDeadLetterQueue: failures nobody was told of: 1",
        "batch-notifier redrive --stack-name batch-notifier --region eu-west-1",
    ),
    (
        "dead follow-ups",
        lambda clinic: clinic.put("FollowUpDeadLetterQueue", "x"),
        "FollowUpDeadLetterQueue: incidents that are no longer looked after: 1",
        "batch-notifier redrive",
    ),
    (
        "alerts not delivered",
        lambda clinic: clinic.put("UndeliveredAlertQueue", "x"),
        "UndeliveredAlertQueue: alerts that a subscriber did not take: 1",
        "aws sqs receive-message --queue-url ",
    ),
    (
        "queue with a key",
        lambda clinic: clinic.client("sqs").set_queue_attributes(
            QueueUrl=clinic.outputs["FailureQueueUrl"],
            Attributes={"KmsMasterKeyId": "alias/aws/sqs"},
        ),
        "FailureQueue: it is encrypted with alias/aws/sqs",
        "sam deploy",
    ),
    (
        "nobody is told",
        lambda clinic: _unsubscribe(clinic, "AlertTopic"),
        "AlertTopic: nobody is told of failed jobs",
        "aws sns subscribe --topic-arn ",
    ),
    (
        "no operator",
        lambda clinic: _unsubscribe(clinic, "OpsTopic"),
        "OpsTopic: nobody is told of trouble with the notifier itself",
        "aws sns subscribe --topic-arn ",
    ),
    (
        "not confirmed",
        _pending,
        "AlertTopic: https hooks.example.com: not confirmed yet",
        "--protocol https --notification-endpoint https://hooks.example.com/secret-path",
    ),
    (
        "phone in the sandbox",
        _sandbox,
        f"text messages to {PHONE}: not verified",
        f"aws sns create-sms-sandbox-phone-number --phone-number {PHONE}",
    ),
    (
        "key that alarms may not use",
        _key_for_no_alarm,
        "key of OpsTopic: its policy does not let CloudWatch use it",
        "sam deploy",
    ),
    (
        "key disabled",
        lambda clinic: clinic.client("kms").disable_key(KeyId=clinic.resources["TopicKey"][1]),
        "key of OpsTopic: the key is Disabled",
        "aws kms enable-key --key-id ",
    ),
    (
        "no heartbeat",
        _old_heartbeat,
        "heartbeat: the last one was at ",
        "aws scheduler list-schedules --name-prefix batch-notifier",
    ),
    (
        "alarm",
        _alarm,
        "alarm StalledAlarm: A failure waits.",
        "aws sqs list-queues --region here",
    ),
    (
        "alarm deleted",
        lambda clinic: clinic.client("cloudwatch").delete_alarms(AlarmNames=["stalled"]),
        "alarm StalledAlarm: somebody has deleted it",
        "sam deploy",
    ),
    (
        "alarm that tells nobody",
        lambda clinic: clinic.client("cloudwatch").disable_alarm_actions(AlarmNames=["stalled"]),
        "alarm StalledAlarm: it tells nobody",
        "aws cloudwatch enable-alarm-actions --alarm-names stalled",
    ),
]


@pytest.mark.parametrize(
    ("harm", "says", "mend"), [w[1:] for w in WRONG], ids=[w[0] for w in WRONG]
)
def test_what_is_wrong_is_named_with_the_command_that_mends_it(
    harm: Callable[[Clinic], Any],
    says: str,
    mend: str,
    clinic: Clinic,
    capsys: pytest.CaptureFixture[str],
) -> None:
    harm(clinic)
    said = doctor(capsys, 1).splitlines()
    [at] = [n for n, line in enumerate(said) if line.startswith(f"WRONG    {says}")]
    assert said[at + 1].startswith("         ")
    assert mend in said[at + 1]
    assert " 0 could not be made." in said[-1]


@pytest.mark.parametrize(
    ("call", "what"),
    [
        ("events.DescribeRule", "rule JobFailedRule"),
        ("lambda.GetEventSourceMapping", "event source Mapping"),
        ("lambda.GetFunctionConfiguration", "function OnFailureFunction"),
        ("sns.ListSubscriptionsByTopic", "OpsTopic"),
        ("sns.GetSMSSandboxAccountStatus", "text messages"),
        ("kms.GetKeyPolicy", "key of OpsTopic"),
        ("cloudwatch.GetMetricStatistics", "heartbeat"),
        ("cloudwatch.DescribeAlarms", "alarms"),
        ("sqs.GetQueueAttributes", "FailureDeadLetterQueue"),
    ],
)
def test_what_a_person_may_not_see_is_said_and_the_rest_is_looked_at(
    call: str, what: str, clinic: Clinic, capsys: pytest.CaptureFixture[str]
) -> None:
    clinic.answer(call, lambda _: refused("AccessDenied", "ana may\nnot"))
    said = doctor(capsys, 1).splitlines()
    assert f"UNKNOWN  {what}: AccessDenied: ana may not" in said
    assert any(line.startswith("ok ") for line in said)
    assert " 0 wrong, " in said[-1]


def test_a_stack_that_is_not_there_is_one_line(
    clinic: Clinic, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["doctor", "--stack-name", "gone"]) == 2
    assert capsys.readouterr().err == (
        "batch-notifier: cannot open the stack gone: ValidationError: Stack does not exist"
        f" (in {boto3.DEFAULT_SESSION.region_name})\n"
    )
    clinic.answer("cloudformation.ListStackResources", lambda _: refused("AccessDenied"))
    assert main(["doctor"]) == 2
    assert f"cannot open the stack {STACK}: AccessDenied" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("actions", "may"),
    [
        (["kms:*"], True),
        (["kms:Decrypt", "kms:GenerateDataKey"], True),
        (["kms:Decrypt"], False),
        (["kms:Encrypt", "kms:GenerateDataKey*"], False),
    ],
)
def test_a_key_policy_lets_a_service_publish(actions: list[str], may: bool) -> None:
    one = {"Effect": "Allow", "Principal": {"Service": ["cloudwatch.amazonaws.com"]}}
    assert may_use([one | {"Action": actions}], "cloudwatch.amazonaws.com") is may
    assert not may_use([one | {"Action": actions}], "events.amazonaws.com")
    assert not may_use([one | {"Action": actions, "Principal": "*"}], "cloudwatch.amazonaws.com")
