"""What the function for destinations loads: only what its routes use, and with bytecode."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from destinations.routing.specs import KINDS
from tests.runtime import lambda_runtime
from workbench.local import bytecode

# What a kind of destination may load beyond the entry point; the others load none of it.
LIBRARIES = {
    "slack": {"slack_sdk"},
    "slack-webhook": {"slack_sdk"},
    "mail": {"jinja2", "markupsafe"},
    "apprise": {"apprise"},
}
# Later, with the first URL: Apprise loads all its plugins, and they the rest.
HEAVY = {*set().union(*LIBRARIES.values()), "requests", "yaml", "markdown", "click", "boto3",
         "aiohttp", "pydantic", "aws_xray_sdk", "notifier", "actions"}  # fmt: skip
CODE = """
import json, sys
import destinations.on_alert
from importlib import import_module
from destinations.senders.factory import MAKERS
if len(sys.argv) > 1:
    import_module(f"destinations.senders.{MAKERS[sys.argv[1]][0]}")
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""


@pytest.fixture(scope="module")
def function(built_template: Path) -> Path:
    return built_template.parent / "DestinationsStack" / "OnAlertFunction"


def loaded(function: Path, packages: Path, *kind: str) -> set[str]:
    """Give what the entry point has loaded of what is heavy, and a sender after it."""
    interpreter, environment = lambda_runtime.python(function, packages)
    done = subprocess.run(
        [*interpreter, "-c", CODE, *kind],
        env=environment | lambda_runtime.SETTINGS,
        capture_output=True,
        text=True,
        check=True,
    )
    return set(json.loads(done.stdout)) & HEAVY


def test_the_function_starts_without_the_libraries_of_its_destinations(
    function: Path, runtime_packages: Path
) -> None:
    assert loaded(function, runtime_packages) == set()


@pytest.mark.parametrize("kind", KINDS)
def test_a_destination_loads_its_own_library_and_no_other(
    function: Path, runtime_packages: Path, kind: str
) -> None:
    assert loaded(function, runtime_packages, kind) == LIBRARIES.get(kind, set())


def test_every_function_gets_bytecode_also_those_of_nested_stacks(built_template: Path) -> None:
    names = [folder.name for folder in bytecode.functions(built_template.parent)]
    assert names == ["OnActionFunction", "OnAlertFunction", "OnFailureFunction-Shared"]
