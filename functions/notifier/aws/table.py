"""Calls to a DynamoDB table: paged, in batches, with conditions.

Every read is consistent and skips expired items, because DynamoDB may take days to delete them. All
raise `ServiceError`.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from notifier.aws import calls, items
from notifier.aws.calls import Timeouts, call_aws
from notifier.aws.items import Item
from notifier.ports.service_error import ErrorKind, ServiceError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

MOST_KEYS, MOST_WRITES = 100, 25  # in one BatchGetItem, in one BatchWriteItem
# https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html
# https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html
MOST_IN_TRANSACTION = 100
PAUSES_S = (0.05, 0.1, 0.2, 0.4, 0.8)  # before retries of what DynamoDB did not process
# Reasons why a transaction fails because a rival writer was faster.
# https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
_RIVAL_CODES = frozenset(("None", "ConditionalCheckFailed", "TransactionConflict"))
# 3 tries of at most 1 s + 2 s; after that the queue retries.
_TIMEOUTS = Timeouts(connect_s=1, read_s=2, tries=3)
_ABSENT = "attribute_not_exists(pk) OR expires <= :now"


class Table:
    """A table whose items have `pk`, `sk`, `expires` (epoch seconds), some also `version`."""

    def __init__(self, name: str, now_ms: Callable[[], int]) -> None:
        self._name, self._now_ms = name, now_ms
        self._client: DynamoDBClient = calls.client("dynamodb", _TIMEOUTS)

    def get_many(self, keys: Sequence[Item]) -> Iterator[Item]:
        """Yield the items that exist, in any order."""
        for start in range(0, len(keys), MOST_KEYS):
            left: Any = {"Keys": keys[start : start + MOST_KEYS], "ConsistentRead": True}
            for pause in (*PAUSES_S, None):
                answer = call_aws(self._client.batch_get_item, RequestItems={self._name: left})
                yield from filter(self._is_live, answer["Responses"].get(self._name, ()))
                left = answer.get("UnprocessedKeys", {}).get(self._name)
                if not left:
                    break
                wait_to_retry(pause)

    def query(self, pk: str, prefix: str, *, newest_first: bool = False) -> Iterator[Item]:
        """Yield the items under `pk` whose `sk` begins with `prefix`, in order of `sk`."""
        request: dict[str, Any] = {
            "TableName": self._name,
            "ConsistentRead": True,
            "ScanIndexForward": not newest_first,
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": {":pk": {"S": pk}},
        }
        if prefix:
            request["KeyConditionExpression"] += " AND begins_with(sk, :sk)"
            request["ExpressionAttributeValues"][":sk"] = {"S": prefix}
        while True:
            answer = call_aws(self._client.query, **request)
            yield from filter(self._is_live, answer["Items"])
            if not answer.get("LastEvaluatedKey"):
                return
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def put_many(self, some: Sequence[Item]) -> None:
        """Write items, over any that exist."""
        self._write_all([{"PutRequest": {"Item": item}} for item in some])

    def delete_many(self, keys: Sequence[Item]) -> None:
        """Delete items, if they exist."""
        self._write_all([{"DeleteRequest": {"Key": key}} for key in keys])

    def put_if_unchanged(self, item: Item) -> bool:
        """Write an item over the version before it; an expired item counts as absent."""
        # A unique writer, or an equal write of a rival would look like this one.
        item = item | {"writer": {"S": uuid.uuid4().hex}}
        before = items.version_of(item) - 1
        values = {":version": {"N": str(before)}} if before else {":now": self._now()}
        try:
            call_aws(
                self._client.put_item,
                TableName=self._name,
                Item=item,
                ConditionExpression="version = :version" if before else _ABSENT,
                ExpressionAttributeValues=values,
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ServiceError as error:
            failed = error.__cause__
            if not isinstance(failed, self._client.exceptions.ConditionalCheckFailedException):
                raise
            # A try whose answer was lost has written already: then this is our item.
            return bool(failed.response.get("Item") == item)
        return True

    def put_all_if_absent(self, some: Sequence[Item]) -> bool:
        """Write up to 100 items, or none; False if one exists or a rival writes one."""
        absent = {
            "ConditionExpression": _ABSENT,
            "ExpressionAttributeValues": {":now": self._now()},
        }
        puts: Any = [{"Put": {"TableName": self._name, "Item": one, **absent}} for one in some]
        try:
            call_aws(self._client.transact_write_items, TransactItems=puts)
        except ServiceError as error:
            failed = error.__cause__
            if not isinstance(failed, self._client.exceptions.TransactionCanceledException):
                raise
            reasons = {one.get("Code", "None") for one in failed.response["CancellationReasons"]}
            if reasons <= _RIVAL_CODES:
                return False
            raise
        return True

    def _write_all(self, requests: Sequence[Any]) -> None:
        """Write all in parallel calls; if one call fails, the others are still made."""
        batches = [requests[at : at + MOST_WRITES] for at in range(0, len(requests), MOST_WRITES)]
        calls.at_once([partial(self._write_batch, batch) for batch in batches])

    def _write_batch(self, left: Any) -> None:
        for pause in (*PAUSES_S, None):
            answer = call_aws(self._client.batch_write_item, RequestItems={self._name: left})
            left = answer.get("UnprocessedItems", {}).get(self._name)
            if not left:
                return
            wait_to_retry(pause)

    def _is_live(self, item: Item) -> bool:
        return int(item["expires"]["N"]) * 1000 > self._now_ms()

    def _now(self) -> Item:
        return {"N": str(self._now_ms() // 1000)}


def wait_to_retry(pause: float | None) -> None:
    """Wait some seconds before another try; None after the last raises `ServiceError`."""
    if pause is None:
        raise ServiceError(ErrorKind.RETRYABLE, "the table is throttled")
    time.sleep(pause)
