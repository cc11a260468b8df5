"""Sums up an incident: its name, headline and sentence, and how many failed of which cause."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from notifier.alert import facts, wording
from notifier.alert.breakdown import Counts
from notifier.alert.representative import FAMILY_NAMES, count_jobs, parent_job
from notifier.alert.several.attributes import list_values, name_queues
from notifier.batch.failure import Failure, Kind
from notifier.diagnosis.diagnose import Certainty, Diagnosis, Severity
from notifier.diagnosis.known_cause import diagnosis_for
from notifier.incident.counts import Member, Role, Tally
from notifier.incident.fingerprint import FAMILIES
from notifier.incident.incident import Incident
from notifier.text import units, untrusted

_NOT_JOBS = frozenset((Kind.QUEUE_BLOCKED, Kind.ENVIRONMENT))


def is_single(tally: Tally) -> bool:
    """Say whether there is only one failure."""
    return tally.failed <= 1 and not tally.dependents and tally.parent is None


def needs_table(incident: Incident, tally: Tally) -> bool:
    """Say whether a table has more than the headline: several causes, indices or names."""
    is_plain = is_one_job(incident, tally) and len(tally.groups) == 1 and not tally.dependents
    return not (is_single(tally) or is_plain or incident.first.kind is Kind.UNREADABLE)


def is_one_job(incident: Incident, tally: Tally) -> bool:
    """Say whether the same job, queue or resource failed, perhaps several times."""
    kind = incident.first.kind
    return kind in _NOT_JOBS or (kind not in FAMILIES and len(_job_names(tally)) == 1)


def total_failed(tally: Tally) -> int:
    """Count the failures; Batch itself may count more children than events have come for."""
    by_batch = (tally.parent.failed or 0) if tally.parent else 0
    # A parent has failed because a child or node has, whose event may be missing.
    return max(tally.failed, by_batch, 1 if tally.parent else 0)


def count_failures(incident: Incident, tally: Tally) -> Counts:
    """Count the failures and dependents, and give the size of an array or multi-node job."""
    size = tally.parent.size if tally.parent else None
    of = size or incident.first.array_size or incident.first.node_count
    return Counts(total_failed(tally), len(tally.dependents), of)


def format_failed(counts: Counts, first: Failure) -> str:
    """Write how many failed of how many: `312 of 10,000 children`, `4 nodes`."""
    of = f"{counts.failed:,} of " if counts.of else ""
    return f"{of}{count_jobs(counts.of or counts.failed, first)}"


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
    several = wording.pluralize(len(names), "job") if names else "unknown jobs"
    is_mixed = len({one.definition.partition(":")[0] for one in tally.failures}) > 1
    return several if is_mixed else untrusted.defang(first.definition_name) or several


def diagnose_incident(incident: Incident, tally: Tally) -> Diagnosis:
    """Give the diagnosis of the most frequent cause; only that of the first failure is certain."""
    if tally.groups:
        cause = tally.groups[0].cause
    else:
        cause = next(
            (one.cause for one in (tally.parent, *tally.dependents) if one), incident.cause
        )
    certainty = incident.certainty if cause == incident.cause else Certainty.LIKELY
    return diagnosis_for(cause, certainty)


def rate_severity(incident: Incident, tally: Tally) -> Severity:
    """Give the highest severity among the failures."""
    return tally.severity if tally.every else diagnosis_for(incident.cause).severity


def list_causes(tally: Tally) -> str:
    """Name the causes with their counts."""
    listed = wording.list_causes((group.cause, len(group.members)) for group in tally.groups)
    is_part = len(tally.groups) == 1 and tally.failed < total_failed(tally)
    return f"{tally.failed:,} {listed}" if is_part else listed


def write_headline(incident: Incident, tally: Tally, due: Collection[Member] = ()) -> str:
    """Write what replaces the cause in a subject; empty for a single failure.

    Such as `312 of 10,000 failed: 300 out of memory, 12 Spot; 2 will not run (1 new)`.
    """
    counts = count_failures(incident, tally)
    if is_single(tally) or not (counts.failed or counts.dependents):
        return ""
    if incident.first.kind is Kind.UNREADABLE:
        return f"{wording.pluralize(counts.failed, 'event')} could not be read"
    parts = [_count_and_causes(incident, tally, counts)] if counts.failed else []
    if counts.dependents:
        new = _count_new_dependents(tally, due)
        parts.append(f"{counts.dependents:,} will not run" + (f" ({new:,} new)" if new else ""))
    return "; ".join(parts)


def _count_and_causes(incident: Incident, tally: Tally, counts: Counts) -> str:
    kind = incident.first.kind
    if kind in FAMILIES:
        of = f" of {counts.of:,}" if counts.of else ""
        head = f"{counts.failed:,}{of} failed{'' if tally.ended else ' so far'}"
    elif kind is Kind.STUCK:
        head = f"{counts.failed:,} waiting"
    elif kind in _NOT_JOBS:
        head = wording.pluralize(counts.failed, "time")
    elif counts.failed == 1:
        return list_causes(tally)
    else:
        head = f"{counts.failed:,} {'runs ' if is_one_job(incident, tally) else ''}failed"
    return f"{head}: {list_causes(tally)}" if tally.groups else head


def _count_new_dependents(tally: Tally, due: Collection[Member]) -> int:
    """Count the dependents that were not reported before, where others were."""
    new = sum(one.role is Role.DEPENDENT for one in due)
    return new if 0 < new < len(tally.dependents) else 0


def write_sentence(
    incident: Incident, tally: Tally, diagnosis: Diagnosis, due: Collection[Member] = ()
) -> str:
    """Say what happened, in sentences that can be read aloud."""
    doubt = f" ({diagnosis.doubt})" if diagnosis.doubt else ""
    if incident.first.kind is Kind.UNREADABLE:
        number = wording.pluralize(max(1, tally.failed), "event")
        problem = untrusted.defang(incident.first.status_reason) or "unknown format"
        return f"{number} of failed Batch jobs could not be read: {problem}."
    if is_single(tally) or not (total_failed(tally) or tally.dependents):
        job = incident.first if is_single(tally) else parent_job(incident.first)
        return f"{facts.describe_failure(job)}: {wording.lower_first(diagnosis.title)}{doubt}."
    why = f": {list_causes(tally)}{doubt}" if tally.groups else ""
    return " ".join(
        [f"{_open_sentence(incident, tally)}{why}.", *_add_sentences(incident, tally, due)]
    )


def _open_sentence(incident: Incident, tally: Tally) -> str:
    first, counts = incident.first, count_failures(incident, tally)
    if not counts.failed:
        jobs = wording.pluralize(counts.dependents, "job")
        return f"{jobs} will not run: their dependency failed"
    times = _format_times(counts.failed)
    if first.kind is Kind.QUEUE_BLOCKED:
        return f"Queue {name_incident(incident, tally)} was blocked {times}"
    if first.kind is Kind.ENVIRONMENT:
        return f"{facts.describe_failure(first)}, {times}"
    return f"{_describe_jobs(incident, tally, counts)}{name_queues(incident, tally)}"


def _describe_jobs(incident: Incident, tally: Tally, counts: Counts) -> str:
    first, name = incident.first, name_incident(incident, tally)
    if first.kind is Kind.STUCK:
        have = "job has" if counts.failed == 1 else "jobs have"
        return f"{counts.failed:,} {have} waited too long"
    if first.kind in FAMILIES:
        kind, so_far = FAMILY_NAMES[parent_job(first).kind], "" if tally.ended else " so far"
        return f"{format_failed(counts, first)} of {kind} {name} failed{so_far}"
    if is_one_job(incident, tally):
        return f"Job {name} failed" + (
            f" {_format_times(counts.failed)}" if counts.failed > 1 else ""
        )
    definitions = list_values(one.definition.partition(":")[0] for one in tally.failures)
    definition = untrusted.defang(first.definition_name)
    of = f" of definition {definition}" if definition else ""
    if len(definitions) > 1:
        of = f" of {len(definitions):,} definitions"
    return f"{count_jobs(counts.failed, first)}{of} failed"


def _add_sentences(incident: Incident, tally: Tally, due: Collection[Member]) -> Iterator[str]:
    if 0 < tally.failed < total_failed(tally):
        total = f"{total_failed(tally):,}"
        yield f"AWS Batch counts {total}, but sent events for only {tally.failed:,}."
    if tally.assumed and tally.counted > 1:
        yield _describe_assumed(tally)
    if tally.dependents and tally.failed:
        yield _describe_dependents(tally, due)
    if tally.ended and incident.first.kind in FAMILIES:
        yield f"The {FAMILY_NAMES[parent_job(incident.first).kind]} has finished."


def _describe_dependents(tally: Tally, due: Collection[Member]) -> str:
    new = _count_new_dependents(tally, due)
    said = f", {new:,} of them new" if new else ""
    return f"{wording.pluralize(len(tally.dependents), 'dependent job')} will not run{said}."


def _describe_assumed(tally: Tally) -> str:
    """Say how many are grouped by their exit code alone."""
    if tally.assumed == tally.failed:
        return "They are grouped by exit code only, because no log was read."
    verb, logs = ("is", "its log was") if tally.assumed == 1 else ("are", "their logs were")
    return f"{tally.assumed:,} of them {verb} grouped by exit code only: {logs} not read."


def describe_other_failures(incident: Incident, tally: Tally, due: Collection[Member] = ()) -> str:
    """Say what else has failed beside the failure that an alert is about."""
    others = [_count_others(incident, tally)] if tally.failed > 1 else []
    return " ".join([*others, *_add_sentences(incident, tally, due)])


def _count_others(incident: Incident, tally: Tally) -> str:
    first, others, since = incident.first, tally.failed - 1, units.moment(tally.first_at)
    if first.kind is Kind.STUCK:
        verb = "is" if others == 1 else "are"
        return f"{wording.pluralize(others, 'more job')} {verb} waiting as well."
    if first.kind is Kind.UNREADABLE:
        return f"{wording.pluralize(others, 'more event')} could not be read."
    if is_one_job(incident, tally):
        return f"This is the {units.ordinal(tally.failed)} time since {since}."
    if incident.reported_at:
        return f"With this one, {count_jobs(tally.failed, first)} have failed since {since}."
    have = "has" if others == 1 else "have"
    return f"{count_jobs(others, first, 'more ')} {have} failed so far."


def _format_times(number: int) -> str:
    return {1: "once", 2: "twice"}.get(number) or f"{number:,} times"


def _job_names(tally: Tally) -> tuple[str, ...]:
    """Give the names of the jobs that failed, or else of those that waited for them."""
    failed = tuple(each for each in tally.names if each)
    return failed or tuple(dict.fromkeys(one.name for one in tally.dependents if one.name))
