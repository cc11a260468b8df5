"""Composes the alert of an incident: a digest of its failures, or its recovery."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

from notifier.alert import advice, breakdown, facts, log_samples, summary, wording
from notifier.alert.alert import Alert, start_alert
from notifier.alert.commands import aws_cli, logs_insights, rerun, resubmit
from notifier.alert.facts import Pairs
from notifier.alert.representative import job_noun, parent_job, set_representative
from notifier.alert.several.attributes import list_attributes
from notifier.batch.failure import Failure, Kind
from notifier.batch.identifiers import is_job_title
from notifier.diagnosis.diagnose import Diagnosis
from notifier.incident.counts import Member, Tally
from notifier.incident.fingerprint import job_of
from notifier.incident.incident import Incident
from notifier.joblog.excerpt import LogRead
from notifier.text import units, untrusted

JOBS_DESCRIBED = 10  # in one describe-jobs command
DEPENDENTS_NAMED = 5
MANY = 20  # failures that make stopping the others worth a command
_SHARED_FACTS = frozenset(("queue", "definition", "requested", "ran on", "timeout", "owner"))


def add_other_failures(
    alert: Alert, incident: Incident, tally: Tally, due: Collection[Member] = ()
) -> Alert:
    """Add to the alert of one failure what else of its incident has failed, and how to rerun it."""
    alert = _add_rerun(alert, incident, tally)
    alert = replace(alert, facts=(*alert.facts, *_list_ignored_labels(tally, due)))
    if tally.counted <= 1 and summary.total_failed(tally) <= 1:
        return alert
    is_parent = alert.failure and alert.failure.kind in (Kind.ARRAY_PARENT, Kind.MULTI_NODE)
    others = "" if is_parent else summary.describe_other_failures(incident, tally, due)
    # What the log says stays last: it may lack a full stop.
    event, mark, log = alert.sentence.partition(" The log says: ")
    if tally.parent and not is_parent:  # the subject has Batch's own count, the text its example
        name, headline = summary.name_incident(incident, tally), summary.write_headline
        alert = replace(alert, name=name, headline=headline(incident, tally, due), error="")
    return replace(
        alert,
        severity=max(alert.severity, tally.severity),
        sentence=f"{event} {others}{mark}{log}" if others else alert.sentence,
        **_speak_for_all(incident, tally),
        breakdown=_write_table(incident, tally),
        causes=breakdown.count_by_cause(tally),
        counts=summary.count_failures(incident, tally),
    )


def _add_rerun(alert: Alert, incident: Incident, tally: Tally) -> Alert:
    again = rerun.rerun_failed_jobs(incident, tally)
    if again.command and alert.failure:  # it stands for that of one of the jobs
        own = resubmit.rerun_job(alert.failure, alert.diagnosis)
        alert = replace(
            alert,
            commands=(*again.command, *(one for one in alert.commands if one not in own.command)),
            steps=(*(one for one in alert.steps if one != own.step), again.step),
            submit_commands=again.submit or alert.submit_commands,
        )
    return replace(alert, links=(*alert.links, *logs_insights.make_links(incident.first, tally)))


def compose_digest(
    incident: Incident,
    tally: Tally,
    reads: Sequence[tuple[Member, LogRead]],
    log_lines: int,
    due: Collection[Member] = (),
) -> Alert:
    """Report an incident as it stands.

    Parameters
    ----------
    incident
        Its state; `first` has only what names the job.
    tally
        What it reports.
    reads
        The logs of the members that `log_samples.choose_logs` gave.
    log_lines
        Maximum number of log lines to show, of all samples together.
    due
        What of it was not reported before.
    """
    incident = set_representative(incident, tally)
    first, diagnosis = incident.first, summary.diagnose_incident(incident, tally)
    again = rerun.rerun_failed_jobs(incident, tally)
    if not again.command and first.kind is Kind.JOB and summary.is_single(tally):
        again = resubmit.rerun_job(first, diagnosis)
    samples, log_says = log_samples.show_logs(incident, reads, log_lines)
    alert = _add_headline(start_digest(incident, tally, diagnosis), incident, tally, log_says, due)
    sentence = summary.write_sentence(incident, tally, diagnosis, due)
    stop_step, stop = _stop_others(parent_job(first), tally)
    steps = (*advice.next_steps(first, diagnosis), again.step, stop_step, dependents_step(tally))
    return replace(
        alert,
        sentence=" ".join(filter(None, (sentence, log_says))),
        steps=tuple(filter(None, steps)),
        facts=(*_list_facts(alert, incident, tally), *_list_ignored_labels(tally, due)),
        breakdown=_write_table(incident, tally),
        samples=samples,
        log_note=log_samples.explain_missing_logs(first.kind, tally, samples),
        links=(*alert.links, *_link_logs(incident, reads, tally)),
        commands=(*again.command, *_list_commands(incident, tally, diagnosis), *stop),
        submit_commands=again.submit,
    )


def _link_logs(incident: Incident, reads: Sequence[tuple[Member, LogRead]], tally: Tally) -> Pairs:
    links = log_samples.list_log_links(incident, reads)
    return (*links, *logs_insights.make_links(incident.first, tally))


def _add_headline(
    alert: Alert, incident: Incident, tally: Tally, log_says: str, due: Collection[Member]
) -> Alert:
    """Add the headline; where all failed with one exit code, the log's error ends it."""
    headline = summary.write_headline(incident, tally, due)
    is_alike = incident.first.kind is Kind.JOB and len(tally.groups) == 1 and not tally.dependents
    root = log_says.partition(" says: ")[2]
    error = wording.short_error(alert.diagnosis, root) if is_alike else ""
    return replace(alert, headline=headline.partition(": ")[0] if error else headline, error=error)


