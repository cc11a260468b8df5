"""Every kind of destination that a routes file may name has its sender."""

from __future__ import annotations

import pytest

from destinations.routing.specs import KINDS, Destination
from destinations.senders.factory import MAKERS, make_sender

OPTIONS = {"channel": "C1", "source": "s", "from": "a@example.com", "to": "b@example.com",
           "url": "https://example.com"}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_its_sender(kind: str) -> None:
    spec = KINDS[kind]
    options = {name: OPTIONS[name] for name in spec.required}
    options |= dict.fromkeys(spec.optional, "eu")
    destination = Destination("team", kind, options, "name")
    assert callable(make_sender(destination, {"name": "https://example.com/x"}).send)


def test_there_is_no_other() -> None:
    assert set(MAKERS) == set(KINDS)
