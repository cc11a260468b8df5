"""Which queues and definitions are watched."""

from __future__ import annotations

import pytest

from notifier.batch.labels.scope import Scope, parse_scope
from notifier.ports.metrics import Metric
from notifier.ports.reporting import Options
from notifier.settings import SettingsError, read_settings
from tests.simulation import Simulation, failed
from tests.workflows.test_sweep import HOUR, MINUTE, Swept
from workbench.local import samples


@pytest.mark.parametrize(
    ("text", "queue", "definition", "is_covered"),
    [
        ("", "any", "any", True),
        ("prod-*", "prod-etl", "load", True),
        ("prod-*", "dev-etl", "load", False),
        ("prod-*,!*-sandbox", "prod-sandbox", "load", False),
        ("!*-sandbox", "dev", "load", True),
        ("queue:prod-*", "dev", "load", False),
        ("definition:etl-*", "dev", "etl-load", True),
        ("definition:etl-*", "dev", "align", False),
        ("definition:etl-*", "dev", "", True),
        ("prod-*,definition:!x", "prod-a", "y", None),
        ("prod-*,!definition:test-*", "prod-a", "test-load", False),
        (" prod-* , !prod-b ", "prod-b", "", False),
        ("a.b", "", "", None),
        ("prod-*;dev-*", "", "", None),
        ("stack:x", "", "", None),
    ],
)
def test_globs(text: str, queue: str, definition: str, is_covered: bool | None) -> None:
    if is_covered is None:
        with pytest.raises(SettingsError, match="WATCH must be globs such as prod"):
            read_settings({"DRY_RUN": "true", "WATCH": text})
    else:
        assert parse_scope(text).covers(queue, definition) is is_covered


def test_an_event_of_a_queue_that_is_left_out_is_not_reported() -> None:
    world = Simulation(options=Options(scope=Scope(("!dev-*",))))
    world.put(failed("a", queue="dev-etl"))
    world.put(failed("b", queue="prod-etl"))
    world.settle()
    assert [one.document["queue"] for one in world.told] == ["prod-etl"]
    assert Metric.NOT_WATCHED in world.journal.counts()


def test_drills_and_what_cannot_be_read_are_told_whatever_is_watched() -> None:
    world = Simulation(options=Options(scope=Scope(("nothing",))))
    for name in ("drill", "unknown-shape", "cloudformation-resource-failed"):
        world.put(samples.find(name).event)
    world.settle()
    assert len({one.document["incident"] for one in world.told}) == 3


def test_the_sweep_looks_only_at_what_is_watched() -> None:
    for scope, found in ((Scope(), 1), (Scope(("!etl",)), 0), (Scope((), ("other",)), 0)):
        world = Swept(scope=scope)
        world.sweep(0)
        world.has(failed("a", second=60))
        world.waits("b", 0)
        sent = [event for run in range(1, 8) for event in world.sweep(run * 5 * MINUTE)]
        assert len(sent) == found, scope
        assert len(world.sweep(3 * HOUR)) == found, scope
