from collections.abc import Iterator
from pathlib import Path

import pytest

from workbench.local import demo, samples
from workbench.local.stage import Stage, deployed
from workbench.local.storm import Storm


def quietly(_: object) -> None:
    """Show nothing: the assertions look."""


@pytest.fixture(scope="session")
def stage(built_template: Path) -> Iterator[Stage]:
    """The real template in a local AWS, after every sample event went through it."""
    with deployed(port=0, say=quietly, artifact=built_template) as stage:
        demo.play(stage.way, samples.load_all(), quietly)
        yield stage


@pytest.fixture(scope="session")
def storm(stage: Stage) -> Storm:
    """A storm that has passed, and the time after it."""
    storm = Storm(stage.aws, stage.resources, stage.way)
    storm.fail()
    storm.mend()
    storm.let_time_pass()
    return storm
