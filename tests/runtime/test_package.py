"""What is in the package, and what it loads: both are paid for at every cold start."""

import importlib.util
import json
import marshal
import shutil
import subprocess
import sys
from pathlib import Path

from tests.runtime import lambda_runtime
from workbench.local import bytecode

# Flags of a .pyc that belongs to a hash of its source, and is not compared with it (PEP 552).
UNCHECKED = (1).to_bytes(4, "little")

ZIP_LIMIT = 1_600_000  # bytes; Powertools is most of it, the catalogue a tenth
# Slow to import, or no part of telling that a job failed.
NEVER_LOADED = {
    "actions",
    "resubmission",
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
wiring.make_ports(None, None)
wiring.JobLookup()._client
print(json.dumps(sorted(sys.modules)))
"""


def test_the_package_is_small(artifact: Path, tmp_path: Path) -> None:
    package = shutil.make_archive(str(tmp_path / "package"), "zip", artifact)
    assert Path(package).stat().st_size <= ZIP_LIMIT


def test_the_package_holds_the_function_and_not_what_lambda_brings(artifact: Path) -> None:
    assert (artifact / "notifier" / "diagnosis" / "causes.json").is_file()
    assert (artifact / "aws_lambda_powertools").is_dir()
    for brought in ("boto3", "botocore", "workbench", "tests"):
        assert not (artifact / brought).exists()


def test_importing_the_handler_loads_little(artifact: Path, runtime_packages: Path) -> None:
    loaded = _loaded(LOADED, artifact, runtime_packages)
    assert {"notifier.workflows.delivery", "notifier.aws.ledger", "aws_lambda_powertools"} <= loaded
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


def test_bytecode_is_that_of_the_code_and_names_it_as_it_is_in_lambda(
    artifact: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "function"
    shutil.copytree(artifact, folder)
    bytecode.add(folder, sys.executable)
    sources = list((folder / "notifier").rglob("*.py"))
    assert sources
    for source in sources:
        cached = Path(importlib.util.cache_from_source(str(source)))
        compiled = cached.read_bytes()
        assert compiled[4:8] == UNCHECKED
        assert compiled[8:16] == importlib.util.source_hash(source.read_bytes())
        assert marshal.loads(compiled[16:]).co_filename.startswith(f"{bytecode.TASK}/notifier/")


def test_bytecode_is_made_by_the_python_of_the_runtime_or_not_at_all() -> None:
    this = f"{sys.version_info.major}.{sys.version_info.minor}"
    assert bytecode.runtime_python(f"Runtime: python{this}") == sys.executable
    assert bytecode.runtime_python("Runtime: python3.999") is None
