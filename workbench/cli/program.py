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
        "silence": Lazy("workbench.commands.silence", "suppress alerts for a while"),
        "drill": Lazy("workbench.commands.drill", "prove that alerts arrive"),
        "doctor": Lazy("workbench.commands.doctor", "what is wrong with it, and how to fix it"),
        "redrive": Lazy("workbench.commands.redrive", "dead letters, back to their queue"),
    },
    "Deploy": {
        "deploy": Lazy("workbench.deploy.command", "deploy the notifier, or change it", "deploy"),
        "upgrade": Lazy("workbench.deploy.command", "bring it to this version", "upgrade"),
        "uninstall": Lazy("workbench.deploy.command", "delete it, with all it leaves", "uninstall"),
    },
    "Without AWS": {
        "inbox": Lazy("workbench.commands.inbox", "alerts as their readers see them, in a browser"),
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

Exit codes: 0 done, 1 something was found, 2 wrong use, 3 AWS refused, 130 Ctrl-C.
"""


@click.group(
    cls=LazyGroup,
    lazy=COMMANDS,
    epilog=EXAMPLES,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
def program() -> None:
    """Explain, preview, silence and test the alerts of failed AWS Batch jobs."""
