"""The function behind the links may do what it does, and no more."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from actions import on_action
from notifier.ports.service_error import ErrorKind, ServiceError
from tests.permissions.recorder import ACTIONS, Call, recorded
from tests.template.conftest import ROOT
from tests.template.stack import Stack as Template
from tests.template.stack import listed, translate

if TYPE_CHECKING:
    from tests.actions.world import Stack

SOURCE = translate((ROOT / "stacks" / "actions.yaml").read_text(encoding="utf-8"))
QUEUES = "arn:aws:batch:eu-west-1:111122223333:job-queue/*"
OWN_LOG = {"logs:CreateLogStream", "logs:PutLogEvents"}
# AWS Batch supports no resource-level permissions for these, which only read.
UNBOUNDED = {"batch:DescribeJobDefinitions", "batch:DescribeJobs", "batch:ListJobs"}


def statements(allow_rerun: str) -> list[dict[str, Any]]:
    template = Template(
        SOURCE,
        {"Name": "n", "AlertTopicArn": "alerts", "OpsTopicArn": "ops", "TableArn": "table",
         "TableName": "t", "RoleName": "r", "RoleArn": "r", "SigningRoles": "a,b",
         "Architecture": "arm64", "AllowRerun": allow_rerun, "QueueArns": QUEUES},
    )  # fmt: skip
    policies = template.of_type("AWS::IAM::Policy")
    own = [one for name, one in policies.items() if name != "SigningPermissions"]
    return [each for one in own for each in one["PolicyDocument"]["Statement"]]


def granted(allow_rerun: str) -> set[str]:
    return {action for one in statements(allow_rerun) for action in listed(one["Action"])}


@pytest.fixture(scope="module")
def made() -> Iterator[dict[str, list[Call]]]:
    """Every kind of call, without and with `Run again`."""
    from tests.actions import world

    with recorded() as calls, world.made() as stack:
        stack.begin_anew()
        calls.clear()
        _silence(stack)
        silencing = list(calls)
        array = stack.fail_array(3, failed=[0, 2])
        calls.clear()
        assert stack.follow(stack.links(job=array)["Run again"]).status == 200
        assert stack.submit(stack.token("Run again", array)).status == 200
        yield {"off": silencing, "on": [*silencing, *calls]}


def _silence(stack: Stack) -> None:
    """Look, acknowledge, and find that a silence cannot be stored."""
    ledger = on_action._ledger()
    assert stack.follow(stack.links()["Acknowledge"]).status == 200
    assert stack.submit(stack.token()).status == 200
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(ledger), "save_silences", _refuse)
        assert stack.submit(stack.token("Silence for 4 hours")).status == 503


def _refuse(*_: object) -> bool:
    raise ServiceError(ErrorKind.RETRYABLE, "throttled")


@pytest.mark.parametrize("allow_rerun", ["off", "on"])
def test_what_is_granted_is_what_is_called(made: dict[str, list[Call]], allow_rerun: str) -> None:
    called = {
        f"{one.service}:{ACTIONS.get(one.operation, one.operation)}" for one in made[allow_rerun]
    }
    assert granted(allow_rerun) == called | OWN_LOG
    for one in statements(allow_rerun):
        is_unbounded = listed(one["Resource"]) == ["*"]
        assert is_unbounded is (set(listed(one["Action"])) <= UNBOUNDED), one["Sid"]


def test_without_the_link_nothing_of_aws_batch_is_allowed() -> None:
    assert {action for action in granted("off") if not action.startswith(("logs", "dynamodb"))} == {
        "secretsmanager:GetSecretValue", "sns:Publish",
    }  # fmt: skip
    assert granted("on") - granted("off") == UNBOUNDED | {"batch:SubmitJob", "batch:TagResource"}


def test_jobs_are_submitted_to_the_given_queues() -> None:
    submits = [one for one in statements("on") if "batch:SubmitJob" in listed(one["Action"])]
    kinds = {on.rpartition(":")[2] for one in submits for on in listed(one["Resource"])}
    assert kinds == {"job-queue/*", "job-definition/*", "job/*"}


def test_it_writes_silences_and_used_links_only(made: dict[str, list[Call]]) -> None:
    (writes,) = [one for one in statements("on") if "dynamodb:PutItem" in listed(one["Action"])]
    allowed = writes["Condition"]["ForAllValues:StringEquals"]["dynamodb:LeadingKeys"]
    written = {key for one in made["on"] for key in _keys_written(one.parameters)}
    assert written == set(allowed)


def _keys_written(parameters: dict[str, Any]) -> Iterator[str]:
    if "Item" in parameters:
        yield parameters["Item"]["pk"]["S"]
    for one in parameters.get("TransactItems", ()):
        yield one["Put"]["Item"]["pk"]["S"]
    for requests in parameters.get("RequestItems", {}).values():
        for one in requests if isinstance(requests, list) else ():
            yield one["DeleteRequest"]["Key"]["pk"]["S"]
