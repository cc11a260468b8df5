"""What became of every failure: told, among the dead letters with an alarm, or lost."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from workbench.local.subscriber import Delivery

STORM, DEGRADED = "storm", "degraded"  # causes of messages that are about no one incident
_ENDS = ("recovered", "closed")  # such a message says that it is over, not that more has failed


@dataclass(frozen=True, slots=True)
class LedgerSnapshot:
    """What there is to see after a while.

    `counted` has the jobs that the ledger counts, by incident, `recorded` how many of them it says
    were reported, which is believed where a storm digest came: it names incidents, and counts no
    jobs. `dead` those whose event lies among
    the dead letters, `unfollowed` the incidents whose follow-up does.
    """

    counted: Mapping[str, frozenset[str]]
    deliveries: Sequence[Delivery]
    recorded: Mapping[str, int] = field(default_factory=dict)
    dead: frozenset[str] = frozenset()
    unfollowed: frozenset[str] = frozenset()
    alarmed: bool = True  # whether an alarm watches every queue for dead letters


@dataclass(slots=True)
class Account:
    """The failures of one run, each in one place; what does not add up is in `wrong`."""

    failures: int
    announced: set[str] = field(default_factory=set)
    dead: set[str] = field(default_factory=set)
    untold: set[str] = field(default_factory=set)
    duplicates: int = 0
    messages: int = 0
    wrong: list[str] = field(default_factory=list)

    @property
    def lost(self) -> int:
        """How many nobody heard of, and nobody will."""
        return len(self.untold)

    @property
    def is_settled(self) -> bool:
        """Whether every failure is somewhere."""
        return not self.untold


def account(sent: Iterable[str], seen: LedgerSnapshot) -> Account:
    """Draw up the account of the failed jobs `sent`, by id.

    Parameters
    ----------
    sent
        Ids of the failed jobs, each its job's name as well.
    seen
        What came of them.
    """
    jobs, told = set(sent), _told(seen)
    found = Account(len(jobs), messages=len(seen.deliveries), duplicates=_repeated(seen.deliveries))
    by_name = _told_by_name(jobs, seen.deliveries)
    found.announced |= by_name
    for key, members in seen.counted.items():
        if told.get(key, 0) >= len(members):
            found.duplicates += len(by_name & members)  # told by name, and counted as well
            found.announced |= members
        elif key in seen.unfollowed:
            found.dead |= members
    found.dead |= seen.dead
    found.untold = jobs - found.announced - found.dead
    found.wrong = _contradictions(jobs, told, seen)
    return found


def _contradictions(jobs: set[str], told: Mapping[str, int], seen: LedgerSnapshot) -> list[str]:
    """Say what cannot be, whatever the fault was."""
    wrong = [f"{key} told, but not counted" for key in told if key not in seen.counted]
    for key, members in seen.counted.items():
        if strangers := members - jobs:
            wrong.append(f"{key}: {len(strangers)} counted that never failed")
        if told.get(key, 0) > len(members):
            wrong.append(f"{key}: {told[key]} reported of {len(members)}")
    counts = Counter(job for members in seen.counted.values() for job in members)
    wrong += [f"{job} counted in {times} incidents" for job, times in counts.items() if times > 1]
    if (seen.dead or seen.unfollowed) and not seen.alarmed:
        wrong.append("dead letters without an alarm")
    return wrong


def _told_by_name(jobs: set[str], deliveries: Sequence[Delivery]) -> set[str]:
    """Give the jobs that a message without the ledger names."""
    degraded = [one.email for one in deliveries if one.document["cause"]["id"] == DEGRADED]
    return {job for job in jobs if any(job in text for text in degraded)}


def _told(seen: LedgerSnapshot) -> dict[str, int]:
    """Give how many failures of each incident were reported."""
    told: dict[str, int] = defaultdict(int)
    causes = {one.document["cause"]["id"] for one in seen.deliveries}
    if STORM in causes:
        told |= {key: count for key, count in seen.recorded.items() if count}
    for one in seen.deliveries:
        if one.document["cause"]["id"] not in (STORM, DEGRADED):
            counts, key = one.document["counts"], one.document["dedup_key"]
            number = counts["failed"] + counts["dependents"] if counts else 1
            told[key] = max(told[key], number)
    return told


def _repeated(deliveries: Sequence[Delivery]) -> int:
    """Count the messages that report nothing that an earlier one had not."""
    seen = Counter(
        (one.document["dedup_key"], str(one.document["counts"]))
        for one in deliveries
        if one.document["outcome"] not in _ENDS
    )
    return sum(times - 1 for times in seen.values())
