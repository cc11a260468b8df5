"""What a person reads where incidents cannot be told one by one: too many, or no table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from notifier.alert import breakdown, facts, summary, wording
from notifier.alert.alert import Alert, severity_of
from notifier.alert.breakdown import NAMES_SHOWN, CauseCount, Counts
from notifier.alert.representative import whole_job, with_representative
from notifier.batch.failure import Failure
from notifier.batch.identifiers import is_job_title
from notifier.diagnosis.diagnose import Diagnosis, Severity
from notifier.diagnosis.known_cause import diagnosis_for, notifier_diagnosis
from notifier.incident.counts import Tally, fold
from notifier.incident.incident import Incident
from notifier.text import units, untrusted

LINES_SHOWN = 100  # failures of a degraded message; the others are counted
NAME_SHOWN, QUEUE_SHOWN = 40, 32  # characters of a cell
MOST = 0.5  # a queue with more than this share of the lines is worth a sentence
_WAITED = "dependent-job-failed"
_STORM = notifier_diagnosis(
    "storm",
    "Held back by the rate limit",
    "More incidents had something to tell than the rate limit lets out one by one. Each "
    "was counted and is named here once; what follows is told in digests of its own.",
)
_DEGRADED = notifier_diagnosis(
    "degraded",
    "Incidents cannot be kept",
    "Without its table and queues the notifier cannot know what it has told before, so it "
    "tells everything. Logs were not read: the causes are what the events alone say.",
)


@dataclass(frozen=True, slots=True)
class _Row:
    """One line: so many failures of one cause and name on one queue."""

    first: Failure
    diagnosis: Diagnosis
    severity: Severity
    name: str
    count: int

    @property
    def cells(self) -> tuple[str, ...]:
        name, queue = (
            untrusted.cut_middle(self.name, NAME_SHOWN),
            untrusted.defang(self.first.queue),
        )
        drill = "DRILL " if self.first.is_drill else ""
        title = f"{drill}{self.diagnosis.title}"
        return f"{self.count:,}", title, name, untrusted.cut_middle(queue, QUEUE_SHOWN)


def storm(entries: Sequence[tuple[Incident, Tally]], more: int, since: int) -> Alert:
    """Tell of incidents that the rate limit held back, in one message.

    Parameters
    ----------
    entries
        At least one incident, with all that has failed in its episode.
    more
        How many further incidents wait for the next digest.
    since
        Epoch milliseconds from which on they were held back.
    """
    held = [_untold(incident, tally) for incident, tally in entries]
    rows = _told_apart(_ordered(_row_of(incident, tally) for incident, tally in held))
    causes = _by_cause((cause, row) for each in held for cause, row in _shares(*each))
    counts = Counts(
        failed=sum(tally.failed for _, tally in held),
        dependents=sum(len(tally.dependents) for _, tally in held),
    )
    called = wording.counted(len(rows), "incident")
    jobs = wording.counted(counts.failed + counts.dependents, "failed job")
    verb = "was" if len(rows) == 1 else "were"
    others = f"{wording.counted(more, 'more incident')} will be named in the next digest."
    sentence = (
        f"{called} with {jobs} {verb} held back by the rate limit since {units.moment(since)}: "
        f"{_words(causes)}.{_mostly_on(rows)}{f' {others}' if more else ''}"
    )
    newest = max([since, *(tally.newest_at for _, tally in held)])
    return replace(
        _told(rows, _STORM, called, sentence),
        headline=f"{jobs} held back: {_words(causes)}",
        steps=_begin_with(rows[0]),
        incident=f"storm-{since}",
        event_time=units.iso(newest),
        breakdown=(
            *breakdown.table([row.cells for row in rows]),
            *([f"[{others}]"] if more else []),
        ),
        causes=causes,
        counts=counts,
    )


def degraded(failures: Sequence[tuple[Failure, Diagnosis]], problem: str) -> Alert:
    """Tell of failures in one message while the incident table gives no answer.

    Parameters
    ----------
    failures
        At least one, with what its event alone says.
    problem
        What the table answered.
    """
    alike: dict[tuple[str, ...], _Row] = {}
    for failure, found in failures:
        row = _Row(failure, found, severity_of(failure, found.severity), _called(failure), 1)
        same = alike.setdefault(row.cells[1:], replace(row, count=0))
        worst = max(same.severity, row.severity)
        alike[row.cells[1:]] = replace(same, count=same.count + 1, severity=worst)
    rows = _ordered(alike.values())
    causes = _by_cause((row.diagnosis.cause, row) for row in rows)
    named = {row.name for row in rows}
    jobs = wording.counted(len(failures), "job")
    called, words = (named.pop() if len(named) == 1 else jobs), _words(causes)
    sentence = (
        f"{jobs} failed: {words}.{_mostly_on(rows)} These are not grouped and may be "
        f"repeated: the incident table or its queue gave {untrusted.defang(problem)}."
    )
    table = breakdown.table([row.cells for row in rows[:LINES_SHOWN]])
    left = sum(row.count for row in rows[LINES_SHOWN:])
    mend = "Mend that as well: until then every failure is told like this."
    return replace(
        _told(rows, _DEGRADED, called, sentence),
        headline=words
        if called == jobs or not failures[1:]
        else f"{len(failures):,} failed: {words}",
        steps=(*_begin_with(rows[0]), mend),
        incident=f"degraded-{failures[0][0].event_id or failures[0][0].job_id}",
        event_time=max(failure.event_time for failure, _ in failures),
        breakdown=(*table, *([f"[{left:,} more failed]"] if left else [])),
        causes=causes,
        counts=Counts(len(failures)),
    )


def _told(rows: Sequence[_Row], found: Diagnosis, called: str, sentence: str) -> Alert:
    """Gather what both messages tell; a filter policy sees what any of them is about."""
    firsts = [row.first for row in rows]
    lead = firsts[0]
    severity = max(row.severity for row in rows)
    return Alert(
        status=facts.status_of("FAILED", all(first.is_drill for first in firsts)),
        name=called,
        diagnosis=replace(found, severity=severity),
        severity=severity,
        sentence=sentence,
        steps=(),
        facts=(),
        incident="",
        event_id="",
        event_time="",
        account=lead.account,
        region=lead.region,
        job_id="",
        queue=_shared(first.queue for first in firsts),
        definition=_shared(first.definition for first in firsts),
        owner=_shared(first.tag("notify:owner") for first in firsts),
        links=facts.links(whole_job(lead)),
        ids=(("account", untrusted.defang(f"{lead.account} {lead.region}".strip())),),
        is_drill=all(first.is_drill for first in firsts),
        filters={
            "cause": _each(row.diagnosis.cause for row in rows),
            "class": _each(str(row.diagnosis.class_) for row in rows),
            "queue": _each(first.queue for first in firsts),
            "definition": _each(first.definition for first in firsts),
            "owner": _each(first.tag("notify:owner") for first in firsts),
        },
    )


def _untold(incident: Incident, tally: Tally) -> tuple[Incident, Tally]:
    """Give what has failed since the last message; all of it where that cannot be told."""
    jobs = sorted((one for one in tally.every if one is not tally.parent), key=lambda one: one.at)
    untold = fold(jobs[incident.announced :]) if len(jobs) > incident.announced else tally
    return with_representative(incident, untold), untold


def _row_of(incident: Incident, tally: Tally) -> _Row:
    return _Row(
        first=incident.first,
        diagnosis=summary.diagnosis(incident, tally),
        severity=summary.severity(incident, tally),
        name=summary.name(incident, tally),
        count=tally.counted,
    )


def _shares(incident: Incident, tally: Tally) -> Iterable[tuple[str, _Row]]:
    """Give an incident's row once for each of its causes, with the count of that cause."""
    row = _row_of(incident, tally)
    for group in tally.groups:
        yield group.cause, replace(row, count=len(group.members))
    if tally.dependents:
        yield _WAITED, replace(row, count=len(tally.dependents))


