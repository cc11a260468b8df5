from pathlib import Path

import pytest
from samtranslator.yaml_helper import yaml_parse

from tests.runtime import lambda_runtime


@pytest.fixture(scope="session")
def artifact(built_template: Path) -> Path:
    """The folder that becomes the package of all functions."""
    resources = yaml_parse(built_template.read_text(encoding="utf-8"))["Resources"]
    [folder] = {
        each["Properties"]["CodeUri"]
        for each in resources.values()
        if each["Type"] == "AWS::Serverless::Function"
    }
    return built_template.parent / folder


@pytest.fixture(scope="session")
def runtime_packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the Lambda runtime brings along, and nothing else."""
    return lambda_runtime.packages_of_the_runtime(tmp_path_factory.mktemp("runtime"))
