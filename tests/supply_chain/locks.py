"""The locks as they are read here: names, versions and hashes."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
DEPLOYED = ("functions/requirements.txt", "on_alert/requirements.txt")
LOCKS = (*DEPLOYED, *(f"requirements/{name}.txt" for name in
         ("bootstrap", "tools", "local-aws", "security", "matrix")))  # fmt: skip
_PINNED = re.compile(r"(?P<name>[A-Za-z0-9._-]+)==(?P<version>\S+)(?P<rest>.*)")


def plain(name: str) -> str:
    """Give a package's name as registries compare it: PEP 503."""
    return re.sub(r"[-_.]+", "-", name).lower()


def entries(lock: str) -> list[str]:
    """Give each requirement of a lock as one line, without comments."""
    text = (ROOT / lock).read_text(encoding="utf-8").replace("\\\n", " ")
    lines = (line.split(" #")[0].strip() for line in text.splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def packages(lock: str) -> dict[str, str]:
    """Give the version of each package in a lock."""
    found = [_PINNED.fullmatch(entry) for entry in entries(lock)]
    return {plain(one["name"]): one["version"] for one in found if one}
