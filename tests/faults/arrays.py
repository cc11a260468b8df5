"""Where the ledger counts the arrays of a flood: read item by item, as a scan takes minutes."""

from __future__ import annotations

import json
from typing import Any

from notifier.incident import marks
from tests.faults.world import World

ARRAY = 10_000  # an array has no more children


def arrays(size: int) -> int:
    """Give how many arrays so many children make."""
    return -(-size // ARRAY)


def array(number: int) -> str:
    """Name an array."""
    return f"array-{number:02}"


def incidents(world: World, size: int) -> list[str]:
    """Give the incidents that the ledger counts the arrays in."""
    places = (_item(world, f"job#{array(number)}", "place") for number in range(arrays(size)))
    return [place["key"] for place in places if place]


def recorded(world: World, incident: str) -> int:
    """Give how many failures of an incident the ledger says were reported."""
    state = _item(world, f"incident#{incident}", "state")
    return sum(":" in one for one in marks.unpack(state.get("reported", {})))


def members(world: World, incident: str) -> int:
    """Count the failures of an incident: each has an item by its job's id."""
    pages = world.aws.client("dynamodb").get_paginator("query")
    found = pages.paginate(
        TableName=world.resources["IncidentTable"],
        Select="COUNT",
        ConsistentRead=True,
        KeyConditionExpression="pk = :pk AND begins_with(sk, :sk)",
        ExpressionAttributeValues={":pk": {"S": f"incident#{incident}"}, ":sk": {"S": "job#"}},
    )
    return sum(page["Count"] for page in found)


def _item(world: World, pk: str, sk: str) -> dict[str, Any]:
    """Read the body of an item; nothing where there is none."""
    answer = world.aws.client("dynamodb").get_item(
        TableName=world.resources["IncidentTable"], Key={"pk": {"S": pk}, "sk": {"S": sk}}
    )
    body: dict[str, Any] = json.loads(answer["Item"]["body"]["S"]) if "Item" in answer else {}
    return body
