"""The rows of an alert about several incidents: the most severe first, then the most failures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from notifier.alert import breakdown, facts, summary, wording
from notifier.alert.alert import tagged_severity
from notifier.batch.failure import Failure
from notifier.batch.identifiers import is_job_title
from notifier.diagnosis.diagnose import Diagnosis, Severity
from notifier.incident.counts import Tally
from notifier.incident.incident import Incident
from notifier.text import untrusted

NAME_SHOWN, QUEUE_SHOWN, ERROR_SHOWN = 40, 32, 60  # characters of a cell
CRITICAL_NAMED = 5  # in a sentence; the table has all
MAIN_QUEUE_SHARE = 0.5  # a queue with more than this share of the rows is named in a sentence


@dataclass(frozen=True, slots=True)
class Row:
    """Failures with the same cause and name on one queue."""

    first: Failure
    diagnosis: Diagnosis
    severity: Severity
    name: str
    count: int
    error: str = ""

    @property
    def cells(self) -> tuple[str, str, str, str]:
        """Count, cause, name and queue, as a table shows them."""
        title = facts.mark_drill(self.diagnosis.title, self.first.is_drill)
        title = ": ".join(filter(None, (title, self.error)))
        name = untrusted.cut_middle(self.name, NAME_SHOWN)
        queue = untrusted.cut_middle(untrusted.defang(self.first.queue), QUEUE_SHOWN)
        return f"{self.count:,}", title, name, queue


def make_row(incident: Incident, tally: Tally) -> Row:
    """Make the row of what failed in an incident, or of its dependents alone."""
    diagnosis, failed = summary.diagnose_incident(incident, tally), summary.total_failed(tally)
    return Row(
        first=incident.first,
        diagnosis=diagnosis if failed else replace(diagnosis, title=breakdown.NOT_RUN),
        severity=summary.rate_severity(incident, tally),
        name=summary.name_incident(incident, tally),
        count=failed or len(tally.dependents),
        error=untrusted.truncate(untrusted.defang(_error_of(tally)), ERROR_SHOWN),
    )


def _error_of(tally: Tally) -> str:
    """Give the error in the log of the first failure that has one."""
    return next((one.error for one in tally.failures if one.error), "")


def merge_alike(failures: Sequence[tuple[Failure, Diagnosis]]) -> list[Row]:
    """Count failures that look alike in one row, which is as severe as the worst of them."""
    alike: dict[tuple[str, ...], Row] = {}
    for failure, diagnosis in failures:
        name = untrusted.defang(failure.job_name or failure.job_id) or "unknown job"
        row = Row(failure, diagnosis, tagged_severity(failure, diagnosis.severity), name, 1)
        same = alike.get(row.cells[1:], replace(row, count=0))
        severity = max(same.severity, row.severity)
        alike[row.cells[1:]] = replace(same, count=same.count + 1, severity=severity)
    return sort_rows(alike.values())


def sort_rows(rows: Iterable[Row]) -> list[Row]:
    """Sort by severity, then by number of failures."""
    return sorted(
        rows, key=lambda row: (-row.severity.rank, -row.count, row.name, row.first.definition)
    )


def align(rows: Sequence[Row]) -> tuple[str, ...]:
    """Write the rows as lines of a table."""
    return breakdown.align_columns([row.cells for row in rows])


def disambiguate_names(rows: Sequence[Row]) -> list[Row]:
    """Add the job definition to names where rows would look alike."""
    alike = Counter(row.cells[1:] for row in rows)
    return [
        replace(row, name=f"{row.name} ({untrusted.defang(row.first.definition_name)})")
        if alike[row.cells[1:]] > 1 and row.first.definition
        else row
        for row in rows
    ]


def name_main_queue(rows: Sequence[Row]) -> str:
    """Name the queue that most rows are on: the cause may be there."""
    queue, share = Counter(row.first.queue for row in rows).most_common(1)[0]
    if len(rows) <= 1 or not queue or share <= MAIN_QUEUE_SHARE * len(rows):
        return ""
    number = "All" if share == len(rows) else f"{share:,}"
    return f" {number} of them are on queue {untrusted.defang(queue)}."


def lead_with_critical(rows: Sequence[Row]) -> str:
    """Name the first critical incident, for a subject and a phone; empty where none is."""
    if rows[0].severity is not Severity.CRITICAL:
        return ""
    more = len(rows) - 1
    return f"{rows[0].name} and {more:,} more" if more else rows[0].name


def name_critical(rows: Sequence[Row]) -> str:
    """Say which incidents are critical: the table names all of them first."""
    critical = [row.name for row in rows if row.severity is Severity.CRITICAL]
    if not critical or len(critical) == len(rows):
        return ""
    more = len(critical) - CRITICAL_NAMED
    rest = f" and {more:,} more" if more > 0 else ""
    return f" Critical: {', '.join(critical[:CRITICAL_NAMED])}{rest}."


def first_steps(row: Row) -> tuple[str, ...]:
    """Say to begin with a row, and what to do about it."""
    queue = f" on queue {row.first.queue}" if is_job_title(row.first.queue) else ""
    # Steps are not quoted, so that they may hold no markup.
    name = row.name if is_job_title(row.name) else "the first line below"
    title = wording.lower_first(row.diagnosis.title)
    step = f"Start with {name}{queue} ({row.count:,} failed): {title}."
    return (step, *row.diagnosis.actions[:1])
