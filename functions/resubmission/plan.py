"""The requests that run a job again, and what to say about them. Needs no AWS."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from resubmission import overrides
from resubmission.overrides import Json

LINK, BACK_LINK = "notify:rerun-of", "notify:rerun-by"
FINISHED = frozenset(("SUCCEEDED", "FAILED"))
MOST_TAGS = 50  # https://docs.aws.amazon.com/batch/latest/userguide/tag-restrictions.html
# Fields of SubmitServiceJob that DescribeServiceJob returns under the same name.
SERVICE_FIELDS = (
    "jobName", "jobQueue", "retryStrategy", "schedulingPriority", "serviceRequestPayload",
    "serviceJobType", "shareIdentifier", "quotaShareName", "preemptionConfiguration",
    "timeoutConfig",
)  # fmt: skip
_KINDS = {
    "container": ("containerProperties", "containerOverrides", overrides.container),
    "ecsProperties": ("ecsProperties", "ecsPropertiesOverride", overrides.ecs),
    "eksProperties": ("eksProperties", "eksPropertiesOverride", overrides.eks),
    "nodeProperties": ("nodeProperties", "nodeOverrides", overrides.nodes),
    "consumableResourceProperties": (
        "consumableResourceProperties",
        "consumableResourcePropertiesOverride",
        overrides.consumables,
    ),
}


@dataclass(slots=True)
class Plan:
    """A request, and what a person should know of it before it is sent."""

    request: Json
    changed: list[str] = field(default_factory=list)
    """What is different from the first run, by intention."""
    lost: list[str] = field(default_factory=list)
    """What cannot be repeated, and why."""


def plan_job(
    job: Mapping[str, Any], definition: Mapping[str, Any] | None, upstream: Mapping[str, str]
) -> Plan:
    """Plan the same job once more.

    Parameters
    ----------
    job
        As DescribeJobs returns it; of an array or multi-node job, the parent.
    definition
        Its own revision of the job definition; None where it cannot be read.
    upstream
        The status of each job that it depended on, by id; those that are gone are not in it.
    """
    defined = definition or {}
    plan = Plan({n: job[n] for n in ("jobName", "jobQueue", "jobDefinition")})
    request = plan.request
    if definition is None:
        plan.lost.append(
            "the job definition cannot be read: everything that the job had is set again"
        )
    for name, (of_definition, override, compare) in _KINDS.items():
        if job.get(name) and (found := compare(job[name], defined.get(of_definition) or {})):
            request[override] = found
    if parameters := overrides.changed_entries(job.get("parameters"), defined.get("parameters")):
        request["parameters"] = parameters
    for name in ("retryStrategy", "timeout", "propagateTags"):
        if name in job and job[name] not in (None, {}) and job[name] != defined.get(name):
            request[name] = job[name]
    if size := (job.get("arrayProperties") or {}).get("size"):
        request["arrayProperties"] = {"size": size}
    _add_scheduling(plan, job, defined)
    _add_dependencies(plan, job, upstream)
    _add_tags(plan, job)
    _report_variables(plan, job)
    return plan


def plan_service_job(job: Mapping[str, Any]) -> Plan:
    """Plan the same service job once more; `job` is what DescribeServiceJob returns."""
    plan = Plan({n: job[n] for n in SERVICE_FIELDS if job.get(n) not in (None, "", {})})
    _add_tags(plan, job)
    return plan


def _add_scheduling(plan: Plan, job: Mapping[str, Any], defined: Mapping[str, Any]) -> None:
    if share := job.get("shareIdentifier"):
        plan.request["shareIdentifier"] = share
        priority = job.get("schedulingPriority")
        if priority is not None and priority != defined.get("schedulingPriority"):
            plan.request["schedulingPriorityOverride"] = priority


def _add_dependencies(plan: Plan, job: Mapping[str, Any], upstream: Mapping[str, str]) -> None:
    """Keep a dependency that can still be met: on a job that failed, a new job fails at once."""
    kept = []
    for each in job.get("dependsOn") or ():
        job_id = each.get("jobId")
        status = upstream.get(job_id, "") if job_id else "kept"
        if not status:
            plan.lost.append(f"it does not wait for job {job_id}, which AWS Batch has deleted")
        elif status == "FAILED":
            plan.lost.append(f"it does not wait for job {job_id}, which failed: run that first")
        else:
            kept.append({key: value for key, value in each.items() if value})
    if kept:
        plan.request["dependsOn"] = kept


def _add_tags(plan: Plan, job: Mapping[str, Any]) -> None:
    tags = {k: v for k, v in (job.get("tags") or {}).items() if _is_own_tag(k)}
    if len({**tags, LINK: ""}) > MOST_TAGS:
        plan.lost.append(f"there is no room for the tag {LINK}: the job has {MOST_TAGS} tags")
    else:
        tags[LINK] = str(job["jobId"])
    plan.request["tags"] = tags


def _is_own_tag(key: str) -> bool:
    """Say whether a person chose the tag; an event has the ARN under `resourceArn` as one."""
    return not key.lower().startswith("aws:") and key != "resourceArn"


def _report_variables(plan: Plan, job: Mapping[str, Any]) -> None:
    reserved = sorted(
        name for name in set(variables(job)) if name.startswith(overrides.RESERVED_VARIABLE)
    )
    if reserved:
        plan.lost.append(f"AWS Batch sets these variables itself: {', '.join(reserved)}")


def containers(job: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Give every container of a job, whatever it runs on."""
    if job.get("container"):
        yield job["container"]
    for task in (job.get("ecsProperties") or {}).get("taskProperties") or ():
        yield from task.get("containers") or ()
    pod = (job.get("eksProperties") or {}).get("podProperties") or {}
    yield from pod.get("containers") or ()
    yield from pod.get("initContainers") or ()
    for each in (job.get("nodeProperties") or {}).get("nodeRangeProperties") or ():
        yield from containers(each)


def variables(job: Mapping[str, Any]) -> dict[str, str]:
    """Return the environment of all containers of a job."""
    return {
        str(one.get("name")): str(one.get("value"))
        for each in containers(job)
        for one in [*(each.get("environment") or ()), *(each.get("env") or ())]
    }


def secret_values(job: Mapping[str, Any]) -> set[str]:
    """Return every value that may be a secret: no error may show one."""
    words = [
        word for each in containers(job) for n in ("command", "args") for word in each.get(n) or ()
    ]
    found = [*variables(job).values(), *words, *(job.get("parameters") or {}).values()]
    return {str(each) for each in [*found, job.get("serviceRequestPayload") or ""] if each}