def _by_cause(shares: Iterable[tuple[str, _Row]]) -> tuple[CauseCount, ...]:
    found: dict[str, CauseCount] = {}
    for cause, row in shares:
        before = found.get(cause) or CauseCount(cause, diagnosis_for(cause).title, 0)
        names = tuple(dict.fromkeys((*before.names, row.name)))[:NAMES_SHOWN]
        found[cause] = replace(before, count=before.count + row.count, names=names)
    return tuple(sorted(found.values(), key=lambda each: -each.count))


def _words(causes: Sequence[CauseCount]) -> str:
    return wording.causes((wording.short(each.id, each.title), each.count) for each in causes)


def _ordered(rows: Iterable[_Row]) -> list[_Row]:
    """Put the most severe first, and the most failures among those."""
    return sorted(
        rows,
        key=lambda row: (-row.severity.rank, -row.count, row.name, row.first.definition),
    )


def _told_apart(rows: Sequence[_Row]) -> list[_Row]:
    """Add the definition to a name where lines would look alike: that is what differs."""
    alike = Counter(row.cells[1:] for row in rows)
    return [
        replace(row, name=f"{row.name} ({untrusted.defang(row.first.definition_name)})")
        if alike[row.cells[1:]] > 1 and row.first.definition
        else row
        for row in rows
    ]


def _called(failure: Failure) -> str:
    return untrusted.defang(failure.job_name or failure.job_id) or "unknown job"


def _mostly_on(rows: Sequence[_Row]) -> str:
    """Say on which queue most of it happens: then the trouble may be there."""
    queues = [row.first.queue for row in rows]
    most = max(queues, key=queues.count)
    share = queues.count(most)
    if len(rows) <= 1 or not most or share <= MOST * len(rows):
        return ""
    number = "All" if share == len(rows) else f"{share:,}"
    return f" {number} of them are on queue {untrusted.defang(most)}."


def _begin_with(row: _Row) -> tuple[str, ...]:
    queue = f" on queue {row.first.queue}" if is_job_title(row.first.queue) else ""
    # A step holds no stranger's markup.
    name = row.name if is_job_title(row.name) else "the first line below"
    title = wording.lowered(row.diagnosis.title)
    failed = f"({row.count:,} failed)"
    return (f"Begin with {name}{queue} {failed}: {title}.", *row.diagnosis.actions[:1])


def _each(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in values if value))


def _shared(values: Iterable[str]) -> str:
    found = set(values)
    return found.pop() if len(found) == 1 else ""
