"""The failed jobs of an alert by cause: as counts for machines, as a table for people."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from notifier.diagnosis.known_cause import diagnosis_for
from notifier.incident.counts import Group, Member, Tally, ranges
from notifier.joblog.excerpt import Excerpt
from notifier.text import untrusted

NAMES_SHOWN = 20  # of one cause; the others are counted
INDICES_SHOWN = 300  # characters of index ranges in a row; the webhook document has them all
_WIDTH = 74  # columns of a row, which the mail indents by two
_LAST_COLUMN = 36  # minimum columns of the last cell
_GAP = "  "
NOT_RUN = "Will not run: dependency failed"


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
    """How many failed by themselves, how many depended on those, and of how many, if known."""

    failed: int
    dependents: int = 0
    of: int | None = None


@dataclass(frozen=True, slots=True)
class Sample:
    """The log of one failed job that represents others; without a log, `note` says why."""

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


def merge_counts(shares: Iterable[tuple[str, str, int]]) -> tuple[CauseCount, ...]:
    """Merge (cause, job name, number) by cause, most frequent first."""
    merged: dict[str, CauseCount] = {}
    for cause, name, number in shares:
        same = merged.get(cause) or CauseCount(cause, diagnosis_for(cause).title, 0)
        names = tuple(dict.fromkeys((*same.names, name)))[:NAMES_SHOWN]
        merged[cause] = replace(same, count=same.count + number, names=names)
    return tuple(sorted(merged.values(), key=lambda each: -each.count))


def write_table(tally: Tally, uncounted: int = 0, noun: str = "child") -> tuple[str, ...]:
    """Write a row for each cause: how many, the cause, and which jobs; then the dependents.

    Parameters
    ----------
    tally
        The failures.
    uncounted
        Children that Batch counts as failed beyond those.
    noun
        What has an index: `child` or `node`.
    """
    rows = [
        (f"{len(group.members):,}", diagnosis_for(group.cause).title, _list_jobs(group, noun))
        for group in tally.groups
    ]
    if uncounted > 0:
        rows.append((f"{uncounted:,}", "Counted by AWS Batch", "no event received yet"))
    if tally.dependents:
        rows.append((f"{len(tally.dependents):,}", NOT_RUN, _list_names(tally.dependents)))
    return align_columns(rows)


def _list_jobs(group: Group, noun: str) -> str:
    if not group.indices:
        return _list_names(group.members)
    shown = ranges(group.indices)
    if len(shown) > INDICES_SHOWN:
        shown = shown[:INDICES_SHOWN].rpartition(", ")[0] + ", …"
    one, many = ("node", "nodes") if noun == "node" else ("index", "indices")
    return f"{many if len(group.indices) > 1 else one} {shown}"


def _list_names(members: Sequence[Member]) -> str:
    names = [untrusted.defang(name) for name in dict.fromkeys(one.name for one in members) if name]
    more = len(names) - NAMES_SHOWN
    return ", ".join(names[:NAMES_SHOWN]) + (f" and {more:,} more" if more > 0 else "")


def align_columns(rows: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """Align cells in columns, the numbers to the right; a long last cell is wrapped."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)][:-1]
    indent = sum(widths) + len(_GAP) * len(widths)
    lines: list[str] = []
    for number, *cells, last in rows:
        head = [number.rjust(widths[0])]
        head += [cell.ljust(width) for cell, width in zip(cells, widths[1:], strict=True)]
        wrapped = textwrap.wrap(
            last, max(_LAST_COLUMN, _WIDTH - indent), break_long_words=False, break_on_hyphens=False
        ) or [""]
        lines.append(_GAP.join([*head, wrapped[0]]).rstrip())
        lines += [" " * indent + rest for rest in wrapped[1:]]
    return tuple(lines)
