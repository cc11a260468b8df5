"""The doctor, and each problem that a deployed notifier can have."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from tests.aws.doctor_stack import (
    ENVIRONMENT,
    KEY_POLICY,
    PHONE,
    STACK,
    DeployedStack,
    given,
    refused,
)
from workbench.commands.main import main
from workbench.doctor import finding
from workbench.doctor.subscriber_checks import may_use_key


def doctor(capsys: pytest.CaptureFixture[str], code: int) -> str:
    assert main(["doctor"]) == code
    told = capsys.readouterr()
    assert told.err == ""
    return told.out


def test_a_notifier_without_problems_is_well(
    stack: DeployedStack, capsys: pytest.CaptureFixture[str]
) -> None:
    said = doctor(capsys, 0).splitlines()
    assert said[-1] == f"All is well: {len(said) - 1} checks."
    assert all(line.startswith("ok  ") for line in said[:-1])
    for what in ("rule JobFailedRule", "event source Mapping", "function OnFailureFunction",
                 "FailureDeadLetterQueue", "AlertTopic", "OpsTopic", "text messages",
                 "key of OpsTopic", "heartbeat", "alarms: 1 of 1",
                 "recursive loop of OnFailureFunction: allowed",
                 "subscriptions of the stack: 1 exist"):  # fmt: skip
        assert any(what in line for line in said), what


def _unsubscribe(stack: DeployedStack, topic: str) -> None:
    sns = stack.client("sns")
    said = sns.list_subscriptions_by_topic(TopicArn=stack.outputs[f"{topic}Arn"])
    for one in said["Subscriptions"]:
        sns.unsubscribe(SubscriptionArn=one["SubscriptionArn"])


def _old_heartbeat(stack: DeployedStack) -> None:
    point = {"Timestamp": datetime.now(UTC) - timedelta(hours=3), "Sum": 1.0}
    answer = given({"Datapoints": [point]})
    nothing = given({"Datapoints": []})
    stack.answer(
        "cloudwatch.GetMetricStatistics",
        lambda asked: answer if asked["MetricName"] == "Heartbeat" else nothing,
    )


def _crashes(stack: DeployedStack) -> None:
    stack.client("cloudwatch").put_metric_data(
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


def _key_for_no_alarm(stack: DeployedStack) -> None:
    key = stack.resources["TopicKey"][1]
    policy = KEY_POLICY | {"Statement": KEY_POLICY["Statement"][:1]}
    stack.client("kms").put_key_policy(KeyId=key, PolicyName="default", Policy=json.dumps(policy))


def _sandbox(stack: DeployedStack) -> None:
    stack.answer("sns.GetSMSSandboxAccountStatus", lambda _: given({"IsInSandbox": True}))
    stack.answer("sns.ListSMSSandboxPhoneNumbers", lambda _: given({"PhoneNumbers": []}))


def _pending(stack: DeployedStack) -> None:
    url = "https://hooks.example.com/secret-path"
    one = {"SubscriptionArn": "PendingConfirmation", "Protocol": "https", "Endpoint": url}
    ok = {"SubscriptionArn": "arn:aws:sns:x", "Protocol": "sms", "Endpoint": PHONE}
    stack.answer("sns.ListSubscriptionsByTopic", lambda _: given({"Subscriptions": [one, ok]}))


def _alarm(stack: DeployedStack) -> None:
    stack.client("cloudwatch").set_alarm_state(
        AlarmName="stalled", StateValue="ALARM", StateReason="test"
    )


def _mapping_off(stack: DeployedStack) -> None:
    uuid = stack.resources["Mapping"][1]
    stack.client("lambda").update_event_source_mapping(UUID=uuid, Enabled=False)


def _no_concurrency(stack: DeployedStack) -> None:
    stack.client("lambda").put_function_concurrency(
        FunctionName="on-failure", ReservedConcurrentExecutions=0
    )


def _schedule_off(stack: DeployedStack) -> None:
    stack.resources["SweepSchedule"] = ("AWS::Scheduler::Schedule", "sweep")
    stack.answer("scheduler.GetSchedule", lambda _: given({"State": "DISABLED"}))


def _unsubscribed(stack: DeployedStack) -> None:
    """Lose the subscription that the stack made, while another one hides it from the alarm."""
    other = "+14155550199"
    topic = stack.outputs["AlertTopicArn"]
    stack.client("sns").subscribe(TopicArn=topic, Protocol="sms", Endpoint=other)
    for one in stack.client("sns").list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]:
        if one["Endpoint"] == PHONE:
            stack.client("sns").unsubscribe(SubscriptionArn=one["SubscriptionArn"])


def _chat_unsubscribed(stack: DeployedStack) -> None:
    stack.resources["ChatSubscription"] = ("AWS::SNS::Subscription", "arn:aws:sns:two")


def _loops_end(stack: DeployedStack) -> None:
    stack.answer(
        "lambda.GetFunctionRecursionConfig", lambda _: given({"RecursiveLoop": "Terminate"})
    )


def _set(stack: DeployedStack, **variables: str) -> None:
    stack.client("lambda").update_function_configuration(
        FunctionName="on-failure", Environment={"Variables": ENVIRONMENT | variables}
    )


def _role_without_access(stack: DeployedStack) -> None:
    stack.resources["OnFailureRole"] = ("AWS::IAM::Role", "role")
    decided = [
        {"EvalActionName": action, "EvalDecision": decision}
        for action, decision in (
            ("dynamodb:BatchGetItem", "allowed"),
            ("dynamodb:Query", "explicitDeny"),
        )
    ]
    stack.answer("iam.SimulatePrincipalPolicy", lambda _: given({"EvaluationResults": decided}))


WRONG: list[tuple[str, Callable[[DeployedStack], Any], str, str]] = [
    (
        "rule disabled",
        lambda stack: stack.client("events").disable_rule(Name="failed"),
        "rule JobFailedRule: it is disabled",
        "aws events enable-rule --name failed --region eu-west-1",
    ),
    (
        "rule without target",
        lambda stack: stack.client("events").remove_targets(Rule="failed", Ids=["queue"]),
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
        "loop detection",
        _loops_end,
        "recursive loop of OnFailureFunction: Lambda stops its follow-ups after about 16",
        "aws lambda put-function-recursion-config --function-name on-failure --recursive-loop",
    ),
    (
        "table deleted",
        lambda stack: stack.client("dynamodb").delete_table(TableName="incidents"),
        "IncidentTable: it does not exist: failures are reported without grouping",
        "aws dynamodb create-table --table-name incidents --billing-mode PAY_PER_REQUEST",
    ),
    (
        "nothing expires",
        lambda stack: stack.client("dynamodb").update_time_to_live(
            TableName="incidents",
            TimeToLiveSpecification={"Enabled": False, "AttributeName": "expires"},
        ),
        "expiry of IncidentTable: it is off",
        "aws dynamodb update-time-to-live --table-name incidents",
    ),
    (
        "a role without access to the table",
        _role_without_access,
        "access to IncidentTable: OnFailureRole is denied dynamodb:Query",
        "aws iam list-role-policies --role-name role",
    ),
    (
        "settings that contradict each other",
        lambda stack: _set(stack, LONGEST_FOLLOW_UP_MINUTES="3"),
        "settings of OnFailureFunction: FollowUpMinutes=5 exceeds LongestFollowUpMinutes=3",
        "sam deploy --parameter-overrides FollowUpMinutes=3 --stack-name batch-notifier",
    ),
    (
        "a setting that is no number",
        lambda stack: _set(stack, LOG_LINES="many"),
        "settings of OnFailureFunction: it refuses to work: bad settings: LOG_LINES must be",
        "sam deploy",
    ),
    (
        "subscription that vanished",
        _unsubscribed,
        "subscription of AlertPhone: it does not exist any more",
        f"--protocol sms --notification-endpoint {PHONE} --region eu-west-1",
    ),
    (
        "chat that vanished",
        _chat_unsubscribed,
        "subscription of ChatEndpoint: it does not exist any more",
        "--protocol https --notification-endpoint URL --region eu-west-1",
    ),
    (
        "dead letters",
        lambda stack: stack.put("FailureDeadLetterQueue", "x"),
        "FailureDeadLetterQueue: failures that were never reported: 1",
        "batch-notifier redrive --stack-name batch-notifier --region eu-west-1",
    ),
    (
        "dead follow-ups",
        lambda stack: stack.put("FollowUpDeadLetterQueue", "x"),
        "FollowUpDeadLetterQueue: incidents that get no more updates: 1",
        "batch-notifier redrive",
    ),
    (
        "alerts not delivered",
        lambda stack: stack.put("UndeliveredAlertQueue", "x"),
        "UndeliveredAlertQueue: alerts that a subscriber did not accept: 1",
        "aws sqs receive-message --queue-url ",
    ),
    (
        "queue with a key",
        lambda stack: stack.client("sqs").set_queue_attributes(
            QueueUrl=stack.outputs["FailureQueueUrl"],
            Attributes={"KmsMasterKeyId": "alias/aws/sqs"},
        ),
        "FailureQueue: it is encrypted with alias/aws/sqs",
        "sam deploy",
    ),
    (
        "no subscriber",
        lambda stack: _unsubscribe(stack, "AlertTopic"),
        "AlertTopic: nobody receives the alerts about failed jobs",
        "aws sns subscribe --topic-arn ",
    ),
    (
        "no operator",
        lambda stack: _unsubscribe(stack, "OpsTopic"),
        "OpsTopic: nobody receives the alarms about the notifier itself",
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
        lambda stack: stack.client("kms").disable_key(KeyId=stack.resources["TopicKey"][1]),
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
        lambda stack: stack.client("cloudwatch").delete_alarms(AlarmNames=["stalled"]),
        "alarm StalledAlarm: it was deleted",
        "sam deploy",
    ),
    (
        "alarm with disabled actions",
        lambda stack: stack.client("cloudwatch").disable_alarm_actions(AlarmNames=["stalled"]),
        "alarm StalledAlarm: it notifies nobody",
        "aws cloudwatch enable-alarm-actions --alarm-names stalled",
    ),
]


@pytest.mark.parametrize(("harm", "says", "fix"), [w[1:] for w in WRONG], ids=[w[0] for w in WRONG])
def test_a_problem_is_reported_with_the_command_that_fixes_it(
    harm: Callable[[DeployedStack], Any],
    says: str,
    fix: str,
    stack: DeployedStack,
    capsys: pytest.CaptureFixture[str],
) -> None:
    harm(stack)
    said = doctor(capsys, 1).splitlines()
    [at] = [n for n, line in enumerate(said) if line.startswith(f"WRONG    {says}")]
    assert said[at + 1].startswith("         ")
    assert fix in said[at + 1]
    assert " 0 unknown." in said[-1]


@pytest.mark.parametrize(
    ("call", "what"),
    [
        ("events.DescribeRule", "rule JobFailedRule"),
        ("lambda.GetEventSourceMapping", "event source Mapping"),
        ("lambda.GetFunctionConfiguration", "function OnFailureFunction"),
        ("sns.ListSubscriptionsByTopic", "OpsTopic"),
        ("sns.GetSMSSandboxAccountStatus", "text messages"),
        ("lambda.GetFunctionRecursionConfig", "recursive loop of OnFailureFunction"),
        ("dynamodb.DescribeTable", "IncidentTable"),
        ("dynamodb.PutItem", "IncidentTable"),
        ("kms.GetKeyPolicy", "key of OpsTopic"),
        ("cloudwatch.GetMetricStatistics", "heartbeat"),
        ("cloudwatch.DescribeAlarms", "alarms"),
        ("sqs.GetQueueAttributes", "FailureDeadLetterQueue"),
    ],
)
def test_a_check_without_permission_is_unknown_and_the_others_run(
    call: str, what: str, stack: DeployedStack, capsys: pytest.CaptureFixture[str]
) -> None:
    stack.answer(call, lambda _: refused("AccessDenied", "ana may\nnot"))
    said = doctor(capsys, 1).splitlines()
    assert f"UNKNOWN  {what}: AccessDenied: ana may not" in said
    assert any(line.startswith("ok ") for line in said)
    assert " 0 wrong, " in said[-1]


def test_a_missing_stack_is_one_line(
    stack: DeployedStack, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["doctor", "--stack-name", "gone"]) == 3
    assert capsys.readouterr().err == (
        "batch-notifier: cannot open the stack gone: ValidationError: Stack does not exist"
        f" (in {boto3.DEFAULT_SESSION.region_name})\n"
    )
    stack.answer("cloudformation.ListStackResources", lambda _: refused("AccessDenied"))
    assert main(["doctor"]) == 3
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
    assert may_use_key([one | {"Action": actions}], "cloudwatch.amazonaws.com") is may
    assert not may_use_key([one | {"Action": actions}], "events.amazonaws.com")
    assert not may_use_key(
        [one | {"Action": actions, "Principal": "*"}], "cloudwatch.amazonaws.com"
    )


def _only_mail(stack: DeployedStack, *addresses: str) -> None:
    sns, topic = stack.client("sns"), stack.outputs["AlertTopicArn"]
    for one in sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]:
        sns.unsubscribe(SubscriptionArn=one["SubscriptionArn"])
    for address in addresses:
        sns.subscribe(TopicArn=topic, Protocol="email", Endpoint=address)
    stack.parameters = {"AlertEmail": addresses[0]}
    stack.resources["AlertEmailSubscription"] = ("AWS::SNS::Subscription", "arn:aws:sns:mail")


def _notes(said: str) -> list[str]:
    return [line for line in said.splitlines() if line.startswith("note ")]


@pytest.mark.parametrize(
    ("addresses", "noted"),
    [
        (["a@example.com", "b@Example.com"], True),
        (["a@example.com", "b@example.org"], False),
    ],
)
def test_one_mail_provider_for_every_alert_is_a_note(
    addresses: list[str],
    noted: bool,
    stack: DeployedStack,
    capsys: pytest.CaptureFixture[str],
) -> None:
    _only_mail(stack, *addresses)
    stack.answer(
        "sns.GetSubscriptionAttributes",
        lambda _: given({"Attributes": {"ConfirmationWasAuthenticated": "true"}}),
    )
    said = doctor(capsys, 0)  # a note is no problem
    assert len(_notes(said)) == noted
    assert ("all alerts go by mail to example.com" in said) is noted


def test_who_can_be_unsubscribed_by_anyone_is_a_note(
    stack: DeployedStack, capsys: pytest.CaptureFixture[str]
) -> None:
    _only_mail(stack, "a@example.com", "b@example.org")
    stack.answer(
        "sns.GetSubscriptionAttributes",
        lambda _: given({"Attributes": {"ConfirmationWasAuthenticated": "false"}}),
    )
    said = doctor(capsys, 0)
    [note] = _notes(said)
    assert "anyone with a forwarded alert can unsubscribe a@example.com, b@example.org" in note
    assert "--token TOKEN --authenticate-on-unsubscribe true" in said


def _metrics(stack: DeployedStack, points: dict[str, list[tuple[float, float]]]) -> None:
    """Answer with points of metrics: (hours ago, sum)."""

    def answer(asked: dict[str, Any]) -> Any:
        now = datetime.now(UTC)
        return given(
            {
                "Datapoints": [
                    {"Timestamp": now - timedelta(hours=hours), "Sum": total}
                    for hours, total in points.get(asked["MetricName"], [])
                ]
            }
        )

    stack.answer("cloudwatch.GetMetricStatistics", answer)


def accepted(capsys: pytest.CaptureFixture[str], code: int) -> str:
    assert main(["doctor", "--acceptance"]) == code
    return capsys.readouterr().out


def test_acceptance_is_given_after_five_hours_and_names_what_a_person_does(
    stack: DeployedStack, capsys: pytest.CaptureFixture[str]
) -> None:
    beat = {"Heartbeat": [(0.1, 12.0)]}
    _metrics(stack, beat | {"AlertsPublished": [(6, 1.0)], "FollowUps": [(5.9, 1.0)]})
    assert "UNKNOWN  follow-ups after four hours: let a job fail" in accepted(capsys, 1)
    _metrics(stack, beat | {"AlertsPublished": [(6, 1.0)], "FollowUps": [(5.9, 1.0), (0.6, 1.0)]})
    said = accepted(capsys, 0)
    assert "ok       follow-ups after four hours: seen" in said
    assert "ok       heartbeats an hour: 12" in said
    by_hand = [line for line in _notes(said) if "docs/real-account.md" in line]
    assert any("A drill reaches you" in line for line in by_hand)
    assert not any("(auto" in line for line in by_hand)


@pytest.mark.parametrize(
    ("points", "problem"),
    [
        ({"Heartbeat": [(0.1, 40.0)]}, "heartbeats an hour: 40, more than one stack can send"),
        (
            {"RecursiveInvocationsDropped": [(2, 3.0)]},
            "loop of OnFailureFunction: Lambda dropped 3 invocations in the last day",
        ),
    ],
)
def test_acceptance_finds_what_only_an_account_shows(
    points: dict[str, list[tuple[float, float]]],
    problem: str,
    stack: DeployedStack,
    capsys: pytest.CaptureFixture[str],
) -> None:
    _metrics(stack, {"Heartbeat": [(0.1, 12.0)]} | points)
    assert f"WRONG    {problem}" in accepted(capsys, 1)


def test_a_slow_check_says_what_it_waits_for(
    stack: DeployedStack, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding, "SILENT_SECONDS", 0.05)

    def slow(_: dict[str, Any]) -> Any:
        time.sleep(0.3)
        return refused("AccessDenied")

    stack.answer("sns.GetSMSSandboxAccountStatus", slow)
    main(["doctor"])
    assert "waiting for AWS: text messages ...\n" in capsys.readouterr().err


def test_backups_are_a_note(stack: DeployedStack, capsys: pytest.CaptureFixture[str]) -> None:
    stack.client("dynamodb").update_continuous_backups(
        TableName="incidents",
        PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True},
    )
    said = doctor(capsys, 0)
    assert "note     backups of IncidentTable: they are on and cost money" in said
