"""The program `batch-notifier`: its commands, and what it does without one."""

from __future__ import annotations

import click

from workbench.cli.command import Lazy, LazyGroup

COMMANDS = {
    "Failures": {
        "explain": Lazy("workbench.commands.explain", "the cause of a text, or of a failed job"),
        "preview": Lazy("workbench.commands.preview", "the alert that an event becomes"),
        "rerun": Lazy("workbench.rerun.command", "a job once more, with all that it was given"),
        "replay": Lazy("workbench.commands.replay", "past failures of a queue as alerts"),
    },
    "A deployed notifier": {
        "incidents": Lazy("workbench.incidents.command", "list, show, close or watch incidents"),
        "silence": Lazy("workbench.commands.silence", "suppress alerts for a while"),
        "drill": Lazy("workbench.commands.drill", "prove that alerts arrive"),
        "doctor": Lazy("workbench.commands.doctor", "what is wrong with it, and how to fix it"),
        "routes": Lazy("workbench.commands.routes", "who gets which alert, in chat and elsewhere"),
        "redrive": Lazy("workbench.commands.redrive", "dead letters, back to their queue"),
    },
    "Deploy": {
        "deploy": Lazy("workbench.deploy.command", "deploy the notifier, or change it", "deploy"),
        "upgrade": Lazy("workbench.deploy.command", "bring it to this version", "upgrade"),
        "uninstall": Lazy("workbench.deploy.command", "delete it, with all it leaves", "uninstall"),
    },
    "Without AWS": {
        "inbox": Lazy("workbench.commands.inbox", "alerts as their readers see them, in a browser"),
        "lint": Lazy("workbench.commands.lint", "what AWS Batch refuses in your templates"),
        "cost": Lazy("workbench.commands.cost", "what a month of failures costs"),
    },
}
EXAMPLES = """\
Examples:
  batch-notifier explain "CannotPullContainerError: pull image manifest has been retried 5 time(s)"
  batch-notifier explain "Essential container in task exited" --exit-code 137
  batch-notifier explain --job 7a71c9a0-5d3e-4c0f-9d0e-9c1f6a3b2d10 --region eu-west-1
  batch-notifier preview events/out-of-memory-fargate.json --channel all
  batch-notifier rerun 7a71c9a0-5d3e-4c0f-9d0e-9c1f6a3b2d10 --memory next
  batch-notifier silence add --queue 'etl-*' --until 2h --reason "storage migration"
  batch-notifier replay --queue nightly --since 24h --dry-run
  batch-notifier doctor
  batch-notifier lint template.yaml

Exit codes: 0 done, 1 something was found, 2 wrong use, 3 AWS refused, 130 Ctrl-C.
"""


@click.group(
    cls=LazyGroup,
    lazy=COMMANDS,
    invoke_without_command=True,
    epilog=EXAMPLES,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.pass_context
def program(context: click.Context) -> None:
    """Explain, preview, silence and test the alerts of failed AWS Batch jobs.

    Without a command: the state of the stack.
    """
    if context.invoked_subcommand is None:
        from workbench.incidents import status

        status.show(context.obj)
