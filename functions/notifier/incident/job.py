"""A job over its runs: what is submitted again and again, each time as another job id."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from functools import lru_cache

from notifier.batch.failure import Failure, Kind
from notifier.incident.counts import Member
from notifier.incident.fingerprint import FAMILIES

LISTED = FAMILIES | {Kind.JOB}  # what ListJobs can find a success of
_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
# Of a word between separators: a number, a hash, or an id of letters and digits in turn.
_VARIES = re.compile(
    r"(?=[a-z]*\d)[0-9a-f]{7,}|(?=.{8})[a-z]*(?:\d+[a-z]+)+\d*|(?:\d{8}t\d+z?)"
)  # fmt: skip
_WORD, _NUMBER = re.compile(r"[a-z0-9]+"), re.compile(r"\d+")
_NUMBERS = re.compile(r"#(?:[^a-z0-9#]*#)+")


@lru_cache(maxsize=1_024)
def stable_name(name: str) -> str:
    """Return the part of a job's name that all its runs share.

    Examples
    --------
    >>> stable_name("load-2026-11-18"), stable_name("Align_17"), stable_name("nightly")
    ('load-#', 'align_#', 'nightly')
    """
    words = _WORD.sub(_fixed, _UUID.sub("0", name.casefold()))
    return _NUMBERS.sub("#", words)


def _fixed(found: re.Match[str]) -> str:
    word = found[0]
    return "#" if _VARIES.fullmatch(word) else _NUMBER.sub("#", word)


@dataclass(frozen=True, slots=True)
class Job:
    """A job by its queue (an ARN), its definition without revision, and its stable name.

    `name` is that of one of its runs.
    """

    queue: str
    definition: str
    stable: str
    name: str = field(compare=False)

    @property
    def key(self) -> str:
        """Return what identifies it: 16 hex digits."""
        return _key(self)


@lru_cache(maxsize=1_024)
def _key(job: Job) -> str:
    parts = "\0".join((job.queue, job.definition, job.stable))
    return hashlib.sha256(parts.encode("utf-8", "replace")).hexdigest()[:16]


@lru_cache(maxsize=1_024)  # of ten thousand children, all are of one job
def make_job(queue: str, definition: str, name: str) -> Job:
    """Return a job by the ARN of its queue, its definition, and the name of one of its runs."""
    return Job(queue, definition.partition(":")[0], stable_name(name), name)


def job_of(first: Failure, member: Member) -> Job:
    """Return the job that a member of an incident is a run of; `first` is the incident's."""
    definition = member.definition or first.definition
    return make_job(member.queue or first.queue_arn, definition, member.name or first.job_name)
