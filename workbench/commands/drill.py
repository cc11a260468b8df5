"""`batch-notifier drill`: prove that alerts arrive, or let a real job fail on purpose."""

from __future__ import annotations

import argparse
import json
import shlex
from collections.abc import Iterator
from typing import Any

from workbench.commands.preview import InputError

# What each is, as `environments/drills.yaml` sets it up and the alert will tell it.
CAUSES = {
    "exit-1": "a program that ends with a traceback",
    "out-of-memory": "a program that takes eight times the memory it asked for",
    "timeout": "a program that hangs, until its time is over after 60 s",
    "image-not-found": "an image that does not exist",
    "entry-point-not-found": "a program that is not in its image",
    "array": "an array of 20 children, of which every fourth fails: one alert, one digest",
    "chain": "exit-1, and two jobs that wait in vain: they are counted in its alert",
    "efs-denied": "a role that may not mount the shared files (fargate-efs)",
}
# The outputs of the stack that hold its queues. Fargate first: no host has to start.
QUEUES = {"fargate": "FargateJobQueue", "ec2": "Ec2JobQueue"}
ARRAY_SIZE = 20
EXAMPLES = """\
examples:
  batch-notifier drill                        # needs no AWS Batch at all
  batch-notifier drill out-of-memory          # a real job, in a queue of BatchEnvironment
  batch-notifier drill array --on ec2
"""


def add_to(commands: argparse._SubParsersAction[Any], where: argparse.ArgumentParser) -> None:
    """Add the command, with the options of `where` the stack is."""
    drill = commands.add_parser(
        "drill",
        parents=[where],
        help="prove that alerts arrive; with a cause, let a real job fail",
        description="Put a drill on the event bus. With a CAUSE, submit a job that fails for it.",
        epilog="causes:\n"
        + "".join(f"  {cause:22} {what}\n" for cause, what in CAUSES.items())
        + f"\n{EXAMPLES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    drill.add_argument(
        "cause", nargs="?", choices=CAUSES, metavar="CAUSE", help="one of those below"
    )
    drill.add_argument("--on", choices=QUEUES, help="default: fargate where there is both")
    drill.set_defaults(run=_run)


def _run(chosen: argparse.Namespace) -> Iterator[str]:
    # boto3 is imported here: the commands that need no AWS need not wait for it.
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    from workbench.deployed import deployment

    if chosen.on and not chosen.cause:
        raise InputError("--on says where a job runs: name a CAUSE as well")
    deployment.use_region(chosen.region)
    try:
        outputs = deployment.outputs(chosen.stack_name)
        if chosen.cause:
            yield from submit(boto3.client("batch"), outputs, chosen.cause, chosen.on)
        else:
            yield from put(boto3.client("events"), outputs)
    except (BotoCoreError, ClientError) as error:
        raise deployment.cannot(f"drill with the stack {chosen.stack_name}", error) from error


def put(events: Any, outputs: dict[str, str]) -> Iterator[str]:
    """Put on the bus what the stack's own DrillCommand does."""
    words = shlex.split(outputs["DrillCommand"])
    entries = json.loads(words[words.index("--entries") + 1])
    [answer] = events.put_events(Entries=entries)["Entries"]
    if "EventId" not in answer:
        raise InputError(f"the event bus refused the drill: {answer.get('ErrorCode')}")
    yield f"A drill is on the event bus, event {answer['EventId']}."
    yield "Who is subscribed to the alerts gets it within a minute; a drill is not texted."


def submit(batch: Any, outputs: dict[str, str], cause: str, on: str | None) -> Iterator[str]:
    """Submit what fails of this cause to a queue of the stack.

    Raises
    ------
    InputError
        When the stack has no such queue, or no file system for efs-denied.
    """
    queue = _queue(outputs, cause, on)
    if cause == "chain":
        first = _submitted(batch, queue, "exit-1")
        yield _told(queue, "exit-1", first)
        for _ in range(2):
            first = _submitted(batch, queue, "step", dependsOn=[{"jobId": first}])
            yield _told(queue, "step", first)
    else:
        more = {"arrayProperties": {"size": ARRAY_SIZE}} if cause == "array" else {}
        yield _told(queue, cause, _submitted(batch, queue, cause, **more))
    yield f"Expect {CAUSES[cause]}."
    yield f"Watch it: {outputs['JobsConsole']}"


def _queue(outputs: dict[str, str], cause: str, on: str | None) -> str:
    if cause == "efs-denied":
        if on == "ec2" or "FargateEfsJobDefinition" not in outputs:
            raise InputError("efs-denied runs on Fargate with BatchEnvironment=fargate-efs")
        on = "fargate"
    there = {kind: outputs[name] for kind, name in QUEUES.items() if name in outputs}
    if not there:
        raise InputError(
            "the stack has no AWS Batch environment: deploy it with BatchEnvironment=fargate or"
            " ec2, or drill without a CAUSE, which needs none"
        )
    if on and on not in there:
        raise InputError(f"the stack has no queue on {on}, but on {next(iter(there))}")
    return there[on] if on else next(iter(there.values()))


def _submitted(batch: Any, queue: str, drill: str, **more: Any) -> str:
    job: str = batch.submit_job(
        jobName=f"drill-{drill}", jobQueue=queue, jobDefinition=f"{queue}-drill-{drill}", **more
    )["jobId"]
    return job


def _told(queue: str, drill: str, job: str) -> str:
    return f"Submitted drill-{drill} to {queue}, job {job}."
