"""`batch-notifier drill`: prove that alerts arrive, or submit a job that fails on purpose."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from typing import Any

import click

from workbench.cli.command import Command, Invocation, pass_invocation
from workbench.cli.output import Output
from workbench.errors import AwsError, InputError

# As `environments/drills.yaml` defines them.
CAUSES = {
    "exit-1": "a program that ends with a traceback",
    "out-of-memory": "a program that takes eight times the memory it requested",
    "timeout": "a program that hangs until its timeout of 60 s",
    "image-not-found": "an image that does not exist",
    "entry-point-not-found": "a program that is not in its image",
    "array": "an array of 20 children, of which every fourth fails: one alert, one digest",
    "chain": "exit-1, and two jobs that depend on it: they are counted in its alert",
    "efs-denied": "a role that may not mount the shared files (fargate-efs)",
}
# The stack outputs that hold the queue ARNs. Fargate first: no host has to start.
QUEUES = {"fargate": "FargateJobQueue", "ec2": "Ec2JobQueue"}
ARRAY_SIZE = 20
_CAUSES = "".join(f"  {cause:22} {description}\n" for cause, description in CAUSES.items())
EPILOG = f"""\
Causes:
{_CAUSES}
Examples:
  batch-notifier drill                        # works without an AWS Batch environment
  batch-notifier drill out-of-memory          # a real job, in a queue of BatchEnvironment
  batch-notifier drill array --on ec2
"""


@click.command(cls=Command, epilog=EPILOG)
@click.argument("cause", required=False, type=click.Choice(tuple(CAUSES)), metavar="[CAUSE]")
@click.option("--on", type=click.Choice(tuple(QUEUES)), help="default: fargate, if there are both")
@pass_invocation
def command(invocation: Invocation, cause: str | None, on: str | None) -> None:
    """Put a drill on the event bus. With a CAUSE, submit a job that fails for it."""
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    from workbench.deployed import deployment

    if on and not cause:
        raise InputError("--on says where a job runs: name a CAUSE as well")
    invocation.use_region()
    try:
        outputs = deployment.stack_outputs(invocation.stack_name)
        if cause:
            jobs = submit(boto3.client("batch"), outputs, cause, on)
        else:
            event = put_on_bus(boto3.client("events"), outputs)
    except (BotoCoreError, ClientError) as error:
        raise deployment.aws_error(
            f"drill with the stack {invocation.stack_name}", error
        ) from error
    if cause:
        _show_jobs(invocation.out, jobs, cause, outputs["JobsConsole"])
        return
    invocation.out.line(f"A drill is on the event bus, event {event}.")
    invocation.out.line(
        "Subscribers to the alerts get it within a minute. A drill sends no text messages."
    )
    invocation.out.add(event_id=event)


def _show_jobs(out: Output, jobs: Sequence[dict[str, str]], cause: str, console: str) -> None:
    for job in jobs:
        out.line(f"Submitted {job['name']} to {job['queue']}, job {job['id']}.")
    out.line(f"Expect {CAUSES[cause]}.")
    out.line(f"Watch it: {console}")
    out.add(jobs=list(jobs), expect=CAUSES[cause], console=console)


def put_on_bus(events: Any, outputs: dict[str, str]) -> str:
    """Put the event of the stack's own DrillCommand on the bus; return its id."""
    words = shlex.split(outputs["DrillCommand"])
    entries = json.loads(words[words.index("--entries") + 1])
    [result] = events.put_events(Entries=entries)["Entries"]
    if "EventId" not in result:
        raise AwsError(f"the event bus refused the drill: {result.get('ErrorCode')}")
    return str(result["EventId"])


def submit(
    batch: Any, outputs: dict[str, str], cause: str, platform: str | None
) -> list[dict[str, str]]:
    """Submit what fails of this cause to a queue of the stack; return name, id, queue of each.

    Raises
    ------
    InputError
        When the stack has no such queue, or no file system for efs-denied.
    """
    queue = _choose_queue(outputs, cause, platform)
    if cause == "chain":
        return _submit_chain(batch, queue)
    array = {"arrayProperties": {"size": ARRAY_SIZE}} if cause == "array" else {}
    return [_submit_job(batch, queue, cause, **array)]


def _submit_chain(batch: Any, queue: str) -> list[dict[str, str]]:
    jobs = [_submit_job(batch, queue, "exit-1")]
    for _ in range(2):
        jobs.append(_submit_job(batch, queue, "step", dependsOn=[{"jobId": jobs[-1]["id"]}]))
    return jobs


def _submit_job(batch: Any, queue: str, drill: str, **properties: Any) -> dict[str, str]:
    job = batch.submit_job(
        jobName=f"drill-{drill}",
        jobQueue=queue,
        jobDefinition=f"{queue}-drill-{drill}",
        **properties,
    )
    return {"name": f"drill-{drill}", "id": job["jobId"], "queue": queue}


def _choose_queue(outputs: dict[str, str], cause: str, platform: str | None) -> str:
    if cause == "efs-denied":
        if platform == "ec2" or "FargateEfsJobDefinition" not in outputs:
            raise InputError("efs-denied runs on Fargate with BatchEnvironment=fargate-efs")
        platform = "fargate"
    queues = {kind: outputs[name] for kind, name in QUEUES.items() if name in outputs}
    if not queues:
        raise InputError(
            "the stack has no AWS Batch environment: deploy it with BatchEnvironment=fargate or"
            " ec2, or drill without a CAUSE, which needs none"
        )
    chosen = platform or next(iter(queues))
    if chosen not in queues:
        raise InputError(f"the stack has no queue on {chosen}, but on {next(iter(queues))}")
    return queues[chosen]
