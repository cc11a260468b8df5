"""From what a person chose, and what AWS knows, to the plans that will be submitted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from resubmission import array, plan, size
from resubmission.kept import list_kept
from resubmission.obstacles import ObstacleError
from resubmission.plan import FINISHED, Plan
from workbench.errors import InputError

if TYPE_CHECKING:
    from workbench.rerun.account import Account

# What a revision of a job definition decides, and SubmitJob cannot override.
# https://docs.aws.amazon.com/batch/latest/APIReference/API_ContainerProperties.html
_OF_DEFINITION = (
    "image", "jobRoleArn", "executionRoleArn", "volumes", "mountPoints", "secrets", "ulimits",
    "user", "privileged", "readonlyRootFilesystem", "linuxParameters", "logConfiguration",
    "networkConfiguration", "fargatePlatformConfiguration", "ephemeralStorage", "runtimePlatform",
    "repositoryCredentials", "enableExecuteCommand", "command", "environment",
    "resourceRequirements",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Choices:
    """What a person asks for."""

    job_id: str
    """Of an array or multi-node job: of its parent."""
    is_node: bool = False
    failed_children: bool = False
    indices: str | None = None
    memory: str = ""
    vcpus: float | None = None
    queue: str | None = None
    revision: str | None = None
    timeout_s: int | None = None
    links: bool = True


@dataclass(frozen=True, slots=True)
class Rerun:
    """What will be submitted."""

    job: Mapping[str, Any]
    plans: Sequence[Plan]
    kept: tuple[str, ...]
    """Names of what is submitted as before."""
    is_service: bool
    queue: str
    definition: str


def prepare(account: Account, choices: Choices) -> Rerun:
    """Read the job, and plan it again.

    Raises
    ------
    InputError
        When the job does not exist or has not ended, or what is asked for is not possible.
    """
    try:
        return _prepare(account, choices)
    except ObstacleError as error:
        raise InputError(str(error)) from error


def _prepare(account: Account, choices: Choices) -> Rerun:
    job, is_service = account.find(choices.job_id)
    is_part = choices.failed_children or choices.indices is not None
    if job["status"] not in FINISHED and not is_part:
        raise InputError(f"job {choices.job_id} has not ended: it is {job['status']}")
    if is_service:
        return _prepare_service(job, choices)
    definition = account.definition(job["jobDefinition"])
    upstream = account.statuses(
        each["jobId"] for each in job.get("dependsOn") or () if each.get("jobId")
    )
    first = plan.plan_job(job, definition, upstream)
    _change(account, first, job, definition, choices)
    plans = _select(account, first, job, choices) if is_part else [first]
    if choices.is_node:
        first.changed.append("all nodes run again: AWS Batch runs no single node")
    shown = first.request["jobDefinition"].rpartition("/")[2]
    queue = first.request["jobQueue"].rpartition("/")[2]
    return Rerun(
        job, plans, tuple(list_kept(first, job)), is_service, queue, f"job definition {shown}"
    )


def _prepare_service(job: Mapping[str, Any], choices: Choices) -> Rerun:
    if choices.memory or choices.vcpus or choices.revision or choices.indices is not None:
        raise InputError("a service job has its size in its payload, and no definition or array")
    first = plan.plan_service_job(job)
    if choices.queue:
        first.request["jobQueue"] = choices.queue
        first.changed.append(f"queue: {choices.queue.rpartition('/')[2]}")
    if choices.timeout_s:
        first.request["timeoutConfig"] = {"attemptDurationSeconds": choices.timeout_s}
        first.changed.append(f"timeout: {choices.timeout_s:,} s")
    if not choices.links:
        first.request["tags"].pop(plan.LINK, None)
    queue = first.request["jobQueue"].rpartition("/")[2]
    kept = tuple(list_kept(first, job))
    return Rerun(job, [first], kept, is_service=True, queue=queue, definition=job["serviceJobType"])


def _change(
    account: Account,
    first: Plan,
    job: Mapping[str, Any],
    definition: Mapping[str, Any] | None,
    choices: Choices,
) -> None:
    """Apply what is asked for to a plan."""
    request, changed = first.request, first.changed
    if choices.queue:
        request["jobQueue"] = choices.queue
        changed.append(f"queue: {choices.queue.rpartition('/')[2]}")
    if choices.revision:
        _change_revision(account, first, definition, choices.revision)
    elif definition is not None and definition.get("status") == "INACTIVE":
        raise InputError(
            "its revision of the job definition is deregistered: add --definition-revision latest"
        )
    if choices.timeout_s:
        request["timeout"] = {"attemptDurationSeconds": choices.timeout_s}
        changed.append(f"timeout: {choices.timeout_s:,} s for each attempt")
    if choices.memory or choices.vcpus:
        measured = account.measure(job, request["jobQueue"])
        size.resize(first, job, choices.memory, choices.vcpus, measured)
    if not choices.links:
        request["tags"].pop(plan.LINK, None)


def _change_revision(
    account: Account, first: Plan, old: Mapping[str, Any] | None, revision: str
) -> None:
    arn = first.request["jobDefinition"]
    name = arn.rpartition(":")[0] if arn.rpartition(":")[2].isdecimal() else arn
    chosen = account.latest_revision(arn) if revision == "latest" else f"{name}:{revision}"
    first.request["jobDefinition"] = chosen
    new = account.definition(chosen)
    if new is None:
        raise InputError(f"there is no {chosen.rpartition('/')[2]}, or it cannot be read")
    first.changed.append(f"definition: revision {chosen.rpartition(':')[2]}")
    before, after = ((each or {}).get("containerProperties") or {} for each in (old, new))
    differing = [name for name in _OF_DEFINITION if before.get(name) != after.get(name)]
    if old is not None and differing:
        first.changed.append(f"the new revision differs in {', '.join(differing)}")


def _select(account: Account, first: Plan, job: Mapping[str, Any], choices: Choices) -> list[Plan]:
    length = (job.get("arrayProperties") or {}).get("size")
    if not length:
        raise InputError(f"job {choices.job_id} is not an array")
    if choices.indices is not None:
        return array.select(first, job, parse_indices(choices.indices, length))
    indices = account.failed_children(choices.job_id)
    if not indices:
        raise InputError(f"no child of the array {choices.job_id} has failed")
    return array.select(first, job, indices)


def parse_indices(text: str, size: int) -> list[int]:
    """Read `3,7,10-12`; raises `InputError` for what is not an index of the array."""
    found: set[int] = set()
    for part in text.split(","):
        first, _, last = part.strip().partition("-")
        if not (first.isdecimal() and (last or first).isdecimal() and part.isascii()):
            raise InputError(f"not indices like 3,7,10-12: {text!r}")
        if not int(first) <= int(last or first) < size:
            raise InputError(f"the array has the indices 0 to {size - 1:,}: {part.strip()}")
        found |= set(range(int(first), int(last or first) + 1))
    return sorted(found)
