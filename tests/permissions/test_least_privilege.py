"""Nothing is called that is not granted, and nothing is granted that is not called.

Each function of the template is driven through its story against a simulated AWS, from its handler
down to the wire, and what it calls is compared with its role.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from fnmatch import fnmatchcase

import boto3
import pytest
from moto import mock_aws

from notifier import settings
from notifier.aws.calls import Timeouts, client
from tests import incident_table
from tests.permissions.recorder import ACCOUNT, Call, Names, Need, needs, recorded
from tests.permissions.stories import STORIES, world_of
from tests.template.conftest import ROOT
from tests.template.stack import Stack, arn, listed, role_statements, translate
from tests.template.test_permissions import UNBOUNDED
from workbench.local.aws import REGION

STACK = Stack(translate((ROOT / "template.yaml").read_text(encoding="utf-8")))
FUNCTIONS = STACK.of_type("AWS::Lambda::Function")
# What Powertools says of a follow-up that only hops, and so counts nothing.
pytestmark = pytest.mark.filterwarnings("ignore:No application metrics to publish")
each_function = pytest.mark.parametrize("function", FUNCTIONS)


def _made_queue(name: str) -> str:
    return str(boto3.client("sqs").create_queue(QueueName=name)["QueueUrl"])


def _made_topic(name: str) -> str:
    return str(boto3.client("sns").create_topic(Name=name)["TopicArn"])


def _made_table(name: str) -> str:
    incident_table.make(boto3.client("dynamodb"), name)
    return name


# What a setting may name is made as the template would, and called what its Ref would be.
MADE: dict[str, Callable[[str], str]] = {
    "AWS::SQS::Queue": _made_queue,
    "AWS::SNS::Topic": _made_topic,
    "AWS::DynamoDB::Table": _made_table,
}


def deployed(function: str) -> tuple[dict[str, str], Names]:
    """Make what a function's settings name; give the settings, and what is called how."""
    found: dict[str, str] = dict(FUNCTIONS[function]["Environment"]["Variables"])
    names: Names = {}
    for setting, value in found.items():
        if logical := re.fullmatch(r"<(\w+)>", value):
            made = MADE[STACK.resources[logical[1]]["Type"]](logical[1])
            found[setting], names[made] = made, logical[1]
    return found | {"MAX_ALERTS_PER_MINUTE": "1"}, names


@pytest.fixture(scope="module")
def used() -> dict[str, set[Need]]:
    """Give what each function needs, by the function's logical id."""
    return {name: _used(name) for name in FUNCTIONS}


def _used(function: str) -> set[Need]:
    story = STORIES[FUNCTIONS[function]["Handler"]]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_DEFAULT_REGION", REGION)
        with mock_aws(config={"batch": {"use_docker": False}}), recorded() as calls:
            found, names = deployed(function)
            calls.clear()
            return needs(story(world_of(found, calls, patch)), names)


def granted(function: str) -> set[Need]:
    """Give what the function's role allows."""
    role = FUNCTIONS[function]["Role"]
    policies = STACK.of_type("AWS::IAM::Policy")
    return {
        Need(action, resource)
        for name, statement in role_statements(STACK)
        if role in policies[name]["Roles"]
        for action in listed(statement["Action"])
        for resource in listed(statement["Resource"])
    }


def for_lambda(function: str) -> set[Need]:
    """Give what the Lambda service does with the role itself: it takes messages, and writes logs.

    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
    """
    sources = [
        one["EventSourceArn"]
        for one in STACK.of_type("AWS::Lambda::EventSourceMapping").values()
        if one["FunctionName"] == arn(function)
    ]
    taking = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")
    log = FUNCTIONS[function]["LoggingConfig"]["LogGroup"]
    return {Need(action, source) for action in taking for source in sources} | {
        Need(action, log) for action in ("logs:CreateLogStream", "logs:PutLogEvents")
    }


def covers(grant: Need, need: Need) -> bool:
    return grant.action == need.action and fnmatchcase(need.resource, grant.resource)


def test_every_function_has_a_story() -> None:
    handlers = {function["Handler"] for function in FUNCTIONS.values()}
    assert handlers == set(STORIES), "tell in stories.py what wakes it, and all that it then calls"


@each_function
def test_nothing_is_called_that_is_not_granted(used: dict[str, set[Need]], function: str) -> None:
    wanted = used[function] | for_lambda(function)
    grants = granted(function)
    assert [need for need in wanted if not any(covers(one, need) for one in grants)] == []


@each_function
def test_nothing_is_granted_that_is_not_called(used: dict[str, set[Need]], function: str) -> None:
    wanted = used[function] | for_lambda(function)
    grants = granted(function)
    assert [one for one in grants if not any(covers(one, need) for need in wanted)] == []


@each_function
def test_what_is_granted_is_named_whole_but_for_log_streams(function: str) -> None:
    """A pattern is allowed where the name is a stranger's choice, and for what has no name."""
    for grant in granted(function):
        if re.fullmatch(r"<\w+>", grant.resource):
            continue
        if grant.action == "logs:GetLogEvents":
            streams = rf"arn:aws:logs:\*:{ACCOUNT}:log-group:/aws/batch/job:log-stream:\*"
            assert re.fullmatch(streams, grant.resource), grant
        elif grant.action == "events:PutEvents":
            assert grant.resource.endswith(":event-bus/default"), grant
        else:
            assert grant.action in UNBOUNDED, grant
            assert grant.resource == "*"


def test_a_group_is_not_taken_for_its_streams() -> None:
    """The mistake that denies every log: GetLogEvents granted on the group's own ARN."""
    stream = f"arn:aws:logs:eu-west-1:{ACCOUNT}:log-group:/aws/batch/job:log-stream:a/default/1"
    need = Need("logs:GetLogEvents", stream)
    group = f"arn:aws:logs:*:{ACCOUNT}:log-group:/aws/batch/job"
    assert not covers(Need("logs:GetLogEvents", group), need)
    assert covers(Need("logs:GetLogEvents", f"{group}:log-stream:*"), need)


def test_a_call_nobody_thought_of_is_seen() -> None:
    with mock_aws(), recorded() as calls:
        client("sqs", Timeouts(connect_s=1, read_s=1, tries=1), REGION).list_queues()
    assert calls == [Call("sqs", "ListQueues", {}, REGION)]
    with pytest.raises(AssertionError, match="ListQueues"):
        needs(calls, {})


def test_the_settings_are_those_that_the_product_reads() -> None:
    """Or a function could be given a resource here that it never sees when deployed."""
    for function in FUNCTIONS:
        with mock_aws(), pytest.MonkeyPatch.context() as patch:
            patch.setenv("AWS_DEFAULT_REGION", REGION)
            found, _ = deployed(function)
            assert settings.read_settings(found)
