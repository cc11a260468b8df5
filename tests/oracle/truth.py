"""What is true in a scenario at any moment, worked out from its steps alone.

Nothing here knows the engine. The meanings are those of docs/alerts.md: what is one incident, what
is one job, what is a run of it, what holds a failure back, and how severe a failure is.
"""

from __future__ import annotations

import fnmatch
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from tests.oracle.scenario import (
    KINDS,
    MINUTE,
    Fail,
    Job,
    Parent,
    Scenario,
    Silenced,
    Succeed,
    Trouble,
)
from tests.simulation import START_MS

SEVERITIES = ("info", "warning", "critical")
NEVER = float("inf")
RUN_S = MINUTE  # how long a failed run takes in a scenario
DELIVERED_S = 11.0  # a delivery waits up to 10 s for more of its batch
UPSTREAM_WAIT_S = 255.0  # how long a dependent waits for the event of what it depended on

Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a job: a plain job, or a whole array or multi-node job."""

    root: str
    began: float
    ended: float


@dataclass
class Group:
    """The failures of one incident.

    A group is `fuzzy` where the logs decide which incident a failure belongs to, and could not all
    be read in time: then its failures may be divided among several incidents.
    """

    key: Key
    failures: list[Fail] = field(default_factory=list)
    dependents: list[Fail] = field(default_factory=list)
    parents: list[Parent] = field(default_factory=list)
    fuzzy: bool = False

    @property
    def is_family(self) -> bool:
        return self.key[0] == "family"

    @property
    def events(self) -> list[Fail | Parent]:
        return [*self.failures, *self.dependents, *self.parents]


class Truth:
    """What happened, and what it means."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.fails: list[Fail] = [_in_ms(one) for one in scenario.of(Fail)]
        self.parents: list[Parent] = [_in_ms(one) for one in scenario.of(Parent)]
        self.minimum = SEVERITIES.index(scenario.minimum)
        self.silenced: list[Silenced] = sorted(scenario.of(Silenced), key=lambda one: one.at)
        self._successes: dict[Job, list[Succeed]] = defaultdict(list)
        for one in sorted(scenario.of(Succeed), key=lambda each: each.at):
            self._successes[one.job].append(one)

    # ---- Incidents -------------------------------------------------------------------------------

    @cached_property
    def group_of(self) -> dict[str, Key]:
        """The incident of each failure, by what tells it from others, and of each parent."""
        keys: dict[str, Key] = {}
        plain = [one for one in self.fails if not one.depends]
        for one in plain:
            keys[one.member] = self._own_key(one)
        for parent in self.parents:
            keys[parent.id] = ("family", parent.id)
        waiting = [one for one in self.fails if one.depends]
        while waiting:
            ready = [one for one in waiting if self._upstream_key(one, keys)]
            for one in ready or waiting[:1]:
                keys[one.member] = self._upstream_key(one, keys) or self._own_key(one)
                waiting.remove(one)
        return keys

    @cached_property
    def groups(self) -> dict[Key, Group]:
        found: dict[Key, Group] = {}
        for one in self.fails:
            key = self.group_of[one.member]
            group = found.setdefault(key, Group(key))
            own = not one.depends or key == self._own_key(one)
            (group.failures if own else group.dependents).append(one)
        for parent in self.parents:
            key = self.group_of[parent.id]
            found.setdefault(key, Group(key)).parents.append(parent)
        for group in found.values():
            group.failures.sort(key=lambda one: one.at)
            group.fuzzy = group.key[0] == "unread"
        return found

    def _own_key(self, one: Fail) -> Key:
        if one.in_family:
            return ("family", one.id)
        kind = "dependency" if one.depends else one.kind
        labels = {
            "queue": one.job.queue,
            "definition": one.job.definition,
            "cause": KINDS[kind].cause,
            "job": one.name,
        }
        own = tuple(labels[by] for by in self.scenario.group_by if by != "error")
        if "error" not in self.scenario.group_by or not KINDS[kind].needs_log:
            return ("plain", *own)
        return ("unread", *own) if self._is_unread(one) else ("error", one.error, *own)

    def _is_unread(self, one: Fail) -> bool:
        """Return whether not every log like this one can be read, each for as long as it counts."""
        alike = [
            each
            for each in self.fails
            if each.job.queue == one.job.queue
            and each.job.definition == one.job.definition
            and each.kind == one.kind
        ]
        late = any(not each.error or each.log_at > min(each.arrives) for each in alike)
        return late or any(each.port == "logs" for each in self.scenario.of(Trouble))

    def _upstream_key(self, one: Fail, keys: dict[str, Key]) -> Key | None:
        arrived = min(one.arrives)
        for root in one.depends:
            known = [
                keys[member]
                for member, first in self._arrivals(root)
                if member in keys and first <= arrived + UPSTREAM_WAIT_S
            ]
            if known:
                return known[0]
        return None

    def _arrivals(self, root: str) -> list[tuple[str, float]]:
        every = [(one.member, min(one.arrives)) for one in self.fails if one.id == root]
        return every + [(one.id, min(one.arrives)) for one in self.parents if one.id == root]

    def known_at(self, one: Fail) -> float:
        """Return when it is known to belong where it does: not before what it depended on."""
        arrived = min(one.arrives)
        upstream = [
            max(first, self.known_at(each) if each else first)
            for root in one.depends
            for member, first in self._arrivals(root)
            for each in [next((f for f in self.fails if f.member == member and f.depends), None)]
            if first <= arrived + UPSTREAM_WAIT_S
        ]
        return max(arrived, min(upstream, default=arrived))

    def in_order(self, group: Group) -> list[Fail]:
        """Return the dependents of an incident, in the order in which they are known."""
        return sorted(group.dependents, key=lambda one: (self.known_at(one), min(one.arrives)))

    # ---- Jobs and their runs ---------------------------------------------------------------------

    @cached_property
    def runs(self) -> dict[Job, list[Run]]:
        """The failed runs of each job, by the time they ended; those that never ran are none."""
        times: dict[tuple[Job, str], list[float]] = defaultdict(list)
        for one in self.fails:
            if not one.depends:
                times[one.job, one.id].append(one.at)
        for parent in self.parents:
            times[parent.job, parent.id].append(parent.at)
        found: dict[Job, list[Run]] = defaultdict(list)
        for (job, root), ended in times.items():
            found[job].append(Run(root, min(ended) - RUN_S, max(ended)))
        return {job: sorted(runs, key=lambda one: one.ended) for job, runs in found.items()}

    def successes(self, job: Job, by: float = NEVER) -> list[Succeed]:
        """Return the runs of a job that had succeeded by then."""
        return [one for one in self._successes.get(job, []) if one.at + one.took <= by]

    def success_between(self, job: Job, first: float, second: float) -> bool:
        """Return whether a run succeeded after one failure and before another."""
        return any(one.at > first and one.at + one.took <= second for one in self.successes(job))

    def stretch(self, job: Job, run: Run) -> list[Run]:
        """Return the failed runs up to this one, without a success between."""
        found: list[Run] = []
        later = run
        for one in reversed([each for each in self.runs[job] if each.ended <= run.ended]):
            if found and self.success_between(job, one.ended, later.ended):
                break
            found.append(one)
            later = one
        return found[::-1]

    def places_in_a_row(self, job: Job, run: Run) -> set[int]:
        """Return how many runs one after another may be said to have failed with this one.

        Runs that overlap are no row; where some overlap and others do not, a chain of those that
        do not is a row.
        """
        stretch = self.stretch(job, run)
        before = [one for one in stretch if one is not run]
        overlap = any(
            first.ended > second.began
            for n, first in enumerate(stretch)
            for second in stretch[n + 1 :]
            if first is not second
        )
        if not overlap:
            return {len(stretch)}
        chain, ended = 0, -NEVER
        for one in sorted([*before, run], key=lambda each: each.ended):
            if one.began >= ended:
                chain, ended = chain + 1, one.ended
        return set(range(1, chain + 1))

    # ---- What a failure asks for -----------------------------------------------------------------

    def severity(self, one: Fail | Parent) -> int:
        """Return how severe a failure is: its label, or its cause."""
        label = one.tags.get("notify:severity", "")
        if isinstance(one, Parent):  # why its children or nodes failed is not known
            own = "warning"
        else:
            own = KINDS["dependency" if one.depends else one.kind].severity
        return SEVERITIES.index(label if label in SEVERITIES else own)

    def is_reportable(self, one: Fail | Parent) -> bool:
        """Return whether it is at or above the minimum."""
        return self.severity(one) >= self.minimum

    def is_held(self, one: Fail | Parent, at: float) -> bool:
        """Return whether a silence, or a label of its own, holds it back at a time."""
        if at < muted_until(one):
            return True
        active = [each for each in self.silenced if each.at <= at]
        silences = active[-1].silences if active else ()
        return any(at < until and self._covers(globs, one) for until, globs in silences)

    def is_held_between(self, one: Fail | Parent, start: float, end: float) -> bool:
        """Return whether a silence begins while it still waits for its digest."""
        return any(start <= each.at <= end and self.is_held(one, each.at) for each in self.silenced)

    def _covers(self, globs: Mapping[str, str], one: Fail | Parent) -> bool:
        cause = "array-child-failed" if isinstance(one, Parent) else self.cause(one)
        facts = {
            "queue": one.job.queue, "definition": one.job.definition,
            "job": one.name, "cause": cause,
        }  # fmt: skip
        return all(fnmatch.fnmatchcase(facts[by], glob) for by, glob in globs.items())

    def cause(self, one: Fail) -> str:
        return KINDS["dependency" if one.depends else one.kind].cause

    def release(self, one: Fail | Parent) -> float:
        """Return when nothing holds it back any more; never, while too few runs have failed."""
        at = min(one.arrives)
        changes = sorted(
            {each.at for each in self.silenced}
            | {until for each in self.silenced for until, _ in each.silences}
            | {muted_until(one)}
        )
        while self.is_held(one, at):
            at = next((change for change in changes if change > at), NEVER)
        return max(at, self._after(one)) if isinstance(one, Fail) else at

    def ends_by_itself(self, one: Fail | Parent) -> float:
        """Return when the last hold ends, as the silences stood when they were set.

        Where a person removes a silence, only the next failure is let through at once.
        """
        untils = [
            until
            for each in self.silenced
            for until, globs in each.silences
            if until > min(one.arrives) and self._covers(globs, one)
        ]
        return max([min(one.arrives), muted_until(one), *untils])

    def _after(self, one: Fail) -> float:
        """Return when as many runs in a row have failed as its label asks for."""
        label = one.tags.get("notify:after", "")
        if not label.isdecimal() or int(label) < 2:
            return 0.0
        row: list[Fail] = []
        for each in self.groups[self.group_of[one.member]].failures:
            if row and self.success_between(one.job, row[-1].at, each.at):
                if one in row:
                    break
                row = []
            row.append(each)
        enough = len(row) >= int(label)
        return min(row[int(label) - 1].arrives) if enough else NEVER


def _in_ms(one: Any) -> Any:
    """Return it with arrivals in whole milliseconds, which is what messages are compared with."""
    return replace(one, arrives=tuple(round(at, 3) for at in one.arrives))


def muted_until(one: Fail | Parent) -> float:
    """Return the second until which its label mutes it."""
    try:
        until = datetime.fromisoformat(one.tags.get("notify:mute-until", ""))
    except ValueError:
        return 0.0
    return until.timestamp() - START_MS / 1000


def strongest(failures: Iterable[Fail], truth: Truth) -> int:
    """Return the highest severity of some failures."""
    return max((truth.severity(one) for one in failures), default=0)


def wrong_labels(one: Fail) -> Sequence[str]:
    """Return the values of its labels that mean nothing."""
    found = []
    if one.tags.get("notify:severity", "info") not in SEVERITIES:
        found.append(one.tags["notify:severity"])
    if "notify:mute-until" in one.tags and not muted_until(one):
        found.append(one.tags["notify:mute-until"])
    after = one.tags.get("notify:after", "1")
    if not (after.isdecimal() and int(after) > 0):
        found.append(after)
    return found
