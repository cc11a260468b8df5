"""Rules for permissions: as many as needed, and only for this stack."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.template.stack import Stack, arn, listed, role_statements, statements

# AWS Batch supports no resource-level permissions for these read actions:
# https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsbatch.html
UNBOUNDED = {
    "batch:ListJobs",  # the last success, recovery, missed failures
    "batch:DescribeJobs",  # the settings of an earlier run, why a job waits
    "batch:DescribeJobDefinitions",  # what changed in the job definition
    "batch:DescribeComputeEnvironments",  # whether they are valid, their resources
    "batch:DescribeJobQueues",  # likewise, and the labels of a queue
    "batch:DescribeServiceJob",  # the labels of a service job
    "batch:GetJobQueueSnapshot",  # what is first in a queue, and since when
    "batch:ListServiceJobs",  # missed failures of service jobs
}


def test_rules_may_send_to_their_targets_and_dead_letter_queue(stack: Stack) -> None:
    allowed = {
        (rule, queue)
        for _, statement in statements(stack, "AWS::SQS::QueuePolicy")
        if statement["Principal"] == {"Service": "events.amazonaws.com"}
        for rule in statement["Condition"]["ArnEquals"]["aws:SourceArn"]
        for queue in listed(statement["Resource"])
    }
    for name, rule in stack.of_type("AWS::Events::Rule").items():
        for target in rule["Targets"]:
            assert (arn(name), target["Arn"]) in allowed
            assert (arn(name), target["DeadLetterConfig"]["Arn"]) in allowed


def test_topics_may_send_to_the_dead_letter_queue(stack: Stack) -> None:
    allowed = {
        (topic, queue)
        for _, statement in statements(stack, "AWS::SQS::QueuePolicy")
        if statement["Principal"] == {"Service": "sns.amazonaws.com"}
        for topic in statement["Condition"]["ArnEquals"]["aws:SourceArn"]
        for queue in listed(statement["Resource"])
    }
    for subscription in stack.of_type("AWS::SNS::Subscription").values():
        end = subscription["RedrivePolicy"]["deadLetterTargetArn"]
        assert (subscription["TopicArn"], end) in allowed


@pytest.mark.parametrize("kind", ["SQS::Queue", "SNS::Topic"])
def test_queues_and_topics_require_tls(stack: Stack, kind: str) -> None:
    refusing = {
        resource
        for _, statement in statements(stack, f"AWS::{kind}Policy")
        if statement["Effect"] == "Deny"
        and statement["Principal"] == "*"
        and statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
        for resource in listed(statement["Resource"])
    }
    assert {arn(name) for name in stack.of_type(f"AWS::{kind}")} == refusing


def test_policies_are_attached_to_the_resources_they_name(stack: Stack) -> None:
    for kind, key in (("SQS::Queue", "Queues"), ("SNS::Topic", "Topics")):
        for name, policy in stack.of_type(f"AWS::{kind}Policy").items():
            spoken_of = {
                resource
                for statement in policy["PolicyDocument"]["Statement"]
                for resource in listed(statement["Resource"])
            }
            assert set(policy[key]) == spoken_of, name


def test_allowed_services_need_a_source(stack: Stack) -> None:
    keys = [
        (name, statement)
        for name, key in stack.of_type("AWS::KMS::Key").items()
        for statement in key["KeyPolicy"]["Statement"]
    ]
    for name, statement in keys + statements(
        stack, "AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy"
    ):
        if statement["Effect"] == "Allow" and "Service" in statement["Principal"]:
            named = {key for condition in statement["Condition"].values() for key in condition}
            assert named & {"aws:SourceArn", "aws:SourceAccount"}, (name, statement["Sid"])


def test_topics_and_their_publishers_use_the_key_of_the_stack(stack: Stack) -> None:
    (key_id, key), *others = stack.of_type("AWS::KMS::Key").items()
    assert not others
    assert key["EnableKeyRotation"] is True
    for name, topic in stack.of_type("AWS::SNS::Topic").items():
        assert topic["KmsMasterKeyId"] == arn(key_id), name

    using = {
        principal
        for statement in key["KeyPolicy"]["Statement"]
        if {"kms:Decrypt", "kms:GenerateDataKey*"} <= set(listed(statement["Action"]))
        for named in statement["Principal"].values()
        for principal in listed(named)
    }
    roles = {
        role
        for policy in stack.of_type("AWS::IAM::Policy").values()
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Action"] == "sns:Publish"
        for role in policy["Roles"]
    }
    assert using == {"cloudwatch.amazonaws.com"} | roles


def test_the_account_can_manage_its_key(stack: Stack) -> None:
    for key in stack.of_type("AWS::KMS::Key").values():
        root = {"AWS": "arn:aws:iam::111122223333:root"}
        assert any(
            one["Principal"] == root and one["Action"] == "kms:*"
            for one in key["KeyPolicy"]["Statement"]
        )


def test_roles_hold_no_wildcard_action_resource_or_managed_policy(stack: Stack) -> None:
    for name, role in stack.of_type("AWS::IAM::Role").items():
        assert "ManagedPolicyArns" not in role, name
        assert "Policies" not in role, name
    assert role_statements(stack)
    for name, statement in role_statements(stack):
        assert statement["Effect"] == "Allow"
        assert not [action for action in listed(statement["Action"]) if "*" in action], name
        is_unbounded = bool(UNBOUNDED & set(listed(statement["Action"])))
        assert not is_unbounded or set(listed(statement["Action"])) <= UNBOUNDED, name
        assert ("*" in listed(statement["Resource"])) is is_unbounded, (name, statement["Sid"])


def test_only_unbounded_actions_are_allowed_on_all_resources(stack: Stack) -> None:
    granted = {
        action
        for _, statement in role_statements(stack)
        if "*" in listed(statement["Resource"])
        for action in listed(statement["Action"])
    }
    assert granted == UNBOUNDED


def test_every_role_has_permissions_before_its_function_starts(stack: Stack) -> None:
    policies = stack.of_type("AWS::IAM::Policy")
    for name, function in stack.of_type("AWS::Lambda::Function").items():
        role = function["Role"].strip("<>")
        granting = {each for each, policy in policies.items() if arn(role) in policy["Roles"]}
        assert granting, name
        assert granting <= set(listed(stack.resources[name]["DependsOn"])), name


@pytest.mark.parametrize(
    ("groups", "partition"),
    [
        ("/aws/batch/job", "aws"),
        ("/aws/batch/job,/ecs/scanner", "aws"),
        ("/a,/b,/c,/d,/e", "aws"),
        ("/my-team/*", "aws-cn"),
        ("/a,/b,/c", "aws-us-gov"),
    ],
)
def test_job_logs_may_be_read_only_in_this_account(
    template: dict[str, Any], groups: str, partition: str
) -> None:
    stack = Stack(template, {"JobLogGroups": groups}, partition)
    readable = {
        resource
        for _, statement in role_statements(stack)
        if "logs:GetLogEvents" in listed(statement["Action"])
        for resource in listed(statement["Resource"])
    }
    assert readable == {
        f"arn:{partition}:logs:*:111122223333:log-group:{group}:log-stream:*"
        for group in groups.split(",")
    }


def test_with_no_log_lines_no_job_log_may_be_read(template: dict[str, Any]) -> None:
    stack = Stack(template, {"LogLines": "0"})
    assert "logs:GetLogEvents" not in json.dumps(role_statements(stack))
