"""The package that `make package` builds: it works from any folder, with three other packages."""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from workbench.deploy import packaging

ROOT = Path(__file__).parents[2]
REASON = "CannotPullContainerError: pull image manifest has been retried 5 time(s)"
MOST_INSTALL_CPU_S = 20.0
MOST_HELP_CPU_S, MOST_EXPLAIN_CPU_S = 0.25, 0.40


def pythons(version: str) -> Iterator[str]:
    """Give each Python of a version: on the path, or of pyenv."""
    named = shutil.which(f"python{version}")
    of_pyenv = Path.home().glob(f".pyenv/versions/{version}.*/bin/python")
    for each in filter(None, (named, *map(str, of_pyenv))):
        if subprocess.run([each, "--version"], capture_output=True, check=False).returncode == 0:
            yield each


PYTHONS = {
    version: found
    for version in ("3.11", "3.12", "3.13", "3.14")
    if (found := next(pythons(version), None))
}


@pytest.fixture(scope="session")
def wheel(built_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return packaging.build(built_template.parent, tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel in an environment of its own: the folder of its commands."""
    return install(wheel, sys.executable, tmp_path_factory.mktemp("installed"))


def install(wheel: Path, python: str, folder: Path) -> Path:
    uv = str(Path(sys.executable).with_name("uv"))
    subprocess.run([uv, "venv", "--quiet", "--python", python, str(folder / "venv")], check=True)
    into = ["--python", str(folder / "venv" / "bin" / "python")]
    # The versions of the lock: they are at hand, and were looked at.
    pins = ["--constraint", str(ROOT / "requirements" / "tools.txt")]
    subprocess.run([uv, "pip", "install", "--quiet", *into, *pins, str(wheel)], check=True)
    return folder / "venv" / "bin"


def cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def ran(commands: Path, *words: str, folder: Path, code: int = 0) -> str:
    done = subprocess.run(
        [str(commands / "batch-notifier"), *words],
        cwd=folder,
        env={"HOME": str(folder), "PATH": os.defpath},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stderr
    return done.stdout + done.stderr


def test_from_nothing_to_an_answer(wheel: Path, tmp_path: Path) -> None:
    before = cpu_s()
    commands = install(wheel, sys.executable, tmp_path)
    assert "cause image-pull" in ran(commands, "explain", REASON, folder=tmp_path)
    assert cpu_s() - before <= MOST_INSTALL_CPU_S


@pytest.mark.parametrize("version", PYTHONS)
def test_every_python_installs_and_runs_it(version: str, wheel: Path, tmp_path: Path) -> None:
    commands = install(wheel, PYTHONS[version], tmp_path)
    assert "cause image-pull" in ran(commands, "explain", REASON, folder=tmp_path)


def test_it_needs_three_packages_and_what_they_need(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        [metadata] = [name for name in archive.namelist() if name.endswith("/METADATA")]
        text = archive.read(metadata).decode()
        names = set(archive.namelist())
    required = [line for line in text.splitlines() if line.startswith("Requires-Dist: ")]
    needed = {line.split()[1].partition(">")[0] for line in required if "extra ==" not in line}
    assert needed == {"boto3", "click", "rich"}
    assert "Name: batch-notifier\n" in text
    for each in ("stack/template.yaml", "stack/Network/template.yaml", "events/timeout.json"):
        assert f"workbench/packaged/{each}" in names
    assert any(name.endswith(".zip") for name in names)
    assert "notifier/diagnosis/causes.json" in names
    assert not [name for name in names if name.endswith((".pyc", ".toml.orig"))]


def test_what_needs_no_aws_works_from_any_folder(installed: Path, tmp_path: Path) -> None:
    event = tmp_path / "event.json"
    shutil.copy(ROOT / "events" / "timeout.json", event)
    assert ran(installed, "preview", "event.json", folder=tmp_path).startswith("Subject: FAILED")
    assert "USD" in ran(installed, "cost", "--failures-per-month", "100", folder=tmp_path)
    said = ran(installed, "inbox", "--port", "0", folder=tmp_path, code=2)
    assert said.endswith("install batch-notifier[inbox]\n")
    said = ran(installed, "lint", "event.json", folder=tmp_path, code=2)
    assert said.endswith("install batch-notifier[lint]\n")
    for command in ("deploy", "rerun", "silence", "doctor", "redrive", "replay", "drill"):
        assert "Options:" in ran(installed, command, "--help", folder=tmp_path)
    assert "Traceback" not in ran(
        installed, "doctor", "--region", "eu-west-1", folder=tmp_path, code=2
    )


def test_the_functions_in_it_are_those_that_are_built(wheel: Path, built_template: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        [name] = [name for name in archive.namelist() if name.endswith("-Shared.zip")]
        with archive.open(name) as inner, zipfile.ZipFile(inner) as functions:
            found = {each: functions.read(each) for each in functions.namelist()}
    folder = built_template.parent / Path(name).stem
    files = {str(each.relative_to(folder)): each.read_bytes()
             for each in folder.rglob("*") if each.is_file()}  # fmt: skip
    assert found == files


def test_it_starts_fast(installed: Path, tmp_path: Path) -> None:
    """CPU seconds, the best of five: other processes only add to them."""
    for words, most in ((["--help"], MOST_HELP_CPU_S), (["explain", REASON], MOST_EXPLAIN_CPU_S)):
        times = []
        for _ in range(5):
            before = cpu_s()
            ran(installed, *words, folder=tmp_path)
            times.append(cpu_s() - before)
        assert min(times[1:]) <= most, (words, times)


def test_json_of_every_command_that_needs_no_aws(installed: Path, tmp_path: Path) -> None:
    said = ran(installed, "explain", REASON, "--output", "json", folder=tmp_path)
    assert json.loads(said)["class"] == "image"
