"""Names of EC2 instance types: processor, and whether AWS Batch takes them.

https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-types.html
"""

from __future__ import annotations

import json
import re
from functools import cache
from importlib.resources import files

# Family with generation, options, and perhaps a size: c7gn.16xlarge, u-6tb1.metal, p6-b200, m5.
_NAME = re.compile(
    r"([a-z]{1,6}(?:-\d{1,2}tb)?\d{1,2})([a-z]{0,6}(?:-flex|-[a-z]{0,4}\d[a-z0-9]{0,6})?)"
    r"(\.[a-z0-9-]{2,12})?"
)
# What AWS Batch chooses from.
# https://docs.aws.amazon.com/batch/latest/APIReference/API_ComputeResource.html
BUNDLES = {"OPTIMAL": "x86_64", "DEFAULT_X86_64": "x86_64", "DEFAULT_ARM64": "arm64"}
# Burstable and Mac instances are in no list that AWS Batch has answered with.
# https://github.com/Netflix/metaflow/issues/70
_NOT_OFFERED = re.compile(r"(t\d|mac\d)")


def architecture(name: str) -> str:
    """Return arm64 or x86_64, or an empty text for what is no instance type.

    >>> architecture("c7gn"), architecture("g5.xlarge"), architecture("g5g.xlarge")
    ('arm64', 'x86_64', 'arm64')
    """
    if name.upper() in BUNDLES:
        return BUNDLES[name.upper()]
    found = _NAME.fullmatch(name.lower())
    if found is None:
        return ""
    # A g among the options stands for Graviton or Grace; a1 was the first of them.
    return "arm64" if "g" in found[2] or found[1] == "a1" else "x86_64"


def is_offered(name: str) -> bool:
    """Whether AWS Batch may take a name; a family newer than this list is not doubted."""
    name = name.lower()
    if name.upper() in BUNDLES:
        return True
    if _NAME.fullmatch(name) is None or _NOT_OFFERED.match(name):
        return False
    family, dot, _ = name.partition(".")
    sizes = _sizes().get(family)
    return not dot or sizes is None or name in sizes


@cache
def _sizes() -> dict[str, set[str]]:
    """Return the instance types of each family, in all Regions, as cfn-lint knows them."""
    folder = files("cfnlint.data.schemas.extensions.aws_ec2_instance")
    regions = json.loads(folder.joinpath("instancetype_enum.json").read_text(encoding="utf-8"))
    found: dict[str, set[str]] = {}
    for region in regions.values():
        for name in region["enum"] if isinstance(region, dict) else ():
            found.setdefault(name.partition(".")[0], set()).add(name)
    return found
