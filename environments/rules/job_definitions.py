"""cfn-lint rules for AWS::Batch::JobDefinition."""

from __future__ import annotations

import re
import runpy
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).parents[2]))  # cfn-lint loads this file outside its package

from environments.rules._batch_rule import (
    API,
    JOB_DEFINITION,
    BatchRule,
    Finding,
    Validator,
)
from environments.rules._properties import (
    CONTAINERS,
    back_to,
    fargate_jobs,
    possible,
    written,
)

# The table that alerts use for their advice, loaded without its package.
_BATCH = Path(__file__).parents[2] / "functions" / "notifier" / "batch"
_SIZES = runpy.run_path(str(_BATCH / "fargate_sizes.py"))


class FargateSize(BatchRule):
    """Fargate resource requirements (2.00 vCPU, 1024 MiB) not valid."""

    id = "EB1002"
    shortdesc = "Fargate supports the vCPU and memory of the job"
    description = "Fargate supports only certain pairs of vCPU and memory"
    source_url = f"{API}/API_ResourceRequirement.html"
    applies_to = JOB_DEFINITION

    def find(self, validator: Validator, properties: Any) -> Iterator[Finding]:
        """Check each possible pair against the table."""
        for fargate in fargate_jobs(validator, properties):
            for vcpus, at_vcpus in _requested(fargate, properties, "VCPU"):
                same = back_to(fargate, at_vcpus)
                for memory, at in _requested(same, properties, "MEMORY"):
                    if memory not in _SIZES["MEMORY"].get(vcpus, ()):
                        pairs = _SIZES["valid_sizes"](vcpus, int(memory))
                        yield f"Fargate does not support this size: {pairs}", at


def _requested(
    validator: Validator, properties: Any, kind: str
) -> Iterator[tuple[float, Validator]]:
    """Yield each possible request, in vCPUs or MiB. Batch itself rejects what is no number."""
    path = ("ContainerProperties", "ResourceRequirements", "*")
    for requirement, at in written(validator, properties, *path):
        for name, at_type in possible(at, requirement, "Type"):
            for value, at_value in possible(at_type, requirement, "Value") if name == kind else ():
                if re.fullmatch(r"\d{1,9}(?:\.\d{1,9})?", str(value)):
                    yield float(value), at_value


class PrivilegedOnFargate(BatchRule):
    """Fargate requires that the 'privileged' setting be 'false' at the container level."""

    id = "EB1003"
    shortdesc = "A job on Fargate is not privileged"
    description = "Fargate does not support privileged containers"
    source_url = f"{API}/API_ContainerProperties.html"
    applies_to = JOB_DEFINITION

    def find(self, validator: Validator, properties: Any) -> Iterator[Finding]:
        """Check every container of a job on Fargate."""
        for fargate in fargate_jobs(validator, properties):
            for path in CONTAINERS:
                for value, at in possible(fargate, properties, *path, "Privileged"):
                    if str(value).lower() == "true":
                        yield "Privileged must be false on Fargate", at


class CommandInOneWord(BatchRule):
    """CannotStartContainerError: failed to create shim task: OCI runtime create failed."""

    id = "WB1008"
    severity = "warning"
    shortdesc = "A command is a list of words"
    description = "The name of a program in an image rarely contains a space"
    source_url = f"{API}/API_ContainerProperties.html"
    applies_to = JOB_DEFINITION

    def find(self, validator: Validator, properties: Any) -> Iterator[Finding]:
        """Check for a command of one word that contains a space."""
        for path in CONTAINERS:
            for command, at in written(validator, properties, *path, "Command"):
                words = [word for word, _ in possible(at, command, "*")]
                if len(words) == 1 and re.search(r"\S\s+\S", str(words[0])):
                    yield (
                        f"Command is one word, {words[0]!r}, which the container runs as the name"
                        " of a program unless its entry point is a shell: split it into words",
                        at,
                    )
