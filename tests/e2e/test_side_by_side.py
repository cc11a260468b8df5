"""Two stacks in two Regions of one account, in a local AWS of their own: they share nothing."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from cfnlint.decode import cfn_yaml

from workbench.local import sam, samples
from workbench.local.aws import REGION, LocalAws

STACKS, REGIONS = (sam.STACK, f"{sam.STACK}-2"), (REGION, "eu-west-1")
WAIT_SECONDS = 40.0  # the batching window of 2 s, a cold start, and a machine that is busy


class Place(NamedTuple):
    stack: str
    region: str


FIRST, *OTHERS = PLACES = [Place(*each) for each in itertools.product(STACKS, REGIONS)]


class Account(NamedTuple):
    aws: LocalAws
    resources: dict[Place, dict[str, str]]

    def log(self, place: Place) -> str:
        """Return the whole log of a stack's failure function."""
        group = f"/aws/lambda/{place.stack}-on-failure"
        events = self.aws.client("logs", place.region).filter_log_events(logGroupName=group)
        return "".join(one["message"] for one in events["events"])

    def has_incident(self, place: Place) -> bool:
        table = self.resources[place]["IncidentTable"]
        found = self.aws.client("dynamodb", place.region).scan(TableName=table)["Items"]
        return bool(found)


@pytest.fixture(scope="module")
def account(built_template: Path) -> Iterator[Account]:
    with LocalAws() as aws:
        parameters = {"JobLogGroups": "/aws/batch/job", "Architecture": "x86_64"}
        made = {FIRST: sam.deploy(aws, built_template, parameters)}
        publish(aws)
        for place in OTHERS:
            made[place] = create(aws, place, parameters)
        yield Account(aws, made)


def publish(aws: LocalAws) -> None:
    """Put the first stack's template and code into a bucket of each Region, as `sam publish` does.

    The only change is that each role is named with its Region. AWS ends the name of a role in a
    random string; the local AWS ends it in a hash of the stack's name, so two Regions would share
    the role.
    """
    stored = aws.client("cloudformation").get_template(StackName=FIRST.stack)["TemplateBody"]
    document: dict[str, Any] = cfn_yaml.loads(stored) if isinstance(stored, str) else dict(stored)
    code: dict[str, Any] = {}
    for name, resource in document["Resources"].items():
        if resource["Type"] == "AWS::IAM::Role":
            role = f"${{AWS::StackName}}-${{AWS::Region}}-{name}"
            resource["Properties"]["RoleName"] = {"Fn::Sub": role}
        if resource["Type"] == "AWS::Lambda::Function":
            code = resource["Properties"]["Code"]  # one archive, of all functions
            in_region = {"Fn::Sub": "packages-${AWS::Region}"}
            resource["Properties"]["Code"] = code | {"S3Bucket": in_region}
    key = code["S3Key"]
    archive = aws.client("s3").get_object(Bucket=code["S3Bucket"], Key=key)["Body"].read()
    for region in REGIONS:
        s3, bucket = aws.client("s3", region), f"packages-{region}"
        elsewhere = {"CreateBucketConfiguration": {"LocationConstraint": region}}
        s3.create_bucket(Bucket=bucket, **(elsewhere if region != REGION else {}))
        s3.put_object(Bucket=bucket, Key=key, Body=archive)
        s3.put_object(Bucket=bucket, Key="template", Body=json.dumps(document).encode())


def create(aws: LocalAws, place: Place, parameters: dict[str, str]) -> dict[str, str]:
    """Create a stack from a packaged template; return logical id → physical id."""
    client = aws.client("cloudformation", place.region)
    client.create_stack(
        StackName=place.stack,
        TemplateURL=f"{aws.url}/packages-{place.region}/template",
        Parameters=[{"ParameterKey": k, "ParameterValue": v} for k, v in parameters.items()],
        Capabilities=["CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"],
    )
    client.get_waiter("stack_create_complete").wait(
        StackName=place.stack, WaiterConfig={"Delay": 1, "MaxAttempts": 60}
    )
    answer = client.describe_stack_resources(StackName=place.stack)["StackResources"]
    resources = {one["LogicalResourceId"]: one["PhysicalResourceId"] for one in answer}
    sam.allow_heartbeats(aws, resources["OnSweepRole"], place.region)
    return resources


def eventually(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.3)
    assert holds()


def test_no_two_stacks_share_a_resource(account: Account) -> None:
    for one, other in itertools.combinations(PLACES, 2):
        first, second = account.resources[one], account.resources[other]
        assert first.keys() == second.keys()
        # The same name in two Regions is two resources, except for what is global in an account.
        compared = first.keys() if one.region == other.region else {"Dashboard"}
        assert [name for name in compared if first[name] == second[name]] == [], (one, other)


def test_a_heartbeat_counts_only_for_its_own_stack(account: Account) -> None:
    function = account.resources[FIRST]["OnSweepFunction"]
    client = account.aws.client("lambda", FIRST.region)
    answer = client.invoke(FunctionName=function, Payload=b"{}")
    assert "FunctionError" not in answer, answer["Payload"].read()
    eventually(lambda: '"Heartbeat"' in account.log(FIRST))
    assert [place for place in PLACES if '"Heartbeat"' in account.log(place)] == [FIRST]


def test_an_event_is_reported_by_each_stack_of_its_region_and_by_no_other(account: Account) -> None:
    sample = next(one for one in samples.load_all() if one.name == "timeout")
    answer = account.aws.client("events", FIRST.region).put_events(Entries=[sample.as_drill()])
    assert answer["FailedEntryCount"] == 0
    here = [place for place in PLACES if place.region == FIRST.region]
    eventually(lambda: all(account.has_incident(place) for place in here))
    assert [place for place in PLACES if account.has_incident(place)] == here
    assert account.aws.errors() == []
