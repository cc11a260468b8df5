"""Every AWS call that the product makes, as the permission it needs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from notifier.aws import calls
from tests.template.stack import arn

ACCOUNT = "111122223333"  # as in the translated template

Parameters = dict[str, Any]
Names = dict[str, str]  # what a resource is called, and its logical id


@dataclass(frozen=True, slots=True)
class Need:
    """A permission: an action on a resource, named as the translated template names it."""

    action: str
    resource: str


@dataclass(frozen=True, slots=True)
class Call:
    """One call as it was made."""

    service: str
    operation: str
    parameters: Parameters
    region: str


def _queue(call: Call, names: Names) -> list[str]:
    return [arn(names[call.parameters["QueueUrl"]])]


def _topic(call: Call, names: Names) -> list[str]:
    return [arn(names[call.parameters["TopicArn"]])]


def _table(call: Call, names: Names) -> list[str]:
    return [arn(names[call.parameters["TableName"]])]


def _tables(call: Call, names: Names) -> list[str]:
    return [arn(names[table]) for table in call.parameters["RequestItems"]]


def _tables_put(call: Call, names: Names) -> list[str]:
    return [arn(names[one["Put"]["TableName"]]) for one in call.parameters["TransactItems"]]


def _event_bus(call: Call, names: Names) -> list[str]:
    """Name the default bus, which is the one where no other is named."""
    buses = {one.get("EventBusName", "default") for one in call.parameters["Entries"]}
    return [f"arn:aws:events:eu-west-1:{ACCOUNT}:event-bus/{bus}" for bus in buses]


def _log_stream(call: Call, names: Names) -> list[str]:
    """Name a stream: the action knows no other resource than streams, whatever the group is.

    https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatchlogs.html
    """
    group, stream = call.parameters["logGroupName"], call.parameters["logStreamName"]
    return [f"arn:aws:logs:{call.region}:{ACCOUNT}:log-group:{group}:log-stream:{stream}"]


def _everything(call: Call, names: Names) -> list[str]:
    """Name everything: the action knows no resource-level permissions."""
    return ["*"]


# What is called, the action it needs and on what. The action is named as the operation, except
# where AWS says otherwise: https://docs.aws.amazon.com/service-authorization/latest/reference/
NEEDS: dict[tuple[str, str], Callable[[Call, Names], list[str]]] = {
    ("batch", "DescribeComputeEnvironments"): _everything,
    ("batch", "DescribeJobDefinitions"): _everything,
    ("batch", "DescribeJobQueues"): _everything,
    ("batch", "DescribeJobs"): _everything,
    ("batch", "DescribeServiceJob"): _everything,
    ("batch", "GetJobQueueSnapshot"): _everything,
    ("batch", "ListJobs"): _everything,
    ("batch", "ListServiceJobs"): _everything,
    ("dynamodb", "BatchGetItem"): _tables,
    ("dynamodb", "BatchWriteItem"): _tables,
    ("dynamodb", "PutItem"): _table,
    ("dynamodb", "Query"): _table,
    ("dynamodb", "TransactWriteItems"): _tables_put,
    ("events", "PutEvents"): _event_bus,
    ("logs", "GetLogEvents"): _log_stream,
    ("sns", "GetTopicAttributes"): _topic,
    ("sns", "Publish"): _topic,
    ("sqs", "SendMessage"): _queue,
    ("sqs", "SendMessageBatch"): _queue,
}
# What is allowed by the action for one of its kind.
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-api-permissions-reference.html
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html
ACTIONS = {"SendMessageBatch": "SendMessage", "TransactWriteItems": "PutItem"}


def needs(made: list[Call], names: Names) -> set[Need]:
    """Give the permissions that some calls need; one that is not known here is an error."""
    found = set()
    for call in made:
        key = (call.service, call.operation)
        assert key in NEEDS, f"say in NEEDS what {key} needs, and on which resource"
        action = f"{call.service}:{ACTIONS.get(call.operation, call.operation)}"
        found |= {Need(action, on) for on in NEEDS[key](call, names)}
    return found


@contextmanager
def recorded() -> Iterator[list[Call]]:
    """Record what clients call that are made meanwhile, whatever becomes of the call."""
    made: list[Call] = []

    def note(params: Parameters, model: Any, context: Any, **more: Any) -> None:
        service = model.service_model.endpoint_prefix
        made.append(Call(service, model.name, dict(params), context["client_region"]))

    calls.session.cache_clear()
    calls.session().register("provide-client-params.*.*", note)
    try:
        yield made
    finally:
        calls.session.cache_clear()
