"""Composes the message that a job of an incident, or the whole incident, has recovered."""

from __future__ import annotations

from dataclasses import replace

from notifier.alert import facts, summary, wording
from notifier.alert.alert import Alert
from notifier.alert.commands import console_links
from notifier.alert.digest import dependents_step, start_digest
from notifier.alert.facts import Pairs
from notifier.alert.representative import FAMILY_NAMES, parent_job, set_representative
from notifier.batch.failure import Failure, Kind
from notifier.incident.counts import Tally, fold
from notifier.incident.incident import Incident
from notifier.incident.recovery import Recovery, is_family
from notifier.text import units, untrusted


def compose_recovery(incident: Incident, recovery: Recovery, tally: Tally, reason: str) -> Alert:
    """Report that a job of an incident has succeeded again, or that the incident is over.

    Parameters
    ----------
    incident
        Its state.
    recovery
        What has recovered.
    tally
        What has failed in the incident; jobs that depended on it will not run.
    reason
        How long it took, such as `after 3 h 10 min, 5 failed runs`.
    """
    # The end of an array that comes so late is said with this message.
    parent = (tally.parent,) if tally.parent and is_family(incident) else ()
    tally = fold((*recovery.members, *parent, *tally.dependents))
    incident = set_representative(incident, tally)
    first, diagnosis = incident.first, summary.diagnose_incident(incident, tally)
    alert = start_digest(incident, tally, replace(diagnosis, meaning="", actions=()))
    times: Pairs = (("since", units.moment(tally.first_at)),)
    last = max(one.at for one in recovery.members)
    if not first.is_from_sweep:
        times = (
            ("first failure", units.moment(min(one.at for one in recovery.members))),
            ("last failure", units.moment(last)),
        )
    cause = summary.list_causes(tally) or wording.lower_first(diagnosis.title)
    error = next((one.error for one in reversed(recovery.members) if one.error), "")
    name, sentence = _describe_recovery(incident, tally)
    found = (*times, ("cause", cause), ("error", untrusted.defang(error)), *alert.facts)
    return replace(
        alert,
        status=facts.mark_drill("RECOVERED", first.is_drill),
        name=name,
        doubt="",
        event_id=f"{alert.event_id}-recovered",
        sentence=f"{sentence}, {reason.replace(', ', ' and ', 1)}.",
        headline=reason,
        steps=tuple(filter(None, (dependents_step(tally),))),
        facts=tuple(pair for pair in found if pair[1]),
        links=(*_link_success(first, recovery), *alert.links),
    )


def _link_success(first: Failure, recovery: Recovery) -> Pairs:
    """Give the console page of the run that succeeded."""
    if recovery.success is None or not recovery.success.job_id:
        return ()
    run = replace(parent_job(first), job_id=recovery.success.job_id, log=None)
    page = dict(console_links.list_links(run)).get("job", "")
    return (("successful run", page),) if page else ()


def _describe_recovery(incident: Incident, tally: Tally) -> tuple[str, str]:
    """Give the name of what has recovered, and the beginning of a sentence about it."""
    job = parent_job(incident.first)
    name = untrusted.defang(job.job_name)
    if job is incident.first:
        name = summary.name_incident(incident, tally)
    on_queue = f" on queue {untrusted.defang(job.queue)}" if job.queue else ""
    if job.kind is Kind.JOB and len(tally.names) > 1:
        return name, f"All {len(tally.names):,} jobs that failed{on_queue} have succeeded again"
    if job.kind is Kind.STUCK:
        if tally.failed > 1:
            return name, f"{tally.failed:,} jobs{on_queue} are no longer waiting"
        return name, f"Job {name}{on_queue} is no longer waiting"
    if job.is_unusable:
        return name, f"{facts.describe_failure(job).removesuffix(job.status)}usable again"
    kind = FAMILY_NAMES.get(job.kind, "job").capitalize()
    return name, f"{kind} {name}{on_queue} has succeeded again"
