"""What a job is submitted with as before, by its names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from resubmission.plan import Plan, containers, variables


def list_kept(first: Plan, job: Mapping[str, Any]) -> Iterator[str]:
    """Name what is submitted as before: that which is said to change is not in it."""
    names = sorted(n for n in variables(job) if not n.startswith("AWS_BATCH"))
    parameters, tags = sorted(job.get("parameters") or ()), sorted(first.request.get("tags", ()))
    for what, found in (("environment", names), ("parameters", parameters), ("tags", tags)):
        if found:
            yield f"{what}: {', '.join(found)}"
    if any(each.get("command") or each.get("args") for each in containers(job)):
        yield "command"
    titles = {
        "serviceRequestPayload": "payload", "retryStrategy": "retry strategy", "timeout": "timeout",
        "timeoutConfig": "timeout", "shareIdentifier": "share identifier",
        "arrayProperties": "array", "dependsOn": "dependencies", "nodeProperties": "nodes",
    }  # fmt: skip
    yield from (title for name, title in titles.items() if job.get(name) and _is_whole(first, name))


def _is_whole(first: Plan, name: str) -> bool:
    """Say whether a field is repeated: one that is not in the request comes of the definition."""
    return name != "dependsOn" or bool(first.request.get(name))
