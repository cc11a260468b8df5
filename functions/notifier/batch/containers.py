"""The container half of an event: who ran, how it ended, what it asked for.

Three shapes carry it: `container` (one container), `ecsProperties` (several in a task) and
`eksProperties` (a pod), each with its own list of attempts. What comes out is one list, the
container to blame first. https://docs.aws.amazon.com/batch/latest/APIReference/API_JobDetail.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, TypedDict

from notifier.batch.failure import ATTEMPTS_KEPT, Attempt
from notifier.batch.json_lookup import Safe, integer, items, moment, node, string
from notifier.text import redaction

_SECRETS_KEPT = 100
# Ten in a task or pod, as many that prepare a pod; what says it has more is no job of Batch.
_CONTAINERS_KEPT = 100
_AMOUNT = re.compile(r"(\d{1,9}(?:\.\d{1,6})?)(m|Mi|Gi|M|G)?", re.ASCII)
_UNITS = {"m": 0.001, "Gi": 1024.0, "G": 1024.0}  # vCPUs of Kubernetes; MiB in a GiB


@dataclass(frozen=True, slots=True)
class Container:
    """One container as the event describes it, definition and outcome together."""

    name: str = ""
    essential: bool = True
    image: str = ""
    exit_code: int | None = None
    reason: str = ""
    log_stream: str = ""
    log_driver: str = ""
    log_group: str = ""
    log_region: str = ""


class Resources(TypedDict, total=False):
    """What the job asked for."""

    vcpus: float | None
    memory_mib: int | None
    gpus: int | None


def containers_of(detail: dict[str, Any], safe: Safe) -> list[Container]:
    """Give all containers of the job as they ended, the one to blame first."""
    defined = [_container(raw, safe) for raw in islice(definitions(detail), _CONTAINERS_KEPT)]
    last = _last_outcomes(detail, safe)
    ended = [_merged(one, last.pop(one.name, Container())) for one in defined]
    return sorted([*ended, *last.values()], key=_blame)


def definitions(detail: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the containers of a job as Batch describes them, in any of the shapes."""
    if single := node(detail, "container"):
        yield single
    for task in items(node(detail, "ecsProperties").get("taskProperties")):
        yield from items(task.get("containers"))
    pod = node(detail, "eksProperties", "podProperties")
    yield from items(pod.get("containers"))
    yield from items(pod.get("initContainers"))
    for group in items(node(detail, "nodeProperties").get("nodeRangeProperties")):
        if single := node(group, "container"):
            yield single


def _container(raw: dict[str, Any], safe: Safe) -> Container:
    log = node(raw, "logConfiguration")
    options = node(log, "options")
    return Container(
        name=safe(raw.get("name")),
        essential=raw.get("essential") is not False,
        image=safe(raw.get("image")),
        exit_code=integer(raw.get("exitCode")),
        reason=safe(raw.get("reason")),
        log_stream=safe(raw.get("logStreamName")),
        log_driver=safe(log.get("logDriver")),
        log_group=safe(options.get("awslogs-group")),
        log_region=safe(options.get("awslogs-region")),
    )


def _merged(defined: Container, ended: Container) -> Container:
    return replace(
        defined,
        exit_code=defined.exit_code if ended.exit_code is None else ended.exit_code,
        reason=ended.reason or defined.reason,
        log_stream=ended.log_stream or defined.log_stream,
    )


def _blame(container: Container) -> tuple[bool, bool, bool]:
    """Sort key: an essential container that ended badly, then any, then any with a reason."""
    bad = bool(container.exit_code)
    return (not (bad and container.essential), not bad, not container.reason)


def _last_outcomes(detail: dict[str, Any], safe: Safe) -> dict[str, Container]:
    attempts = items(detail.get("attempts")) or items(detail.get("eksAttempts"))
    found = _outcomes(attempts[-1]) if attempts else []
    return {one.name: one for one in (_container(raw, safe) for raw in found)}


def _outcomes(attempt: dict[str, Any]) -> list[dict[str, Any]]:
    """Give the containers of one attempt, in any of the three shapes."""
    several = [
        one
        for task in items(attempt.get("taskProperties"))
        for one in items(task.get("containers"))
    ]
    pod = items(attempt.get("containers")) + items(attempt.get("initContainers"))
    single = node(attempt, "container")
    return (several or pod or ([single] if single else []))[:_CONTAINERS_KEPT]


def attempts_of(detail: dict[str, Any], safe: Safe) -> tuple[Attempt, ...]:
    """Give the attempts, oldest first: the last one is the one that failed the job."""
    raw = items(detail.get("attempts")) or items(detail.get("eksAttempts"))
    # A service job keeps its reason in latestAttempt as well; attempts[] is enough.
    defined = islice(definitions(detail), _CONTAINERS_KEPT)
    essential = {safe(one.get("name")): one.get("essential") is not False for one in defined}
    return tuple(_attempt(one, essential, safe) for one in raw[-ATTEMPTS_KEPT:])


