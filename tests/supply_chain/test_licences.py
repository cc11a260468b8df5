"""Licences: what is deployed may be passed on by anyone, and the tools may be used by anyone."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest

from tests.supply_chain.locks import ROOT, packages, plain

# Licences that ask for no more than their notice to be kept: fit for what is deployed.
PERMISSIVE = {
    "0BSD", "Apache-2.0", "Apache Software License", "BSD License", "BSD-2-Clause", "BSD-3-Clause",
    "CNRI-Python", "ISC License (ISCL)", "MIT", "MIT License", "MIT-0",
    "MIT No Attribution License (MIT-0)", "PSF-2.0", "Python Software Foundation License",
}  # fmt: skip
# Ask for the source of changed files where they are passed on: tools are neither changed nor so.
FOR_TOOLS = {"Artistic-1.0-Perl", "MPL-2.0", "Mozilla Public License 2.0 (MPL 2.0)"}
# What the metadata of a package gets wrong or leaves out, read in its own LICENSE file.
READ_BY_HAND = {
    "atheris": "Apache-2.0",
    "axe-playwright-python": "MIT",  # ships axe-core, which is MPL-2.0, for tests only
    "cookiecutter": "BSD-3-Clause",
    # This or, at choice, the GPL. A tool of a tool: cookiecutter names folders with it.
    "text-unidecode": "Artistic-1.0-Perl",
}
# Either of the licences will do where a package names several with OR, all of them where with AND.
_OR, _AND = re.compile(r"\s+OR\s+"), re.compile(r"\s+AND\s+|;\s*")


@pytest.fixture(scope="module")
def licences() -> dict[str, str]:
    """Give the licence of each package in the environment of the tools."""
    command = [sys.executable, "-m", "piplicenses", "--format", "json"]
    told = subprocess.run(command, check=True, capture_output=True, cwd=ROOT).stdout
    return {plain(one["Name"]): one["License"] for one in json.loads(told)}


def fits(licence: str, allowed: set[str]) -> bool:
    return any(set(_AND.split(choice)) <= allowed for choice in _OR.split(licence))


def test_what_is_deployed_has_licences_that_allow_everything(licences: dict[str, str]) -> None:
    deployed = {name: licences[name] for name in packages("functions/requirements.txt")}
    assert deployed
    assert {name: one for name, one in deployed.items() if not fits(one, PERMISSIVE)} == {}


def test_tools_have_licences_that_allow_their_use(licences: dict[str, str]) -> None:
    known = licences | {name: one for name, one in READ_BY_HAND.items() if name in licences}
    allowed = PERMISSIVE | FOR_TOOLS
    assert {name: one for name, one in known.items() if not fits(one, allowed)} == {}


def test_nothing_was_read_by_hand_that_the_metadata_tells(licences: dict[str, str]) -> None:
    needless = {
        name: licences[name]
        for name in READ_BY_HAND
        if name in licences and fits(licences[name], PERMISSIVE | FOR_TOOLS)
    }
    assert needless == {}


@pytest.mark.parametrize(
    ("licence", "fit"),
    [
        ("MIT", True),
        ("MIT OR AFL-2.1", True),
        ("Apache-2.0 AND CNRI-Python", True),
        ("Apache Software License; BSD License", True),
        ("GPL-3.0-only", False),
        ("MIT AND GPL-3.0-only", False),
        ("MIT; GNU General Public License (GPL)", False),
        ("MPL-2.0", False),
        ("UNKNOWN", False),
    ],
)
def test_a_licence_must_fit_whole(licence: str, fit: bool) -> None:
    assert fits(licence, PERMISSIVE) is fit
