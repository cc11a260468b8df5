"""Where a sweep of AWS Batch stopped, as the ledger stores it for the next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from notifier.text.units import MINUTE_MS

# An event may still be on its way for so long: delivered, retried, or waiting for another job's.
GRACE_MS = 6 * MINUTE_MS
OVERLAP_MS = 15 * MINUTE_MS  # of two passes: more than the grace, as clocks and lists lag a little


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the failed jobs of one queue have been searched; times in epoch milliseconds.

    Jobs that ended before `watched` are not reported; those that ended before `since` were covered
    by an earlier pass. `token` is the page at which the pass, begun at `began`, continues; without
    one the next pass begins.
    """

    watched: int
    since: int
    began: int = 0
    token: str = ""

    def covers(self, created_at: int, stopped_at: int, now: int) -> bool:
        """Return whether a job that failed then belongs to this pass.

        A job that never ran may have no end; then only the ledger shows whether it was reported.
        """
        if not stopped_at:
            return self.watched <= created_at <= now - GRACE_MS
        return self.since <= stopped_at <= now - GRACE_MS

    def turned(self, token: str) -> Progress:
        """Continue with another page."""
        return replace(self, token=token)

    def ended(self) -> Progress:
        """End the pass: the next one covers what ends after this one began."""
        return Progress(self.watched, max(self.since, self.began - OVERLAP_MS))


@dataclass(frozen=True, slots=True)
class SweepPosition:
    """The progress by queue ARN, and since when jobs are STARTING."""

    queues: Mapping[str, Progress] = field(default_factory=dict)
    starting: Mapping[str, int] = field(default_factory=dict)
