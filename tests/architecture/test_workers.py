"""What is made once for many tests stays with one worker of pytest-xdist."""

from __future__ import annotations

import os

import pytest


@pytest.mark.xdist_group("together")
def test_a_group_is_known_to_the_scheduler(request: pytest.FixtureRequest) -> None:
    """It reads the group from the node id; without it, every worker deploys for itself."""
    is_worker = "PYTEST_XDIST_WORKER" in os.environ
    assert request.node.nodeid.endswith("@together") is is_worker