def start_digest(incident: Incident, tally: Tally, diagnosis: Diagnosis) -> Alert:
    """Begin an alert with what a digest and a recovery have in common."""
    first = incident.first
    return replace(
        start_alert(
            replace(parent_job(first), event_id=""),
            diagnosis,
            summary.name_incident(incident, tally),
        ),
        severity=summary.rate_severity(incident, tally),
        facts=tuple(pair for pair in facts.list_facts(first) if pair[0] in _SHARED_FACTS),
        incident=incident.key,
        # The same message sent twice has the same id; the next digest has another.
        event_id=f"{incident.key}-{tally.newest_at}-{tally.counted}",
        event_time=units.iso(tally.newest_at or incident.opened_at),
        causes=breakdown.count_by_cause(tally),
        counts=summary.count_failures(incident, tally),
        failure=None if first.kind is Kind.UNREADABLE else first,
        **_speak_for_all(incident, tally),
    )


def _list_facts(alert: Alert, incident: Incident, tally: Tally) -> Pairs:
    if summary.is_single(tally):
        return facts.list_facts(incident.first)
    return (*_list_numbers(incident, tally), *alert.facts)


def _list_ignored_labels(tally: Tally, due: Collection[Member]) -> Pairs:
    """Give the tags of what is new that are not understood; no message repeats them."""
    new = {one.job_id for one in due}
    told = {one.ignored for one in tally.every if one.job_id not in new}
    ignored = dict.fromkeys(one.ignored for one in due if one.ignored not in {"", *told})
    return (("ignored tags", untrusted.defang("; ".join(ignored))),) if ignored else ()


def _speak_for_all(incident: Incident, tally: Tally) -> dict[str, Any]:
    """Give what an alert names for filters: the values of all its failures, not of one."""
    values = list_attributes(incident, tally)
    several = {name: each for name, each in values.items() if len(each) > 1}
    single = {
        name: "" if name in several else "".join(values[name])
        for name in ("queue", "definition", "owner")
        if values[name]
    }
    return {**single, "filters": several}


def _write_table(incident: Incident, tally: Tally) -> tuple[str, ...]:
    if not summary.needs_table(incident, tally):
        return ()
    uncounted = summary.total_failed(tally) - tally.failed if tally.failed else 0
    return breakdown.write_table(tally, uncounted, job_noun(incident.first))


def _list_numbers(incident: Incident, tally: Tally) -> Pairs:
    """List how often they failed, since when, and their exit codes."""
    counts = summary.count_failures(incident, tally)
    if summary.is_one_job(incident, tally):
        number = ("occurrences", f"{counts.failed:,}")
    else:
        number = ("failed", summary.format_failed(counts, incident.first))
    last = max((one.at for one in tally.failures), default=0)
    found = (
        number,
        ("since", units.moment(tally.first_at) if tally.first_at else ""),
        ("last", units.moment(last) if last > tally.first_at else ""),
        _count_exit_codes(tally),
    )
    return tuple((label, value) for label, value in found if value)


def _count_exit_codes(tally: Tally) -> tuple[str, str]:
    codes = Counter(one.exit_code for one in tally.failures if one.exit_code is not None)
    if len(codes) == 1:
        return "exit code", units.exit_code(next(iter(codes)))
    counted = (f"{units.exit_code(code)}: {number:,}" for code, number in codes.most_common())
    return "exit codes", ", ".join(counted)


def _list_commands(incident: Incident, tally: Tally, diagnosis: Diagnosis) -> tuple[str, ...]:
    job = parent_job(incident.first)
    commands = aws_cli.inspect_failure(job, diagnosis.cause)
    if job.kind is Kind.STUCK:
        waiting = [job_of(one.job_id) for one in tally.failures]
        return (*commands, *aws_cli.cancel_jobs(waiting, job.region))
    if job.kind is not Kind.JOB or tally.failed <= 1:
        return commands
    ids = [one.job_id for one in tally.failures]
    return (*commands[:-1], *aws_cli.describe_jobs(ids[:JOBS_DESCRIBED], job.region))


def _stop_others(job: Failure, tally: Tally) -> tuple[str, tuple[str, ...]]:
    """Give the step and the command that keep others from failing, too."""
    if tally.failed < MANY or job.is_drill:
        return "", ()
    command: tuple[str, ...] = ()
    if job.kind is Kind.JOB:
        others = "cancel the jobs that still wait"
        command = aws_cli.cancel_waiting(job.queue_arn, job.definition_arn, job.region)
    elif job.kind is Kind.ARRAY_PARENT and not tally.ended:
        others = "stop the children that have not ended"
        command = aws_cli.terminate_job(job.job_id, job.region)
    return (f"To {others}, use the last command below.", command) if command else ("", ())


def dependents_step(tally: Tally) -> str:
    """Say which dependents to submit again; a name with markup is only counted."""
    names = list(dict.fromkeys(one.name for one in tally.dependents))
    if not names:
        return ""
    shown = [name for name in names if is_job_title(name)][:DEPENDENTS_NAMED]
    more = len(names) - len(shown)
    rest = wording.pluralize(more, "more job" if shown else "job") if more else ""
    jobs = " and ".join(filter(None, (", ".join(shown), rest)))
    return f"Submit the dependent jobs again: {jobs}."
