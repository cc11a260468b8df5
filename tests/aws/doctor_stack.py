"""A deployed notifier in a simulated AWS, for the commands that look after one."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
from botocore.awsrequest import AWSResponse

from tests import incident_table

STACK = "batch-notifier"
PHONE = "+14155550100"
Answer = tuple[AWSResponse, dict[str, Any]]
ENVIRONMENT = {
    "ALERT_TOPIC_ARN": "arn:aws:sns:eu-west-1:123456789012:alerts",
    "TABLE_NAME": "incidents",
    "FAILURE_QUEUE_URL": "https://sqs.eu-west-1.amazonaws.com/123456789012/failures",
    "FOLLOW_UP_QUEUE_URL": "https://sqs.eu-west-1.amazonaws.com/123456789012/follow-ups",
}
TRUST = {"Version": "2012-10-17", "Statement": []}
KEY_POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::123456789012:root"},
            "Action": "kms:*",
            "Resource": "*",
        },
        {
            "Effect": "Allow",
            "Principal": {"Service": "cloudwatch.amazonaws.com"},
            "Action": ["kms:Decrypt", "kms:GenerateDataKey*"],
            "Resource": "*",
        },
    ],
}


def refused(code: str, message: str = "not authorized") -> Answer:
    """Give what AWS answers when it does not do as asked."""
    return AWSResponse("", 400, {}, None), {  # type: ignore[arg-type]  # no body to read from
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {},
    }


def given(answer: dict[str, Any]) -> Answer:
    """Give what AWS answers when it does."""
    return AWSResponse("", 200, {}, None), answer  # type: ignore[arg-type]  # likewise


def _asked(params: dict[str, Any]) -> dict[str, Any]:
    body = params["body"]
    asked: dict[str, Any] = json.loads(body or "{}") if isinstance(body, bytes) else body
    return asked


@dataclass
class DeployedStack:
    """A stack with one of each: a rule, a queue, a function, a topic, an alarm."""

    session: boto3.Session
    resources: dict[str, tuple[str, str]] = field(default_factory=dict)
    outputs: dict[str, str] = field(default_factory=dict)
    # ChatEndpoint is hidden, whether it is set or not.
    parameters: dict[str, str] = field(
        default_factory=lambda: {"AlertPhone": PHONE, "AlertEmail": "", "ChatEndpoint": "****"}
    )
    _answers: dict[str, Callable[[dict[str, Any]], Answer]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.answer("cloudformation.DescribeStacks", self._stacks)
        self.answer("cloudformation.ListStackResources", self._resources)
        self.answer("sns.GetSMSSandboxAccountStatus", lambda _: given({"IsInSandbox": False}))
        self.answer(
            "lambda.GetFunctionRecursionConfig", lambda _: given({"RecursiveLoop": "Allow"})
        )
        for name in ("FailureQueue", "FollowUpQueue", "FailureDeadLetterQueue",
                     "FollowUpDeadLetterQueue", "UndeliveredAlertQueue"):  # fmt: skip
            url = self.client("sqs").create_queue(QueueName=name)["QueueUrl"]
            self.outputs[f"{name}Url"] = url
        self._topics()
        self._rule()
        self._function()
        self._alarm()
        self._table()
        self.beat()

    def client(self, service: str) -> Any:
        connect: Any = self.session.client
        return connect(service)

    def answer(self, call: str, answer: Callable[[dict[str, Any]], Answer]) -> None:
        """Answer a call in place of the simulated AWS: it lacks it, or does not refuse."""
        if call not in self._answers:
            self.session.events.register_first(
                f"before-call.{call}", lambda params, **_: self._answers[call](_asked(params))
            )
        self._answers[call] = answer

    def beat(self) -> None:
        self.client("cloudwatch").put_metric_data(
            Namespace="BatchNotifier",
            MetricData=[
                {
                    "MetricName": "Heartbeat",
                    "Dimensions": [{"Name": "service", "Value": STACK}],
                    "Timestamp": datetime.now(UTC) - timedelta(minutes=2),
                    "Value": 1,
                }
            ],
        )

    def put(self, queue: str, body: object, **more: Any) -> None:
        text = body if isinstance(body, str) else json.dumps(body)
        self.client("sqs").send_message(
            QueueUrl=self.outputs[f"{queue}Url"], MessageBody=text, **more
        )

    def bodies(self, queue: str) -> list[str]:
        """Give what is visible in a queue now, and leave it there."""
        said = self.client("sqs").receive_message(
            QueueUrl=self.outputs[f"{queue}Url"], MaxNumberOfMessages=10, VisibilityTimeout=0
        )
        return [one["Body"] for one in said.get("Messages", [])]

    def _stacks(self, asked: dict[str, Any]) -> Answer:
        if asked["StackName"] != STACK:
            return refused("ValidationError", "Stack does not exist")
        outputs = [{"OutputKey": key, "OutputValue": value} for key, value in self.outputs.items()]
        parameters = [
            {"ParameterKey": key, "ParameterValue": value} for key, value in self.parameters.items()
        ]
        return given({"Stacks": [{"Outputs": outputs, "Parameters": parameters}]})

    def _resources(self, _: dict[str, Any]) -> Answer:
        listed = [
            {
                "LogicalResourceId": logical,
                "PhysicalResourceId": physical,
                "ResourceType": kind,
                "ResourceStatus": "CREATE_COMPLETE",
            }
            for logical, (kind, physical) in self.resources.items()
        ]
        return given({"StackResourceSummaries": listed})

    def _topics(self) -> None:
        kms, sns = self.client("kms"), self.client("sns")
        key = kms.create_key(Policy=json.dumps(KEY_POLICY))["KeyMetadata"]["KeyId"]
        self.resources["AlertPhoneSubscription"] = ("AWS::SNS::Subscription", "arn:aws:sns:one")
        self.resources["TopicKey"] = ("AWS::KMS::Key", key)
        for name in ("AlertTopic", "OpsTopic"):
            topic = sns.create_topic(Name=name, Attributes={"KmsMasterKeyId": key})["TopicArn"]
            self.outputs[f"{name}Arn"] = topic
            sns.subscribe(TopicArn=topic, Protocol="sms", Endpoint=PHONE)

    def _rule(self) -> None:
        events, arn = self.client("events"), "arn:aws:sqs:eu-west-1:123456789012:FailureQueue"
        dead = {"Arn": "arn:aws:sqs:eu-west-1:123456789012:FailureDeadLetterQueue"}
        events.put_rule(Name="failed", EventPattern='{"source": ["aws.batch"]}')
        events.put_targets(
            Rule="failed", Targets=[{"Id": "queue", "Arn": arn, "DeadLetterConfig": dead}]
        )
        self.resources["JobFailedRule"] = ("AWS::Events::Rule", "failed")

    def _function(self) -> None:
        role = self.client("iam").create_role(
            RoleName="role", AssumeRolePolicyDocument=json.dumps(TRUST)
        )["Role"]["Arn"]
        code = io.BytesIO()
        with zipfile.ZipFile(code, "w") as archive:
            archive.writestr("x.py", "")
        function = self.client("lambda")
        function.create_function(
            FunctionName="on-failure", Runtime="python3.13", Role=role, Handler="x.y",
            Code={"ZipFile": code.getvalue()}, Environment={"Variables": ENVIRONMENT},
        )  # fmt: skip
        # A queue that nothing is sent to: the simulated AWS would look for Docker, to run it.
        self.client("sqs").create_queue(QueueName="idle")
        mapping = function.create_event_source_mapping(
            FunctionName="on-failure", EventSourceArn="arn:aws:sqs:eu-west-1:123456789012:idle"
        )
        self.resources["OnFailureFunction"] = ("AWS::Lambda::Function", "on-failure")
        self.resources["Mapping"] = ("AWS::Lambda::EventSourceMapping", mapping["UUID"])

    def _table(self) -> None:
        self.outputs["IncidentTableName"] = ENVIRONMENT["TABLE_NAME"]
        incident_table.make(self.client("dynamodb"), ENVIRONMENT["TABLE_NAME"])
        self.client("dynamodb").update_time_to_live(
            TableName=ENVIRONMENT["TABLE_NAME"],
            TimeToLiveSpecification={"Enabled": True, "AttributeName": "expires"},
        )

    def _alarm(self) -> None:
        self.client("cloudwatch").put_metric_alarm(
            AlarmName="stalled", Namespace="AWS/SQS", MetricName="x", Statistic="Sum", Period=60,
            EvaluationPeriods=1, Threshold=1, ComparisonOperator="GreaterThanThreshold",
            AlarmDescription="A failure waits.\nLook first:\naws sqs list-queues --region here",
        )  # fmt: skip
        self.resources["StalledAlarm"] = ("AWS::CloudWatch::Alarm", "stalled")
