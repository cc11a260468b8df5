"""The values that the parameters accept, and their labels."""

from __future__ import annotations

import re
from typing import Any

import boto3
import pytest

from notifier import settings
from notifier.alert.commands.console_links import console_address
from tests.template.stack import Stack

EMAILS = ["AlertEmail", "AlertEmail2", "AlertEmail3", "OpsEmail"]
SLACK = "https://hooks.slack.com"  # apart from the path, or a scanner takes it for a secret
CHAT_WEBHOOKS = [  # none of them confirms a subscription of SNS
    f"{SLACK}/services/T0/B0/x",
    f"{SLACK.replace('hooks', 'HOOKS')}/services/T0/B0/x",
    "https://hooks.slack.com:443/workflows/T0/A0/1/x",
    "https://hooks.slack.com./services/T0/B0/x",
    "https://hooks.slack-gov.com/services/T0/B0/x",
    "https://hooks.slack.com",
    "https://acme.webhook.office.com/webhookb2/0-0@0/IncomingWebhook/x/y",
    "https://outlook.office.com/webhook/0-0@0/IncomingWebhook/x/y",
    "https://prod-12.westeurope.logic.azure.com:443/workflows/x/triggers/manual/paths/invoke",
    "https://default0.0.environment.api.powerplatform.com:443/powerautomate/automations/direct/x",
    "https://discord.com/api/webhooks/1/x",
    "https://chat.googleapis.com/v1/spaces/x/messages",
]
QUEUE = "arn:aws:batch:eu-west-1:111122223333:job-queue/nightly"


def accepts(template: dict[str, Any], name: str, value: str) -> bool:
    """Match a value against the parameter as CloudFormation does, item by item for a list."""
    parameter = template["Parameters"][name]
    is_list = parameter["Type"] == "CommaDelimitedList"
    items = [item.strip() for item in value.split(",")] if is_list else [value]
    return all(re.fullmatch(parameter["AllowedPattern"], item) for item in items)


@pytest.mark.parametrize("name", EMAILS)
@pytest.mark.parametrize(
    ("value", "good"),
    [
        ("", True),
        ("team@example.com", True),
        ("first.last+batch@mail.example.co.uk", True),
        ("o'brien@example.ie", True),
        ("x@xn--bcher-kva.example", True),
        ("x@example.xn--p1ai", True),
        ("team", False),
        ("team@", False),
        ("team@localhost", False),
        ("@example.com", False),
        ("team@example..com", False),
        ("team@example.com ", False),
        (" team@example.com", False),
        ("a@example.com,b@example.com", False),
        ("Team <team@example.com>", False),
        ("team@example.com\nbcc@example.com", False),
        ("käthe@example.com", False),
    ],
)
def test_email_parameters_accept_one_address(
    template: dict[str, Any], name: str, value: str, good: bool
) -> None:
    assert accepts(template, name, value) is good


@pytest.mark.parametrize(
    ("value", "good"),
    [
        ("", True),
        ("+14155550100", True),
        ("+4915112345678", True),
        ("+123456789012345", True),
        ("14155550100", False),
        ("0014155550100", False),
        ("+04155550100", False),
        ("+1 415 555 0100", False),
        ("+1-415-555-0100", False),
        ("+1234567890123456", False),
        ("+12345", False),
    ],
)
def test_phone_numbers_are_in_international_format(
    template: dict[str, Any], value: str, good: bool
) -> None:
    assert accepts(template, "AlertPhone", value) is good


@pytest.mark.parametrize(
    ("value", "good"),
    [
        ("", True),
        ("none", True),
        ("None", False),
        ("https://hooks.example.com", True),
        ("https://hooks.example.com/services/T0/B0?x=1&y=%20", True),
        ("https://hooks.example.com:8443/batch", True),
        ("http://hooks.example.com/batch", False),
        ("HTTPS://hooks.example.com/batch", False),
        ("https://", False),
        ("https://user:secret@hooks.example.com/", False),
        ("https://hooks.example.com/a b", False),
        ("hooks.example.com", False),
        ("https://events.pagerduty.com/integration/0123abcd/enqueue", True),
        ("https://hooks.slack.com.example.com/x", True),
        ("https://example.com/https://hooks.slack.com/", True),
        *((url, False) for url in CHAT_WEBHOOKS),
    ],
)
def test_chat_endpoints_are_https_without_a_password(
    template: dict[str, Any], value: str, good: bool
) -> None:
    assert accepts(template, "ChatEndpoint", value) is good


