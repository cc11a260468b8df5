from collections.abc import Iterator
from pathlib import Path

import pytest

from workbench.demo import run as demo
from workbench.local import samples
from workbench.local.deployment import LocalDeployment, deploy_locally
from workbench.local.storm import Storm


def quietly(_: object) -> None:
    """Show nothing: the assertions look."""


@pytest.fixture(scope="session")
def sampled(built_template: Path) -> Iterator[tuple[LocalDeployment, str]]:
    """The stage, and what the local AWS wrote to its log until every sample had gone through."""
    with deploy_locally(port=0, report=quietly, template=built_template) as stage:
        demo.send_samples(stage.runner, samples.load_all(), quietly)
        yield stage, stage.aws.log


@pytest.fixture(scope="session")
def stage(sampled: tuple[LocalDeployment, str]) -> LocalDeployment:
    """The real template in a local AWS, after every sample event went through it."""
    return sampled[0]


@pytest.fixture(scope="session")
def storm(stage: LocalDeployment) -> Storm:
    """A storm that has passed, and the time after it."""
    storm = Storm(stage.aws, stage.resources, stage.runner)
    storm.fail()
    storm.retry_job()
    storm.let_time_pass()
    return storm
