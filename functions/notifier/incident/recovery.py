"""Whether what failed has succeeded since, and what that took."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from notifier.incident.counts import Tally
from notifier.incident.fingerprint import FAMILIES
from notifier.incident.incident import Incident
from notifier.text import units


@dataclass(frozen=True, slots=True)
class Success:
    """A job that succeeded: its name, and when it began and ended in epoch milliseconds."""

    name: str
    started_at: int
    stopped_at: int


def cleared(tally: Tally, now: int) -> str:
    """Return how long what the sweep saw has lasted, now that it is seen no more."""
    return f"after {units.waited(now - tally.first_at)}"


def recovery(incident: Incident, tally: Tally, successes: Sequence[Success]) -> str:
    """Return what recovery took, or nothing while a failed job has not succeeded since.

    A job is the same when its name is; an array or multi-node job goes by its parent's name.
    """
    is_family = incident.first.kind in FAMILIES
    failed_at = {incident.first.job_name.casefold(): tally.newest_at} if is_family else {}
    for one in () if is_family else tally.failures:
        failed_at[one.name.casefold()] = max(one.at, failed_at.get(one.name.casefold(), 0))
    mended: dict[str, int] = {}
    for success in sorted(successes, key=lambda each: each.started_at, reverse=True):
        name = success.name.casefold()
        if success.started_at > failed_at.get(name, success.started_at):
            mended[name] = success.stopped_at
    if not failed_at or mended.keys() != failed_at.keys():
        return ""
    # What failed before it had recovered the last time is another story.
    since = min((one.at for one in tally.every if one.at > incident.phase_at), default=0)
    took = f"after {units.duration(max(mended.values()) - (since or tally.first_at))}"
    runs = incident.streak + tally.failed
    return took if is_family else f"{took}, {runs:,} failed run{'s' if runs != 1 else ''}"
