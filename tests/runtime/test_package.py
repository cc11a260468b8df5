"""What is in the package, and what it loads: both are paid for at every cold start."""

import json
import shutil
import subprocess
from pathlib import Path

from tests.runtime import lambda_runtime

ZIP_LIMIT = 1_500_000  # bytes; Powertools is most of it
# Slow to import, and no part of telling that a job failed.
NEVER_LOADED = {
    "pydantic",
    "pydantic_core",
    "aws_xray_sdk",
    "requests",
    "awscrt",
    "boto3",
    "tomllib",
}
# Imported with the first client (see aws/clients.py).
LOADED_LATER = {"botocore.session", "botocore.client", "urllib3", "http.client", "ssl"}

LOADED = """
import json, sys
import notifier.on_failure, notifier.on_follow_up
print(json.dumps(sorted(sys.modules)))
"""

CLIENTS = """
import json, sys
from notifier import wiring
wiring.ports(None, None)
wiring._jobs()._client
print(json.dumps(sorted(sys.modules)))
"""


def test_the_package_is_small(artifact: Path, tmp_path: Path) -> None:
    package = shutil.make_archive(str(tmp_path / "package"), "zip", artifact)
    assert Path(package).stat().st_size <= ZIP_LIMIT


def test_the_package_holds_the_function_and_not_what_lambda_brings(artifact: Path) -> None:
    assert (artifact / "notifier" / "core" / "causes.json").is_file()
    assert (artifact / "aws_lambda_powertools").is_dir()
    for brought in ("boto3", "botocore", "workbench", "tests"):
        assert not (artifact / brought).exists()


def test_importing_the_handler_loads_little(artifact: Path, runtime_packages: Path) -> None:
    loaded = _loaded(LOADED, artifact, runtime_packages)
    assert {"notifier.pipeline", "notifier.aws.ledger", "aws_lambda_powertools"} <= loaded
    assert not loaded & (NEVER_LOADED | LOADED_LATER)


def test_the_first_clients_load_no_more_than_they_need(
    artifact: Path, runtime_packages: Path
) -> None:
    loaded = _loaded(CLIENTS, artifact, runtime_packages)
    assert loaded >= LOADED_LATER
    assert not loaded & NEVER_LOADED


def _loaded(code: str, artifact: Path, runtime_packages: Path) -> set[str]:
    interpreter, environment = lambda_runtime.python(artifact, runtime_packages)
    done = subprocess.run(
        [*interpreter, "-c", code],
        env=environment | lambda_runtime.SETTINGS | {"DRY_RUN": "false"},
        capture_output=True,
        text=True,
        check=True,
    )
    return set(json.loads(done.stdout))
