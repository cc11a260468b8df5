from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.template.stack import Stack, translate

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def source() -> str:
    return (ROOT / "template.yaml").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def template(source: str) -> dict[str, Any]:
    return translate(source)


@pytest.fixture(scope="session")
def stack(template: dict[str, Any]) -> Stack:
    """The stack with default parameters and an address for every channel."""
    return Stack(
        template,
        {
            "AlertEmail": "a@example.com",
            "AlertEmail2": "b@example.com",
            "AlertEmail3": "c@example.com",
            "AlertPhone": "+14155550100",
            "ChatEndpoint": "https://hooks.example.com/batch",
            "OpsEmail": "ops@example.com",
        },
    )
