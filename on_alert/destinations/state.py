"""What was sent where: one table, whose items expire by themselves.

An alert is sent at least once to each destination. Its mark keeps a redelivery from sending it
again; the thread of an incident is begun by one invocation at a time.
"""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from destinations.errors import RetryableError
from destinations.senders.thread import Thread

MARK_DAYS = 4  # longer than a message stays in the queue with all its retries
THREAD_DAYS = 30
BEGINNING_S = 90  # longer than an invocation sends
_DAY_S = 86_400
_OPEN, _OVER = "open", "over"


class DeliveryState:
    """The table of one stack, by a client, which threads can share; times are epoch seconds."""

    def __init__(self, client: Any, table: str) -> None:
        self._client, self._table = client, table

    def is_sent(self, alert_id: str, destination: str) -> bool:
        """Return whether a destination has taken an alert."""
        return bool(self._get(f"sent#{alert_id}#{destination}"))

    def mark_sent(self, alert_id: str, destination: str, now: int) -> None:
        """Record that a destination has taken an alert, or never will."""
        self._put(f"sent#{alert_id}#{destination}", now + MARK_DAYS * _DAY_S, {})

    def find_thread(self, incident: str, destination: str, alert_time: str) -> Thread | None:
        """Give the thread that an alert of this time belongs to, if there is one."""
        item = self._get(f"thread#{incident}#{destination}")
        if not item:
            return None
        thread = Thread(
            item["message"],
            item["place"],
            item["time"],
            item["state"] == _OVER,
            item.get("begun_by", ""),  # items of an earlier version have none
        )
        return None if thread.is_over and alert_time > thread.time else thread

    def save_thread(self, incident: str, destination: str, thread: Thread, now: int) -> None:
        """Record the thread as it is now."""
        values = {
            "message": thread.message,
            "place": thread.place,
            "time": thread.time,
            "state": _OVER if thread.is_over else _OPEN,
            "begun_by": thread.begun_by,
        }
        self._put(f"thread#{incident}#{destination}", now + THREAD_DAYS * _DAY_S, values)

    def begin_thread(self, incident: str, destination: str, now: int) -> None:
        """Reserve a new thread for one invocation.

        Raises
        ------
        RetryableError
            If another invocation is beginning it.
        """
        try:
            self._client.put_item(
                TableName=self._table,
                Item={
                    "id": {"S": f"begins#{incident}#{destination}"},
                    "reserved": {"N": str(now + BEGINNING_S)},
                    "expires": {"N": str(now + _DAY_S)},
                },
                ConditionExpression="attribute_not_exists(id) OR reserved < :now",
                ExpressionAttributeValues={":now": {"N": str(now)}},
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            raise RetryableError("another message about this incident is being sent") from error

    def end_beginning(self, incident: str, destination: str) -> None:
        """Let others begin a thread, now that this one stands or has failed."""
        key = {"id": {"S": f"begins#{incident}#{destination}"}}
        self._client.delete_item(TableName=self._table, Key=key)

    def _get(self, item_id: str) -> dict[str, str]:
        """Give the texts of an item; empty where there is none."""
        answer = self._client.get_item(
            TableName=self._table, Key={"id": {"S": item_id}}, ConsistentRead=True
        )
        item = answer.get("Item", {})
        return {name: value["S"] for name, value in item.items() if "S" in value}

    def _put(self, item_id: str, expires: int, values: dict[str, str]) -> None:
        item = {name: {"S": value} for name, value in {"id": item_id, **values}.items()}
        self._client.put_item(TableName=self._table, Item={**item, "expires": {"N": str(expires)}})
