"""What a release needs is looked for, and its lack is said."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from workbench.docs import release

FILES = ("pyproject.toml", "template.yaml", "CHANGELOG.md", "README.md", "docs/causes.md")
READY = "# Changelog\n\n## [Unreleased]\n\n## [{0}] - 2026-11-30\n\n### Added\n- All of it.\n"


@pytest.fixture
def ready(tmp_path: Path) -> Path:
    """What is to be released, with its changes under its version."""
    for name in FILES:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(release.ROOT / name, tmp_path / name)
    (tmp_path / "CHANGELOG.md").write_text(READY.format(release.project_version(release.ROOT)))
    return tmp_path


def test_what_is_ready_has_no_problems(ready: Path) -> None:
    assert list(release.problems(ready)) == []


def test_documents_and_versions_are_always_ready() -> None:
    """Only the changelog waits for the day of the release."""
    found = list(release.problems(release.ROOT))
    assert [problem for problem in found if not problem.startswith("CHANGELOG.md")] == []


@pytest.mark.parametrize(
    ("name", "old", "new", "says"),
    [
        ("pyproject.toml", '"0.1.0"', '"0.1"', "not a semantic version"),
        ("template.yaml", "SemanticVersion: 0.1.0", "SemanticVersion: 0.0.9", "is 0.0.9"),
        ("CHANGELOG.md", "[Unreleased]\n", "[Unreleased]\n- more\n", "belong under [0.1.0]"),
        ("CHANGELOG.md", "[0.1.0]", "[0.0.9]", "has no [0.1.0]"),
        ("CHANGELOG.md", " - 2026-11-30", "", "has no date"),
        ("CHANGELOG.md", "## [Unreleased]\n", "", "does not begin with [Unreleased]"),
        ("README.md", "FAILED dem-tiles", "FAILED dem", "README.md is outdated"),
        ("docs/causes.md", "# Causes", "# Reasons", "docs/causes.md is outdated"),
    ],
)
def test_what_is_missing_is_said(name: str, old: str, new: str, says: str, ready: Path) -> None:
    text = (ready / name).read_text(encoding="utf-8")
    assert old in text
    (ready / name).write_text(text.replace(old, new, 1), encoding="utf-8")
    assert any(says in problem for problem in release.problems(ready))
