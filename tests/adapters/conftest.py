"""A simulated AWS around every contract test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from moto import mock_aws

from notifier.aws import clients, joblogs

REGION = "eu-west-1"


@pytest.fixture(autouse=True)
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    with mock_aws():
        clients.session.cache_clear()
        joblogs._client.cache_clear()
        yield
