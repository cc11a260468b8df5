"""How to run again only what failed of an array or multi-node job."""

from __future__ import annotations

from notifier.alert import summary, wording
from notifier.alert.commands import aws_cli, resubmit
from notifier.alert.representative import parent_job
from notifier.batch.failure import Failure, Kind
from notifier.diagnosis.known_cause import diagnosis_for
from notifier.incident.counts import Tally
from notifier.incident.incident import Incident

_ADD_ORIGINAL = "Add the original parameters and overrides, which this alert does not store."
_ALL = f"To run the whole job again, use the submit-job command below. {_ADD_ORIGINAL}"
_SOME = (
    "To run only {failed} again, use the last two commands below: the first submits {what} with "
    "the indices in FAILED_INDICES. Put the second at the start of the container's command. "
    + _ADD_ORIGINAL
)
_TOO_MANY = (
    "The {number:,} failed indices are too many for one environment variable. List them with the "
    "list-jobs command below, and run them again in several arrays."
)
_MORE_MAY_FAIL = " More may still fail: the array job has not finished."


def rerun_failed_jobs(incident: Incident, tally: Tally) -> tuple[tuple[str, ...], str]:
    """Give the commands that run the failed jobs again, and the step that explains them.

    Both are empty where there is no such command, as for single jobs.
    """
    job = parent_job(incident.first)
    if job.kind is Kind.MULTI_NODE:
        return _explain_all(aws_cli.submit_job(job))
    indices = sorted(index for group in tally.groups for index in group.indices)
    if job.kind is not Kind.ARRAY_PARENT or not indices:
        return (), ""
    size = summary.count_failures(incident, tally).of
    cause = diagnosis_for(incident.cause, incident.certainty)
    sizes = resubmit.resource_requirements(resubmit.larger_sizes(job, cause))
    commands = aws_cli.submit_array(job, indices, size, sizes)
    if len(indices) == size:
        return _explain_all(commands)
    if not commands:
        return (), _explain_too_many(job, indices)
    step = _explain_some(len(indices))
    return (*commands, aws_cli.MAP_INDEX), step if tally.ended else step + _MORE_MAY_FAIL


def _explain_all(commands: tuple[str, ...]) -> tuple[tuple[str, ...], str]:
    return commands, _ALL if commands else ""


def _explain_some(number: int) -> str:
    failed = f"the {wording.pluralize(number, 'failed child', 'failed children')}"
    return _SOME.format(failed=failed, what="an array" if number > 1 else "a job")


def _explain_too_many(job: Failure, indices: list[int]) -> str:
    is_valid = aws_cli.exceed_override_limit(indices) and aws_cli.submit_job(job)
    return _TOO_MANY.format(number=len(indices)) if is_valid else ""
