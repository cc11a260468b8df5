"""The failed jobs of an incident, folded into counts by cause."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from notifier.batch.failure import LogStream
from notifier.diagnosis.catalogue import Severity
from notifier.diagnosis.known_cause import diagnosis_for


class Role(StrEnum):
    """What a failed job is to its incident."""

    FAILED = "failed"
    DEPENDENT = "dependent"  # it waited for one that failed
    PARENT = "parent"  # it sums up its children or nodes, and is no failure of its own


@dataclass(frozen=True, slots=True)
class Member:
    """One failed job as the ledger keeps it; the same event always makes the same member.

    `at` is when it failed, in epoch milliseconds. `index` is that of an array child or node. A
    parent brings `size` and, for an array, `failed`: how many children Batch itself counts.
    `assumed` is whether its exit code alone put it here, because its log was not read. `error` is
    what its log says, parametrised.
    Its labels are its own: `label` is a severity, `muted_until` a time in epoch milliseconds,
    `after` a number of runs, `ignored` says which are not understood. Children and nodes leave
    `name`, `queue` (an ARN) and `definition` to their incident, which has the same.
    """

    job_id: str
    role: Role
    cause: str
    at: int
    name: str = ""
    index: int | None = None
    exit_code: int | None = None
    attempts: int = 0
    log: LogStream | None = None
    size: int | None = None
    failed: int | None = None
    assumed: bool = False
    label: Severity | None = None
    queue: str = ""
    definition: str = ""
    owner: str = ""
    muted_until: int = 0
    after: int = 0
    error: str = ""
    ignored: str = ""

    @property
    def severity(self) -> Severity:
        """The severity that its label says, or else that of its cause."""
        return self.label or _severity_of(self.cause)


@dataclass(frozen=True, slots=True)
class Group:
    """The failed jobs of one cause, earliest first."""

    cause: str
    members: tuple[Member, ...]

    @property
    def indices(self) -> tuple[int, ...]:
        """Indices of the array children or nodes among them, ascending."""
        return tuple(sorted(one.index for one in self.members if one.index is not None))

    @property
    def names(self) -> tuple[str, ...]:
        """Their job names, each once, in the order they failed."""
        return tuple(dict.fromkeys(one.name for one in self.members))


@dataclass(frozen=True, slots=True)
class Tally:
    """What a message reports of an incident; groups are largest first."""

    groups: tuple[Group, ...] = ()
    dependents: tuple[Member, ...] = ()
    parent: Member | None = None

    @property
    def failed(self) -> int:
        """How many jobs failed by themselves."""
        return sum(len(group.members) for group in self.groups)

    @property
    def counted(self) -> int:
        """How many jobs are counted in all."""
        return self.failed + len(self.dependents)

    @property
    def ended(self) -> bool:
        """Whether the parent has failed as well, so that no child or node can follow."""
        return self.parent is not None

    @property
    def failures(self) -> tuple[Member, ...]:
        """Those that failed by themselves."""
        return tuple(one for group in self.groups for one in group.members)

    @property
    def severity(self) -> Severity:
        """The highest severity among them; a parent has that of what it sums up."""
        return highest_severity([*self.failures, *self.dependents] or self.every)

    @property
    def every(self) -> tuple[Member, ...]:
        """All of them: failed, dependents, parent."""
        return (*self.failures, *self.dependents, *([self.parent] if self.parent else []))

    @property
    def assumed(self) -> int:
        """How many are counted here by their exit code alone."""
        return sum(one.assumed for group in self.groups for one in group.members)

    @property
    def first_at(self) -> int:
        """When the first of them failed, in epoch milliseconds; 0 when there is none."""
        return min((one.at for one in self.every), default=0)

    @property
    def newest_at(self) -> int:
        """When the last of them failed, in epoch milliseconds; 0 when there is none."""
        return max((one.at for one in self.every), default=0)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the jobs that failed by themselves, each once."""
        return tuple(dict.fromkeys(name for group in self.groups for name in group.names))


@cache
def _severity_of(cause: str) -> Severity:
    return diagnosis_for(cause).severity


def highest_severity(members: Iterable[Member]) -> Severity:
    """Return the highest severity among members."""
    return max({one.severity for one in members}, default=Severity.INFO)


def fold(members: Iterable[Member]) -> Tally:
    """Count members, each job once, in whatever order they come."""
    unique = {one.job_id: one for one in members}
    ordered = sorted(unique.values(), key=lambda one: (one.at, one.job_id))
    causes: dict[str, list[Member]] = {}
    for one in ordered:
        if one.role is Role.FAILED:
            causes.setdefault(one.cause, []).append(one)
    groups = [Group(cause, tuple(held)) for cause, held in causes.items()]
    return Tally(
        groups=tuple(sorted(groups, key=lambda group: -len(group.members))),
        dependents=tuple(one for one in ordered if one.role is Role.DEPENDENT),
        parent=next((one for one in ordered if one.role is Role.PARENT), None),
    )


def ranges(numbers: Sequence[int]) -> str:
    """Write ascending numbers with runs of them drawn together.

    Examples
    --------
    >>> ranges([3, 17, 40, 41, 42])
    '3, 17, 40-42'
    """
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in runs)
