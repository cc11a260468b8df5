"""A simulated AWS around every contract test."""

from __future__ import annotations

from collections.abc import Iterator

import boto3
import botocore.loaders
import botocore.session
import pytest
from moto import mock_aws

from notifier.aws import calls, job_logs
from notifier.aws.loading import models
from tests.aws.doctor_stack import DeployedStack

REGION = "eu-west-1"
# Read once: half of what such a test takes.
MODELS, OUR_MODELS = botocore.loaders.create_loader(), models.ModelLoader()


@pytest.fixture(autouse=True)
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    # Jobs end at once, and no container is started for them.
    with mock_aws(config={"batch": {"use_docker": False}}):
        monkeypatch.setattr(models, "ModelLoader", lambda: OUR_MODELS)
        calls.session.cache_clear()
        job_logs._client.cache_clear()
        yield


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> DeployedStack:
    """A deployed notifier that the commands of `batch-notifier` find by its usual name."""
    core = botocore.session.get_session()
    core.register_component("data_loader", MODELS)
    session = boto3.Session(region_name=REGION, botocore_session=core)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", session)
    monkeypatch.setattr(calls, "session", lambda: core)  # that of the adapters
    return DeployedStack(session)
