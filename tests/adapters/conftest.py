"""A simulated AWS around every contract test."""

from __future__ import annotations

from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws

from notifier.aws import joblogs
from tests.adapters.clinic import Clinic

REGION = "eu-west-1"


@pytest.fixture(autouse=True)
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    # Jobs end at once, and no container is started for them.
    with mock_aws(config={"batch": {"use_docker": False}}):
        joblogs._client.cache_clear()
        yield


@pytest.fixture
def clinic(monkeypatch: pytest.MonkeyPatch) -> Clinic:
    """A deployed notifier that the commands of `batch-notifier` find by its usual name."""
    session = boto3.Session(region_name=REGION)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", session)
    return Clinic(session)
