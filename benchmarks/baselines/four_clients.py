"""The floor of a function that uses four services: it creates the clients, and nothing else."""

from __future__ import annotations

import boto3

clients = [
    boto3.client("dynamodb"), boto3.client("sns"), boto3.client("sqs"), boto3.client("logs"),
]  # fmt: skip


def handler(event: object, _: object) -> None:
    """Do nothing."""
