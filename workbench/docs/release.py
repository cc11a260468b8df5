"""`make release-check`: what is missing for a release of this version."""

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
    """Print each problem; exit code 1 if there is any."""
    version = project_version(ROOT)
    found = list(problems(ROOT))
    for problem in found:
        print(f"release {version}: {problem}", file=sys.stderr)
    if not found:
        print(f"release {version}: ready. Tag it, then run sam build, package and publish.")
    return bool(found)


def project_version(root: Path) -> str:
    """Return the version of the project."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return str(project["version"])


def problems(root: Path) -> Iterator[str]:
    """Return all problems that prevent the release."""
    version = project_version(root)
    if not SEMVER.fullmatch(version):
        yield f"pyproject.toml: {version} is not a semantic version"
    published = template_version(root)
    if published != version:
        yield f"template.yaml: SemanticVersion is {published}"
    yield from _changelog_problems((root / "CHANGELOG.md").read_text(encoding="utf-8"), version)
    yield from outdated_documents(root)


def template_version(root: Path) -> str:
    """Return the version that `sam publish` publishes."""
    metadata = cfn_yaml.load(str(root / "template.yaml"))["Metadata"]
    return str(metadata["AWS::ServerlessRepo::Application"]["SemanticVersion"])


def outdated_documents(root: Path) -> Iterator[str]:
    """Return the documents whose generated parts are outdated."""
    text = (root / "README.md").read_text(encoding="utf-8")
    if readme.with_generated_parts(text) != text:
        yield "README.md is outdated: run make golden"
    if (root / "docs" / "causes.md").read_text(encoding="utf-8") != causes_page.page():
        yield "docs/causes.md is outdated: run make golden"


def _changelog_problems(text: str, version: str) -> Iterator[str]:
    headings = list(_HEADING.finditer(text))
    if [each[1] for each in headings[:1]] != ["Unreleased"]:
        yield "CHANGELOG.md does not begin with [Unreleased]"
    elif text[headings[0].end() : headings[1].start() if headings[1:] else None].strip():
        yield f"CHANGELOG.md: the entries under [Unreleased] belong under [{version}]"
    dates = {each[1]: each[2] for each in headings}
    if version not in dates:
        yield f"CHANGELOG.md has no [{version}]"
    elif not dates[version]:
        yield f"CHANGELOG.md: [{version}] has no date"


if __name__ == "__main__":
    sys.exit(main())
