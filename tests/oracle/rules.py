"""The documentation as rules: what must be said, by when, and what may never be said.

Each rule is a sentence of docs/alerts.md. The rules see only the messages and what is true
(`truth`), never the engine or its table. Where the documentation leaves room, so do they.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from tests.oracle.scenario import (
    DAY,
    HOUR,
    MINUTE,
    Fail,
    Job,
    Parent,
    Scenario,
    Succeed,
    Trouble,
)
from tests.oracle.truth import (
    DELIVERED_S,
    NEVER,
    RUN_S,
    SEVERITIES,
    UPSTREAM_WAIT_S,
    Group,
    Key,
    Run,
    Truth,
    strongest,
    wrong_labels,
)
from tests.oracle.world import MEMBER_DAYS, Played
from tests.simulation import START_MS, Told

AT_ONCE_S = 40.0
FIRST_INTERVAL_S, LONGEST_INTERVAL_S = 5.0 * MINUTE, 4.0 * HOUR
LOOK_S = 60.0  # how late a look may be
QUIET_S = 24.0 * HOUR  # after so long without a failure an incident is quiet
CLOSED_S = 14.0 * DAY
STORM_S = 11.0 * MINUTE  # what the rate limit held goes out 5 minutes later
ROOM_S = 75.0 * MINUTE  # by then a recovery has had room
TROUBLE_S = 1.0 * HOUR  # after a service is well again
GIVEN_UP_S = 20.0 * DAY  # a hold may be ended, with a word, from here on


@dataclass(frozen=True, slots=True)
class Violation:
    """A rule that a run broke; `rule` is its name, the same for all cases of a kind."""

    rule: str
    says: str

    def __str__(self) -> str:
        return f"{self.rule}: {self.says}"


@dataclass
class Heard:
    """One message about one incident, at a second: a part of a storm digest is one as well."""

    at: float
    told: Told
    key: Key
    failed: int
    dependents: int = 0
    of: int | None = None
    causes: Counter[str] | None = None
    about: str = ""
    """The id of the job that it shows."""
    is_row: bool = False
    """Whether it is one line of a message about several incidents."""
    is_shared: bool = False
    """Whether such a line may be about another incident of the same name."""
    names: set[str] = field(default_factory=set)
    """Of a message without the incident table: the jobs that it names."""

    @property
    def waits(self) -> bool:
        """Whether it is a line about those that will not run, which has a count of its own."""
        return self.is_row and self.dependents > 0

    @property
    def is_recovery(self) -> bool:
        return self.told.document["status"] == "RECOVERED" or self.told.outcome == "recovered"

    @property
    def severity(self) -> int:
        return SEVERITIES.index(self.told.document["severity"])


def check(scenario: Scenario, played: Played) -> list[Violation]:
    """Return every rule that the messages of a run break."""
    return [*Checker(scenario, played).violations()]


class Checker:
    """Holds messages against the truth."""

    def __init__(self, scenario: Scenario, played: Played) -> None:
        self.truth = Truth(scenario)
        self.scenario, self.played = scenario, played
        self.troubles: list[Trouble] = scenario.of(Trouble)
        self.by_id: dict[str, Fail | Parent] = {
            **{one.member: one for one in self.truth.fails},
            **{one.id: one for one in self.truth.parents},
        }
        self.heard: dict[Key, list[Heard]] = defaultdict(list)
        self.unknown: list[Told] = []
        self.unrecorded: set[Job] = set()
        """Jobs with a run that only a message without the table has reported: it is in no row."""
        for told in played.told:
            self._hear(told)

    # ---- Reading messages ------------------------------------------------------------------------

    def _hear(self, told: Told) -> None:
        at = (told.at - START_MS) / 1000
        document = told.document
        counts = document["counts"] or {"failed": 1, "dependents": 0, "of": None}
        if document["cause"]["id"] in ("storm", "degraded"):
            self._hear_rows(told, at)
            return
        job_id = document["job"]["id"]
        key = self.truth.group_of.get(job_id)
        if key is None:
            self.unknown.append(told)
            return
        shown = self.by_id[job_id]
        if isinstance(shown, Parent) and not document["counts"]:
            counts["failed"] = shown.failed
        self.heard[key].append(
            Heard(
                at, told, key, counts["failed"], counts["dependents"], counts["of"],
                Counter({one["id"]: one["count"] for one in document["causes"]}) or None,
                about=job_id,
            )
        )  # fmt: skip

    def _hear_rows(self, told: Told, at: float) -> None:
        by_name = self._keys_by_name(at)
        for row in told.document["breakdown"]:
            count, *words = row.replace(",", "").split()
            if not count.isdecimal():
                continue
            # A child is shown as `align[3]`, a node as `les node 2`.
            names = {name for word in words if (name := word.partition("[")[0]) in by_name}
            if not names:
                self.unknown.append(told)
            self._hear_row(told, at, row, names, {key for name in names for key in by_name[name]})

    def _keys_by_name(self, at: float) -> Mapping[str, list[Key]]:
        by_name: dict[str, list[Key]] = defaultdict(list)
        for one in self.by_id.values():
            key = self.truth.group_of[one.member if isinstance(one, Fail) else one.id]
            # Where an incident has jobs of several names, its line has their definition.
            for name in (one.name, one.job.definition):
                if key not in by_name[name] and min(one.arrives) <= at:
                    by_name[name].append(key)
        return by_name

    def _hear_row(self, told: Told, at: float, row: str, names: set[str], keys: set[Key]) -> None:
        is_storm = told.document["cause"]["id"] == "storm"
        if not is_storm:
            self.unrecorded |= {one.job for one in self.by_id.values() if one.name in names}
        count = int(row.replace(",", "").split()[0])
        failed, dependents = (0, count) if is_storm and "Will not run" in row else (count, 0)
        for key in keys:
            self.heard[key].append(
                Heard(
                    at, told, key, failed, dependents, is_row=True, is_shared=len(keys) > 1,
                    names=set() if is_storm else names,
                )
            )  # fmt: skip

    # ---- All rules -------------------------------------------------------------------------------

    def violations(self) -> Iterator[Violation]:
        for told in self.unknown:
            yield Violation("a message names what failed", told.subject)
        for left in self.played.left:
            yield Violation("nothing is left in a queue, lost or crashed", left)
        yield from self._bounded()
        for told in self.played.told:
            yield from self._adds_up(told)
        yield from self._one_incident_one_key()
        accounts = {
            key: Account(self, group, self.heard.get(key, []))
            for key, group in self.truth.groups.items()
        }
        for account in accounts.values():
            yield from account.violations()
        yield from Recoveries(self, accounts).violations()

    def _bounded(self) -> Iterator[Violation]:
        """Follow-ups end: an incident without news is looked at for 14 days, and no longer."""
        looks_a_day = DAY / (15 * MINUTE if self.scenario.hops else LONGEST_INTERVAL_S)
        steps = [0.0] + [
            at for one in self.scenario.steps
            for at in (getattr(one, "arrives", None) or (one.at,))
        ]  # fmt: skip
        held = [until for one in self.truth.silenced for until, _ in one.silences]
        days = (max(steps + held) - min(steps)) / DAY + CLOSED_S / DAY + 2
        events = sum(len(getattr(one, "arrives", (0,))) for one in self.scenario.steps)
        keys = {told.document["dedup_key"] for told in self.played.told}
        incidents = max(len(self.truth.groups), len(keys)) + 1
        most = incidents * (days * looks_a_day + 40) + 12 * events
        if self.played.invocations > most:
            yield Violation(
                "follow-ups end", f"{self.played.invocations} invocations, at most {most:.0f}"
            )

    def _adds_up(self, told: Told) -> Iterator[Violation]:
        """Counts by cause and by line add up to the total, and the subject has the same."""
        document = told.document
        if not document["counts"]:
            return
        total = document["counts"]["failed"]
        causes = sum(one["count"] for one in document["causes"])
        # Of an array, Batch itself counts the children; the events of some may be missing.
        unheard = document["counts"]["of"]
        known = causes == total or (unheard and causes < total)
        if document["causes"] and not known:
            yield Violation("counts by cause add up", f"{causes} of {total}: {told.subject}")
        found = re.search(r"([\d,]+) of ([\d,]+) failed", told.subject)
        if found and document["counts"]["of"]:
            said = tuple(int(one.replace(",", "")) for one in found.groups())
            if said != (total, document["counts"]["of"]):
                yield Violation("the subject has the counts", f"{total}: {told.subject}")
        if document["cause"]["id"] == "storm":
            rows = [row.replace(",", "").split()[0] for row in document["breakdown"]]
            summed = sum(int(row) for row in rows if row.isdecimal())
            total += document["counts"]["dependents"]
            if summed != total and all(row.isdecimal() for row in rows):
                yield Violation(
                    "the totals of a storm digest add up", f"{summed} of {total}: {told.subject}"
                )

    def _one_incident_one_key(self) -> Iterator[Violation]:
        """What belongs together is one incident, and nothing else is in it."""
        groups: dict[str, set[Key]] = defaultdict(set)
        keys: dict[Key, set[str]] = defaultdict(set)
        for key, heard in self.heard.items():
            for one in heard:
                if not one.is_row:
                    groups[one.told.document["dedup_key"]].add(key)
                    keys[key].add(one.told.document["dedup_key"])
        for dedup, found in groups.items():
            if len(found) > 1:
                yield Violation("an incident has what belongs together", f"{dedup}: {found}")
        for key, dedups in keys.items():
            group = self.truth.groups[key]
            if len(dedups) > 1 and not group.fuzzy and not self.may_be_split(group):
                yield Violation("what belongs together is one incident", f"{key}: {dedups}")

    # ---- Time ------------------------------------------------------------------------------------

    def slack(self, start: float, deadline: float) -> float:
        """Return how much later it may be for the rate limit, and for services in trouble."""
        if self.scenario.is_tight:
            deadline += STORM_S
        for one in sorted(self.troubles, key=lambda each: each.at):
            if start - TROUBLE_S <= one.end and one.at <= deadline:
                deadline = max(deadline, one.end) + TROUBLE_S
        return deadline

    def jobs_of(self, one: Heard) -> set[Job]:
        """Return the jobs of its incident that a recovery names in its subject."""
        group = self.truth.groups[one.key]
        named = re.match(r"RECOVERED (\S+?):", one.told.subject)
        name = named.group(1) if named else ""
        own = {
            each.job
            for each in [*group.failures, *group.parents]
            if name in (each.name, each.job.stable)
            or any(run.name == name for run in self.truth.successes(each.job))
        }
        shown = self.by_id[one.told.document["job"]["id"]]
        return own or {shown.job}

    def names(self, each: Fail, by: float) -> bool:
        """Return whether any message so far names a failure, with its incident or without one."""
        return any(
            min(each.arrives) <= (told.at - START_MS) / 1000 <= by
            and each.name in told.texts["email"]
            for told in self.played.told
        )

    def may_be_split(self, group: Group) -> bool:
        """Return whether dependents may not have been brought together, for want of the table."""
        depends = any(each.depends for each in [*group.failures, *group.dependents])
        return depends and any(each.port in ("ledger", "queues") for each in self.troubles)

    def is_troubled(self, at: float) -> bool:
        """Return whether a service was in trouble then, or shortly before."""
        return any(one.at <= at <= one.end + TROUBLE_S for one in self.troubles)


class Account:
    """What was said of one incident, held against what failed in it."""

    def __init__(self, checker: Checker, group: Group, heard: Sequence[Heard]) -> None:
        self.checker, self.group, self.truth = checker, group, checker.truth
        self.heard = sorted(heard, key=lambda one: one.at)
        self.covered: dict[str, Heard] = {}
        """The first message that counts a failure, while nothing held it back."""
        self.unclear: list[Fail] = []
        """What the last message may have counted, or may not: it was on its way."""
        self.unclear_before: list[Fail] = []
        """The same of the message before it."""

    def violations(self) -> Iterator[Violation]:
        for one in self.heard:
            if one.is_recovery:
                self._cover_with_recovery(one)
                continue
            self.unclear_before = self.unclear
            new = self._newly_counted(one)
            if not self.checker.may_be_split(self.group):
                yield from self._counts(one)
                yield from self._has_news(one, new)
            yield from self._severity(one, new)
            yield from self._words(one, new)
            yield from self._speaks_for_all(one, new)
            yield from self._exact_indices(one)
            self.covered |= {_id(each): one for each in self._not_held(new, one.at)}
        for failure in [*self.group.failures, *self.group.dependents]:
            yield from self._in_time(failure)
        for parent in self.group.parents:
            yield from self._ended(parent)

    # ---- Counts never exceed reality, and leave nothing out --------------------------------------

    def _counts(self, one: Heard) -> Iterator[Violation]:
        # Without the table every delivery is for itself, and the same event again is new.
        if one.names or one.is_shared or self._is_recounted(one.at):
            return
        about = f"{self._about(one)} counts {one.failed}"
        total = len([each for each in self.group.failures if min(each.arrives) <= one.at])
        known = [each.failed for each in self.group.parents if min(each.arrives) <= one.at]
        if one.failed > max([total, *known]):
            yield Violation("counts never exceed reality", f"{about}, {total} failed")
        elif not one.waits and not self._is_count(one):
            yield Violation("a message counts all that failed", f"{about}, {total} failed")
        dependents = [each for each in self.group.dependents if min(each.arrives) <= one.at]
        if one.dependents > len(dependents):
            yield Violation(
                "counts never exceed reality", f"{self._about(one)}: {one.dependents} dependents"
            )
        sizes = {each.size for each in self.group.parents}
        if one.of is not None and one.of not in sizes:
            yield Violation("counts never exceed reality", f"{self._about(one)}: of {one.of}")
        yield from self._counts_by_cause(one)

    def _is_recounted(self, at: float) -> bool:
        return any(
            each.job in self.checker.unrecorded
            and sum(arrived <= at for arrived in each.arrives) > 1
            for each in self.group.failures
        )

    def _counts_by_cause(self, one: Heard) -> Iterator[Violation]:
        if one.causes and not self.group.fuzzy:
            true = Counter(
                self.truth.cause(each)
                for each in self.group.failures
                if min(each.arrives) <= one.at
            )
            for cause, count in one.causes.items():
                said_by_parent = cause == "array-child-failed" and self.group.parents
                if count > true[cause] and not said_by_parent:
                    yield Violation(
                        "counts never exceed reality", f"{self._about(one)}: {count} {cause}"
                    )

    def _is_count(self, one: Heard, forced: Fail | None = None) -> bool:
        """Return whether a count may be that of the incident at its time, with `forced` in it."""
        if self.group.fuzzy:
            return self._is_fuzzy_count(one, forced)
        failures = [each for each in self.group.failures if min(each.arrives) <= one.at]
        if one.is_row and self._is_count_of_news(one, failures, forced):
            return True
        if self.group.is_family:
            return self._is_family_count(one, failures, forced)
        allowed: set[int] = set()
        for start in self._starts(failures):
            allowed |= self._sums(failures[start:], one.at, forced)
        if one.failed in allowed:
            return True
        # What was held, or failed before a success and was not reported yet, is counted as well.
        is_late = any(
            self.truth.release(each) > min(each.arrives)
            or self.truth.success_between(each.job, each.at, one.at)
            for each in failures
        )
        return is_late and self._is_count_of_news(one, failures, forced)

    def _is_count_of_news(self, one: Heard, failures: Sequence[Fail], forced: Fail | None) -> bool:
        """Return whether a line of a storm digest counts what is new alone, as it may."""
        new = [each for each in failures if each.member not in self.covered]
        low, high = self._bounds(new, one.at, forced)
        return low <= one.failed <= high + len(self.unclear_before)

    def _is_family_count(self, one: Heard, failures: Sequence[Fail], forced: Fail | None) -> bool:
        """Return whether it has all children or nodes, or, of the cause of one, all of that."""
        said = one.failed
        if forced is not None and one.causes:
            cause = self.truth.cause(forced)
            said = one.causes[cause]
            failures = [each for each in failures if self.truth.cause(each) == cause]
        low, high = self._bounds(failures, one.at, forced)
        known = [each.failed for each in self.group.parents if min(each.arrives) <= one.at]
        if one.is_row:  # it may count what is new alone; of nodes, Batch gives no count
            before = sum(each.member in self.covered for each in failures)
            known += [count - before for count in known]
            known += [1 for each in self.group.parents if each.nodes]
        return low <= said <= high or (one.failed in known and (one.is_row or forced is None))

    def _is_fuzzy_count(self, one: Heard, forced: Fail | None) -> bool:
        if forced is None:
            return True
        latest: dict[str, int] = {}
        for each in self.heard:
            if each.at <= one.at and not each.is_recovery:
                name = each.told.document["dedup_key"]
                latest[name] = max(each.failed, latest.get(name, 0))
        before = [
            each
            for each in self.group.failures
            if min(each.arrives) <= min(forced.arrives)
            and not self._is_optional(each, one.at)
            and not self.truth.success_between(each.job, each.at, one.at)  # it ended their count
        ]
        return len(before) <= sum(latest.values())

    def _sums(self, failures: Sequence[Fail], at: float, forced: Fail | None) -> set[int]:
        """Return the totals that are true: a success of a job may have begun its count anew."""
        by_job: dict[Job, list[Fail]] = defaultdict(list)
        for each in failures:
            by_job[each.job].append(each)
        if forced is not None and forced not in by_job.get(forced.job, []):
            return set()
        sums = {0}
        for job, own in by_job.items():
            mine = forced if forced and forced.job == job else None
            counts: set[int] = set()
            for start in self._begins(job, own, at):
                part = own[start:]
                if mine is None or mine in part:
                    low, high = self._bounds(part, at, mine)
                    counts |= set(range(low, high + 1))
            sums = {total + count for total in sums for count in counts}
        return sums

    def _begins(self, job: Job, own: Sequence[Fail], at: float) -> list[int]:
        starts = [0] + [
            n for n in range(1, len(own))
            if self.truth.success_between(job, own[n - 1].at, own[n].at)
        ]  # fmt: skip
        if self.truth.success_between(job, own[-1].at, at):
            starts.append(len(own))
        return starts

    def _bounds(self, failures: Sequence[Fail], at: float, forced: Fail | None) -> tuple[int, int]:
        must, may = self._split(failures, at)
        return len(must) + (forced in may and forced not in must), len(may)

    def _split(self, failures: Sequence[Fail], at: float) -> tuple[list[Fail], list[Fail]]:
        """Return what a count at a time must have, and what it may have."""
        must = [
            each
            for each in failures
            if min(each.arrives) + DELIVERED_S <= at and not self._is_optional(each, at)
        ]
        return must, list(failures)

    def _is_optional(self, each: Fail, at: float) -> bool:
        """Return whether a count may leave it out: it is held, or a service was in trouble."""
        return (
            self.truth.is_held(each, at)
            or self.truth.release(each) > at - LOOK_S
            or any(
                trouble.at - MINUTE <= arrived <= trouble.end + TROUBLE_S
                for trouble in self.checker.troubles
                for arrived in each.arrives
            )
            or self._may_be_forgotten(each, at)
        )

    def _may_be_forgotten(self, each: Fail, at: float) -> bool:
        """Return whether the table may not have it any more."""
        return each.at + MEMBER_DAYS * DAY < at + DAY and not self.group.is_family

    # ---- News, and nothing twice -----------------------------------------------------------------

    def _newly_counted(self, one: Heard) -> list[Fail | Parent]:
        new = [
            each
            for each in [*self.group.failures, *self.group.dependents]
            if each.member not in self.covered
            and min(each.arrives) <= one.at
            and self._is_counted(one, each)
        ]
        late = self._left_out(one)
        return [
            *(each for each in new if each not in late),
            *(parent for parent in self.group.parents if self._is_end_said(one, parent)),
        ]

    def _is_counted(self, one: Heard, each: Fail) -> bool:
        if one.names:
            return each.name in one.names
        if each in self.group.dependents:
            # A recovery may have begun their count anew.
            is_anew = any(each.is_recovery for each in self.heard if each.at < one.at)
            free = sorted(
                self.truth.in_order(self.group),
                key=lambda d: (
                    (d.member in self.covered) is is_anew, self.truth.is_held(d, one.at)
                ),
            )  # fmt: skip
            return one.waits or each in free[: one.dependents]
        if one.failed == 1 and not one.is_row and one.about in self._members():
            return each.member == one.about
        return self._is_count(one, each)

    def _members(self) -> set[str]:
        return {each.member for each in self.group.failures}

    def _is_end_said(self, one: Heard, parent: Parent) -> bool:
        if parent.id in self.covered or min(parent.arrives) > one.at:
            return False
        is_one = parent.failed <= one.failed <= 1
        return one.of is not None or one.is_row or one.about == parent.id or is_one

    def _left_out(self, one: Heard) -> list[Fail]:
        """Return what a count has no room for: what came last, while the message was written."""
        # A message without the table forgot what it reported.
        forgot = {member for member, said in self.covered.items() if said.names}
        arrived = [
            each
            for each in self.group.failures
            if min(each.arrives) <= one.at and each.member not in forgot
        ]
        is_troubled = self.checker.is_troubled(one.at)
        if one.names or one.waits or self.group.fuzzy or is_troubled:
            return []
        if self.group.is_family and one.causes:
            self.unclear = self._left_out_by_cause(one, arrived)
            return self.unclear
        unsure = self._unsure(arrived, one.at)
        totals = self._totals(arrived, one.at)
        # What a silence held is counted, too, if it failed before the last success.
        totals |= {sum(each.member not in self.covered for each in arrived)}
        forgotten = sum(self._may_be_forgotten(each, one.at) for each in arrived)
        totals |= {total - fewer for total in totals for fewer in range(forgotten + 1)}
        surplus = [total - one.failed for total in totals if total >= one.failed] or [0]
        if one.failed in {each.failed for each in self.group.parents}:  # what Batch counts
            self.unclear = unsure
            return []
        self.unclear = unsure[max(0, len(unsure) - max(surplus)) :] if max(surplus) else []
        return unsure[max(0, len(unsure) - min(surplus)) :] if min(surplus) else []

    def _left_out_by_cause(self, one: Heard, arrived: Sequence[Fail]) -> list[Fail]:
        late: list[Fail] = []
        for cause, count in (one.causes or {}).items():
            own = [each for each in arrived if self.truth.cause(each) == cause]
            unsure = self._unsure(own, one.at)
            late += unsure[max(0, len(unsure) - max(0, len(own) - count)) :]
        return late

    def _unsure(self, arrived: Sequence[Fail], at: float) -> list[Fail]:
        """Return what a count may leave out, what it most likely does last."""
        must, _ = self._split(arrived, at)
        return sorted(
            (each for each in arrived if each not in must),
            key=lambda each: (
                self.truth.is_held(each, at),
                max(min(each.arrives), self.truth.release(each)),
            ),
        )

    def _totals(self, failures: Sequence[Fail], at: float) -> set[int]:
        """Return how many failed, counted from each moment from which one may count."""
        if self.group.is_family:
            return {len(failures)}
        found: set[int] = set()
        for start in self._starts(failures):
            by_job: dict[Job, list[Fail]] = defaultdict(list)
            for each in failures[start:]:
                by_job[each.job].append(each)
            totals = {0}
            for job, own in by_job.items():
                sizes = {len(own) - begin for begin in self._begins(job, own, at)}
                totals = {total + size for total in totals for size in sizes}
            found |= totals
        return found

    @staticmethod
    def _starts(failures: Sequence[Fail]) -> list[int]:
        """Return where a count may begin anew: an incident is quiet after a day."""
        return [0] + [
            n
            for n in range(1, len(failures))
            if failures[n].at - failures[n - 1].at >= QUIET_S - 10 * MINUTE
        ]

    def _has_news(self, one: Heard, new: Sequence[Fail | Parent]) -> Iterator[Violation]:
        unknown = any(each.names for each in self.heard)  # told without the table, which forgot it
        if self.checker.is_troubled(one.at) or self.group.fuzzy or unknown or one.is_shared:
            return
        if self._is_end_late(one):
            return
        if not new and not self.unclear_before:
            yield Violation("nothing is said twice", self._about(one))
            return
        free = self._not_held(new, one.at) or self._not_held(self.unclear_before, one.at)
        if not free:
            yield Violation("what is silenced is not reported", self._about(one))
        elif not any(self._is_severe_enough(each, one.at) for each in free):
            yield Violation("what is below the minimum is not reported", self._about(one))

    def _is_end_late(self, one: Heard) -> bool:
        """Return whether it says the end of an array that was on its way with the one before."""
        return one.of is not None and any(
            said is not None and said.of is None and said.at < min(parent.arrives) + DELIVERED_S
            for parent in self.group.parents
            for said in [self.covered.get(parent.id)]
        )

    def _not_held(self, several: Sequence[Fail | Parent], at: float) -> list[Fail | Parent]:
        return [each for each in several if not self._was_held(each, at)]

    def _is_severe_enough(self, each: Fail | Parent, at: float) -> bool:
        """Return whether it is at or above the minimum; a parent speaks for unheard children."""
        if isinstance(each, Fail):
            return self.truth.is_reportable(each)
        heard = [child for child in self.group.failures if min(child.arrives) + DELIVERED_S <= at]
        return any(self.truth.is_reportable(child) for child in heard or [each])

    def _was_held(self, each: Fail | Parent, at: float) -> bool:
        if self._is_given_up(each, at):
            return False
        late = self.truth.release(each) if isinstance(each, Fail) else min(each.arrives)
        return self.truth.is_held(each, at) or late > at

    def _is_given_up(self, each: Fail | Parent, at: float) -> bool:
        """Return whether it is held too long: what holds one for so long is given up for all."""
        waiting = [one for one in self.group.failures if one.member not in self.covered]
        return any(at >= one.at + GIVEN_UP_S for one in [each, *waiting])

    # ---- Severity --------------------------------------------------------------------------------

    def _severity(self, one: Heard, new: Sequence[Fail | Parent]) -> Iterator[Violation]:
        """A message has the highest severity of what it reports."""
        news = [
            each for each in new
            if isinstance(each, Fail) and not self._was_held(each, one.at)
            and min(each.arrives) + DELIVERED_S <= one.at
        ]  # fmt: skip
        every = [
            each for each in self.group.events
            if isinstance(each, Fail) and min(each.arrives) <= one.at
        ]  # fmt: skip
        if self.group.fuzzy or not every or self.checker.is_troubled(one.at):
            return
        low, high = strongest(news, self.truth), strongest(every, self.truth)
        if any(said.names for said in self.covered.values()):  # the table knows no child of it
            parents = (each for each in self.group.parents if min(each.arrives) <= one.at)
            high = max([high, *map(self.truth.severity, parents)])
        if one.severity < low or (one.severity > high and not one.is_row):
            said = SEVERITIES[one.severity]
            yield Violation(
                "a message has the highest severity of what it reports",
                f"{said}, {SEVERITIES[low]} to {SEVERITIES[high]}: {self._about(one)}",
            )

    # ---- Words about the past --------------------------------------------------------------------

    def _words(self, one: Heard, new: Sequence[Fail | Parent]) -> Iterator[Violation]:
        if one.is_row:
            return
        shown = self.checker.by_id[one.told.document["job"]["id"]]
        if shown.job in self.checker.unrecorded:
            return
        runs = self._runs_said(shown, one.at, new)
        said = " ".join(
            (
                one.told.subject,
                one.told.document["novelty"] or "",
                one.told.document["reason"] or "",
            )
        )
        if re.search(r"first (time|failure)", said, re.IGNORECASE) and self._failed_before(
            one, shown, new
        ):
            yield Violation("first time only where it is", self._about(one))
        for place in set(re.findall(r"\b(\d+)(?:st|nd|rd|th)(?: \w+)? in a row", said)):
            true = {n for run in runs for n in self.truth.places_in_a_row(shown.job, run)}
            # What the table did not take in time is missing in the row.
            is_short = self.checker.is_troubled(one.at) and int(place) < max(true, default=0)
            if int(place) not in true and not is_short:
                yield Violation(
                    "a row is of runs one after another without a success",
                    f"{place}, {sorted(true)}: {self._about(one)}",
                )
        if "back again" in said and not self._was_back(shown.job, one.at):
            yield Violation("back again only after a success", self._about(one))
        if re.search(r"\bclosed\b", said) and not self._was_closed(one.at):
            yield Violation("closed only what was closed", self._about(one))
        yield from self._in_a_row_is_said(one, shown, new, said)
        yield from self._wrong_labels(one, new)

    def _runs_said(
        self, shown: Fail | Parent, at: float, new: Sequence[Fail | Parent]
    ) -> list[Run]:
        """Return the runs that a row may end with: a new one, or the newest reported, or of all."""
        roots = {each.id for each in new if each.job == shown.job} | {shown.id}
        reported = {self.checker.by_id[one].id for one in self.covered}
        known = [run for run in self.truth.runs.get(shown.job, []) if run.began <= at]
        before = [run for run in known if run.root in reported]
        return [run for run in known if run.root in roots] + before[-1:] + known[-1:]

    def _failed_before(
        self, one: Heard, shown: Fail | Parent, new: Sequence[Fail | Parent]
    ) -> bool:
        """Return whether a message has reported this incident, or the same cause of this job."""
        key = one.told.document["dedup_key"]
        if any(each.told.document["dedup_key"] == key for each in self.covered.values()):
            return True
        if self.group.fuzzy:  # what a log says may be new
            return False
        kinds = {each.kind for each in new if isinstance(each, Fail) and each.job == shown.job}
        first = min((each.at for each in new), default=0.0)
        return any(
            each.kind in kinds and each.job == shown.job and each.id != shown.id
            and each.error == getattr(shown, "error", "")
            and each.at + RUN_S < first
            and not each.depends
            and self._was_reported(each, first)
            for each in self.truth.fails
        )  # fmt: skip

    def _was_reported(self, each: Fail, by: float) -> bool:
        heard = self.checker.heard.get(self.truth.group_of[each.member], [])
        return (
            self.truth.is_reportable(each)
            and self.truth.release(each) <= by
            and any(min(each.arrives) + DELIVERED_S <= one.at <= by for one in heard)
        )

    def _was_back(self, job: Job, at: float) -> bool:
        runs = [run for run in self.truth.runs.get(job, []) if run.began <= at]
        return any(
            self.truth.success_between(job, first.ended, second.ended)
            for first, second in pairwise(runs)
        )

    def _was_closed(self, at: float) -> bool:
        times = [each.at for each in self.group.events if min(each.arrives) <= at]
        gaps = [second - first >= CLOSED_S - HOUR for first, second in pairwise(sorted(times))]
        return any(gaps) or any(
            self.truth.success_between(each.job, 0, at) for each in self.group.failures
        )

    def _in_a_row_is_said(
        self, one: Heard, shown: Fail | Parent, new: Sequence[Fail | Parent], said: str
    ) -> Iterator[Violation]:
        """Where a job fails night after night, and everything about it is plain, it is said."""
        job, runs = shown.job, self.truth.runs.get(shown.job, [])
        run = next((each for each in runs if each.root == shown.id), None)
        if (
            run is None or len(new) != 1 or not isinstance(shown, Fail) or new[0] is not shown
            or self.group.fuzzy or self.checker.troubles or self.checker.scenario.is_tight
            or self.truth.silenced or any(each.tags for each in self.truth.fails)
            or len({each.job for each in self.group.failures}) > 1
        ):  # fmt: skip
            return
        row = self.truth.stretch(job, run)
        places = self.truth.places_in_a_row(job, run)
        ids = {each.root for each in row}
        own = [each for each in self.truth.fails if each.id in ids]
        is_plain = (
            len(row) >= 2
            and len(places) == 1
            and {self.truth.group_of[each.member] for each in own} == {self.group.key}
            and all(each.member in self.covered for each in own if each is not shown)
            and all(second.ended - first.ended < CLOSED_S - DAY for first, second in pairwise(row))
            and [each.id for each in sorted(own, key=lambda each: min(each.arrives))]
            == [each.id for each in sorted(own, key=lambda each: each.at)]
        )
        if is_plain and "in a row" not in said:
            yield Violation("a job that fails again is so many in a row", self._about(one))

    def _wrong_labels(self, one: Heard, new: Sequence[Fail | Parent]) -> Iterator[Violation]:
        if len(new) != 1 or not isinstance(new[0], Fail) or self._was_held(new[0], one.at):
            return
        told = {
            value
            for each in [*self.group.failures, *self.group.dependents]
            if each.member in self.covered
            for value in wrong_labels(each)
        }
        for value in {*wrong_labels(new[0])} - told:
            if value not in one.told.texts["email"]:
                yield Violation("wrong labels are said", f"{value}: {self._about(one)}")

    # ---- Messages about several speak for all ----------------------------------------------------

    def _speaks_for_all(self, one: Heard, new: Sequence[Fail | Parent]) -> Iterator[Violation]:
        news = [
            each for each in new
            if isinstance(each, Fail) and not self._was_held(each, one.at)
            and each in self.group.failures and self.truth.is_reportable(each)
            and min(each.arrives) + DELIVERED_S <= one.at
        ]  # fmt: skip
        attributes = one.told.attributes
        if one.names or self.checker.is_troubled(one.at):
            return
        for name, values in (
            ("owner", {each.tags.get("notify:owner", "") for each in news} - {""}),
            ("queue", {each.job.queue for each in news}),
            ("definition", {each.job.definition for each in news}),
            ("cause", {self.truth.cause(each) for each in news}),
        ):
            said = attributes.get(name, ())
            have = {said} if isinstance(said, str) else set(said)
            if name == "definition":
                have = {each.partition(":")[0] for each in have}
            if missing := values - have:
                yield Violation(
                    "a message about several speaks for all",
                    f"{name} {missing} not among {have}: {self._about(one)}",
                )

    def _exact_indices(self, one: Heard) -> Iterator[Violation]:
        """Rerun commands name exactly the failed children."""
        if one.is_row or not self.group.is_family:
            return
        commands = " ".join(one.told.document["commands"])
        found = re.search(r'"FAILED_INDICES","value":"([\d,]*)"', commands)
        if not found:
            return
        said = {int(index) for index in found.group(1).split(",") if index}
        children = [each for each in self.group.failures if each.index is not None]
        may = {each.index for each in children if min(each.arrives) <= one.at}
        must = {
            each.index for each in children
            if min(each.arrives) + DELIVERED_S <= one.at and not self._is_optional(each, one.at)
        }  # fmt: skip
        if not must <= said <= may:
            yield Violation(
                "rerun commands name exactly what failed", f"{said} of {may}: {self._about(one)}"
            )

    # ---- In time ---------------------------------------------------------------------------------

    def _in_time(self, each: Fail) -> Iterator[Violation]:
        if not self.truth.is_reportable(each):
            return
        deadline = self._deadline(each)
        one = self.covered.get(each.member)
        if one is not None and one.is_recovery and self.checker.scenario.is_tight:
            deadline += ROOM_S  # it takes the place of the digest, and waits for room
        if one is not None and one.at <= deadline:
            return
        is_split = self.checker.may_be_split(self.group)
        # In an incident of its own, or in the first digest of that of another dependent.
        late = UPSTREAM_WAIT_S + FIRST_INTERVAL_S + LOOK_S if is_split else 0
        alone = deadline + late
        is_unsure = is_split or self.checker.is_troubled(min(each.arrives))
        if is_unsure and self.checker.names(each, alone):
            return
        if deadline == NEVER:
            return
        when = f"at {one.at:.0f} s" if one else "never"
        yield Violation(
            "every failure is reported in time",
            f"{each.member} ({each.name}, arrived {min(each.arrives):.0f} s) {when}, "
            f"due by {deadline:.0f} s; said: {self._said()}",
        )

    def _deadline(self, each: Fail | Parent) -> float:
        arrived = min(each.arrives)
        start = release = self.truth.release(each)
        if release == NEVER:
            return NEVER
        if isinstance(each, Fail) and each.depends:
            known = self.truth.known_at(each)
            # It waits as long for the message about what it depended on, which may never come.
            unreported = not any(one.at <= arrived and not one.names for one in self.heard)
            if each in self.group.failures or known > arrived or unreported:
                start = max(start, known) + UPSTREAM_WAIT_S
        end = self._look_after(start, each)
        if release > arrived + 1 or self.truth.is_held_between(each, arrived, end):
            end = max(end, release + 6 * MINUTE, self.truth.ends_by_itself(each) + 6 * MINUTE)
        for one in self.heard:
            if one.is_recovery and start < one.at <= end:  # which took the place of a digest
                end = max(end, one.at + FIRST_INTERVAL_S + LOOK_S)
        deadline = self.checker.slack(start, end)
        if release > each.at + MEMBER_DAYS * DAY:
            return each.at + MEMBER_DAYS * DAY
        return max(deadline, start + AT_ONCE_S)

    def _look_after(self, start: float, each: Fail | Parent) -> float:
        """Return when the next look at an incident is due: at once, if it was quiet."""
        before = [one for one in self.heard if one.at <= start + DELIVERED_S]
        if not before or start - before[-1].at >= QUIET_S:
            return start + AT_ONCE_S
        last = before[-1]
        if last.is_recovery and isinstance(each, Fail) and not self.group.is_family:
            own = each.job in self.checker.jobs_of(last)
            if own and each.at - RUN_S > last.at:
                return start + AT_ONCE_S
        burst = 1
        for later, earlier in zip(before[::-1], before[-2::-1], strict=False):
            if later.at - earlier.at >= QUIET_S:
                break
            burst += 1
        wait = min(LONGEST_INTERVAL_S, FIRST_INTERVAL_S * 2 ** (burst - 1))
        return max(start + AT_ONCE_S, last.at + wait + LOOK_S)

    def _ended(self, parent: Parent) -> Iterator[Violation]:
        children = self.group.failures
        if children and not any(self.truth.is_reportable(each) for each in children):
            return
        if not children and not self.truth.is_reportable(parent):
            return
        if self.truth.is_held(parent, min(parent.arrives)) or any(
            self.truth.release(each) > min(parent.arrives) for each in children
        ):
            return
        deadline = self._deadline(parent) + FIRST_INTERVAL_S + LOOK_S  # a digest may have it
        one = self.covered.get(parent.id)
        if one is None or one.at > deadline:
            when = f"at {one.at:.0f} s" if one else "never"
            yield Violation(
                "the end of an array is reported",
                f"{parent.id} (arrived {min(parent.arrives):.0f} s) {when}, "
                f"due by {deadline:.0f} s; said: {self._said()}",
            )

    def _cover_with_recovery(self, one: Heard) -> None:
        """A recovery that counts what was held has reported it: no second message is needed."""
        for each in self.group.failures:
            if (
                each.member not in self.covered
                and min(each.arrives) <= one.at
                and each.job in self.checker.jobs_of(one)
                and self.truth.success_between(each.job, each.at, one.at)
            ):
                self.covered[each.member] = one
        for parent in self.group.parents:
            if one.of is not None and parent.failed <= one.failed:
                self.covered.setdefault(parent.id, one)

    def _said(self) -> str:
        return "; ".join(self._about(one) for one in self.heard) or "nothing"

    def _about(self, one: Heard) -> str:
        return f"[{one.at:.0f} s] {one.told.subject} <{one.failed}>"


def _id(each: Fail | Parent) -> str:
    return each.member if isinstance(each, Fail) else each.id


class Recoveries:
    """What was said of jobs that succeeded again, held against their runs."""

    def __init__(self, checker: Checker, accounts: Mapping[Key, Account]) -> None:
        self.checker, self.accounts, self.truth = checker, accounts, checker.truth
        self.said: dict[Job, list[Heard]] = defaultdict(list)
        for account in accounts.values():
            for one in account.heard:
                if one.is_recovery:
                    for job in checker.jobs_of(one):
                        self.said[job].append(one)

    def violations(self) -> Iterator[Violation]:
        for job, said in self.said.items():
            heard = sorted(said, key=lambda one: one.at)
            for number, one in enumerate(heard):
                yield from self._is_true(job, one, heard[:number])
        for job in {each.job for each in self.truth.fails}:
            yield from self._is_said(job)

    def _own(self, job: Job, key: Key | None = None) -> list[Fail]:
        return sorted(
            (
                each for each in self.truth.fails
                if each.job == job and not each.depends
                and (key is None or self.truth.group_of[each.member] == key)
            ),
            key=lambda each: each.at,
        )  # fmt: skip

    # ---- What is said is true --------------------------------------------------------------------

    def _is_true(self, job: Job, one: Heard, before: Sequence[Heard]) -> Iterator[Violation]:
        about = f"[{one.at:.0f} s] {one.told.subject}"
        own = [each for each in self._own(job, one.key) if each.at <= one.at]
        successes = [
            success for success in self.truth.successes(job, one.at)
            if not [each for each in own if each.at > success.at
                    and min(each.arrives) + DELIVERED_S <= one.at]
        ]  # fmt: skip
        if not own and self.truth.groups[one.key].parents:
            return  # an array of which only the end was heard
        is_fuzzy = self.truth.groups[one.key].fuzzy
        if is_fuzzy and self.truth.successes(job, one.at):
            return  # it may have failed again with what is another error, in another incident
        if not successes or not own or successes[-1].at < own[0].at:
            yield Violation("recovered only what has succeeded since", about)
            return
        failed_before = [each for each in own if each.at <= successes[-1].at]
        covered = self.accounts[one.key].covered
        if not any(
            each.member in covered and covered[each.member].at <= one.at for each in failed_before
        ) and not self.checker.is_troubled(one.at):
            yield Violation("recovered only what was reported", about)
        again = [each for each in before if each.key == one.key]
        if again and failed_before and failed_before[-1].at < again[-1].at - DELIVERED_S:
            late = again[-1].at - DELIVERED_S  # or on its way when the last was written
            since = [each for each in failed_before if min(each.arrives) > late]
            if not since and not self.checker.is_troubled(one.at):
                yield Violation("a recovery is said once", about)
        yield from self._is_one_message(job, one, before)
        yield from self._span(job, one, successes)

    def _is_one_message(self, job: Job, one: Heard, before: Sequence[Heard]) -> Iterator[Violation]:
        """Of several incidents of a job, one reports the success; where all of them may speak."""
        scenario = self.checker.scenario
        if (
            not before or scenario.is_tight or scenario.minimum != "info"
            or self.checker.troubles or self.truth.silenced
            or any(each.tags for each in self.checker.by_id.values())
            or any(group.fuzzy for group in self.truth.groups.values())
        ):  # fmt: skip
            return
        late = before[-1].at - DELIVERED_S
        runs = [each for each in self.checker.by_id.values() if each.job == job]
        if not any(late < min(each.arrives) <= one.at for each in runs):
            yield Violation("a success is one message", f"[{one.at:.0f} s] {one.told.subject}")

    def _span(self, job: Job, one: Heard, successes: Sequence[Succeed]) -> Iterator[Violation]:
        """The span and the number of runs are true: of this incident, or of this job."""
        subject = one.told.subject
        if self.truth.groups[one.key].fuzzy or self.checker.is_troubled(one.at):
            return
        if job in self.checker.unrecorded:
            return
        known = {each.id for each in self.checker.by_id.values() if min(each.arrives) <= one.at}
        every = [run for run in self.truth.runs.get(job, []) if run.root in known]
        roots = {each.id for each in self.truth.groups[one.key].events}
        allowed: set[tuple[int, float]] = set()
        for runs in (every, [run for run in every if run.root in roots]):
            for success in successes:
                allowed |= self._spans(
                    job, [run for run in runs if run.began <= success.at], success
                )
        runs_said = re.search(r"([\d,]+) failed runs?", subject)
        span_said = re.search(r"after ((?:\d+ (?:d|h|min|s) ?)+)", subject)
        counts = {count for count, _ in allowed}
        if runs_said and int(runs_said.group(1).replace(",", "")) not in counts:
            yield Violation(
                "a recovery has the true number of runs", f"{sorted(counts)}: {subject}"
            )
        if span_said and not any(_is_duration(span_said.group(1), span) for _, span in allowed):
            spans = sorted(span for _, span in allowed)
            yield Violation("a recovery has the true span", f"{spans}: {subject}")

    def _spans(self, job: Job, runs: Sequence[Run], success: Succeed) -> set[tuple[int, float]]:
        """Return how many runs failed before a success, and for how long, from any part of one."""
        found: set[tuple[int, float]] = set()
        for start, run in enumerate(runs):
            before = runs[start - 1].ended if start else -NEVER
            if self.truth.success_between(job, before, run.ended) or (
                run.ended - before >= CLOSED_S - DAY
            ):
                ended = success.at + success.took
                times = [each.at for each in self.checker.by_id.values() if each.id == run.root]
                found |= {(len(runs) - start, ended - failed) for failed in times}
        return found

    # ---- What is true is said --------------------------------------------------------------------

    def _is_said(self, job: Job) -> Iterator[Violation]:
        own = self._own(job)
        groups = {self.truth.group_of[each.member] for each in own}
        for key in groups:
            group = self.truth.groups[key]
            if not group.fuzzy:
                yield from self._is_said_of(job, key)

    def _is_said_of(self, job: Job, key: Key) -> Iterator[Violation]:
        covered = self.accounts[key].covered
        every = self._own(job)
        for each in self._own(job, key):
            following = next((one for one in every if one.at > each.at), None)
            until = following.at - RUN_S if following else NEVER
            fixed = next(
                (one for one in self.truth.successes(job) if each.at < one.at < until), None
            )
            told = covered.get(each.member)
            if fixed is None or told is None or told.is_recovery or told.names:
                continue
            if not self.truth.is_reportable(each):
                continue  # a message counted it, and reported others
            succeeded = fixed.at + fixed.took
            if succeeded - each.at >= CLOSED_S - DAY:
                continue  # it may have been closed
            deadline = self._deadline(max(succeeded, told.at))
            if following and following.at - RUN_S <= deadline:
                continue  # it failed again before anybody had to look
            said = [one for one in self.said[job] if succeeded <= one.at <= deadline]
            if not said:
                yield Violation(
                    "a job that succeeds again is reported as recovered",
                    f"{each.name} failed {each.at:.0f} s, succeeded {succeeded:.0f} s, due by "
                    f"{deadline:.0f} s; said: {self.accounts[key]._said()}",
                )

    def _deadline(self, start: float) -> float:
        deadline = start + LONGEST_INTERVAL_S + 15 * MINUTE
        scenario = self.checker.scenario
        if scenario.is_tight:  # the room of an hour is shared with all that is said meanwhile
            times = ((told.at - START_MS) / 1000 for told in self.checker.played.told)
            said = sum(start <= at <= deadline for at in times)
            deadline += ROOM_S * max(1, said / scenario.per_hour)
        return self.checker.slack(start, deadline)


def _is_duration(said: str, seconds: float) -> bool:
    """Return whether a length of time is written as what it is, to the smaller unit it has."""
    sizes = {"d": DAY, "h": HOUR, "min": MINUTE, "s": 1}
    parts = re.findall(r"(\d+) (d|h|min|s)", said)
    value = sum(int(amount) * sizes[unit] for amount, unit in parts)
    units = ["d", "h", "min", "s", "s"]
    smallest = sizes[units[units.index(parts[0][1]) + 1]]
    return abs(value - seconds) <= smallest + 1
