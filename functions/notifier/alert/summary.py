"""How many failed and of what: an incident's name, headline and sentence."""

from __future__ import annotations

from notifier.alert import facts, wording
from notifier.alert.alert import tagged_severity
from notifier.alert.breakdown import Counts
from notifier.alert.representative import FAMILY_NAMES, count_jobs, parent_job
from notifier.batch.failure import Failure, Kind
from notifier.diagnosis.diagnose import Certainty, Diagnosis, Severity
from notifier.diagnosis.known_cause import diagnosis_for
from notifier.incident.counts import Tally
from notifier.incident.fingerprint import FAMILIES
from notifier.incident.incident import Incident
from notifier.text import units, untrusted

_ONE_THING = frozenset((Kind.QUEUE_BLOCKED, Kind.ENVIRONMENT))


def is_single(tally: Tally) -> bool:
    """Say whether there is but one failure, so that nothing is to be summed up."""
    return tally.failed <= 1 and not tally.dependents and tally.parent is None


def needs_table(incident: Incident, tally: Tally) -> bool:
    """Say whether a table tells more than the headline: of several causes, indices or names."""
    is_plain = is_one_job(incident, tally) and len(tally.groups) == 1 and not tally.dependents
    return not (is_single(tally) or is_plain or incident.first.kind is Kind.UNREADABLE)


def is_one_job(incident: Incident, tally: Tally) -> bool:
    """Say whether one and the same thing failed, perhaps several times."""
    kind = incident.first.kind
    return kind in _ONE_THING or (kind not in FAMILIES and len(_job_names(tally)) == 1)


def total_failed(tally: Tally) -> int:
    """Count what failed; Batch itself may know of more children than events have come."""
    by_batch = tally.parent.failed if tally.parent else 0
    return max(tally.failed, by_batch or 0)


def count_failures(incident: Incident, tally: Tally) -> Counts:
    """Give the numbers that a message tells."""
    size = tally.parent.size if tally.parent else None
    of = size or incident.first.array_size or incident.first.node_count
    return Counts(total_failed(tally), len(tally.dependents), of)


def format_failed(told: Counts, first: Failure) -> str:
    """Write how many failed of how many: `312 of 10,000 children`, `4 nodes`."""
    if told.of:
        return f"{told.failed:,} of {count_jobs(told.of, first)}"
    return count_jobs(told.failed, first)


def name_incident(incident: Incident, tally: Tally) -> str:
    """Name an incident as its owner knows it."""
    first, names = incident.first, _job_names(tally)
    if is_single(tally):
        return facts.display_name(first) or "unknown job"
    if first.kind in (Kind.QUEUE_BLOCKED, Kind.STUCK):
        return untrusted.defang(first.queue or first.job_name)
    if first.kind in FAMILIES or first.kind is Kind.ENVIRONMENT:
        return untrusted.defang(first.job_name)
    if len(names) == 1:
        return untrusted.defang(names[0])
    many = wording.pluralize(len(names), "job") if names else "unknown jobs"
    return untrusted.defang(first.definition_name) or many


def diagnose_incident(incident: Incident, tally: Tally) -> Diagnosis:
    """Give the diagnosis of the most frequent cause; only the first failure's is ever certain."""
    if tally.groups:
        cause = tally.groups[0].cause
    else:
        stand_ins = (*([tally.parent] if tally.parent else ()), *tally.dependents)
        cause = next((one.cause for one in stand_ins), incident.cause)
    certainty = incident.certainty if cause == incident.cause else Certainty.LIKELY
    return diagnosis_for(cause, certainty)


def rate_severity(incident: Incident, tally: Tally) -> Severity:
    """Give the severity that the job's tag asks for, or the highest among the causes."""
    causes = (diagnosis_for(group.cause).severity for group in tally.groups)
    return tagged_severity(incident.first, max([incident.severity, *causes]))


def list_causes(tally: Tally) -> str:
    """Write the causes with their counts, shortly."""
    return wording.count_causes(
        (wording.short_cause(group.cause, diagnosis_for(group.cause).title), len(group.members))
        for group in tally.groups
    )


def write_headline(incident: Incident, tally: Tally) -> str:
    """Write what stands in place of the cause in a subject; nothing for one failure alone.

    Such as `312 of 10,000 failed: 300 out of memory, 12 Spot; 2 more will not run`.
    """
    told = count_failures(incident, tally)
    if is_single(tally) or not (told.failed or told.dependents):
        return ""
    if incident.first.kind is Kind.UNREADABLE:
        return f"{wording.pluralize(told.failed, 'event')} could not be read"
    parts = [_count_and_causes(incident, tally, told)] if told.failed else []
    if told.dependents:
        parts.append(f"{told.dependents:,} {'more ' if parts else ''}will not run")
    return "; ".join(parts)


def _count_and_causes(incident: Incident, tally: Tally, told: Counts) -> str:
    is_family = incident.first.kind in FAMILIES
    of = f" of {told.of:,}" if told.of and is_family else ""
    so_far = " so far" if is_family and not tally.ended else ""
    head = f"{told.failed:,}{of} failed{so_far}"
    if incident.first.kind is Kind.STUCK:
        head = f"{told.failed:,} wait"
    elif incident.first.kind in _ONE_THING:
        head = wording.pluralize(told.failed, "time")
    elif not is_family and told.failed == 1 and tally.groups:
        return list_causes(tally)
    elif not is_family and is_one_job(incident, tally):
        head = f"{told.failed:,} runs failed"
    return f"{head}: {list_causes(tally)}" if tally.groups else head


