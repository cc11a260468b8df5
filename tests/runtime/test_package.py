"""What is in the package, and what it loads: both are paid for at every cold start."""

import json
import shutil
import subprocess
from pathlib import Path

from tests.runtime import lambda_runtime

ZIP_LIMIT = 1_500_000  # bytes; Powertools is most of it
# Slow to import, and no part of telling that a job failed. `import boto3` itself brings in
# s3transfer's manager, but neither its C runtime nor its process pool.
NOT_LOADED = {
    *("pydantic", "pydantic_core", "aws_xray_sdk", "requests"),
    *("awscrt", "s3transfer.crt", "s3transfer.processpool", "boto3.s3.transfer"),
}

LOADED = """
import json, sys
import notifier.on_failure, notifier.on_follow_up
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
    interpreter, environment = lambda_runtime.python(artifact, runtime_packages)
    done = subprocess.run(
        [*interpreter, "-c", LOADED],
        env=environment | lambda_runtime.SETTINGS,
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = set(json.loads(done.stdout))
    assert {"notifier", "boto3"} <= loaded
    assert not loaded & NOT_LOADED
