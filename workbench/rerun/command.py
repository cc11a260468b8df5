"""`batch-notifier rerun`: submit a job again, with everything that it was submitted with."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from workbench.cli.arguments import QUEUE, Matching, WholeNumber
from workbench.cli.command import Command, Invocation, pass_invocation
from workbench.cli.output import Output
from workbench.errors import ExitCode, InputError
from workbench.rerun.preparation import Choices, Rerun, prepare

if TYPE_CHECKING:
    from workbench.rerun.account import Account

EXAMPLES = """\
Examples:
  batch-notifier rerun 7a71c9a0-5d3e-4c0f-9d0e-9c1f6a3b2d10 --dry-run
  batch-notifier rerun 7a71c9a0-5d3e-4c0f-9d0e-9c1f6a3b2d10 --memory next --wait
  batch-notifier rerun 7a71c9a0-5d3e-4c0f-9d0e-9c1f6a3b2d10 --failed-children --yes
  batch-notifier rerun 7a71c9a0-5d3e-4c0f-9d0e-9c1f6a3b2d10 --array-index 3,7,10-12

Values of the environment, command and parameters are never shown, only their names. docs/rerun.md
lists what becomes of each field. The job runs with your own permissions.
"""
_JOB = re.compile(
    r"(?:arn:aws[a-z-]*:batch:(?P<region>[a-z0-9-]+):\d{12}:(?:service-)?job/)?"
    r"(?P<id>[0-9A-Za-z-]{1,64})(?:(?P<kind>[:#])(?P<index>\d{1,5}))?",
    re.ASCII,
)
JOB = Matching("job", _JOB.pattern, "the id or ARN of a job")
MEMORY = Matching("memory", r"next|[1-9]\d{0,7}", "next or a number of MiB")
VCPUS = Matching("vcpus", r"0\.25|0\.5|[1-9]\d{0,2}", "a number of vCPUs")
INDICES = Matching("indices", r"[\d,\- ]{1,2000}", "indices like 3,7,10-12")
MOST_SECONDS = 99_999_999


@click.command(cls=Command, epilog=EXAMPLES)
@click.argument("job_ids", type=JOB, metavar="JOB_ID...", nargs=-1, required=True)
@click.option("--failed-children", is_flag=True, help="of an array: only the children that failed")
@click.option("--array-index", type=INDICES, metavar="LIST", help="of an array: only these indices")
@click.option("--memory", type=MEMORY, metavar="next|MIB", help="next: the next larger size")
@click.option("--vcpus", type=VCPUS, metavar="N", help="vCPUs")
@click.option("--queue", type=QUEUE, metavar="QUEUE", help="another job queue, by name or ARN")
@click.option(
    "--definition-revision",
    type=Matching("revision", r"latest|[1-9]\d{0,8}", "latest or the number of a revision"),
    metavar="latest|N",
    help="another revision of its job definition",
)
@click.option(
    "--timeout", type=WholeNumber(60, MOST_SECONDS), metavar="SECONDS", help="per attempt"
)
@click.option("--no-link", is_flag=True, help="do not tag the two runs with each other's id")
@click.option("--dry-run", is_flag=True, help="show what would be submitted, and submit nothing")
@click.option("--wait", is_flag=True, help="wait until it has ended; exit code 1 if it failed")
@click.option("--yes", is_flag=True, help="do not ask")
@pass_invocation
def command(
    invocation: Invocation,
    /,
    job_ids: tuple[str, ...],
    dry_run: bool,
    wait: bool,
    yes: bool,
    **options: Any,
) -> ExitCode:
    """Submit jobs again, with everything that they were submitted with, as yourself."""
    from botocore.exceptions import BotoCoreError, ClientError

    from workbench.deployed import deployment
    from workbench.rerun.account import Account

    choices = [_choices(each, options) for each in dict.fromkeys(job_ids)]
    deployment.use_region(invocation.region or _region(job_ids))
    out = invocation.out
    try:
        account = Account()
        reruns = _prepare(out, account, choices)
        if dry_run:
            out.line("Nothing was submitted.")
            return ExitCode.OK
        _confirm(sum(len(each.plans) for each in reruns), yes=yes, as_json=out.as_json)
        return _submit(out, account, reruns, wait=wait)
    except (BotoCoreError, ClientError) as error:
        what = f"rerun job {', '.join(each.job_id for each in choices)}"
        raise deployment.aws_error(what, error) from error


def _region(job_ids: Sequence[str]) -> str:
    """Return the Region of the ARNs; empty where there are only ids."""
    regions = {found["region"] for each in job_ids if (found := _JOB.fullmatch(each))} - {None}
    if len(regions) > 1:
        raise InputError("the jobs are in several Regions: run them again Region by Region")
    return "".join(regions)


def _prepare(out: Output, account: Account, choices: Sequence[Choices]) -> list[Rerun]:
    reruns = []
    with out.progress("reading the jobs", len(choices)) as step:
        for each in choices:
            step(f"reading job {each.job_id}")
            reruns.append(prepare(account, each))
    out.append("jobs")
    for rerun in reruns:
        _show(out, rerun)
    return reruns


def _choices(job_id: str, options: dict[str, Any]) -> Choices:
    found = _JOB.fullmatch(job_id)
    if found is None:
        raise AssertionError("the argument has this pattern")
    indices = options["array_index"]
    if found["kind"] == ":" and indices is None and not options["failed_children"]:
        indices = found["index"]
    if options["failed_children"] and indices is not None:
        raise InputError("--failed-children and --array-index exclude each other")
    return Choices(
        job_id=found["id"],
        is_node=found["kind"] == "#",
        failed_children=options["failed_children"],
        indices=indices,
        memory=options["memory"] or "",
        vcpus=float(options["vcpus"]) if options["vcpus"] else None,
        queue=options["queue"],
        revision=options["definition_revision"],
        timeout_s=options["timeout"],
        links=not options["no_link"],
    )


def _show(out: Output, rerun: Rerun) -> None:
    plan = rerun.plans[0]
    jobs = "job" if len(rerun.plans) == 1 else f"{len(rerun.plans)} jobs"
    out.line(f"Submit as {jobs} {rerun.job['jobName']} to {rerun.queue}, as {rerun.definition}:")
    for name, what in (("again", rerun.kept), ("changed", plan.changed), ("not", plan.lost)):
        for each in what:
            out.prose(each, " " * 11, first=f"  {name:<9}")
    shown = {
        "job": rerun.job["jobId"],
        "queue": rerun.queue,
        "definition": rerun.definition,
        "kept": list(rerun.kept),
        "changed": list(plan.changed),
        "lost": list(plan.lost),
        "requests": len(rerun.plans),
    }
    out.append("jobs", shown)


def _confirm(number: int, *, yes: bool, as_json: bool) -> None:
    if yes:
        return
    if as_json or not sys.stdin.isatty():
        raise InputError("nothing was submitted: add --yes to submit it without a question")
    if not click.confirm(f"Submit {number} now?", default=False, err=True):
        raise InputError("nothing was submitted")


def _submit(out: Output, account: Account, reruns: Sequence[Rerun], *, wait: bool) -> ExitCode:
    jobs: dict[str, bool] = {}
    out.append("submitted")
    for rerun in reruns:
        for plan in rerun.plans:
            before = len(plan.lost)
            new = account.submit(plan, rerun.job, is_service=rerun.is_service)
            jobs[new] = rerun.is_service
            out.line(f"Submitted job {new}.")
            for problem in plan.lost[before:]:
                out.line(f"But {problem}.")
            out.append("submitted", {"job": new, "of": rerun.job["jobId"]})
    if not wait:
        return ExitCode.OK
    with out.progress("waiting") as step:
        ended = account.wait(jobs, step)
    for job, status in ended.items():
        out.line(f"Job {job}: {status}.")
    out.add(ended=ended)
    is_well = all(status == "SUCCEEDED" for status in ended.values())
    return ExitCode.OK if is_well else ExitCode.FOUND
