"""What a person reads about an incident of several failures, or at its end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from notifier.alert import advice, breakdown, facts, log_samples, summary, wording
from notifier.alert.alert import Alert, error_of
from notifier.alert.commands import aws_cli, logs_insights, rerun
from notifier.alert.facts import Pairs
from notifier.alert.log_samples import to_read
from notifier.alert.representative import FAMILY_NAMES, noun, whole_job, with_representative
from notifier.alert.storm_digest import degraded, storm
from notifier.batch.failure import Kind
from notifier.batch.identifiers import is_job_title
from notifier.diagnosis.diagnose import Diagnosis
from notifier.incident.counts import Member, Tally
from notifier.incident.incident import Incident
from notifier.joblog.excerpt import LogRead
from notifier.text import units, untrusted

__all__ = ["degraded", "digest", "recovered", "so_far", "storm", "to_read"]

JOBS_DESCRIBED = 10
NAMES_WAITING = 5
_SHARED_FACTS = frozenset(("queue", "definition", "asked", "ran on", "timeout", "owner"))


def so_far(alert: Alert, incident: Incident, tally: Tally) -> Alert:
    """Add to the alert of one failure what else has failed by now, and how to run that again."""
    again, how = rerun.of(incident, tally)
    steps = (*alert.steps, *filter(None, (how,)))
    links = (*alert.links, *logs_insights.link(incident.first, tally))
    alert = replace(alert, commands=(*alert.commands, *again), steps=steps, links=links)
    if tally.counted <= 1:
        return alert
    is_summary = alert.failure and alert.failure.kind in (Kind.ARRAY_PARENT, Kind.MULTI_NODE)
    more = "" if is_summary else summary.so_far(incident, tally)
    # What the log says ends the sentence, and may lack a full stop.
    said, mark, log = alert.sentence.partition(" The log says: ")
    return replace(
        alert,
        sentence=f"{said} {more}{mark}{log}" if more else alert.sentence,
        breakdown=_breakdown(incident, tally),
        causes=breakdown.by_cause(tally),
        counts=summary.counts(incident, tally),
    )


def digest(
    incident: Incident, tally: Tally, reads: Sequence[tuple[Member, LogRead]], log_lines: int
) -> Alert:
    """Tell of an incident as it stands.

    Parameters
    ----------
    incident
        Its state; `first` has only what names the job.
    tally
        What has failed in this episode.
    reads
        What reading the logs of `to_read` gave.
    log_lines
        Most lines of log to show, of all samples together.
    """
    incident = with_representative(incident, tally)
    first, found = incident.first, summary.diagnosis(incident, tally)
    again, how = rerun.of(incident, tally)
    is_single, waiting = summary.is_single(tally), _waiting(tally)
    shown, said = log_samples.of(incident, reads, log_lines)
    told = _retold(incident, tally, found)
    headline = summary.headline(incident, tally)
    error = _error(incident, tally, found, said.partition(" says: ")[2])
    return replace(
        told,
        sentence=" ".join(filter(None, (summary.sentence(incident, tally, found), said))),
        headline=headline.partition(": ")[0] if error else headline,
        error=error,
        doubt=found.doubt,
        steps=tuple(filter(None, (*advice.steps(first, found), how, waiting))),
        facts=facts.facts(first) if is_single else (*_numbers(incident, tally), *told.facts),
        breakdown=_breakdown(incident, tally),
        samples=shown,
        log_note=log_samples.log_note(first.kind, tally, shown),
        links=(
            *told.links,
            *log_samples.log_links(incident, reads),
            *logs_insights.link(first, tally),
        ),
        commands=(*_commands(incident, tally, found), *again),
    )


def _error(incident: Incident, tally: Tally, found: Diagnosis, root: str) -> str:
    """Give what the log says where all failed of one exit code and were grouped by that."""
    is_alike = incident.first.kind is Kind.JOB and len(tally.groups) == 1 and not tally.dependents
    return error_of(found, root) if is_alike else ""


def recovered(incident: Incident, tally: Tally, reason: str) -> Alert:
    """Tell that it is over.

    Parameters
    ----------
    incident
        Its state.
    tally
        What had failed.
    reason
        What it took, such as `after 3 h 10 min, 5 failed runs`.
    """
    incident = with_representative(incident, tally)
    first, found = incident.first, summary.diagnosis(incident, tally)
    told = _retold(incident, tally, replace(found, meaning="", actions=()))
    ended: Pairs = (
        ("since" if first.is_from_sweep else "failed since", units.moment(tally.first_at)),
        *([] if first.is_from_sweep else [("last failure", units.moment(tally.newest_at))]),
        ("cause it had", summary.causes(tally) or wording.lowered(found.title)),
    )
    called, ended_so = _recovered(incident, tally)
    return replace(
        told,
        status=facts.status_of("RECOVERED", first.is_drill),
        name=called,
        event_id=f"{told.event_id}-recovered",
        sentence=f"{ended_so}, {reason.replace(', ', ' and ', 1)}.",
        headline=reason,
        steps=tuple(filter(None, (_waiting(tally),))),
        facts=(*ended, *told.facts),
    )


def _recovered(incident: Incident, tally: Tally) -> tuple[str, str]:
    """Give the name of what has recovered, and the beginning of a sentence on it."""
    job = whole_job(incident.first)
    called = (
        summary.name(incident, tally) if job is incident.first else untrusted.defang(job.job_name)
    )
    on_queue = f" on queue {untrusted.defang(job.queue)}" if job.queue else ""
    several = len(tally.names)
    if job.kind is Kind.JOB and several > 1:
        return called, f"All {several:,} jobs that failed{on_queue} have succeeded again"
    if job.kind is Kind.STUCK:
        them = f"The {tally.failed:,} jobs wait" if tally.failed > 1 else f"Job {called} waits"
        return called, f"{them}{on_queue} no longer"
    if job.is_unusable:
        return called, f"{facts.subject_of(job).removesuffix(job.status)}usable again"
    kind = FAMILY_NAMES.get(job.kind, "job").capitalize()
    return called, f"{kind} {called}{on_queue} has succeeded again"


def _retold(incident: Incident, tally: Tally, found: Diagnosis) -> Alert:
    """Gather what all messages on a whole incident tell."""
    first, job = incident.first, whole_job(incident.first)
    newest = tally.newest_at or incident.opened_at
    return Alert(
        status=facts.status_of(facts.word_of(first), first.is_drill),
        name=summary.name(incident, tally),
        diagnosis=found,
        severity=summary.severity(incident, tally),
        sentence="",
        steps=(),
        facts=tuple(pair for pair in facts.facts(first) if pair[0] in _SHARED_FACTS),
        incident=incident.key,
        # The same message sent twice has the same id; the next digest has another.
        event_id=f"{incident.key}-{incident.episode}-{tally.counted}",
        event_time=units.iso(newest),
        account=first.account,
        region=first.region,
        job_id=job.job_id,
        queue=first.queue,
        definition=first.definition,
        owner=first.tag("notify:owner"),
        links=facts.links(job),
        ids=facts.ids(replace(job, event_id="")),
        causes=breakdown.by_cause(tally),
        counts=summary.counts(incident, tally),
        failure=None if first.kind is Kind.UNREADABLE else first,
        is_drill=first.is_drill,
    )


def _breakdown(incident: Incident, tally: Tally) -> tuple[str, ...]:
    if not summary.is_mixed(incident, tally):
        return ()
    uncounted = summary.total(tally) - tally.failed if tally.failed else 0
    return breakdown.lines(tally, uncounted, noun(incident.first))


def _numbers(incident: Incident, tally: Tally) -> Pairs:
    """Give what is known in numbers about all of them together."""
    told = summary.counts(incident, tally)
    members = [one for group in tally.groups for one in group.members]
    codes = Counter(one.exit_code for one in members if one.exit_code is not None)
    last = max((one.at for one in members), default=0)
    how_often = "how often" if summary.is_repeated(incident, tally) else "failed"
    number = wording.counted(told.failed, "time") if how_often == "how often" else ""
    exits = (f"{units.exit_code(code)}: {number:,}" for code, number in codes.most_common())
    found = {
        how_often: number or summary.failed_of(told, incident.first),
        "since": units.moment(tally.first_at) if tally.first_at else "",
        "last": units.moment(last) if last > tally.first_at else "",
        "exit codes": ", ".join(exits) if len(codes) > 1 else "",
        "exit code": units.exit_code(next(iter(codes))) if len(codes) == 1 else "",
    }
    return tuple((label, value) for label, value in found.items() if value)


def _commands(incident: Incident, tally: Tally, found: Diagnosis) -> tuple[str, ...]:
    job = whole_job(incident.first)
    told = aws_cli.to_look(job, found.cause)
    if job.kind is not Kind.JOB or tally.failed <= 1:
        return told
    ids = [one.job_id for group in tally.groups for one in group.members]
    return (*told[:-1], *aws_cli.describe_jobs(ids[:JOBS_DESCRIBED], job.region))


def _waiting(tally: Tally) -> str:
    """Say what has to be submitted again by hand: by name, but steps hold no stranger's markup."""
    names = list(dict.fromkeys(one.name for one in tally.dependents))
    if not names:
        return ""
    shown = [name for name in names if is_job_title(name)][:NAMES_WAITING]
    more = len(names) - len(shown)
    rest = wording.counted(more, "more job" if shown else "job") if more else ""
    told = " and ".join(filter(None, (", ".join(shown), rest)))
    return f"Submit again what waited in vain: {told}."
