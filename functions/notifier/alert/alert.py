"""Everything there is to tell about one failure, before any channel words it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from notifier.alert import advice, facts, history, wording
from notifier.alert.breakdown import CauseCount, Counts, Sample
from notifier.alert.commands import aws_cli, resubmit
from notifier.alert.facts import AttemptRow, Pairs
from notifier.alert.history import RunHistory
from notifier.batch.failure import WITHOUT_LOG, Failure, Unreadable
from notifier.diagnosis.diagnose import Diagnosis, Evidence, Severity, diagnose
from notifier.diagnosis.known_cause import UNREADABLE
from notifier.incident import fingerprint
from notifier.incident.incident import Outcome
from notifier.joblog.excerpt import Excerpt, LogRead, excerpt_of
from notifier.joblog.root_line import LINES_READ, find_root_line
from notifier.text import untrusted

ERROR_LIMIT = 60  # characters of it in a subject: room is left for how new it is
ROOT_LIMIT = 300  # characters of the log's own sentence in ours; some name the resource late


@dataclass(frozen=True, slots=True)
class Alert:
    """What is told, channel-neutral. All texts are safe; quoted ones are defanged.

    `headline` stands in place of the cause's title where many failures are told at once, `error`
    where the title only repeats the exit code and the log says more; it ends a headline.
    `outcome` and `reason` say why it is sent now, `kept_back` what was not sent before. `texted`
    is False where the cap on text messages was reached, `last_text` on the last one below it.
    `unconfirmed` counts the subscriptions to which nothing is sent yet.
    `filters` are what else a subscriber may have asked for, by message attribute, where several
    incidents are told at once. `past` is what was known of the last success, `last_success` and
    `changes` its words.
    """

    status: str
    name: str
    diagnosis: Diagnosis
    severity: Severity
    sentence: str
    steps: tuple[str, ...]
    facts: Pairs
    incident: str
    event_id: str
    event_time: str
    account: str
    region: str
    job_id: str
    doubt: str = ""
    queue: str = ""
    definition: str = ""
    owner: str = ""
    attempts: tuple[AttemptRow, ...] = ()
    excerpt: Excerpt | None = None
    log_note: str = ""
    links: Pairs = ()
    commands: tuple[str, ...] = ()
    ids: Pairs = ()
    failure: Failure | None = None
    is_drill: bool = False
    headline: str = ""
    error: str = ""
    novelty: str = ""
    outcome: str = ""
    reason: str = ""
    kept_back: str = ""
    breakdown: tuple[str, ...] = ()
    causes: tuple[CauseCount, ...] = ()
    counts: Counts | None = None
    samples: tuple[Sample, ...] = ()
    texted: bool = True
    last_text: bool = False
    unconfirmed: int = 0
    filters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    run_history: RunHistory | None = None
    last_success: str = ""
    changes: Pairs = ()

    @property
    def always_told(self) -> bool:
        """Whether no minimum severity holds it back: drills, and what was not read."""
        return self.is_drill or self.failure is None

    @property
    def elsewhere(self) -> str:
        """The queue, where it is not what the message is about."""
        return "" if self.queue == self.name else self.queue

    @property
    def what(self) -> str:
        """The headline, or the cause in a few words: the program's own where they say more."""
        said = ": ".join(filter(None, (self.headline, self.error)))
        return said or self.diagnosis.title

    @property
    def verdict(self) -> str:
        """What happened in a few words, with the doubt there is."""
        return f"{self.what} ({self.doubt})" if self.doubt else self.what

    @property
    def footer(self) -> str:
        """Who sent this and why now, and by what it is found again."""
        recovered = self.outcome == Outcome.RECOVERED
        over = (
            "it is over"
            if self.failure and self.failure.is_from_sweep
            else "it has succeeded again"
        )
        because = over if recovered else self.reason
        why_now = f" Why now: {because}." if because else ""
        found_by = f"Severity {self.severity}, incident {self.incident}."
        return f"Sent by batch-notifier.{why_now} {found_by}{self._not_sent}"

    @property
    def _not_sent(self) -> str:
        """Say who does not get this; the addresses are nobody else's business."""
        if not self.unconfirmed:
            return ""
        have = "address has" if self.unconfirmed == 1 else "addresses have"
        return (
            f" {self.unconfirmed:,} {have} not confirmed the subscription yet and did not get this:"
            " the link is in a mail from AWS Notifications."
        )


