"""Checks of the subscriptions that the stack made: whether they still exist, and could vanish."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import Any

import boto3

from workbench.deployed.deployment import Deployment
from workbench.doctor.finding import Finding
from workbench.doctor.subscriber_checks import list_subscriptions

PROTOCOLS = {
    "AlertEmail": "email",
    "AlertEmail2": "email",
    "AlertEmail3": "email",
    "AlertPhone": "sms",
    "ChatEndpoint": "https",
    "OpsEmail": "email",
}
"""Parameters of the stack that subscribe an endpoint."""
HIDDEN = "****"  # what CloudFormation returns for ChatEndpoint, which is NoEcho, even if empty
EMAIL = ("email", "email-json")


def check_stack_subscriptions(stack: Deployment) -> Iterator[Finding]:
    """Check that each endpoint in the parameters is still subscribed, or waits for confirmation.

    Amazon SNS deletes a subscription if someone follows the link to unsubscribe, or if nobody
    confirms one that it suspended within 48 hours. A stack update does not bring it back.
    """
    intact = 0
    for parameter, endpoint in _endpoints(stack).items():
        topic = stack.outputs["OpsTopicArn" if parameter == "OpsEmail" else "AlertTopicArn"]
        protocol = PROTOCOLS[parameter]
        subscribed = {
            each["Endpoint"].casefold()
            for each in list_subscriptions(topic)
            if each["Protocol"] == protocol and each["SubscriptionArn"] != "Deleted"
        }
        if endpoint.casefold() in subscribed or (endpoint == HIDDEN and subscribed):
            intact += 1
            continue
        shown = "URL" if endpoint == HIDDEN else shlex.quote(endpoint)
        subscribe = f"sns subscribe --topic-arn {topic} --protocol {protocol}"
        yield Finding(
            f"subscription of {parameter}",
            "it does not exist any more",
            stack.aws_command(f"{subscribe} --notification-endpoint {shown}"),
        )
    yield Finding(f"subscriptions of the stack: {intact} exist")


def _endpoints(stack: Deployment) -> dict[str, str]:
    """Map the parameters for which the stack made a subscription to their endpoints."""
    [answer] = boto3.client("cloudformation").describe_stacks(StackName=stack.name)["Stacks"]
    values = {
        each.get("ParameterKey", ""): each.get("ParameterValue", "")
        for each in answer.get("Parameters", [])
    }
    made = stack.ids("AWS::SNS::Subscription")
    return {
        name: values[name]
        for name in PROTOCOLS
        if name in values and f"{name.removesuffix('Endpoint')}Subscription" in made
    }


def check_unsubscribing(stack: Deployment) -> Iterator[Finding]:
    """Note who can be unsubscribed by anyone with the link in a forwarded alert."""
    open_to_all = []
    for each in _confirmed(stack, EMAIL):
        attributes: Any = boto3.client("sns").get_subscription_attributes(
            SubscriptionArn=each["SubscriptionArn"]
        )
        if attributes["Attributes"].get("ConfirmationWasAuthenticated") == "false":
            open_to_all.append(each["Endpoint"])
    if open_to_all:
        confirm = f"sns confirm-subscription --topic-arn {stack.outputs['AlertTopicArn']}"
        yield Finding(
            "unsubscribing",
            note=f"anyone with a forwarded alert can unsubscribe {', '.join(open_to_all)};"
            " to prevent it, unsubscribe, subscribe again, and confirm with the token of the link",
            fix=stack.aws_command(f"{confirm} --token TOKEN --authenticate-on-unsubscribe true"),
        )


def check_kinds(stack: Deployment) -> Iterator[Finding]:
    """Note when one mail provider receives every alert: no metric shows that it drops mail."""
    confirmed = _confirmed(stack)
    domains = {each["Endpoint"].rpartition("@")[2].casefold() for each in confirmed}
    if confirmed and len(domains) == 1 and all(each["Protocol"] in EMAIL for each in confirmed):
        yield Finding(
            "kinds of subscribers",
            note=f"all alerts go by mail to {domains.pop()}; if it stops accepting mail, nobody"
            " notices: add a subscriber of another kind (docs/channels.md)",
        )


def _confirmed(stack: Deployment, protocols: tuple[str, ...] = ()) -> list[Any]:
    return [
        each
        for each in list_subscriptions(stack.outputs["AlertTopicArn"])
        if each["SubscriptionArn"].startswith("arn:")
        and (not protocols or each["Protocol"] in protocols)
    ]
