"""`batch-notifier`: the alerts of failed AWS Batch jobs, from your own machine.

Nothing else is imported before `main` runs: Ctrl-C ends the program in one line at any moment.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code."""
    try:
        from workbench.cli import running

        return running.run(sys.argv[1:] if arguments is None else arguments)
    except KeyboardInterrupt:
        if sys.stderr is not None:
            print("batch-notifier: interrupted", file=sys.stderr, flush=True)
        return 130
