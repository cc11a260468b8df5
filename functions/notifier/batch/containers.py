"""Parse the containers of a job: how they ended and what they requested.

An event has one of three shapes: `container` (one container), `ecsProperties` (several in a task)
or `eksProperties` (a pod), each with its own list of attempts.
https://docs.aws.amazon.com/batch/latest/APIReference/API_JobDetail.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice

from notifier.batch.failure import ATTEMPTS_KEPT, Attempt
from notifier.batch.json_lookup import (
    Json,
    Sanitizer,
    dict_at,
    dicts_at,
    int_at,
    list_at,
    str_at,
    time_at,
)

# AWS Batch allows 10 containers and 10 init containers; only a forged event has more.
_CONTAINERS_KEPT = 100
_AMOUNT = re.compile(r"(\d{1,9}(?:\.\d{1,6})?)(m|Mi|Gi|M|G)?", re.ASCII)
# https://docs.aws.amazon.com/batch/latest/APIReference/API_JobDetail.html
_PLATFORMS = {"FARGATE": "Fargate", "EC2": "EC2", "MANAGED_INSTANCES": "Managed Instances"}
_UNITS = {"m": 0.001, "Gi": 1024.0, "G": 1024.0}  # Kubernetes: milli-vCPUs; MiB in a GiB


@dataclass(frozen=True, slots=True)
class Container:
    """One container of a job: its definition and how it ended."""

    name: str = ""
    essential: bool = True
    image: str = ""
    exit_code: int | None = None
    reason: str = ""
    log_stream: str = ""
    log_driver: str = ""
    log_group: str = ""
    log_region: str = ""


_NOTHING = Container()  # of which nothing is known


def parse_outcome(detail: Json, safe: Sanitizer) -> tuple[list[Container], tuple[Attempt, ...]]:
    """Parse all containers of the job and its attempts.

    The container that most likely failed it comes first; of the attempts, the last one failed it.
    """
    raw = dicts_at(detail, "attempts") or dicts_at(detail, "eksAttempts")
    defined = [_container(one, safe) for one in islice(container_specs(detail), _CONTAINERS_KEPT)]
    kept = raw[-ATTEMPTS_KEPT:]
    ended = [[_container(one, safe) for one in _attempt_containers(each)] for each in kept]
    essential = {one.name: one.essential for one in defined}
    attempts = tuple(
        _attempt(each, containers, essential, safe)
        for each, containers in zip(kept, ended, strict=True)
    )
    last = {one.name: one for one in ended[-1]} if ended else {}
    known = [_with_outcome(one, last.pop(one.name, _NOTHING)) for one in defined]
    return sorted([*known, *last.values()], key=_failure_order), attempts


def container_specs(detail: Json) -> Iterator[Json]:
    """Yield the container objects of a job or job definition of any shape."""
    if single := dict_at(detail, "container"):
        yield single
    for task in dicts_at(detail, "ecsProperties", "taskProperties"):
        yield from dicts_at(task, "containers")
    pod = dict_at(detail, "eksProperties", "podProperties")
    yield from dicts_at(pod, "containers")
    yield from dicts_at(pod, "initContainers")
    for group in dicts_at(detail, "nodeProperties", "nodeRangeProperties"):
        if single := dict_at(group, "container"):
            yield single


def _container(raw: Json, safe: Sanitizer) -> Container:
    log = dict_at(raw, "logConfiguration")
    options = dict_at(log, "options")
    return Container(
        name=safe(raw.get("name")),
        essential=raw.get("essential") is not False,
        image=safe(raw.get("image")),
        exit_code=int_at(raw, "exitCode"),
        reason=safe(raw.get("reason")),
        log_stream=safe(raw.get("logStreamName")),
        log_driver=safe(log.get("logDriver")),
        log_group=safe(options.get("awslogs-group")),
        log_region=safe(options.get("awslogs-region")),
    )


def _with_outcome(defined: Container, ended: Container) -> Container:
    if (
        ended.exit_code in (None, defined.exit_code)
        and ended.reason in ("", defined.reason)
        and ended.log_stream in ("", defined.log_stream)
    ):
        return defined  # as usual, the event says the same of the job and of its last attempt
    return replace(
        defined,
        exit_code=defined.exit_code if ended.exit_code is None else ended.exit_code,
        reason=ended.reason or defined.reason,
        log_stream=ended.log_stream or defined.log_stream,
    )


def _failure_order(container: Container) -> tuple[bool, bool, bool]:
    """Sort essential containers that failed first, then others that failed, then by reason."""
    failed = bool(container.exit_code)
    return (not (failed and container.essential), not failed, not container.reason)


def _attempt_containers(attempt: Json) -> list[Json]:
    """Return the container objects of one attempt of any shape."""
    several = [
        one for task in dicts_at(attempt, "taskProperties") for one in dicts_at(task, "containers")
    ]
    pod = dicts_at(attempt, "containers") + dicts_at(attempt, "initContainers")
    single = dict_at(attempt, "container")
    return (several or pod or ([single] if single else []))[:_CONTAINERS_KEPT]


def _attempt(
    raw: Json, ended: list[Container], essential: dict[str, bool], safe: Sanitizer
) -> Attempt:
    known = [
        one if essential.get(one.name, True) is one.essential else _switched(one) for one in ended
    ]
    failed = min(known, key=_failure_order, default=_NOTHING)
    return Attempt(
        started_at=time_at(raw, "startedAt"),
        stopped_at=time_at(raw, "stoppedAt"),
        status_reason=safe(raw.get("statusReason")),
        exit_code=failed.exit_code,
        reason=failed.reason,
        container=failed.name,
        log_stream=failed.log_stream,
        host=_host(raw, safe),
    )


def _switched(one: Container) -> Container:
    return replace(one, essential=not one.essential)


def _host(raw: Json, safe: Sanitizer) -> str:
    """Name where an attempt ran: the node, or the id of the container instance or task."""
    places = [dict_at(raw, "container"), *dicts_at(raw, "taskProperties")]
    keys = ("containerInstanceArn", "taskArn")
    arns = [str_at(place, key) for key in keys for place in places]
    found = str_at(raw, "nodeName") or next((arn for arn in arns if arn), "")
    return safe(found).rpartition("/")[2]  # cut after masking: a part of a secret goes unnoticed


def platform_of(detail: Json, attempts: tuple[Attempt, ...]) -> str:
    """Return Fargate, EC2, Managed Instances or EKS; empty if the event does not say."""
    if dict_at(detail, "eksProperties") or dicts_at(detail, "eksAttempts"):
        return "EKS"
    declared = next(iter(list_at(detail, "platformCapabilities")), None)
    if isinstance(declared, str) and declared in _PLATFORMS:
        return _PLATFORMS[declared]
    raw = dicts_at(detail, "attempts")
    places = [p for a in raw for p in (dict_at(a, "container"), *dicts_at(a, "taskProperties"))]
    if any(str_at(place, "containerInstanceArn") for place in places):
        return "EC2"
    # Fargate tasks have a task ARN and no container instance.
    return "Fargate" if any(str_at(place, "taskArn") for place in places) else ""


def requested_resources(detail: Json) -> Json:
    """Sum vCPUs, MiB and GPUs that the containers request; of a multi-node job, for one node."""
    first_node = dicts_at(detail, "nodeProperties", "nodeRangeProperties")[:1]
    total: dict[str, float] = {}
    for raw in container_specs(first_node[0] if first_node else detail):
        for key, amount in _requests(raw):
            total[key] = total.get(key, 0) + amount
    memory, gpus = total.get("MEMORY"), total.get("GPU")
    return {
        "vcpus": total.get("VCPU"),
        "memory_mib": None if memory is None else int(memory),
        "gpus": None if gpus is None else int(gpus),
    }


def _requests(raw: Json) -> Iterator[tuple[str, float]]:
    requirements = dicts_at(raw, "resourceRequirements")
    for one in requirements:
        if (amount := _number(one.get("value"))) is not None:
            yield str_at(one, "type"), amount
    if not requirements:
        limits = dict_at(raw, "resources", "requests") | dict_at(raw, "resources", "limits")
        # `vcpus` and `memory` are the older form; pods use limits.
        for key, value in (
            ("VCPU", raw.get("vcpus", limits.get("cpu"))),
            ("MEMORY", raw.get("memory", limits.get("memory"))),
            ("GPU", limits.get("nvidia.com/gpu")),
        ):
            if (amount := _number(value)) is not None:
                yield key, amount


def _number(value: object) -> float | None:
    """Parse `2`, `"0.25"`, `"500m"` or `"2048Mi"` (in MiB)."""
    amount = _AMOUNT.fullmatch(str(value)) if isinstance(value, str | int) else None
    if amount is None or isinstance(value, bool):
        return None
    return float(amount[1]) * _UNITS.get(amount[2], 1.0)
