from collections.abc import Iterator
from pathlib import Path

import pytest

from workbench import demo, samples
from workbench.demo import Stage


def quietly(_: object) -> None:
    """Show nothing: the assertions look."""


@pytest.fixture(scope="session")
def stage(built_template: Path) -> Iterator[Stage]:
    """The real template in a local AWS, after every sample event went through it."""
    with demo.deployed(port=0, say=quietly, artifact=built_template) as stage:
        demo.play(stage.way, samples.load_all(), quietly)
        yield stage
