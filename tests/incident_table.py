"""The incident table in moto, with the keys that template.yaml gives it."""

from __future__ import annotations

from typing import Any

KEYS = {"pk": "HASH", "sk": "RANGE"}


def make(dynamodb: Any, name: str) -> None:
    """Make the table."""
    dynamodb.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in KEYS],
        KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind in KEYS.items()],
    )
