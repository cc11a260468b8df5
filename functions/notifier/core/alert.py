"""Everything there is to tell about one failure, before any channel words it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from notifier.core import advice, incident, particulars, text
from notifier.core.diagnosis import (
    Certainty,
    Class,
    Diagnosis,
    Evidence,
    Severity,
    Source,
    diagnose,
)
from notifier.core.excerpt import LINES_READ, Excerpt, LogRead, pick
from notifier.core.failure import Failure, Kind, Unreadable
from notifier.core.particulars import AttemptRow, Pairs

ROOT_LIMIT = 300  # characters of the log's own sentence in ours; some name the resource late


@dataclass(frozen=True, slots=True)
class Alert:
    """What is told, channel-neutral. All texts are safe; quoted ones are defanged."""

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

    @property
    def always_told(self) -> bool:
        """Whether no minimum severity holds it back: drills, and what was not read."""
        return self.is_drill or self.failure is None

    @property
    def verdict(self) -> str:
        """The cause in a few words, with the doubt there is."""
        return f"{self.diagnosis.title} ({self.doubt})" if self.doubt else self.diagnosis.title

    @property
    def footer(self) -> str:
        """Who sent this, and by what it is found again."""
        return f"Sent by batch-notifier. Severity {self.severity}, incident {self.incident}."


def compose(failure: Failure, log: LogRead | None, log_lines: int) -> Alert:
    """Diagnose a failure and gather what to tell about it.

    Parameters
    ----------
    failure
        What the event said.
    log
        What reading its log gave; None when logs are turned off.
    log_lines
        Most lines of log to show.
    """
    recent = log.lines[-LINES_READ:] if log else ()
    safe = text.lines([line.text for line in recent], failure.secrets)
    diagnosis = diagnose(failure, safe)
    excerpt = pick(log, safe, log_lines) if log and log.lines else None
    blocked = failure.kind is Kind.QUEUE_BLOCKED
    return Alert(
        status=_status("BLOCKED" if blocked else "FAILED", failure.is_drill),
        name=particulars.title_of(failure),
        diagnosis=_quoted(diagnosis),
        severity=_severity(failure, diagnosis),
        sentence=_sentence(failure, diagnosis),
        steps=_steps(failure, diagnosis),
        facts=particulars.facts(failure),
        incident=incident.fingerprint(failure, diagnosis.cause),
        event_id=failure.event_id,
        event_time=failure.event_time,
        account=failure.account,
        region=failure.region,
        job_id=failure.job_id,
        doubt=_doubt(diagnosis),
        queue=failure.queue,
        definition=failure.definition,
        owner=failure.tag("notify:owner"),
        attempts=particulars.attempt_rows(failure),
        excerpt=excerpt,
        log_note=_log_note(failure, log),
        links=particulars.links(failure),
        commands=advice.commands(failure, diagnosis.cause),
        ids=particulars.ids(failure),
        failure=failure,
        is_drill=failure.is_drill,
    )


def unreadable(event: Unreadable) -> Alert:
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
        status=_status("FAILED", event.is_drill),
        name=text.defang(event.job_name or event.job_id or "unknown job"),
        diagnosis=_UNREADABLE,
        severity=_UNREADABLE.severity,
        sentence=f"A Batch job failed, but I could not read the event: {event.problem}.",
        steps=_UNREADABLE.actions,
        facts=tuple((label, text.defang(value)) for label, value in told.items() if value),
        incident=event.event_id or "unreadable",
        event_id=event.event_id,
        event_time=event.event_time,
        account=event.account,
        region=event.region,
        job_id=event.job_id,
        is_drill=event.is_drill,
    )


_UNREADABLE = Diagnosis(
    cause="unreadable-event",
    title="Unreadable event",
    class_=Class.UNKNOWN,
    certainty=Certainty.CERTAIN,
    evidence=(),
    meaning="Its shape is not one this notifier knows, so it cannot say more. What the event "
    "holds is not shown, because that may be secret.",
    actions=(
        "Open the AWS Batch console and look for jobs that failed at this time.",
        "Report the event's type and shape, so that the notifier learns it.",
    ),
    retry="maybe",
    severity=Severity.WARNING,
)


def _status(status: str, is_drill: bool) -> str:
    # Nobody is to be woken by a drill twice: it says what it is before anything else.
    return f"DRILL {status}" if is_drill else status


def _severity(failure: Failure, diagnosis: Diagnosis) -> Severity:
    wanted = failure.tag("notify:severity").lower()
    return Severity(wanted) if wanted in set(Severity) else diagnosis.severity


def _sentence(failure: Failure, diagnosis: Diagnosis) -> str:
    # An array's parent only sums up: its number says more than its cause.
    counted = particulars.children(failure)
    title = counted or diagnosis.title
    root = next((one.text for one in diagnosis.evidence if one.source is Source.LOG), "")
    tail = f" The log says: {text.truncate(text.defang(root), ROOT_LIMIT)}" if root else ""
    # "Out of memory" goes on in lower case, "EFS refused the mount" does not.
    start = title[:1] if title[1:2].isupper() else title[:1].lower()
    doubt = f" ({said})" if (said := _doubt(diagnosis)) else ""
    return f"{particulars.subject_of(failure)}: {start}{title[1:]}{doubt}.{tail}"


def _doubt(diagnosis: Diagnosis) -> str:
    """Word the certainty, except where the title only repeats the exit code: that is a fact."""
    if diagnosis.cause.startswith("app-exit-"):
        return ""
    return {Certainty.GUESS: "a guess", Certainty.LIKELY: "likely"}.get(diagnosis.certainty, "")


def _steps(failure: Failure, diagnosis: Diagnosis) -> tuple[str, ...]:
    # Only where AWS itself says that the container's memory was short: a heap or a GPU is another.
    sure = diagnosis.class_ is Class.MEMORY and diagnosis.certainty is Certainty.CERTAIN
    own = advice.memory_advice(failure) if sure else ""
    # The catalogue's first step says the same without the numbers.
    return (own, *diagnosis.actions[1:]) if own else diagnosis.actions


def _quoted(diagnosis: Diagnosis) -> Diagnosis:
    shown = tuple(Evidence(one.source, text.defang(one.text)) for one in diagnosis.evidence)
    return replace(diagnosis, evidence=shown)


def _log_note(failure: Failure, log: LogRead | None) -> str:
    """Say why no log is shown; nothing is left out without a word."""
    if failure.kind in (Kind.ENVIRONMENT, Kind.QUEUE_BLOCKED):
        return ""
    if failure.log is None:
        return f"no log: {failure.no_log}"
    if log is None:
        return "log not read: LogLines is 0"
    return f"log unavailable: {log.unavailable}" if log.unavailable else ""