def test_a_chat_webhook_is_refused_with_what_to_use_instead(template: dict[str, Any]) -> None:
    said = template["Parameters"]["ChatEndpoint"]["ConstraintDescription"]
    assert "Slack, Teams" in said
    assert "subscribe Amazon Q Developer" in said
    assert "AlertTopicArn" in said
    assert ". " not in said  # one sentence


def test_every_parameter_that_can_be_empty_can_be_none_and_means_the_same(
    template: dict[str, Any],
) -> None:
    """`sam deploy --parameter-overrides AlertEmail=` is refused, and dropped between others."""
    empty = [name for name, one in template["Parameters"].items() if one["Default"] == ""]
    assert len(empty) == 12
    assert all(accepts(template, name, "") and accepts(template, name, "none") for name in empty)
    chosen = dict.fromkeys(empty, "none")
    for more in ({}, {"BatchEnvironment": "ec2+fargate-efs"}):
        given, usual = Stack(template, chosen | more), Stack(template, more)
        descriptions = ("AlarmDescription", "DashboardBody")
        assert without(given.resources, descriptions) == without(usual.resources, descriptions)
    [assertion] = template["Rules"]["NetworkIsGivenWhole"]["Assertions"]
    assert Stack(template, chosen).resolve(assertion["Assert"])


def without(value: Any, names: tuple[str, ...]) -> Any:
    """Leave out what only shows the parameters."""
    if isinstance(value, list):
        return [without(each, names) for each in value]
    if not isinstance(value, dict):
        return value
    return {key: without(each, names) for key, each in value.items() if key not in names}


def test_hidden_parameters_accept_none(template: dict[str, Any]) -> None:
    """`sam deploy --guided` shows no default for them and accepts no empty value."""
    hidden = [name for name, one in template["Parameters"].items() if one.get("NoEcho")]
    assert hidden == ["ChatEndpoint"]
    assert all(accepts(template, name, "none") for name in hidden)


@pytest.mark.parametrize(
    ("value", "good"),
    [
        ("", True),
        (QUEUE, True),
        (f"{QUEUE},{QUEUE}_2", True),
        (f"{QUEUE}, {QUEUE}-2", True),  # CloudFormation trims the items of a list
        ("arn:aws-cn:batch:cn-north-1:111122223333:job-queue/nightly", True),
        ("arn:aws-us-gov:batch:us-gov-west-1:111122223333:job-queue/nightly", True),
        ("nightly", False),
        (f"{QUEUE},nightly", False),
        ("arn:aws:batch:eu-west-1:1111:job-queue/nightly", False),
        ("arn:aws:batch:eu-west-1:111122223333:job-definition/nightly:1", False),
        ("arn:aws:batch:eu-west-1:111122223333:job-queue/*", False),
    ],
)
def test_job_queues_are_arns(template: dict[str, Any], value: str, good: bool) -> None:
    assert accepts(template, "JobQueueArns", value) is good


@pytest.mark.parametrize(
    ("value", "good"),
    [
        ("/aws/batch/job", True),
        ("/aws/batch/job,/ecs/scanner", True),
        ("/a,/b,/c,/d,/e", True),
        ("my.team_jobs-1#x", True),
        ("/my-team/*", True),
        ("", False),
        ("*", False),  # every log of the account
        ("/a,", False),
        ("/a, /b", False),
        ("/a/*/b", False),
        ("/a,/b,/c,/d,/e,/f", False),
        ("arn:aws:logs:eu-west-1:111122223333:log-group:/aws/batch/job", False),
    ],
)
def test_log_groups_are_one_to_five_names(template: dict[str, Any], value: str, good: bool) -> None:
    assert accepts(template, "JobLogGroups", value) is good


def test_defaults_match_their_patterns(template: dict[str, Any]) -> None:
    for name, parameter in template["Parameters"].items():
        if "AllowedPattern" in parameter:
            assert accepts(template, name, parameter["Default"]), name


