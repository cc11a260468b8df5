"""`make package`: the wheel, with what the commands need beside the code.

It is built from a copy of the sources, because the editable install of a checkout must not have
these files.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from cfnlint.decode import cfn_yaml

from workbench.deploy.archive import read_template, zip_folder
from workbench.files import ROOT, STACK

SOURCES = (
    "workbench", "functions/notifier", "functions/actions", "functions/resubmission",
    "on_alert/destinations", "environments",
)  # fmt: skip
FILES = ("pyproject.toml", "README.md", "LICENSE")
BESIDE = ("events", "docs/real-account.md", "benchmarks/measured.json")
DIST = ROOT / "dist"
_NO_CODE = shutil.ignore_patterns("__pycache__", "*.pyc")


def main() -> int:
    """Build the wheel from the functions in `.aws-sam/build`."""
    print(build(STACK, DIST))
    return 0


def build(stack: Path, into: Path) -> Path:
    """Build the wheel into a folder, and return it."""
    read_template(stack)  # says what is missing
    with tempfile.TemporaryDirectory(prefix="batch-notifier-package-") as scratch:
        copy = Path(scratch)
        _copy_sources(copy)
        _copy_stack(stack, copy / "workbench" / "packaged" / "stack")
        into.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel"]
        subprocess.run([*command, "--directory", str(into)], cwd=copy, check=True,
                       stdout=subprocess.DEVNULL)  # fmt: skip
    [wheel] = sorted(into.glob("*.whl"), key=lambda each: each.stat().st_mtime)[-1:]
    return wheel


def _copy_sources(copy: Path) -> None:
    for name in SOURCES:
        shutil.copytree(ROOT / name, copy / name, ignore=_NO_CODE)
    for name in FILES:
        shutil.copy2(ROOT / name, copy / name)
    packaged = copy / "workbench" / "packaged"
    (packaged / "stacks").mkdir(parents=True)
    for each in (ROOT / "template.yaml", *(ROOT / "stacks").glob("*.yaml")):
        template = json.dumps(cfn_yaml.load(str(each)), default=str)
        target = packaged / each.relative_to(ROOT).with_suffix(".json")
        target.write_text(template, encoding="utf-8")
    for name in BESIDE:
        source, target = ROOT / name, packaged / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target)
        else:
            shutil.copy2(source, target)


def _copy_stack(stack: Path, target: Path) -> None:
    """Copy the built stack, each function as an archive: pip would compile loose files."""
    target.mkdir(parents=True)
    shutil.copy2(stack / "template.yaml", target)
    for folder in sorted(each for each in stack.iterdir() if each.is_dir()):
        nested = folder / "template.yaml"
        if nested.is_file():
            _copy_stack(folder, target / folder.name)
        else:
            (target / f"{folder.name}.zip").write_bytes(zip_folder(folder))


if __name__ == "__main__":
    sys.exit(main())
