"""What is installed is what was looked at: pinned, hashed, and told in a bill of materials."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from tests.supply_chain.locks import DEPLOYED, LOCKS, ROOT, entries, packages

PINNED = re.compile(
    r"[A-Za-z0-9._-]+==[^\s;]+(?:\s*;[^\\]+?)?(?:\s+--hash=sha256:[0-9a-f]{64})+"
)  # a name, a version, perhaps a marker, and hashes


@pytest.mark.parametrize("lock", LOCKS)
def test_every_package_is_pinned_and_hashed(lock: str) -> None:
    assert entries(lock)
    assert [entry for entry in entries(lock) if not PINNED.fullmatch(entry)] == []


def test_every_lock_is_tried_here() -> None:
    found = {f"requirements/{file.name}" for file in (ROOT / "requirements").glob("*.txt")}
    assert found | set(DEPLOYED) == set(LOCKS)


@pytest.mark.parametrize("lock", DEPLOYED)
def test_what_is_deployed_is_tried_with_the_same_versions(lock: str) -> None:
    elsewhere = {"colorama"}  # for Windows, where no function runs
    deployed = {item for item in packages(lock).items() if item[0] not in elsewhere}
    assert deployed <= packages("requirements/tools.txt").items()


@pytest.mark.parametrize("lock", DEPLOYED)
def test_the_runtime_brings_boto3_and_the_package_does_not(lock: str) -> None:
    assert not {"boto3", "botocore", "aws-xray-sdk"} & packages(lock).keys()


def test_the_bill_of_what_is_deployed_names_all_of_it_with_hashes(tmp_path: Path) -> None:
    bill = tmp_path / "deployed.cdx.json"
    subprocess.run(["make", f"SBOM={tmp_path}", str(bill)], check=True, cwd=ROOT)
    told = json.loads(bill.read_text(encoding="utf-8"))
    assert told["bomFormat"] == "CycloneDX"
    named = {one["name"]: one["version"] for one in told["components"]}
    assert named == packages("functions/requirements.txt")
    for one in told["components"]:
        assert one["purl"] == f"pkg:pypi/{one['name']}@{one['version']}"
        assert [each["hashes"] for each in one["externalReferences"]], one["name"]
