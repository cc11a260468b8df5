"""All the content of one alert, before a channel formats it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from notifier.alert import advice, facts, history, wording
from notifier.alert.breakdown import CauseCount, Counts, Sample
from notifier.alert.commands import aws_cli, resubmit
from notifier.alert.facts import AttemptRow, Pairs
from notifier.alert.history import RunHistory
from notifier.batch.failure import WITHOUT_LOG, Failure, Unreadable
from notifier.diagnosis.diagnose import Diagnosis, Severity, diagnose
from notifier.diagnosis.known_cause import UNREADABLE
from notifier.incident import fingerprint
from notifier.incident.incident import Outcome
from notifier.joblog.excerpt import Excerpt, LogRead, excerpt_of
from notifier.joblog.root_line import LINES_READ, find_root_line
from notifier.text import untrusted

ROOT_LIMIT = 300  # characters of the log's root cause line in a sentence


@dataclass(frozen=True, slots=True)
class Alert:
    """The content of one message for all channels. All texts are safe; quoted ones are defanged.

    `headline` replaces the title of the cause where one alert reports many failures. `error` is
    what the log says, where the title only repeats the exit code; it ends the headline. `quote` is
    what the log says beside a title that says more.
    `outcome` and `reason` say why the alert is sent now, `kept_back` what was not sent before.
    `sms_allowed` is False at the limit on text messages; `is_last_sms` marks the last below it, or
    `is_last_sms_of_share` that of a queue. `filters` has further values of message attributes.
    `actions` are signed links. A recovery may end other incidents as well: `closes` has their keys.
    """

    status: str
    name: str
    diagnosis: Diagnosis
    severity: Severity
    account: str
    region: str
    event_id: str = ""
    event_time: str = ""
    incident: str = ""
    sentence: str = ""
    steps: tuple[str, ...] = ()
    facts: Pairs = ()
    job_id: str = ""
    doubt: str = ""
    queue: str = ""
    definition: str = ""
    owner: str = ""
    attempts: tuple[AttemptRow, ...] = ()
    excerpt: Excerpt | None = None
    log_note: str = ""
    links: Pairs = ()
    actions: Pairs = ()
    commands: tuple[str, ...] = ()
    submit_commands: tuple[str, ...] = ()  # of the AWS CLI: for the webhook only
    ids: Pairs = ()
    failure: Failure | None = None
    is_drill: bool = False
    headline: str = ""
    error: str = ""
    quote: str = ""
    novelty: str = ""
    outcome: str = ""
    reason: str = ""
    kept_back: str = ""
    closes: tuple[str, ...] = ()
    breakdown: tuple[str, ...] = ()
    causes: tuple[CauseCount, ...] = ()
    counts: Counts | None = None
    samples: tuple[Sample, ...] = ()
    sms_allowed: bool = True
    is_last_sms: bool = False
    is_last_sms_of_share: bool = False
    unconfirmed: int = 0
    filters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    run_history: RunHistory | None = None
    last_success: str = ""
    changes: Pairs = ()

    @property
    def is_always_sent(self) -> bool:
        """Whether the minimum severity does not apply: to drills, and to unreadable events."""
        return self.is_drill or self.failure is None

    @property
    def other_queue(self) -> str:
        """The queue, unless the alert is about the queue itself."""
        return "" if self.queue == self.name else self.queue

    @property
    def cause_or_headline(self) -> str:
        """The headline with the log's error, or else the title of the cause."""
        return ": ".join(filter(None, (self.headline, self.error))) or self.diagnosis.title

    @property
    def verdict(self) -> str:
        """What happened in a few words, with the certainty where there is doubt."""
        return f"{self.cause_or_headline} ({self.doubt})" if self.doubt else self.cause_or_headline

    @property
    def news(self) -> tuple[str, ...]:
        """What was not sent before or else how new this is, and the last success."""
        return tuple(filter(None, (self.kept_back or self.novelty, self.last_success)))

    @property
    def footer(self) -> str:
        """Who sent this and why now, its incident, and how many subscribers did not get it."""
        reason = self.reason
        if self.outcome == Outcome.RECOVERED:
            is_seen = self.failure is not None and self.failure.is_from_sweep
            reason = "it is resolved" if is_seen else "it succeeded again"
        why_now = f" Why now: {reason}." if reason else ""
        incident = f"Severity {self.severity}, incident {self.incident}."
        unconfirmed = wording.unconfirmed_note(self.unconfirmed)
        return f"Sent by batch-notifier.{why_now} {incident}{unconfirmed}"


