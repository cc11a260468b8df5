"""What the link `Run again` does: submit the job once more, as `batch-notifier rerun` would.

It shows names only. What a job was given (environment, command, parameters) goes from AWS Batch to
AWS Batch, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from actions.batch_jobs import BatchJobs
from actions.misuse import Misuse, MisuseError
from actions.prepared_action import ActionPorts, ActionResult, OpenedLink, PreparedAction
from notifier.alert import advice, summary
from notifier.alert.facts import Pairs
from notifier.incident.counts import fold
from notifier.incident.fingerprint import FAMILIES
from notifier.ports.service_error import ErrorKind, ServiceError
from notifier.text import units
from notifier.text.units import DAY_MS
from resubmission import array, kept, plan, size
from resubmission.obstacles import Obstacle, ObstacleError
from resubmission.plan import BACK_LINK, FINISHED, Plan
from resubmission.size import Measured

# Longer than AWS Batch keeps a job, and than messages about it are sent.
REMEMBERED_MS = 30 * DAY_MS
_OBSTACLES = {
    Obstacle.NO_SIZE: Misuse.NO_SIZE,
    Obstacle.SIZE_UNKNOWN: Misuse.NO_SIZE,
    Obstacle.COMMAND_UNKNOWN: Misuse.NO_COMMAND,
}
_INSTANCES = "whether an instance of the queue has this much memory was not checked"


def prepare(case: OpenedLink, ports: ActionPorts) -> PreparedAction:
    """Prepare the request; raises `MisuseError` if it is not possible, and `ServiceError`."""
    batch = ports.batch
    if batch is None:
        raise MisuseError(Misuse.RERUN_OFF)
    job = batch.find(case.token.job)
    if job is None:
        raise MisuseError(Misuse.NO_JOB)
    if job["status"] not in FINISHED:
        raise MisuseError(Misuse.NOT_ENDED)
    if BACK_LINK in (job.get("tags") or {}):  # somebody was faster on the command line
        raise MisuseError(Misuse.RERUN_DONE)
    made, sizes = _plan(case, job, batch)

    def do(who: str) -> ActionResult:
        new = _submit(made, batch)
        name = "" if job["jobName"] == case.incident.first.job_name else f"{job['jobName']} as "
        said = ", ".join((f"run again by {who}: {name}job {new}", *sizes))
        return ActionResult("RUN AGAIN", said, _link_back(job, new, batch))

    return PreparedAction(
        promise=f"{job['jobName']} is submitted again, once",
        used_until=(case.now + REMEMBERED_MS) // 1000,
        do=do,
        facts=_facts(made, job),
        cautions=lambda: tuple(_cautions(made, sizes, job, batch)),
    )


def _plan(
    case: OpenedLink, job: Mapping[str, Any], batch: BatchJobs
) -> tuple[Plan, tuple[str, ...]]:
    """Return what to submit, and how its size changes."""
    definition = batch.definition(job["jobDefinition"])
    if definition is None or definition.get("status") == "INACTIVE":
        raise MisuseError(Misuse.NO_DEFINITION)
    waits_for = [each["jobId"] for each in job.get("dependsOn") or () if each.get("jobId")]
    made = plan.plan_job(job, definition, batch.statuses(waits_for))
    try:
        if _ran_out_of_memory(case):
            size.resize(made, job, size.NEXT, None, Measured())
        sizes = tuple(made.changed)
        return _only_failed_children(made, job, batch), sizes
    except ObstacleError as error:
        raise MisuseError(_OBSTACLES[error.obstacle]) from error


def _ran_out_of_memory(case: OpenedLink) -> bool:
    """Say whether AWS reported that of this job; of an array, of most that failed."""
    is_whole = case.incident.first.kind in FAMILIES
    own = [one for one in case.members if is_whole or one.job_id == case.token.job]
    return advice.is_short_of_memory(summary.diagnose_incident(case.incident, fold(own)))


def _only_failed_children(made: Plan, job: Mapping[str, Any], batch: BatchJobs) -> Plan:
    properties = job.get("arrayProperties") or {}
    counts = properties.get("statusSummary") or {}
    if not properties.get("size") or counts.get("FAILED") == properties["size"]:
        return made
    indices = batch.failed_children(job["jobId"])
    if not indices:
        raise MisuseError(Misuse.NO_CHILD)
    plans = array.select(made, job, indices)
    if len(plans) > 1:  # one click submits one job, or it could stop halfway
        raise MisuseError(Misuse.TOO_MANY_CHILDREN)
    return plans[0]


def _facts(made: Plan, job: Mapping[str, Any]) -> Pairs:
    shown = {name: made.request[name].rpartition("/")[2] for name in ("jobQueue", "jobDefinition")}
    # Names of variables are for those who may read the job.
    repeated = dict.fromkeys(each.partition(":")[0] for each in kept.list_kept(made, job))
    nodes = ("all nodes run again",) if job.get("nodeProperties") else ()
    return (
        ("Job", job["jobName"]),
        ("Failed as", job["jobId"]),
        ("Queue", shown["jobQueue"]),
        ("Job definition", shown["jobDefinition"]),
        ("As before", ", ".join(repeated)),
        ("Changed", "; ".join((*made.changed, *nodes)) or "nothing"),
        ("Not repeated", "; ".join(made.lost)),
    )


def _cautions(
    made: Plan, sizes: tuple[str, ...], job: Mapping[str, Any], batch: BatchJobs
) -> Iterator[str]:
    """Say what the person should know: of a later success they alone can say what it means.

    Two runs with one name may have different parameters.
    """
    if sizes and "FARGATE" not in (job.get("platformCapabilities") or ()):
        yield _INSTANCES
    try:
        success = batch.later_success(job)
    except ServiceError:
        yield "whether a later run has succeeded is not known"
        return
    if success:
        at = units.moment(success.stopped_at)
        yield f"{success.name} has succeeded since, as job {success.job_id} at {at}"


def _submit(made: Plan, batch: BatchJobs) -> str:
    try:
        return batch.submit(made.request)
    except ServiceError as error:
        if error.kind in (ErrorKind.REJECTED, ErrorKind.GONE):
            raise MisuseError(Misuse.BATCH_REFUSED) from error
        raise


def _link_back(job: Mapping[str, Any], new: str, batch: BatchJobs) -> str:
    try:
        batch.link_back(job["jobArn"], new)
    except ServiceError as error:
        return f"The first run could not be tagged with {BACK_LINK}: {error.says}."
    return ""