def write_sentence(incident: Incident, tally: Tally, found: Diagnosis) -> str:
    """Say what happened, so that it can be read aloud."""
    doubt = f" ({found.doubt})" if found.doubt else ""
    if incident.first.kind is Kind.UNREADABLE:
        number = wording.pluralize(max(1, tally.failed), "event")
        problem = _unreadable_problem(incident.first)
        return f"{number} of failed Batch jobs could not be read: {problem}."
    if is_single(tally) or not (total_failed(tally) or tally.dependents):
        subject = facts.describe_failure(
            incident.first if is_single(tally) else parent_job(incident.first)
        )
        return f"{subject}: {wording.lower_first(found.title)}{doubt}."
    why = f": {list_causes(tally)}{doubt}" if tally.groups else ""
    return " ".join(
        [f"{_open_sentence(incident, tally)}{why}.", *_further_sentences(incident, tally)]
    )


def _unreadable_problem(first: Failure) -> str:
    return untrusted.defang(first.status_reason) or "their shape is not known"


def _open_sentence(incident: Incident, tally: Tally) -> str:
    first, told = incident.first, count_failures(incident, tally)
    called = name_incident(incident, tally)
    on_queue = f" on queue {untrusted.defang(first.queue)}" if first.queue else ""
    if not told.failed:
        return (
            f"{wording.pluralize(told.dependents, 'job')} will not run: what they wait for failed"
        )
    if first.kind in FAMILIES:
        kind, so_far = FAMILY_NAMES[parent_job(first).kind], "" if tally.ended else " so far"
        return f"{format_failed(told, first)} of {kind} {called} failed{so_far}{on_queue}"
    if first.kind is Kind.QUEUE_BLOCKED:
        return f"Queue {called} was blocked {_format_times(told.failed)}"
    if first.kind is Kind.STUCK:
        have = "job has" if told.failed == 1 else "jobs have"
        return f"{told.failed:,} {have} waited too long{on_queue}"
    if first.kind is Kind.ENVIRONMENT:
        return f"{facts.describe_failure(first)}, {_format_times(told.failed)}"
    if is_one_job(incident, tally):
        times = f" {_format_times(told.failed)}" if told.failed > 1 else ""
        return f"Job {called} failed{times}{on_queue}"
    definition = untrusted.defang(first.definition_name)
    of = f" of definition {definition}" if definition else ""
    return f"{count_jobs(told.failed, first)}{of} failed{on_queue}"


def _further_sentences(incident: Incident, tally: Tally) -> list[str]:
    said = []
    if 0 < tally.failed < total_failed(tally):
        said.append(f"Batch counts {total_failed(tally):,}, but only {tally.failed:,} told why.")
    if tally.assumed:
        said.append(describe_assumed(tally))
    if tally.dependents and tally.failed:
        said.append(describe_dependents(tally))
    if tally.ended and incident.first.kind in FAMILIES:
        said.append("It has ended: no more can fail.")
    return said


def describe_dependents(tally: Tally) -> str:
    """Say how many jobs will not run because they waited for a failed one."""
    them = "them" if tally.failed > 1 else "it"
    return f"{wording.pluralize(len(tally.dependents), 'job')} that waited for {them} will not run."


def describe_assumed(tally: Tally) -> str:
    """Say of how many only the exit code tells that they are of the same kind."""
    if tally.assumed == tally.failed:
        return "They are grouped by exit code only: no log was read for that."
    verb = "is" if tally.assumed == 1 else "are"
    logs = "its log was" if tally.assumed == 1 else "their logs were"
    return f"{tally.assumed:,} of them {verb} grouped by exit code only: {logs} not read."


def describe_other_failures(incident: Incident, tally: Tally) -> str:
    """Say what else has failed beside the one failure that a message is about."""
    more, since = tally.failed - 1, units.moment(tally.first_at)
    first, said = incident.first, []
    if more > 0 and first.kind is Kind.STUCK:
        waits = "waits" if more == 1 else "wait"
        said.append(f"{wording.pluralize(more, 'more job')} {waits} as well.")
    elif more > 0 and first.kind is Kind.UNREADABLE:
        said.append(f"{wording.pluralize(more, 'more event')} could not be read.")
    elif more > 0 and is_one_job(incident, tally):
        said.append(f"This is the {units.ordinal(tally.failed)} time since {since}.")
    elif more > 0 and incident.announced:
        said.append(f"With this one, {count_jobs(tally.failed, first)} have failed since {since}.")
    elif more > 0:
        verb = "has" if more == 1 else "have"
        said.append(f"{count_jobs(more, first, 'more ')} {verb} failed so far.")
    if tally.failed > 1 and tally.assumed:
        said.append(describe_assumed(tally))
    return " ".join([*said, *([describe_dependents(tally)] if tally.dependents else [])])


def _format_times(number: int) -> str:
    return {1: "once", 2: "twice"}.get(number) or f"{number:,} times"


def _job_names(tally: Tally) -> tuple[str, ...]:
    """Name the jobs that failed, or else those that waited."""
    failed = tuple(each for each in tally.names if each)
    return failed or tuple(dict.fromkeys(one.name for one in tally.dependents if one.name))
