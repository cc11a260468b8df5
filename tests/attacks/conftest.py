"""A simulated AWS for the attacks that need the real table."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from moto import mock_aws

from notifier.aws import calls


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    with mock_aws():
        calls.session.cache_clear()
        yield
    calls.session.cache_clear()
