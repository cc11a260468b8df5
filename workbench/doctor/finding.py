"""What the doctor found: one thing that was looked at, and what is to be done about it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError

from workbench.deployed import deployment
from workbench.deployed.deployment import Deployment


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    `wrong` says what is wrong with it, and `mend` is the command to run first; `unknown` says why
    it could not be found out. All are empty when it is well.
    """

    what: str
    wrong: str = ""
    mend: str = ""
    unknown: str = ""

    def lines(self) -> Iterator[str]:
        """Give it as a person reads it: a line, and the command below it."""
        if self.unknown:
            yield f"UNKNOWN  {self.what}: {self.unknown}"
        elif self.wrong:
            yield f"WRONG    {self.what}: {self.wrong}"
            if self.mend:
                yield f"         {self.mend}"
        else:
            yield f"ok       {self.what}"


Check = Callable[[Deployment], Iterator[Finding]]


def found(what: str, check: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    """Make a check; what AWS does not let us see is a finding as well."""
    try:
        yield from check()
    except (BotoCoreError, ClientError) as error:
        yield Finding(what, unknown=deployment.words(error))
