"""What suppresses an alert on purpose: a silence or an acknowledgement of a person, or a tag.

Each is matched by each failure. Nothing is held for longer than its member is kept.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from notifier.batch.failure import Failure
from notifier.diagnosis.catalogue import Severity
from notifier.incident.counts import Member
from notifier.incident.incident import Incident, Outcome
from notifier.incident.job import Job, job_of
from notifier.text import units
from notifier.text.units import DAY_MS, HOUR_MS

MATCHERS = ("queue", "definition", "job", "cause")
MOST_DAYS, MOST_RUNS = 30, 100  # that a tag may ask for
LONGEST_HOLD_MS = MOST_DAYS * DAY_MS - HOUR_MS  # after the failure, whatever holds it
_END_OF_TIME_MS = 253_370_764_800_000  # the year 9999, which people write for "ever"


@dataclass(frozen=True, slots=True)
class Silence:
    """One silence. The four globs must all match; `*` matches anything. `until` is in epoch ms.

    With `incident`, it is the acknowledgement of that incident alone. It also ends once the
    incident has `grows_to` failures, or a job of it succeeds: `recovered` was its last success.
    """

    id: str
    until: int
    reason: str
    who: str
    queue: str = "*"
    definition: str = "*"
    job: str = "*"
    cause: str = "*"
    incident: str = ""
    grows_to: int = 0
    recovered: int = 0

    def is_about(self, incident: Incident, failures: int) -> bool:
        """Return whether it may hold back failures of an incident that has so many now."""
        if not self.incident:
            return True
        is_same = self.incident == incident.key and last_success(incident) == self.recovered
        return is_same and failures < self.grows_to

    def covers(self, job: Job, cause: str, now: int) -> bool:
        """Return whether it holds back a run of a job now: reads check time, TTL may come late."""
        values = {
            "queue": job.queue.rpartition("/")[2],
            "definition": job.definition,
            "job": job.name,
            "cause": cause,
        }
        return now < self.until and all(
            fnmatch.fnmatchcase(values[label], getattr(self, label)) for label in MATCHERS
        )

    def __str__(self) -> str:
        until = units.moment(self.until).removesuffix(":00 UTC").removesuffix(" UTC")
        if self.incident:
            return f"acknowledged by {self.who}"
        return f"silenced by {self.who} until {until} UTC: {self.reason}"


def last_success(incident: Incident) -> int:
    """Return when the last successful run of any of its jobs began, in epoch ms; 0 if none."""
    return max(incident.recovered.values(), default=0)


@dataclass(frozen=True, slots=True)
class Hold:
    """Why a failure must not be reported yet, and until when at the latest, in epoch ms.

    `may_end_early` is whether a person may remove what holds it.
    """

    outcome: Outcome
    reason: str
    until: int
    may_end_early: bool = False


@dataclass(frozen=True, slots=True)
class Steering:
    """What holds back failures; `runs_failed` gives a job's failed runs since its last success."""

    silences: tuple[Silence, ...]
    runs_failed: Callable[[Job], int]

    def about(self, incident: Incident, failures: int) -> Steering:
        """Return what may hold back failures of an incident that has so many now."""
        kept = tuple(one for one in self.silences if one.is_about(incident, failures))
        return replace(self, silences=kept)

    def hold(self, first: Failure, member: Member, now: int) -> Hold | None:
        """Return why a member of an incident must not be reported yet, or None."""
        job = job_of(first, member)
        end = member.at + LONGEST_HOLD_MS
        for silence in self.silences:
            if silence.covers(job, member.cause, now):
                until = min(silence.until, end)
                return Hold(Outcome.SILENCED, str(silence), until, may_end_early=True)
        if now < member.muted_until:
            until = min(member.muted_until, end)
            return Hold(Outcome.SILENCED, _muted(member.muted_until, end), until)
        after = min(member.after, MOST_RUNS)
        if after > 1 and self.runs_failed(job) < after:
            limit = f" (its tag asks for {member.after:,})" if member.after > MOST_RUNS else ""
            said = f"the job asks to be reported after {after} failures{limit}"
            return Hold(Outcome.HELD, said, end)
        return None


def _muted(until: int, end: int) -> str:
    if until <= end:
        return f"muted by the job until {units.moment(until)}"
    asked = units.moment(until)[:10]
    return f"muted by the job for {MOST_DAYS} days, the longest (its tag asks for {asked})"


def muted_until(failure: Failure) -> int:
    """Return the time in the job's `notify:mute-until` tag in epoch ms; 0 without a valid one.

    It is an ISO 8601 time, UTC where it names no zone.
    """
    try:
        moment = datetime.fromisoformat(failure.tag("notify:mute-until"))
    except ValueError:
        return 0
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return min(int(moment.timestamp() * 1000), _END_OF_TIME_MS)


def report_after(failure: Failure) -> int:
    """Return the number in the job's `notify:after` tag; 0 without a valid one."""
    after = failure.tag("notify:after")
    return int(after) if re.fullmatch("[0-9]{1,5}", after) else 0


def ignored_labels(failure: Failure) -> str:
    """Return the tags that steer the notifier but have a value that it does not understand."""
    severities = tuple(map(str, Severity))
    expected = {
        "notify:severity": ", ".join(severities),
        "notify:mute-until": "an ISO 8601 time",
        "notify:after": "a number from 1 to 99999",
    }
    is_understood = {
        "notify:severity": failure.tag("notify:severity").lower() in severities,
        "notify:mute-until": muted_until(failure) > 0,
        "notify:after": report_after(failure) > 0,
    }
    return "; ".join(
        f"{key}={failure.tag(key)} (expected: {form})"
        for key, form in expected.items()
        if failure.tag(key) and not is_understood[key]
    )