def compose(
    failure: Failure,
    log: LogRead | None,
    log_lines: int,
    key: str = "",
    run_history: RunHistory | None = None,
) -> Alert:
    """Diagnose a failure and gather what to tell about it.

    Parameters
    ----------
    failure
        What the event said.
    log
        What reading its log gave; None when logs are turned off.
    log_lines
        Most lines of log to show.
    key
        The incident's key. Without one it is the fingerprint of what the event alone says:
        grouping must not depend on whether a log could be read.
    past
        What was before this failure; None when nobody asked.
    """
    recent = log.lines[-LINES_READ:] if log else ()
    safe = untrusted.lines([line.text for line in recent], failure.secrets)
    root = find_root_line(safe)
    diagnosis = diagnose(failure, safe, root.text if root else "")
    excerpt = excerpt_of(log, safe, log_lines, root) if log and log.lines else None
    again, how = resubmit.again(failure, diagnosis, run_history)
    return Alert(
        status=facts.status_of(facts.word_of(failure), failure.is_drill),
        name=facts.title_of(failure),
        diagnosis=_quoted(diagnosis),
        severity=severity_of(failure, diagnosis.severity),
        sentence=_sentence(failure, diagnosis),
        steps=(*advice.steps(failure, diagnosis), *filter(None, (how,))),
        facts=facts.facts(failure),
        incident=key or fingerprint.fingerprint(failure, diagnose(failure).cause),
        event_id=failure.event_id,
        event_time=failure.event_time,
        account=failure.account,
        region=failure.region,
        job_id=failure.job_id,
        error=error_of(diagnosis, diagnosis.root),
        doubt=diagnosis.doubt,
        queue=failure.queue,
        definition=failure.definition,
        owner=failure.tag("notify:owner"),
        attempts=facts.attempt_rows(failure),
        excerpt=excerpt,
        log_note=_log_note(failure, log),
        links=facts.links(failure),
        commands=(*aws_cli.to_look(failure, diagnosis.cause), *again),
        ids=facts.ids(failure),
        failure=failure,
        is_drill=failure.is_drill,
        run_history=run_history,
        last_success=history.last_success(failure, run_history),
        changes=history.rows(run_history),
    )


def unreadable(event: Unreadable, key: str = "") -> Alert:
    """Tell that something failed which could not be read: plain, but never silent."""
    told = {
        "event": event.event_id,
        "type": event.detail_type,
        "time": event.event_time,
        "job id": event.job_id,
        "account": event.account,
        "region": event.region,
    }
    return Alert(
        status=facts.status_of("FAILED", event.is_drill),
        name=untrusted.defang(event.job_name or event.job_id or "unknown job"),
        diagnosis=UNREADABLE,
        severity=UNREADABLE.severity,
        sentence=f"A Batch job failed, but I could not read the event: {event.problem}.",
        steps=UNREADABLE.actions,
        facts=tuple((label, untrusted.defang(value)) for label, value in told.items() if value),
        incident=key or fingerprint.fingerprint(event.as_failure(), UNREADABLE.cause),
        event_id=event.event_id,
        event_time=event.event_time,
        account=event.account,
        region=event.region,
        job_id=event.job_id,
        is_drill=event.is_drill,
    )


def severity_of(failure: Failure, otherwise: Severity) -> Severity:
    """Give the severity that the job's tag asks for, or else the one given."""
    wanted = failure.tag("notify:severity").lower()
    return Severity(wanted) if wanted in set(Severity) else otherwise


def _sentence(failure: Failure, diagnosis: Diagnosis) -> str:
    # An array's parent only sums up: its number says more than its cause.
    counted = facts.children(failure)
    title = counted or diagnosis.title
    root = untrusted.truncate(untrusted.defang(diagnosis.root), ROOT_LIMIT)
    tail = f" The log says: {root}" if root else ""
    doubt = f" ({diagnosis.doubt})" if diagnosis.doubt else ""
    return f"{facts.subject_of(failure)}: {wording.lowered(title)}{doubt}.{tail}"


def error_of(diagnosis: Diagnosis, root: str) -> str:
    """Give what the log says, shortly, where the cause says no more than an exit code."""
    told = root if diagnosis.is_exit_code else ""
    return untrusted.truncate(untrusted.defang(wording.error_short(told)), ERROR_LIMIT)


def _quoted(diagnosis: Diagnosis) -> Diagnosis:
    shown = tuple(Evidence(one.source, untrusted.defang(one.text)) for one in diagnosis.evidence)
    return replace(diagnosis, evidence=shown)


def _log_note(failure: Failure, log: LogRead | None) -> str:
    """Say why no log is shown; nothing is left out without a word."""
    if failure.kind in WITHOUT_LOG:
        return ""
    if failure.log is None:
        return f"no log: {failure.no_log_reason}"
    if log is None:
        return "log not read: LogLines is 0"
    return f"log unavailable: {log.unavailable}" if log.unavailable else ""
