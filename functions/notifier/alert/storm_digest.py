"""Composes one alert for many incidents: too many for the rate limit, or no incident table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from notifier.alert import breakdown, facts, summary, wording
from notifier.alert.alert import Alert
from notifier.alert.breakdown import CauseCount, Counts
from notifier.alert.representative import parent_job, set_representative
from notifier.alert.several.attributes import list_attributes, list_values
from notifier.alert.several.rows import (
    Row,
    align,
    disambiguate_names,
    first_steps,
    lead_with_critical,
    make_row,
    merge_alike,
    name_critical,
    name_main_queue,
    sort_rows,
)
from notifier.batch.failure import Failure
from notifier.diagnosis.diagnose import Diagnosis
from notifier.diagnosis.known_cause import notifier_diagnosis
from notifier.incident.counts import Tally
from notifier.incident.incident import Incident
from notifier.text import units, untrusted

LINES_SHOWN = 100  # rows of a degraded message; the others are counted
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
    parts = [(incident, part) for incident, tally in entries for part in _split(tally)]
    held = [(set_representative(incident, tally), tally) for incident, tally in parts]
    rows = disambiguate_names(sort_rows(make_row(incident, tally) for incident, tally in held))
    causes = breakdown.merge_counts(share for each in held for share in _split_by_cause(*each))
    dependents = sum(len(tally.dependents) for _, tally in held)
    counts = Counts(sum(row.count for row in rows) - dependents, dependents)
    incidents = wording.pluralize(len(entries), "incident")
    jobs, listed = _count_jobs(counts), _list_causes(causes)
    why = f": {listed}" if listed else ""
    have = "has" if len(entries) == 1 else "have"
    sentence = (
        f"{incidents} with {jobs} {have} been on hold because of the rate limit since "
        f"{units.moment(since)}{why}.{name_critical(rows)}{name_main_queue(rows)}"
    )
    alert = replace(
        _summarize(rows, causes, _STORM),
        name=lead_with_critical(rows) or incidents,
        sentence=sentence,
        headline=f"{jobs} on hold{why}",
        incident=f"storm-{since}",
        event_time=units.iso(max([since, *(tally.newest_at for _, tally in held)])),
        breakdown=align(rows),
        counts=counts,
    )
    alert = replace(alert, filters={**alert.filters, **_list_attributes(held)})
    return _add_further(alert, more) if more else alert


def _list_attributes(held: Sequence[tuple[Incident, Tally]]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for each in held:
        for name, values in list_attributes(*each).items():
            found[name] = list_values((*found.get(name, ()), *values))
    return found


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
    rows = merge_alike(failures)
    causes = breakdown.merge_counts((row.diagnosis.cause, row.name, row.count) for row in rows)
    jobs, listed = wording.pluralize(len(failures), "job"), _list_causes(causes)
    name = _common_value([row.name for row in rows])
    sentence = (
        f"{jobs} failed: {listed}.{name_main_queue(rows)} Failures are not grouped and may be "
        f"reported again: the incident table or its queue returned {untrusted.defang(problem)}."
    )
    alert, table = _summarize(rows, causes, _DEGRADED), align(rows[:LINES_SHOWN])
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


def _summarize(rows: Sequence[Row], causes: tuple[CauseCount, ...], notice: Diagnosis) -> Alert:
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
        steps=first_steps(rows[0]),
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


def _split(tally: Tally) -> Iterator[Tally]:
    """Give what failed and what will not run apart: each has a row and a total of its own."""
    if tally.failed or tally.parent:
        yield replace(tally, dependents=())
    if tally.dependents:
        yield Tally(dependents=tally.dependents)


def _count_jobs(counts: Counts) -> str:
    failed = wording.pluralize(counts.failed, "failed job")
    waiting = wording.pluralize(counts.dependents, "dependent job")
    return " and ".join(
        jobs for jobs, n in ((failed, counts.failed), (waiting, counts.dependents)) if n
    )


def _split_by_cause(incident: Incident, tally: Tally) -> Iterator[tuple[str, str, int]]:
    """Give cause, name and number of failed jobs; of some, only their array was heard."""
    name = summary.name_incident(incident, tally)
    for group in tally.groups:
        yield group.cause, name, len(group.members)
    if tally.parent and (unheard := summary.total_failed(tally) - tally.failed):
        yield tally.parent.cause, name, unheard


def _list_causes(causes: Sequence[CauseCount]) -> str:
    return wording.list_causes((each.id, each.count) for each in causes)
