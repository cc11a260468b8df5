"""What holds for every test: no network but loopback, no AWS settings of who runs them."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from workbench.local import sam

HERE = Path(__file__).parent
# What is made once for many tests is made once in all: they stay with one worker of pytest-xdist.
TOGETHER = {
    HERE / "e2e": "built", HERE / "runtime": "built", HERE / "environments": "built",
    HERE / "faults": "faults", HERE / "inbox": "inbox", HERE / "supply_chain": "scanned",
}  # fmt: skip

settings.register_profile(
    "suite",
    deadline=None,  # a slow machine is not a failing property
    derandomize="CI" in os.environ,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("suite")


def pytest_configure(config: pytest.Config) -> None:
    for name in [name for name in os.environ if name.startswith(("AWS_", "POWERTOOLS_"))]:
        del os.environ[name]
    os.environ |= {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "POWERTOOLS_METRICS_NAMESPACE": "BatchNotifier",
        "POWERTOOLS_SERVICE_NAME": "batch-notifier",
    }


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let tests reach processes of their own, and nothing else."""
    for item in items:
        for folder, group in TOGETHER.items():
            if folder in item.path.parents:
                item.add_marker(pytest.mark.xdist_group(group))
        # All of them: what listens for some goes on in its thread while the worker runs others.
        item.add_marker(pytest.mark.allow_hosts(["127.0.0.1"]))


@pytest.fixture(scope="session")
def built_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The real template, built as `make build` does it."""
    return sam.build(tmp_path_factory.mktemp("build"))
