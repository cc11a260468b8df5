"""`make release-check`: what keeps this from being the release that its version says it is."""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

from cfnlint.decode import cfn_yaml

from workbench.docs import causes_page, readme

ROOT = Path(__file__).parents[2]
SEMVER = re.compile(r"\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?")  # https://semver.org/
_HEADING = re.compile(r"^## \[([^\]]+)\](?: - (\d{4}-\d\d-\d\d))?$", re.MULTILINE)


def main() -> int:
    """Print what is missing, a line each; exit code 1 if anything is."""
    version = version_of(ROOT)
    found = list(problems(ROOT))
    for problem in found:
        print(f"release {version}: {problem}", file=sys.stderr)
    if not found:
        print(f"release {version}: ready; tag it, then sam build, package and publish.")
    return bool(found)


def version_of(root: Path) -> str:
    """Give the version of the project."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return str(project["version"])


def problems(root: Path) -> Iterator[str]:
    """Say what keeps this from being released."""
    version = version_of(root)
    if not SEMVER.fullmatch(version):
        yield f"pyproject.toml: {version} is not a semantic version"
    published = template_version(root)
    if published != version:
        yield f"template.yaml: SemanticVersion is {published}"
    yield from _in_changelog((root / "CHANGELOG.md").read_text(encoding="utf-8"), version)
    yield from stale(root)


def template_version(root: Path) -> str:
    """Give the version that `sam publish` would publish."""
    metadata = cfn_yaml.load(str(root / "template.yaml"))["Metadata"]
    return str(metadata["AWS::ServerlessRepo::Application"]["SemanticVersion"])


def stale(root: Path) -> Iterator[str]:
    """Name the documents that are not as they would be made now."""
    text = (root / "README.md").read_text(encoding="utf-8")
    if readme.refreshed(text) != text:
        yield "README.md is not as it would be made now: run make golden"
    if (root / "docs" / "causes.md").read_text(encoding="utf-8") != causes_page.page():
        yield "docs/causes.md is not as it would be made now: run make golden"


def _in_changelog(text: str, version: str) -> Iterator[str]:
    headings = list(_HEADING.finditer(text))
    if [each[1] for each in headings[:1]] != ["Unreleased"]:
        yield "CHANGELOG.md does not begin with [Unreleased]"
    elif text[headings[0].end() : headings[1].start() if headings[1:] else None].strip():
        yield f"CHANGELOG.md: what is under [Unreleased] belongs under [{version}]"
    dates = {each[1]: each[2] for each in headings}
    if version not in dates:
        yield f"CHANGELOG.md has no [{version}]"
    elif not dates[version]:
        yield f"CHANGELOG.md: [{version}] has no date"


if __name__ == "__main__":
    sys.exit(main())
