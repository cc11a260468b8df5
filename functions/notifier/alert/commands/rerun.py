"""How to run again everything that failed of an incident, see `resubmit` for a single job."""

from __future__ import annotations

from collections.abc import Sequence

from notifier.alert import summary, wording
from notifier.alert.commands import aws_cli, resubmit
from notifier.alert.commands.resubmit import USE, Rerun, run_command
from notifier.alert.representative import FAMILY_NAMES, parent_job
from notifier.batch.failure import Failure, Kind
from notifier.batch.identifiers import is_job_id
from notifier.diagnosis.diagnose import Diagnosis
from notifier.diagnosis.known_cause import diagnosis_for
from notifier.incident.counts import Role, Tally
from notifier.incident.decision import Standing
from notifier.incident.incident import Incident

MOST_JOBS = 10  # in one command
_MORE_MAY_FAIL = " More may still fail: the array job has not finished."


def rerun_failed_jobs(incident: Incident, tally: Tally) -> Rerun:
    """Give the commands for everything that failed of an incident."""
    job = parent_job(incident.first)
    cause = diagnosis_for(incident.cause, incident.certainty)
    if job.kind is Kind.JOB:
        return _rerun_jobs([one.job_id for one in tally.failures], job, cause)
    whole = run_command((job.job_id,), job, cause)
    if job.kind is Kind.MULTI_NODE:
        return Rerun(whole, _explain_all(whole), aws_cli.submit_job(job))
    indices = sorted(index for group in tally.groups for index in group.indices)
    if job.kind is not Kind.ARRAY_PARENT or not indices:
        return Rerun()
    size = summary.count_failures(incident, tally).of
    sizes = resubmit.resource_requirements(resubmit.larger_sizes(job, cause))
    submit = aws_cli.submit_array(job, indices, size, sizes)
    if len(indices) == size:
        return Rerun(whole, _explain_all(whole), submit)
    mapping = (aws_cli.MAP_INDEX,) if submit else ()
    command = run_command((job.job_id,), job, cause, "--failed-children")
    failed = wording.pluralize(len(indices), "failed child", "failed children")
    step = f"To run only the {failed} again, {USE}{'' if tally.ended else _MORE_MAY_FAIL}"
    return Rerun(command, step if command else "", (*submit, *mapping))


def find_linked_job(standing: Standing) -> str:
    """Give the id of the one job that a link of the message runs again; empty if there is none.

    Of the runs of one job it is the newest, unless several have failed since the last message. Of
    an array or multi-node job it is the parent, once that has ended. A service job is none: to
    submit it again takes a role that the function does not have. A drill names jobs as it likes.
    """
    job, tally, found = parent_job(standing.incident.first), standing.tally, ""
    if job.is_drill:
        return ""
    if job.kind in FAMILY_NAMES:
        found = job.job_id if tally.ended else ""
    elif job.kind is Kind.JOB and standing.is_about_one_job and tally.failures:
        new = sum(one.role is Role.FAILED for one in standing.due)
        newest = max(tally.failures, key=lambda one: (one.at, one.job_id))
        found = newest.job_id if new <= 1 else ""
    return found if is_job_id(found) else ""


def _rerun_jobs(job_ids: Sequence[str], job: Failure, cause: Diagnosis) -> Rerun:
    if len(job_ids) <= 1:  # the alert of that job has its command
        return Rerun()
    command = run_command(job_ids[:MOST_JOBS], job, cause)
    more = f"{MOST_JOBS} of them" if len(job_ids) > MOST_JOBS else "them"
    return Rerun(command, f"To run {more} again, {USE}" if command else "")


def _explain_all(command: tuple[str, ...]) -> str:
    return f"To run the whole job again, {USE}" if command else ""
