"""The logs that represent many failures: which are read, and what is shown of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from notifier.alert.alert import ROOT_LIMIT
from notifier.alert.breakdown import Sample
from notifier.alert.commands import console_links
from notifier.alert.facts import Pairs
from notifier.alert.representative import job_noun
from notifier.batch.failure import WITHOUT_LOG, Kind
from notifier.diagnosis.known_cause import diagnosis_for
from notifier.incident.counts import Member, Tally
from notifier.incident.incident import Incident
from notifier.joblog.excerpt import LogRead, excerpt_of
from notifier.joblog.root_line import LINES_READ, find_root_line
from notifier.text import untrusted

# CloudWatch Logs allows 10 GetLogEvents a second for a whole account, people included.
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html
LOGS_READ = 3
MINIMUM_LINES = 10  # of each of several logs
NAME_SHOWN = 60  # characters in the heading of a log


def choose_logs(tally: Tally) -> tuple[Member, ...]:
    """Choose whose logs to read: the earliest of each cause that has one, at most three in all.

    A member that was grouped by its exit code alone comes last: it may have another cause.
    """
    ordered = (sorted(each.members, key=lambda one: one.assumed) for each in tally.groups)
    found = (next((one for one in members if one.log), None) for members in ordered)
    return tuple(one for one in found if one)[:LOGS_READ]


def show_logs(
    incident: Incident, reads: Sequence[tuple[Member, LogRead]], log_lines: int
) -> tuple[tuple[Sample, ...], str]:
    """Give the logs to show, and a sentence with the root cause line of one of them.

    Parameters
    ----------
    incident
        The incident of the members.
    reads
        Members with their logs as read, and what has to be masked in them.
    log_lines
        Maximum number of lines of all logs together, but at least ten of each.
    """
    limit = min(log_lines, max(MINIMUM_LINES, log_lines // max(1, len(reads))))
    samples, sentence = [], ""
    for member, log in reads:
        safe = untrusted.lines(log.recent(LINES_READ), log.secrets)
        cause, root = diagnosis_for(member.cause), find_root_line(safe, log.secrets)
        name = _name_member(incident, member)
        excerpt = excerpt_of(log, safe, limit, root, log.secrets) if log.lines else None
        note = "" if excerpt else f"log unavailable: {log.unavailable or 'the log is empty'}"
        samples.append(Sample(f"{name} ({cause.title})", note, excerpt))
        if root and cause.blames_program and not sentence:
            quoted = untrusted.truncate(untrusted.defang(root.text), ROOT_LIMIT)
            sentence = f"The log of {name} says: {quoted}"
    return tuple(samples), sentence


def _name_member(incident: Incident, member: Member) -> str:
    if member.index is not None:
        return f"{job_noun(incident.first)} {member.index}"
    name = untrusted.defang(untrusted.cut_middle(member.name, NAME_SHOWN))
    return f"job {name}" if name else "the job"


def explain_missing_logs(kind: Kind, tally: Tally, samples: Sequence[Sample]) -> str:
    """Say why no log is shown; empty where one is shown, or none can exist."""
    if samples or not tally.groups or kind in WITHOUT_LOG:
        return ""
    has_logs = bool(choose_logs(tally))
    return "log not read" if has_logs else "no log: CloudWatch Logs has none for these jobs"


def list_log_links(incident: Incident, reads: Sequence[tuple[Member, LogRead]]) -> Pairs:
    """Give the console pages of the logs that were read."""
    found: list[tuple[str, str]] = []
    for number, (member, _) in enumerate(reads, start=1):
        pages = dict(console_links.list_links(replace(incident.first, log=member.log)))
        # A job's name is untrusted text, which must not be in the label of a link.
        nameless = f"log {number}" if len(reads) > 1 else "log"
        label = nameless if member.index is None else f"log of {_name_member(incident, member)}"
        found += [(label, pages["log"])] if "log" in pages else []
    return tuple(found)