def compose(
    failure: Failure,
    log: LogRead | None,
    log_lines: int,
    key: str = "",
    run_history: RunHistory | None = None,
) -> Alert:
    """Diagnose a failure and compose its alert.

    Parameters
    ----------
    failure
        The parsed event.
    log
        Its log as read; None when logs are turned off.
    log_lines
        Maximum number of log lines to show.
    key
        Key of the incident; by default the fingerprint of the event without its log, because
        grouping must not depend on whether a log could be read.
    run_history
        The runs before this failure; None when they were not looked up.
    """
    safe = untrusted.lines(log.recent(LINES_READ) if log else [], failure.secrets)
    root = find_root_line(safe, failure.secrets)
    diagnosis = diagnose(failure, safe, root)
    again = resubmit.rerun_job(failure, diagnosis)
    return replace(
        start_alert(failure, _defang(diagnosis), facts.display_name(failure)),
        sentence=_write_sentence(failure, diagnosis),
        steps=(*advice.next_steps(failure, diagnosis), *filter(None, (again.step,))),
        facts=facts.list_facts(failure),
        incident=key or fingerprint.fingerprint(failure, diagnose(failure).cause),
        error=wording.short_error(diagnosis, diagnosis.root),
        quote=wording.quote_log(diagnosis),
        attempts=facts.list_attempts(failure),
        excerpt=(
            excerpt_of(log, safe, log_lines, root, failure.secrets) if log and log.lines else None
        ),
        log_note=_explain_missing_log(failure, log),
        commands=(*again.command, *aws_cli.inspect_failure(failure, diagnosis.cause)),
        submit_commands=resubmit.submit_again(failure, diagnosis, run_history),
        run_history=run_history,
        last_success=history.describe_last_success(failure, run_history),
        changes=history.list_changes(run_history),
    )


def _defang(diagnosis: Diagnosis) -> Diagnosis:
    evidence = (replace(one, text=untrusted.defang(one.text)) for one in diagnosis.evidence)
    return replace(diagnosis, evidence=tuple(evidence))


def start_alert(failure: Failure, diagnosis: Diagnosis, name: str) -> Alert:
    """Begin an alert with what the failure itself says."""
    return Alert(
        status=facts.mark_drill(facts.status_word(failure), failure.is_drill),
        name=name,
        diagnosis=diagnosis,
        severity=tagged_severity(failure, diagnosis.severity),
        account=failure.account,
        region=failure.region,
        event_id=failure.event_id,
        event_time=failure.event_time,
        job_id=failure.job_id,
        doubt=diagnosis.doubt,
        queue=failure.queue,
        definition=failure.definition,
        owner=failure.tag("notify:owner"),
        links=facts.list_links(failure),
        ids=facts.list_ids(failure),
        failure=failure,
        is_drill=failure.is_drill,
    )


def compose_unreadable(event: Unreadable, key: str = "") -> Alert:
    """Report a failure whose event could not be read."""
    name = untrusted.defang(event.job_name or event.job_id or "unknown job")
    known = {
        "event": event.event_id,
        "type": event.detail_type,
        "time": event.event_time,
        "job id": event.job_id,
        "account": event.account,
        "region": event.region,
    }
    return replace(
        start_alert(event.as_failure(), UNREADABLE, name),
        sentence=f"A Batch job failed, but the notifier could not read the event: {event.problem}.",
        steps=UNREADABLE.actions,
        facts=tuple((label, untrusted.defang(value)) for label, value in known.items() if value),
        incident=key or fingerprint.fingerprint(event.as_failure(), UNREADABLE.cause),
        links=(),
        ids=(),
        failure=None,
    )


def tagged_severity(failure: Failure, default: Severity) -> Severity:
    """Give the severity in the job's tag `notify:severity`, or else the default."""
    wanted = failure.tag("notify:severity").lower()
    return Severity(wanted) if wanted in set(Severity) else default


def _write_sentence(failure: Failure, diagnosis: Diagnosis) -> str:
    # The parent of an array only sums up: its count says more than its cause.
    title = facts.count_failed_children(failure) or diagnosis.title
    root = untrusted.truncate(untrusted.defang(diagnosis.root), ROOT_LIMIT)
    doubt = f" ({diagnosis.doubt})" if diagnosis.doubt else ""
    why = f"{wording.lower_first(title)}{doubt}.{advice.quote_given_reason(failure, diagnosis)}"
    return f"{facts.describe_failure(failure)}: {why}" + (f" The log says: {root}" if root else "")


def _explain_missing_log(failure: Failure, log: LogRead | None) -> str:
    if failure.kind in WITHOUT_LOG:
        return ""
    if failure.log is None:
        return f"no log: {failure.no_log_reason}"
    if log is None:
        return "log not read: LogLines is 0"
    return f"log unavailable: {log.unavailable}" if log.unavailable else ""