def _attempt(raw: dict[str, Any], essential: dict[str, bool], safe: Safe) -> Attempt:
    ended = [_container(one, safe) for one in _outcomes(raw)]
    known = [replace(one, essential=essential.get(one.name, True)) for one in ended]
    blamed = min(known, key=_blame, default=Container())
    return Attempt(
        started_at=moment(raw.get("startedAt")),
        stopped_at=moment(raw.get("stoppedAt")),
        status_reason=safe(raw.get("statusReason")),
        exit_code=blamed.exit_code,
        reason=blamed.reason,
        container=blamed.name,
        log_stream=blamed.log_stream,
        host=_host(raw, safe),
    )


def _host(raw: dict[str, Any], safe: Safe) -> str:
    """Name where an attempt ran: node, container instance or task, the shortest part of it."""
    places = [node(raw, "container"), *items(raw.get("taskProperties"))]
    keys = ("containerInstanceArn", "taskArn")
    arns = [string(place, key) for key in keys for place in places]
    found = string(raw, "nodeName") or next((arn for arn in arns if arn), "")
    return safe(found).rpartition("/")[2]  # once it is safe: what stands before tells a secret


def platform_of(detail: dict[str, Any], attempts: tuple[Attempt, ...]) -> str:
    """Say on what the job ran: Fargate, EC2, EKS, or nothing when the event does not tell."""
    if node(detail, "eksProperties") or items(detail.get("eksAttempts")):
        return "EKS"
    declared = detail.get("platformCapabilities")
    if isinstance(declared, list) and declared[:1] in (["FARGATE"], ["EC2"]):
        return "Fargate" if declared[0] == "FARGATE" else "EC2"
    raw = items(detail.get("attempts"))
    places = [p for a in raw for p in (node(a, "container"), *items(a.get("taskProperties")))]
    if any(string(place, "containerInstanceArn") for place in places):
        return "EC2"
    # Fargate tasks have a task ARN and no container instance.
    return "Fargate" if any(string(place, "taskArn") for place in places) else ""


def resources_of(detail: dict[str, Any]) -> Resources:
    """Sum what the job's containers ask for (vCPU, MiB, GPUs); of a multi-node job, one node."""
    first_node = items(node(detail, "nodeProperties").get("nodeRangeProperties"))[:1]
    asked: dict[str, float] = {}
    for raw in definitions(first_node[0] if first_node else detail):
        for key, amount in _asked(raw):
            asked[key] = asked.get(key, 0) + amount
    memory, gpus = asked.get("MEMORY"), asked.get("GPU")
    return Resources(
        vcpus=asked.get("VCPU"),
        memory_mib=None if memory is None else int(memory),
        gpus=None if gpus is None else int(gpus),
    )


def _asked(raw: dict[str, Any]) -> Iterator[tuple[str, float]]:
    requirements = items(raw.get("resourceRequirements"))
    for one in requirements:
        if (amount := _number(one.get("value"))) is not None:
            yield string(one, "type"), amount
    if not requirements:
        limits = node(raw, "resources", "requests") | node(raw, "resources", "limits")
        # `vcpus` and `memory` are the older form of the same request; pods use limits.
        for key, value in (
            ("VCPU", raw.get("vcpus", limits.get("cpu"))),
            ("MEMORY", raw.get("memory", limits.get("memory"))),
            ("GPU", limits.get("nvidia.com/gpu")),
        ):
            if (amount := _number(value)) is not None:
                yield key, amount


def _number(value: object) -> float | None:
    """Read `2`, `"0.25"`, `"500m"`, `"2048Mi"` (in MiB)."""
    amount = _AMOUNT.fullmatch(str(value)) if isinstance(value, str | int) else None
    if amount is None or isinstance(value, bool):
        return None
    return float(amount[1]) * _UNITS.get(amount[2], 1.0)


def secrets_of(detail: dict[str, Any]) -> tuple[str, ...]:
    """Collect secret values from environment, parameters and log options, longest first.

    They are kept in memory to be masked where a job prints them, and for nothing else.
    """
    found = {value for name, value in _settings(detail) if redaction.is_secret(name, value)}
    return tuple(sorted(found, key=lambda value: (-len(value), value))[:_SECRETS_KEPT])


def _settings(detail: dict[str, Any]) -> Iterator[tuple[str, str]]:
    places = [node(detail, "parameters")]
    for raw in definitions(detail):
        places.append(node(raw, "logConfiguration", "options"))
        for one in items(raw.get("environment")) + items(raw.get("env")):
            yield string(one, "name"), string(one, "value")
    for place in places:
        for name, value in place.items():
            if isinstance(value, str):
                yield name, value
