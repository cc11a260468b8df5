from pathlib import Path

import pytest

from tests.runtime import lambda_runtime


@pytest.fixture(scope="session")
def artifact(built_template: Path) -> Path:
    """The folder that becomes the package of OnFailureFunction."""
    return built_template.parent / "OnFailureFunction"


@pytest.fixture(scope="session")
def runtime_packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the Lambda runtime brings along, and nothing else."""
    return lambda_runtime.packages_of_the_runtime(tmp_path_factory.mktemp("runtime"))
