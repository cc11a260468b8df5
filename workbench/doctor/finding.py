"""One result of a check, and how to fix what is wrong."""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError

from workbench.deployed import deployment

SILENT_SECONDS = 2.0  # after that, a person wants to know why nothing happens


@dataclass(frozen=True, slots=True)
class Finding:
    """One result of a check; `wrong`, `unknown` and `note` are empty when all is well."""

    subject: str
    wrong: str = ""
    fix: str = ""
    """The command to run first."""
    unknown: str = ""
    """Why the check could not be made."""
    note: str = ""
    """What a person should know or decide; not an error."""

    def lines(self) -> Iterator[str]:
        """Format the finding: one line, and the command below it."""
        if self.unknown:
            yield f"UNKNOWN  {self.subject}: {self.unknown}"
        elif self.wrong:
            yield f"WRONG    {self.subject}: {self.wrong}"
            if self.fix:
                yield f"         {self.fix}"
        elif self.note:
            yield f"note     {self.subject}: {self.note}"
            if self.fix:
                yield f"         {self.fix}"
        else:
            yield f"ok       {self.subject}"


def run_check(subject: str, check: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    """Run a check; an AWS error is a finding as well."""
    try:
        with _wait_shown(subject):
            findings = list(check())
        yield from findings
    except (BotoCoreError, ClientError) as error:
        yield Finding(subject, unknown=deployment.describe_error(error))


@contextlib.contextmanager
def _wait_shown(subject: str) -> Iterator[None]:
    """Say on stderr what is waited for, if the block takes long: AWS retries for a minute."""
    notice = threading.Timer(
        SILENT_SECONDS,
        lambda: print(f"waiting for AWS: {subject} ...", file=sys.stderr, flush=True),
    )
    notice.daemon = True
    notice.start()
    try:
        yield
    finally:
        notice.cancel()
