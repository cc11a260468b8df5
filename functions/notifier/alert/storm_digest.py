"""Composes one alert for many incidents: too many for the rate limit, or no incident table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from notifier.alert import breakdown, facts, summary, wording
from notifier.alert.alert import Alert, tagged_severity
from notifier.alert.breakdown import CauseCount, Counts
from notifier.alert.representative import parent_job, set_representative
from notifier.batch.failure import Failure
from notifier.batch.identifiers import is_job_title
from notifier.diagnosis.diagnose import Diagnosis, Severity
from notifier.diagnosis.known_cause import notifier_diagnosis
from notifier.incident.counts import Tally
from notifier.incident.incident import Incident
from notifier.text import units, untrusted

LINES_SHOWN = 100  # rows of a degraded message; the others are counted
NAME_SHOWN, QUEUE_SHOWN = 40, 32  # characters of a cell
MAIN_QUEUE_SHARE = 0.5  # a queue with more than this share of the rows is named in a sentence
_STORM = notifier_diagnosis(
    "storm",
    "On hold: rate limit",
    "More incidents had news than the rate limit allows as separate messages. This digest "
    "counts each of them once. Later failures are reported in separate digests.",
)
_DEGRADED = notifier_diagnosis(
    "degraded",
    "Incident table unavailable",
    "Without its table and queues, the notifier does not know what it has already reported, "
    "so it reports every failure. It read no logs: the causes come from the events alone.",
)
_FIX_TABLE = "Also fix the table or its queue. Until then, every failure is reported like this."


@dataclass(frozen=True, slots=True)
class _Row:
    """Failures with the same cause and name on one queue."""

    first: Failure
    diagnosis: Diagnosis
    severity: Severity
    name: str
    count: int

    @property
    def cells(self) -> tuple[str, str, str, str]:
        title = facts.mark_drill(self.diagnosis.title, self.first.is_drill)
        name = untrusted.cut_middle(self.name, NAME_SHOWN)
        queue = untrusted.cut_middle(untrusted.defang(self.first.queue), QUEUE_SHOWN)
        return f"{self.count:,}", title, name, queue


def compose_storm(entries: Sequence[tuple[Incident, Tally]], more: int, since: int) -> Alert:
    """Report the incidents on hold because of the rate limit, in one message.

    Parameters
    ----------
    entries
        At least one incident, with those of its failures that are on hold.
    more
        How many further incidents the next digest reports.
    since
        When the first of them was put on hold (epoch ms).
    """
    held = [(set_representative(incident, tally), tally) for incident, tally in entries]
    rows = _disambiguate_names(_sort_rows(_make_row(incident, tally) for incident, tally in held))
    causes = breakdown.merge_counts(share for each in held for share in _split_by_cause(*each))
    dependents = sum(len(tally.dependents) for _, tally in held)
    counts = Counts(sum(row.count for row in rows) - dependents, dependents)
    incidents = wording.pluralize(len(rows), "incident")
    jobs = wording.pluralize(counts.failed + dependents, "failed job")
    listed = _list_causes(causes)
    have = "has" if len(rows) == 1 else "have"
    sentence = (
        f"{incidents} with {jobs} {have} been on hold because of the rate limit since "
        f"{units.moment(since)}: {listed}.{_name_main_queue(rows)}"
    )
    alert = replace(
        _summarize(rows, causes, _STORM),
        name=incidents,
        sentence=sentence,
        headline=f"{jobs} on hold: {listed}",
        incident=f"storm-{since}",
        event_time=units.iso(max([since, *(tally.newest_at for _, tally in held)])),
        breakdown=_align(rows),
        counts=counts,
    )
    return _add_further(alert, more) if more else alert


def _add_further(alert: Alert, more: int) -> Alert:
    further = f"{wording.pluralize(more, 'more incident')} will be named in the next digest."
    sentence = f"{alert.sentence} {further}"
    return replace(alert, sentence=sentence, breakdown=(*alert.breakdown, f"[{further}]"))


def compose_degraded(failures: Sequence[tuple[Failure, Diagnosis]], problem: str) -> Alert:
    """Report failures in one message while the incident table gives no answer.

    Parameters
    ----------
    failures
        At least one, with the diagnosis of its event alone.
    problem
        The error code of the table.
    """
    rows = _merge_alike(failures)
    causes = breakdown.merge_counts((row.diagnosis.cause, row.name, row.count) for row in rows)
    jobs, listed = wording.pluralize(len(failures), "job"), _list_causes(causes)
    name = _common_value([row.name for row in rows])
    sentence = (
        f"{jobs} failed: {listed}.{_name_main_queue(rows)} Failures are not grouped and may be "
        f"reported again: the incident table or its queue returned {untrusted.defang(problem)}."
    )
    alert, table = _summarize(rows, causes, _DEGRADED), _align(rows[:LINES_SHOWN])
    left_out = sum(row.count for row in rows[LINES_SHOWN:])
    runs_failed = f"{len(failures):,} failed: " if name and len(failures) > 1 else ""
    return replace(
        alert,
        name=name or jobs,
        sentence=sentence,
        headline=f"{runs_failed}{listed}",
        steps=(*alert.steps, _FIX_TABLE),
        incident=f"degraded-{failures[0][0].event_id or failures[0][0].job_id}",
        event_time=max(failure.event_time for failure, _ in failures),
        breakdown=(*table, f"[{left_out:,} more failed]") if left_out else table,
        counts=Counts(len(failures)),
    )


def _summarize(rows: Sequence[_Row], causes: tuple[CauseCount, ...], notice: Diagnosis) -> Alert:
    """Begin an alert about many rows; a filter policy matches what any of them is about."""
    failures = [row.first for row in rows]
    first, severity = parent_job(failures[0]), max(row.severity for row in rows)
    is_drill = all(each.is_drill for each in failures)
    attributes = {
        "queue": [each.queue for each in failures],
        "definition": [each.definition for each in failures],
        "owner": [each.tag("notify:owner") for each in failures],
        "cause": [row.diagnosis.cause for row in rows],
        "class": [str(row.diagnosis.class_) for row in rows],
        **facts.filter_values(failures),
    }
    return Alert(
        status=facts.mark_drill("FAILED", is_drill),
        name="",
        diagnosis=replace(notice, severity=severity),
        severity=severity,
        account=first.account,
        region=first.region,
        steps=_first_steps(rows[0]),
        queue=_common_value(attributes["queue"]),
        definition=_common_value(attributes["definition"]),
        owner=_common_value(attributes["owner"]),
        links=facts.list_links(first),
        ids=(("account", untrusted.defang(f"{first.account} {first.region}".strip())),),
        causes=causes,
        is_drill=is_drill,
        filters={name: tuple(dict.fromkeys(each)) for name, each in attributes.items()},
    )


def _common_value(values: Sequence[str]) -> str:
    return values[0] if len(set(values)) == 1 else ""


def _make_row(incident: Incident, tally: Tally) -> _Row:
    return _Row(
        first=incident.first,
        diagnosis=summary.diagnose_incident(incident, tally),
        severity=summary.rate_severity(incident, tally),
        name=summary.name_incident(incident, tally),
        count=tally.counted,
    )


def _merge_alike(failures: Sequence[tuple[Failure, Diagnosis]]) -> list[_Row]:
    """Count failures that look alike in one row, which is as severe as the worst of them."""
    alike: dict[tuple[str, ...], _Row] = {}
    for failure, diagnosis in failures:
        name = untrusted.defang(failure.job_name or failure.job_id) or "unknown job"
        row = _Row(failure, diagnosis, tagged_severity(failure, diagnosis.severity), name, 1)
        same = alike.get(row.cells[1:], replace(row, count=0))
        severity = max(same.severity, row.severity)
        alike[row.cells[1:]] = replace(same, count=same.count + 1, severity=severity)
    return _sort_rows(alike.values())


def _split_by_cause(incident: Incident, tally: Tally) -> Iterator[tuple[str, str, int]]:
    """Give cause, name and number of failed jobs."""
    name = summary.name_incident(incident, tally)
    for group in tally.groups:
        yield group.cause, name, len(group.members)
    if tally.dependents:
        yield "dependent-job-failed", name, len(tally.dependents)


def _list_causes(causes: Sequence[CauseCount]) -> str:
    return wording.list_causes((each.id, each.count) for each in causes)


def _sort_rows(rows: Iterable[_Row]) -> list[_Row]:
    """Sort by severity, then by number of failures."""
    return sorted(
        rows, key=lambda row: (-row.severity.rank, -row.count, row.name, row.first.definition)
    )


def _align(rows: Sequence[_Row]) -> tuple[str, ...]:
    return breakdown.align_columns([row.cells for row in rows])


def _disambiguate_names(rows: Sequence[_Row]) -> list[_Row]:
    """Add the job definition to names where rows would look alike."""
    alike = Counter(row.cells[1:] for row in rows)
    return [
        replace(row, name=f"{row.name} ({untrusted.defang(row.first.definition_name)})")
        if alike[row.cells[1:]] > 1 and row.first.definition
        else row
        for row in rows
    ]


def _name_main_queue(rows: Sequence[_Row]) -> str:
    """Name the queue that most rows are on: the cause may be there."""
    queue, share = Counter(row.first.queue for row in rows).most_common(1)[0]
    if len(rows) <= 1 or not queue or share <= MAIN_QUEUE_SHARE * len(rows):
        return ""
    number = "All" if share == len(rows) else f"{share:,}"
    return f" {number} of them are on queue {untrusted.defang(queue)}."


def _first_steps(row: _Row) -> tuple[str, ...]:
    queue = f" on queue {row.first.queue}" if is_job_title(row.first.queue) else ""
    # Steps are not quoted, so that they may hold no markup.
    name = row.name if is_job_title(row.name) else "the first line below"
    title = wording.lower_first(row.diagnosis.title)
    step = f"Start with {name}{queue} ({row.count:,} failed): {title}."
    return (step, *row.diagnosis.actions[:1])
