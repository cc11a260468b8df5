"""What became of every failure: told, among the dead letters with an alarm, or lost."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from workbench.subscriber import Delivery

_ENDS = ("recovered", "closed")  # such a message says that it is over, not that more has failed


@dataclass(frozen=True, slots=True)
class Seen:
    """What there is to see after a while.

    `counted` has the jobs that the ledger counts, by incident; `dead` those whose event lies among
    the dead letters, `unfollowed` the incidents whose follow-up does.
    """

    counted: Mapping[str, frozenset[str]]
    deliveries: Sequence[Delivery]
    dead: frozenset[str] = frozenset()
    unfollowed: frozenset[str] = frozenset()
    alarmed: bool = True  # whether an alarm watches every queue that holds dead letters
    queued: int = 0  # events that have not been looked at to the end


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


def account(sent: Iterable[str], seen: Seen) -> Account:
    """Draw up the account of the failed jobs `sent`, by id.

    Parameters
    ----------
    sent
        Ids of the failed jobs, each its job's name as well.
    seen
        What came of them.
    """
    jobs = set(sent)
    told = _told(seen.deliveries)
    found = Account(len(jobs), messages=len(seen.deliveries), duplicates=_repeated(seen.deliveries))
    for delivery in seen.deliveries:
        if delivery.document["cause"]["id"] == "degraded":
            found.announced |= {job for job in jobs if job in delivery.email}
    by_name = set(found.announced)
    for key, members in seen.counted.items():
        if told.get(key, 0) >= len(members):
            found.duplicates += len(by_name & members)  # told by name, and counted as well
            found.announced |= members
        elif key in seen.unfollowed:
            found.dead |= members
        if strangers := members - jobs:
            found.wrong.append(f"{key}: {len(strangers)} counted that never failed")
        if told.get(key, 0) > len(members):
            found.wrong.append(f"{key}: {told[key]} told of {len(members)}")
    found.wrong += [f"{key} told, but not counted" for key in told if key not in seen.counted]
    counts = Counter(job for members in seen.counted.values() for job in members)
    found.wrong += [f"{job} counted in {n} incidents" for job, n in counts.items() if n > 1]
    if seen.dead or seen.unfollowed:
        found.dead |= seen.dead
        if not seen.alarmed:
            found.wrong.append("dead letters without an alarm")
    found.untold = jobs - found.announced - found.dead
    return found


def _told(deliveries: Sequence[Delivery]) -> dict[str, int]:
    """Give how many failures the newest message on each incident told of."""
    told: dict[str, int] = defaultdict(int)
    for one in deliveries:
        if one.document["cause"]["id"] != "degraded":
            counts = one.document["counts"]
            key = one.document["dedup_key"]
            told[key] = max(told[key], counts["failed"] + counts["dependents"] if counts else 1)
    return told


def _repeated(deliveries: Sequence[Delivery]) -> int:
    """Count the messages that told nothing that an earlier one had not."""
    seen = Counter(
        (one.document["dedup_key"], str(one.document["counts"]))
        for one in deliveries
        if one.document["outcome"] not in _ENDS
    )
    return sum(times - 1 for times in seen.values())
