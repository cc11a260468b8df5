"""Checks of the incident table: it exists, can be written to, and forgets what is old."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3

from workbench.deployed.deployment import Deployment
from workbench.doctor.finding import Finding

WITHOUT_IT = "failures are reported without grouping, follow-ups and silences"
TTL_ATTRIBUTE = "expires"
# As in template.yaml: CloudFormation does not create a table again that was deleted by hand.
CREATE = (
    "dynamodb create-table --table-name {table} --billing-mode PAY_PER_REQUEST"
    " --attribute-definitions AttributeName=pk,AttributeType=S AttributeName=sk,AttributeType=S"
    " --key-schema AttributeName=pk,KeyType=HASH AttributeName=sk,KeyType=RANGE"
)
WRITERS = ("OnFailureRole", "OnFollowUpRole", "OnSweepRole")
WRITES = ("dynamodb:BatchGetItem", "dynamodb:BatchWriteItem", "dynamodb:Query")


def check_table(stack: Deployment) -> Iterator[Finding]:
    """Check that the table exists and takes writes."""
    table, described = stack.outputs["IncidentTableName"], _describe(stack)
    if described is None:
        create = stack.aws_command(CREATE.format(table=table))
        yield Finding("IncidentTable", f"it does not exist: {WITHOUT_IT}", create)
        return
    if described["TableStatus"] not in ("ACTIVE", "UPDATING"):
        problem = f"it is {described['TableStatus']}: until it is ACTIVE, {WITHOUT_IT}"
        yield Finding("IncidentTable", problem)
        return
    _probe_write(boto3.client("dynamodb"), table)
    yield Finding("IncidentTable: exists and takes writes")


def _describe(stack: Deployment) -> Any:
    """Return the description of the table, or None if it does not exist."""
    client = boto3.client("dynamodb")
    try:
        return client.describe_table(TableName=stack.outputs["IncidentTableName"])["Table"]
    except client.exceptions.ResourceNotFoundException:
        return None


def _probe_write(client: Any, table: str) -> None:
    """Try a write whose condition is never met; it changes nothing."""
    key = {"pk": {"S": "doctor"}, "sk": {"S": "doctor"}}
    try:
        client.put_item(TableName=table, Item=key, ConditionExpression="attribute_exists(pk)")
    except client.exceptions.ConditionalCheckFailedException:
        return


def check_writers(stack: Deployment) -> Iterator[Finding]:
    """Check that the roles of the functions may use the table."""
    table, roles, iam = _describe(stack), stack.ids("AWS::IAM::Role"), boto3.client("iam")
    for logical in WRITERS if table else ():  # check_table reports that it is gone
        if logical not in roles:
            continue
        role = iam.get_role(RoleName=roles[logical])["Role"]["Arn"]
        answer = iam.simulate_principal_policy(
            PolicySourceArn=role, ActionNames=list(WRITES), ResourceArns=[table["TableArn"]]
        )
        denied = [
            each["EvalActionName"]
            for each in answer["EvaluationResults"]
            if each["EvalDecision"] != "allowed"
        ]
        if denied:
            policies = stack.aws_command(f"iam list-role-policies --role-name {roles[logical]}")
            problem = f"{logical} is denied {', '.join(denied)}: {WITHOUT_IT}"
            yield Finding("access to IncidentTable", problem, policies)
        else:
            yield Finding(f"access to IncidentTable: {logical} may use it")


def check_expiry(stack: Deployment) -> Iterator[Finding]:
    """Check that old items expire; note what backups cost."""
    table, client = stack.outputs["IncidentTableName"], boto3.client("dynamodb")
    if _describe(stack) is None:
        return  # check_table reports that
    answer = client.describe_time_to_live(TableName=table)["TimeToLiveDescription"]
    status = answer["TimeToLiveStatus"]
    is_on = status in ("ENABLED", "ENABLING") and answer.get("AttributeName") == TTL_ATTRIBUTE
    if is_on:
        yield Finding("expiry of IncidentTable: on")
    else:
        enable = (
            f"dynamodb update-time-to-live --table-name {table}"
            f" --time-to-live-specification Enabled=true,AttributeName={TTL_ATTRIBUTE}"
        )
        problem = "it is off: old incidents are never deleted"
        yield Finding("expiry of IncidentTable", problem, stack.aws_command(enable))
    yield _backups(stack, client, table)


def _backups(stack: Deployment, client: Any, table: str) -> Finding:
    answer = client.describe_continuous_backups(TableName=table)["ContinuousBackupsDescription"]
    recovery = answer.get("PointInTimeRecoveryDescription", {})
    if recovery.get("PointInTimeRecoveryStatus") != "ENABLED":
        return Finding("backups of IncidentTable: none, and none are needed")
    disable = (
        f"dynamodb update-continuous-backups --table-name {table}"
        " --point-in-time-recovery-specification PointInTimeRecoveryEnabled=false"
    )
    note = "they are on and cost money; if the table is lost, failures are only reported as new"
    return Finding("backups of IncidentTable", note=note, fix=stack.aws_command(disable))
