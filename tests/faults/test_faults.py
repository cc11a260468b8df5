"""Some of what `make faults` tries, so that it cannot rot; its RESULTS.md has all of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults import cases, flood, killer
from tests.faults.cases import Case
from tests.faults.world import World, deployed

KILLED = 60
FLOODED = 500


@pytest.fixture(scope="module")
def world(built_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with deployed(built_template, tmp_path_factory.mktemp("faults")) as world:
        yield world


@pytest.mark.parametrize(
    "case",
    [Case("throttled", "sns", 100), Case("reset", "dynamodb", 30)],
    ids=lambda case: case.name,
)
def test_a_service_in_trouble_loses_no_failure(world: World, case: Case) -> None:
    row = cases.run(world, case)
    assert row.faults > 0
    assert (row.lost, row.wrong) == (0, ())
    assert row.announced + row.dead == row.failures > 0


def test_functions_that_are_killed_lose_no_failure(world: World) -> None:
    row, killed = killer.run(world, KILLED)
    assert killed.total() > 0
    assert (row.lost, row.wrong) == (0, ())
    assert row.announced + row.dead == row.failures == KILLED


def test_a_flood_is_counted_whole_and_reported_within_the_limits(
    world: World, built_template: Path, tmp_path: Path
) -> None:
    package = built_template.parent / flood.package(built_template)
    flooded = flood.run(world, package, tmp_path, FLOODED)
    assert (flooded.lost, flooded.dead, flooded.wrong) == (0, 0, ())
    assert flooded.counted == FLOODED
    assert flooded.most_in_a_minute <= 5
    assert flooded.most_in_an_hour <= 30
