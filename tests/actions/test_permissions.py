"""The function behind the links may do what it does, and no more."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from actions import on_action
from notifier.ports.service_error import ErrorKind, ServiceError
from tests.permissions.recorder import ACTIONS, Call, recorded
from tests.template.conftest import ROOT
from tests.template.stack import Stack as Template
from tests.template.stack import listed, translate

TEMPLATE = Template(
    translate((ROOT / "stacks" / "actions.yaml").read_text(encoding="utf-8")),
    {"Name": "n", "AlertTopicArn": "alerts", "OpsTopicArn": "ops", "TableArn": "table",
     "TableName": "t", "RoleName": "r", "RoleArn": "r", "SigningRoles": "a,b",
     "Architecture": "arm64"},
)  # fmt: skip
STATEMENTS: list[dict[str, Any]] = TEMPLATE.of_type("AWS::IAM::Policy")["OnActionPermissions"][
    "PolicyDocument"
]["Statement"]
OWN_LOG = {"logs:CreateLogStream", "logs:PutLogEvents"}


@pytest.fixture(scope="module")
def made() -> Iterator[list[Call]]:
    """Every kind of call: a look, an acknowledgement, and a silence that could not be stored."""
    from tests.actions import world

    with recorded() as calls, world.made() as stack:
        stack.begin_anew()
        ledger, links = on_action._ledger(), stack.links()
        calls.clear()
        assert stack.follow(links["Acknowledge"]).status == 200
        assert stack.submit(stack.token()).status == 200
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(type(ledger), "save_silences", _refuse)
            assert stack.submit(stack.token("Silence for 4 hours")).status == 503
        yield calls


def _refuse(*_: object) -> bool:
    raise ServiceError(ErrorKind.RETRYABLE, "throttled")


def test_what_is_granted_is_what_is_called(made: list[Call]) -> None:
    granted = {action for one in STATEMENTS for action in listed(one["Action"])}
    called = {
        f"{one.service}:{ACTIONS.get(one.operation, one.operation)}" for one in made
    } | OWN_LOG
    assert granted == called
    assert all(resource != "*" for one in STATEMENTS for resource in listed(one["Resource"]))


def test_it_writes_silences_and_used_links_only(made: list[Call]) -> None:
    (writes,) = [one for one in STATEMENTS if "dynamodb:PutItem" in listed(one["Action"])]
    allowed = writes["Condition"]["ForAllValues:StringEquals"]["dynamodb:LeadingKeys"]
    written = {key for one in made for key in _keys_written(one.parameters)}
    assert written == set(allowed)


def _keys_written(parameters: dict[str, Any]) -> Iterator[str]:
    if "Item" in parameters:
        yield parameters["Item"]["pk"]["S"]
    for one in parameters.get("TransactItems", ()):
        yield one["Put"]["Item"]["pk"]["S"]
    for requests in parameters.get("RequestItems", {}).values():
        for one in requests if isinstance(requests, list) else ():
            yield one["DeleteRequest"]["Key"]["pk"]["S"]
