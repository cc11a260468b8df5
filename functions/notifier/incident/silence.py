"""What suppresses an alert on purpose: a silence that a person set, or a tag of the job."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from notifier.batch.failure import Failure
from notifier.incident.counts import Tally
from notifier.incident.decision import Decision
from notifier.incident.incident import Incident, Outcome
from notifier.text import units

_END_OF_TIME_MS = 253_370_764_800_000  # the year 9999, which people write for "ever"
MATCHERS = ("queue", "definition", "job", "cause")


@dataclass(frozen=True, slots=True)
class Silence:
    """One silence. The four globs must all match; `*` matches anything. `until` is in epoch ms."""

    id: str
    until: int
    reason: str
    who: str
    queue: str = "*"
    definition: str = "*"
    job: str = "*"
    cause: str = "*"

    def covers(self, failure: Failure, cause: str, now: int) -> bool:
        """Return whether it holds back this failure now: reads check time, TTL may come late."""
        values = {
            "queue": failure.queue,
            "definition": failure.definition_name,
            "job": failure.job_name,
            "cause": cause,
        }
        return now < self.until and all(
            fnmatch.fnmatchcase(values[label], getattr(self, label)) for label in MATCHERS
        )

    def __str__(self) -> str:
        until = units.moment(self.until).removesuffix(":00 UTC").removesuffix(" UTC")
        return f"silenced by {self.who} until {until} UTC: {self.reason}"


def reason_to_hold(
    incident: Incident, tally: Tally, silences: Iterable[Silence], now: int
) -> Decision | None:
    """Return why an incident must not be reported yet, or None.

    `notify:mute-until` is an ISO 8601 time, UTC where it names no zone; `notify:after` is the
    number of failures from which on to report.
    """
    first = incident.first
    for silence in silences:
        if silence.covers(first, incident.cause, now):
            return Decision(Outcome.SILENCED, str(silence), until=silence.until)
    muted = muted_until(first)
    if now < muted:
        said = f"muted by the job until {units.moment(muted)}"
        return Decision(Outcome.SILENCED, said, until=muted)
    after = first.tag("notify:after")
    if re.fullmatch("[0-9]{1,5}", after) and tally.failed + incident.streak < int(after):
        return Decision(Outcome.HELD, f"the job asks to be reported after {int(after)} failures")
    return None


def muted_until(failure: Failure) -> int:
    """Return the time in the job's `notify:mute-until` tag in epoch ms; 0 without a valid one."""
    try:
        moment = datetime.fromisoformat(failure.tag("notify:mute-until"))
    except ValueError:
        return 0
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return min(int(moment.timestamp() * 1000), _END_OF_TIME_MS)
