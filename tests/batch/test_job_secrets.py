"""Where a job's own secrets are found, in every shape of an event, and which values are none."""

from __future__ import annotations

from typing import Any

import pytest

from notifier.batch.job_secrets import secrets_in

VALUE = "Vq7mZt2Lk9wQxR4tYb6N"
PAIRS = [{"name": "DB_PASSWORD", "value": VALUE}]
GIVEN = {"environment": PAIRS}
PLACES: dict[str, dict[str, Any]] = {
    "container": {"container": GIVEN},
    "ECS": {"ecsProperties": {"taskProperties": [{"containers": [GIVEN]}]}},
    "EKS": {"eksProperties": {"podProperties": {"containers": [{"env": PAIRS}]}}},
    "EKS, preparing": {"eksProperties": {"podProperties": {"initContainers": [{"env": PAIRS}]}}},
    "parameters": {"parameters": {"db_password": VALUE}},
    "log options": {"container": {"logConfiguration": {"options": {"splunk-token": VALUE}}}},
    "option in a command": {"container": {"command": ["tool", "--password", VALUE]}},
    "option with = in a command": {"container": {"command": ["tool", f"--password={VALUE}"]}},
    "script in a command": {
        "container": {"command": ["sh", "-c", f"export DB_PASSWORD={VALUE}; run"]}
    },
    "arguments": {
        "eksProperties": {"podProperties": {"containers": [{"args": ["--api-key", VALUE]}]}}
    },
    "payload": {
        "serviceRequestPayload": f'{{"Environment": {{"DB_PASSWORD": "{VALUE}"}}, "x": 1}}'
    },
}
RANGES = ("container", "ECS", "EKS", "option in a command")


@pytest.mark.parametrize("detail", PLACES.values(), ids=PLACES)
def test_values_are_found_in_every_place(detail: dict[str, Any]) -> None:
    assert secrets_in(detail) == (VALUE,)


@pytest.mark.parametrize("place", RANGES)
def test_values_are_found_in_the_node_ranges_of_a_job(place: str) -> None:
    ranges = [{"targetNodes": "0:"}, PLACES[place]]
    assert secrets_in({"nodeProperties": {"nodeRangeProperties": ranges}}) == (VALUE,)


@pytest.mark.parametrize(
    ("name", "value"),
    [("QUEUE_CONNECTION", "database"), ("AUTH_REALM", "nightly-etl"), ("DB_PASSWORD", "postgres"),
     ("SALT_MASTER", "us-east-1"), ("DB_PASSWORD", "nightly-etl"), ("API_KEY", "none")],
)  # fmt: skip
def test_a_word_of_the_jobs_own_names_is_no_secret(name: str, value: str) -> None:
    """Masked, it would blot out queue, Region and evidence."""
    queue = "arn:aws:batch:us-east-1:111122223333:job-queue/nightly-etl"
    pairs = [{"name": name, "value": value}]
    assert secrets_in({"jobQueue": queue, "container": {"environment": pairs}}) == ()


def test_a_token_in_the_jobs_name_stays_a_secret() -> None:
    assert secrets_in({"jobName": f"run-{VALUE}", "container": GIVEN}) == (VALUE,)


def test_hostile_shapes_are_no_containers() -> None:
    for shape in ([], "x", None, {"environment": "x"}, {"environment": [1, {"name": 2}]},
                  {"command": [1, None]}, {"command": "rm"}):  # fmt: skip
        assert secrets_in({"container": shape, "nodeProperties": shape, "parameters": shape}) == ()