def test_every_parameter_has_a_default_and_a_description(template: dict[str, Any]) -> None:
    for name, parameter in template["Parameters"].items():
        assert "Default" in parameter, name
        assert parameter["Description"].endswith("."), name
        bounded = {"AllowedPattern", "AllowedValues", "MinValue"} & parameter.keys()
        assert bounded, name
        assert ("AllowedPattern" in parameter) == ("ConstraintDescription" in parameter), name


def test_every_parameter_is_in_one_group_and_has_a_label(template: dict[str, Any]) -> None:
    interface = template["Metadata"]["AWS::CloudFormation::Interface"]
    asked = [name for group in interface["ParameterGroups"] for name in group["Parameters"]]
    assert sorted(asked) == sorted(template["Parameters"])
    assert interface["ParameterLabels"].keys() == template["Parameters"].keys()


def bounds() -> dict[str, tuple[int, int, int]]:
    """Map each whole number of the functions to default, minimum and maximum."""
    own = {"SweepMinutes": (5, 2, 15), "MaxVcpus": (16, 1, 10_000)}  # read by no function
    return own | {
        "".join(word.title() for word in name.split("_")): limits
        for name, limits in settings._NUMBERS.items()
    }


@pytest.mark.parametrize(("name", "limits"), bounds().items(), ids=lambda each: str(each))
def test_whole_numbers_have_exactly_the_range_of_the_function(
    template: dict[str, Any], name: str, limits: tuple[int, int, int]
) -> None:
    """Not a Number, which takes 2.5 and 1e3 as well."""
    default, least, most = limits
    assert template["Parameters"][name]["Type"] == "String"
    assert template["Parameters"][name]["Default"] == str(default)
    for number in range(-1, 20_001):
        assert accepts(template, name, str(number)) is (least <= number <= most), number
    for text in ("", "2.5", "02", "1e3", " 5", "5 ", "+5", "five"):
        assert not accepts(template, name, text), text


def test_no_other_parameter_takes_a_decimal(template: dict[str, Any]) -> None:
    numbers = [name for name, one in template["Parameters"].items() if one["Type"] == "Number"]
    assert numbers == ["TextSpendLimit"]  # dollars: CloudWatch divides by it


@pytest.mark.parametrize("partition", boto3.Session().get_available_partitions())
def test_every_partition_has_a_console_or_no_links(
    template: dict[str, Any], partition: str
) -> None:
    stack = Stack(template, {"BatchEnvironment": "ec2+fargate"}, partition)
    domain = template["Mappings"]["Consoles"][partition]["Domain"]
    links = [one["Value"] for one in stack.outputs.values() if "console" in str(one["Value"])]
    assert len(links) == (0 if domain == "none" else 4)
    assert all(f".console.{domain}/" in link for link in links)
    # The links in alerts, for the same partitions.
    assert (domain in console_address(partition, "eu-west-1")) is (domain != "none")


@pytest.mark.parametrize(
    ("region", "phone", "good"),
    [
        ("eu-west-1", "+14155550100", True),
        ("cn-north-1", "", True),
        ("cn-north-1", "none", True),
        ("cn-north-1", "+14155550100", False),
        ("cn-northwest-1", "+14155550100", False),
    ],
)
def test_china_has_no_text_messages(
    template: dict[str, Any], region: str, phone: str, good: bool
) -> None:
    rule = template["Rules"]["ChinaHasNoTextMessages"]
    stack = Stack(template, {"AlertPhone": phone}, "aws-cn", region)
    applies = bool(stack.resolve(rule["RuleCondition"]))
    [assertion] = rule["Assertions"]
    assert (not applies or bool(stack.resolve(assertion["Assert"]))) is good
    assert assertion["AssertDescription"].endswith(".")


@pytest.mark.parametrize(
    ("value", "good"),
    [
        ("optimal", True),
        ("m7i.large", True),
        ("m7i, c7i.metal-24xl", True),
        ("", False),
        ("M7I", False),
        ("m7i;c7i", False),
        ("m7i.large c7i.large", False),
    ],
)
def test_instance_types_are_types_or_families(
    template: dict[str, Any], value: str, good: bool
) -> None:
    assert accepts(template, "InstanceTypes", value) is good


