"""The logs that stand for many failures: whose are read, and what is shown of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from notifier.alert.alert import ROOT_LIMIT
from notifier.alert.breakdown import Sample
from notifier.alert.commands import console_links
from notifier.alert.facts import Pairs
from notifier.alert.representative import noun
from notifier.batch.failure import WITHOUT_LOG, Kind
from notifier.diagnosis.known_cause import diagnosis_for
from notifier.incident.counts import Member, Tally
from notifier.incident.incident import Incident
from notifier.joblog.excerpt import LogRead, excerpt_of
from notifier.joblog.root_line import LINES_READ, find_root_line
from notifier.text import untrusted

# CloudWatch Logs answers 10 GetLogEvents a second for a whole account, people included.
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html
LOGS_READ = 3
LINES_OF_EACH = 10  # log lines of each of several samples, at least
NAME_SHOWN = 60  # characters in the heading of a log


def to_read(tally: Tally) -> tuple[Member, ...]:
    """Choose whose logs to read: of each cause the earliest that has one, at most three in all.

    One that was not read before it was grouped might tell of something else.
    """
    ordered = (sorted(each.members, key=lambda one: one.assumed) for each in tally.groups)
    found = (next((one for one in members if one.log), None) for members in ordered)
    return tuple(one for one in found if one)[:LOGS_READ]


def of(
    incident: Incident, reads: Sequence[tuple[Member, LogRead]], log_lines: int
) -> tuple[tuple[Sample, ...], str]:
    """Give the logs to show, and in a sentence what a program said last in one of them.

    Parameters
    ----------
    incident
        Whose members they are.
    reads
        What reading the logs of some members gave. Values of the jobs' environments are not known
        any more: only what looks like a secret is masked.
    log_lines
        Most lines to show of all together, but ten of each.
    """
    limit = min(log_lines, max(LINES_OF_EACH, log_lines // max(1, len(reads))))
    samples, said = [], ""
    for member, log in reads:
        safe = untrusted.lines([line.text for line in log.lines[-LINES_READ:]], ())
        found = diagnosis_for(member.cause)
        title = f"{_which(incident, member)} ({found.title})"
        root = find_root_line(safe)
        if log.lines:
            samples.append(Sample(title, excerpt=excerpt_of(log, safe, limit, root)))
        else:
            samples.append(Sample(title, f"log unavailable: {log.unavailable or 'it is empty'}"))
        if root and found.blames_program and not said:
            quoted = untrusted.truncate(untrusted.defang(root.text), ROOT_LIMIT)
            said = f"The log of {_which(incident, member)} says: {quoted}"
    return tuple(samples), said


def _which(incident: Incident, member: Member) -> str:
    if member.index is not None:
        return f"{noun(incident.first)} {member.index}"
    name = untrusted.cut_middle(untrusted.defang(member.name), NAME_SHOWN)
    return f"job {name}" if name else "the job"


def log_note(kind: Kind, tally: Tally, samples: Sequence[Sample]) -> str:
    """Say why no log is shown at all; nothing where one is, or could not be."""
    if samples or not tally.groups or kind in WITHOUT_LOG:
        return ""
    return "log not read" if to_read(tally) else "no log: CloudWatch Logs has none of these jobs"


def log_links(incident: Incident, reads: Sequence[tuple[Member, LogRead]]) -> Pairs:
    """Give the console pages of the logs that were read."""
    found: list[tuple[str, str]] = []
    for number, (member, _) in enumerate(reads, start=1):
        pages = dict(console_links.links(replace(incident.first, log=member.log)))
        # A job's name is a stranger's text, which has no place in the label of a link.
        nameless = f"log {number}" if len(reads) > 1 else "log"
        label = nameless if member.index is None else f"log of {_which(incident, member)}"
        found += [(label, pages["log"])] if "log" in pages else []
    return tuple(found)
