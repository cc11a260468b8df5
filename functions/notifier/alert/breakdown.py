"""The failed jobs of a message cause by cause: as counts for machines, as lines for people."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from notifier.diagnosis.known_cause import diagnosis_for
from notifier.incident.counts import Group, Member, Tally, ranges
from notifier.joblog.excerpt import Excerpt
from notifier.text import untrusted

NAMES_SHOWN = 20  # of one cause; the others are counted
INDICES_SHOWN = 300  # characters of index ranges in a line; the webhook document has them all
_WIDTH = 74  # columns of a line, which the mail indents by two
_LAST_COLUMN = 36  # columns that the last cell has at least
_GAP = "  "
_NOT_RUN = "Will not run: waited in vain"


@dataclass(frozen=True, slots=True)
class CauseCount:
    """How many failed of one cause, and which: index ranges, or at most 20 names."""

    id: str
    title: str
    count: int
    indices: str = ""
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Counts:
    """How many failed by themselves, how many waited for them, and of how many, if known."""

    failed: int
    dependents: int = 0
    of: int | None = None


@dataclass(frozen=True, slots=True)
class Sample:
    """The log of one failed job that stands for others; without one, `note` says why."""

    title: str
    note: str = ""
    excerpt: Excerpt | None = None


def count_by_cause(tally: Tally) -> tuple[CauseCount, ...]:
    """Count the failed jobs by cause, most frequent first."""
    return tuple(
        CauseCount(
            id=group.cause,
            title=diagnosis_for(group.cause).title,
            count=len(group.members),
            indices=ranges(group.indices),
            names=tuple(untrusted.defang(name) for name in group.names if name)[:NAMES_SHOWN],
        )
        for group in tally.groups
    )


def write_table(tally: Tally, uncounted: int = 0, noun: str = "child") -> tuple[str, ...]:
    """Write one row a cause: how many, the cause, and which; then what waited for them.

    Parameters
    ----------
    tally
        What has failed.
    uncounted
        Children that Batch counts as failed beyond those.
    noun
        What has an index: a child or a node.
    """
    rows = [
        (f"{len(group.members):,}", diagnosis_for(group.cause).title, _list_jobs(group, noun))
        for group in tally.groups
    ]
    if uncounted > 0:
        rows.append((f"{uncounted:,}", "Counted by Batch only", "no event has come for them"))
    if tally.dependents:
        rows.append((f"{len(tally.dependents):,}", _NOT_RUN, _list_names(tally.dependents)))
    return align_columns(rows)


def _list_jobs(group: Group, noun: str) -> str:
    if not group.indices:
        return _list_names(group.members)
    told = ranges(group.indices)
    if len(told) > INDICES_SHOWN:
        told = told[:INDICES_SHOWN].rpartition(", ")[0] + ", …"
    one, many = ("node", "nodes") if noun == "node" else ("index", "indices")
    return f"{many if len(group.indices) > 1 else one} {told}"


def _list_names(members: Sequence[Member]) -> str:
    names = [untrusted.defang(name) for name in dict.fromkeys(one.name for one in members) if name]
    told = ", ".join(names[:NAMES_SHOWN])
    more = len(names) - NAMES_SHOWN
    return f"{told} and {more:,} more" if more > 0 else told


def align_columns(rows: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """Align cells in columns, numbers first; a long last cell is wrapped in its column."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)][:-1]
    lead = sum(widths) + len(_GAP) * len(widths)
    told: list[str] = []
    for number, *cells, last in rows:
        head = [number.rjust(widths[0])]
        head += [cell.ljust(width) for cell, width in zip(cells, widths[1:], strict=True)]
        wrapped = textwrap.wrap(
            last, max(_LAST_COLUMN, _WIDTH - lead), break_long_words=False, break_on_hyphens=False
        ) or [""]
        told.append(_GAP.join([*head, wrapped[0]]).rstrip())
        told += [" " * lead + rest for rest in wrapped[1:]]
    return tuple(told)