@pytest.mark.parametrize(
    ("value", "good"),
    [
        ("", True),
        ("vpc-0123456789abcdef0", True),
        ("vpc-1a2b3c4d", True),
        ("my-vpc", False),
        ("subnet-0123456789abcdef0", False),
        ("arn:aws:ec2:eu-west-1:111122223333:vpc/vpc-0123456789abcdef0", False),
    ],
)
def test_the_vpc_is_an_id(template: dict[str, Any], value: str, good: bool) -> None:
    assert accepts(template, "VpcId", value) is good


@pytest.mark.parametrize(
    ("value", "good"),
    [
        ("", True),
        ("subnet-0123456789abcdef0,subnet-0fedcba9876543210", True),
        ("subnet-0123456789abcdef0", False),  # shared files need a second zone
        ("subnet-1a2b3c4d,subnet-2a2b3c4d,subnet-3a2b3c4d", True),
        (",".join(f"subnet-{digit}a2b3c4d" for digit in range(5)), False),
        ("subnet-1a2b3c4d, subnet-2a2b3c4d", False),
        ("vpc-0123456789abcdef0,subnet-0fedcba9876543210", False),
    ],
)
def test_the_subnets_are_two_to_four_ids(template: dict[str, Any], value: str, good: bool) -> None:
    assert accepts(template, "SubnetIds", value) is good


@pytest.mark.parametrize(
    ("vpc", "subnets", "good"),
    [
        ("", "", True),
        ("none", "none", True),
        ("vpc-1a2b3c4d", "none", False),
        ("vpc-1a2b3c4d", "subnet-1a2b3c4d,subnet-2a2b3c4d", True),
        ("vpc-1a2b3c4d", "", False),
        ("", "subnet-1a2b3c4d,subnet-2a2b3c4d", False),
    ],
)
def test_vpc_and_subnets_are_set_together(
    template: dict[str, Any], vpc: str, subnets: str, good: bool
) -> None:
    (assertion,) = template["Rules"]["NetworkIsGivenWhole"]["Assertions"]
    stack = Stack(template, {"VpcId": vpc, "SubnetIds": subnets})
    assert bool(stack.resolve(assertion["Assert"])) is good
    assert assertion["AssertDescription"].endswith(".")


@pytest.mark.parametrize(
    ("links", "rerun", "good"),
    [("off", "off", True), ("on", "off", True), ("on", "on", True), ("off", "on", False)],
)
def test_running_again_needs_the_other_links(
    template: dict[str, Any], links: str, rerun: str, good: bool
) -> None:
    rule = template["Rules"]["RerunNeedsActionLinks"]
    stack = Stack(template, {"ActionLinks": links, "AllowRerun": rerun})
    applies = bool(stack.resolve(rule["RuleCondition"]))
    [assertion] = rule["Assertions"]
    assert (not applies or bool(stack.resolve(assertion["Assert"]))) is good
    assert assertion["AssertDescription"] == "AllowRerun=on needs ActionLinks=on."


@pytest.mark.parametrize(("queues", "named"), [("", "job-queue/*"), (f"{QUEUE},{QUEUE}2", QUEUE)])
def test_jobs_are_submitted_to_watched_queues_only(
    template: dict[str, Any], queues: str, named: str
) -> None:
    stack = Stack(template, {"ActionLinks": "on", "AllowRerun": "on", "JobQueueArns": queues})
    given = stack.of_type("AWS::CloudFormation::Stack")["ActionsStack"]["Parameters"]
    assert given["AllowRerun"] == "on"
    assert given["QueueArns"] == (queues or f"arn:aws:batch:eu-west-1:111122223333:{named}")


def test_each_environment_creates_its_stacks(template: dict[str, Any]) -> None:
    parameter = template["Parameters"]["BatchEnvironment"]
    assert parameter["Default"] == "none"
    for value in parameter["AllowedValues"]:
        made = Stack(template, {"BatchEnvironment": value}).of_type("AWS::CloudFormation::Stack")
        kinds = {"Ec2": "ec2", "Fargate": "fargate", "FargateEfs": "fargate-efs"}
        wanted = {f"Batch{id_}" for id_, kind in kinds.items() if kind in value.split("+")}
        if "BatchFargateEfs" in wanted:
            wanted.add("BatchFargate")
        assert {name for name in made if name.startswith("Batch")} == wanted, value
