"""`batch-notifier drill`: prove that alerts arrive, or submit a job that fails on purpose."""

from __future__ import annotations

import argparse
import json
import shlex
from collections.abc import Iterator
from typing import Any

from workbench.commands.arguments import Subcommands
from workbench.errors import InputError

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
EXAMPLES = """\
examples:
  batch-notifier drill                        # works without an AWS Batch environment
  batch-notifier drill out-of-memory          # a real job, in a queue of BatchEnvironment
  batch-notifier drill array --on ec2
"""


def add_to(commands: Subcommands, stack: argparse.ArgumentParser) -> None:
    """Add the command, with the options that select the stack."""
    causes = "".join(f"  {cause:22} {description}\n" for cause, description in CAUSES.items())
    parser = commands.add_parser(
        "drill",
        parents=[stack],
        help="prove that alerts arrive; with a cause, submit a job that fails",
        description="Put a drill on the event bus. With a CAUSE, submit a job that fails for it.",
        epilog=f"causes:\n{causes}\n{EXAMPLES}",
    )
    parser.add_argument(
        "cause", nargs="?", choices=CAUSES, metavar="CAUSE", help="one of those below"
    )
    parser.add_argument("--on", choices=QUEUES, help="default: fargate, if the stack has both")
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> Iterator[str]:
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    from workbench.deployed import deployment

    if options.on and not options.cause:
        raise InputError("--on says where a job runs: name a CAUSE as well")
    deployment.use_region(options.region)
    try:
        outputs = deployment.stack_outputs(options.stack_name)
        if options.cause:
            yield from submit(boto3.client("batch"), outputs, options.cause, options.on)
        else:
            yield from put_on_bus(boto3.client("events"), outputs)
    except (BotoCoreError, ClientError) as error:
        raise deployment.aws_error(f"drill with the stack {options.stack_name}", error) from error


def put_on_bus(events: Any, outputs: dict[str, str]) -> Iterator[str]:
    """Put the event of the stack's own DrillCommand on the bus."""
    words = shlex.split(outputs["DrillCommand"])
    entries = json.loads(words[words.index("--entries") + 1])
    [result] = events.put_events(Entries=entries)["Entries"]
    if "EventId" not in result:
        raise InputError(f"the event bus refused the drill: {result.get('ErrorCode')}")
    yield f"A drill is on the event bus, event {result['EventId']}."
    yield "Subscribers to the alerts get it within a minute. A drill sends no text messages."


def submit(batch: Any, outputs: dict[str, str], cause: str, platform: str | None) -> Iterator[str]:
    """Submit what fails of this cause to a queue of the stack.

    Raises
    ------
    InputError
        When the stack has no such queue, or no file system for efs-denied.
    """
    queue = _choose_queue(outputs, cause, platform)
    if cause == "chain":
        yield from _submit_chain(batch, queue)
    else:
        array = {"arrayProperties": {"size": ARRAY_SIZE}} if cause == "array" else {}
        _, report = _submit_job(batch, queue, cause, **array)
        yield report
    yield f"Expect {CAUSES[cause]}."
    yield f"Watch it: {outputs['JobsConsole']}"


def _submit_chain(batch: Any, queue: str) -> Iterator[str]:
    job, report = _submit_job(batch, queue, "exit-1")
    yield report
    for _ in range(2):
        job, report = _submit_job(batch, queue, "step", dependsOn=[{"jobId": job}])
        yield report


def _submit_job(batch: Any, queue: str, drill: str, **properties: Any) -> tuple[str, str]:
    """Submit a job; return its id and a line about it."""
    job = batch.submit_job(
        jobName=f"drill-{drill}",
        jobQueue=queue,
        jobDefinition=f"{queue}-drill-{drill}",
        **properties,
    )["jobId"]
    return job, f"Submitted drill-{drill} to {queue}, job {job}."


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
