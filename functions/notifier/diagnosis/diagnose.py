"""Diagnose why a job failed, how sure that is, and what to do.

The order of evidence matters: first what AWS Batch and the ECS agent state, then the exit code,
then the log; a text that a person wrote decides nothing. A wrong cause called certain is the worst
error here: a cause is certain only if AWS's own words begin a text, or the exit code states it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from notifier.batch.failure import Failure, Kind
from notifier.diagnosis import catalogue, evidence, sigkill, stuck_jobs
from notifier.diagnosis.catalogue import Cause, Certainty, Class, Severity, Specificity
from notifier.diagnosis.evidence import EVIDENCE_LIMIT, REQUEST, STATUS, Diagnosis, Evidence, Source
from notifier.diagnosis.log_causes import diagnose_log
from notifier.joblog.root_line import LINES_READ, NOT_SEARCHED, RootLine, find_root_line
from notifier.text import units

__all__ = [
    "Certainty", "Class", "Diagnosis", "Evidence", "Severity", "Source", "diagnose", "explain",
]  # fmt: skip

SIGINT, SIGKILL, SIGTERM = 130, 137, 143  # 128 + signal number
SIGNALLED = frozenset((SIGINT, SIGTERM))  # ended from outside; for a SIGKILL the log may say why
OF_SHELL = frozenset((126, 127))  # a shell gives them, and programs give them for other errors

_LOG, _LONE_LOG = frozenset({"log"}), frozenset({"log", "lone-log"})
_CAUSE, _AREA, _NOTHING = (Specificity.CAUSE,), (Specificity.AREA,), (Specificity.NOTHING,)
_EXIT_IN_TEXT = re.compile(
    r"\b(?:exit(?:ed|ing)?(?: with)?(?: an?)?(?: non-zero)?(?: error)?(?: exit)? "
    r"(?:code|status)|exitCode|returned non-zero exit status)[\"']?\s{0,3}"
    r"(?:\((\d{1,3})\)|[:=]?\s{0,3}(\d{1,3})\b)",
    re.IGNORECASE,
)


def diagnose(
    failure: Failure, log: Sequence[str] = (), root: RootLine | None = NOT_SEARCHED
) -> Diagnosis:
    """Diagnose a failure.

    Parameters
    ----------
    failure
        The parsed event.
    log
        Lines of the job's log, oldest first, made safe by `text.lines`.
    root
        The root line of `log`, or None if it has none. By default it is searched.
    """
    root = find_root_line(log) if root is NOT_SEARCHED else root
    texts, code = tuple(_texts(failure)), _exit_code(failure)
    if failure.is_unusable and failure.status == "DISABLED":
        return stuck_jobs.diagnose_disabled(failure)
    more = REQUEST if failure.kind is Kind.ENVIRONMENT else frozenset()
    found = (
        _diagnose_stopped(failure, texts)
        or stuck_jobs.diagnose_stuck_job(failure, texts)
        or evidence.first_match(texts, _CAUSE, more)
        or evidence.first_match(texts, _AREA, more)
        or _diagnose_by_kind(failure, texts)
        or _guess_termination(failure, texts, log, root)
        or _quote_unknown(texts, code, log)
        or _explain_sigkill(failure, _diagnose_exit_code(code, log, root))
        or evidence.first_match(texts, _NOTHING, more)
        or _diagnose_unknown(texts, code, log)
    )
    return _add_context(found, failure, root)


def explain(text: str, exit_code: int | None = None) -> Diagnosis:
    """Diagnose a text pasted from the console, whose field is not known.

    Examples
    --------
    >>> explain("Job attempt duration exceeded timeout").cause
    'job-timeout'
    """
    texts = (Evidence(Source.TEXT, text[: catalogue.TEXT_LIMIT]),)
    return (
        evidence.first_match(texts, _CAUSE)
        or evidence.first_match(texts, _AREA)
        or _diagnose_exit_code(exit_code, text.splitlines() or [text], None, Source.TEXT)
        or _diagnose_exit_code_in(text)
        or evidence.first_match(texts, _NOTHING)
        or _diagnose_unknown(texts, exit_code, ())
    )


def _texts(failure: Failure) -> Iterator[Evidence]:
    """Yield the reasons of AWS Batch and the ECS agent, status reasons first, each once."""
    last = failure.attempts[-1:]
    statuses = [failure.status_reason, *(attempt.status_reason for attempt in last)]
    reasons = [*failure.reasons, *(attempt.reason for attempt in last)]
    for text in dict.fromkeys(filter(None, statuses)):
        yield Evidence(Source.STATUS, text)
    for text in dict.fromkeys(filter(None, reasons)):
        if text not in statuses:
            yield Evidence(Source.REASON, text)


def _diagnose_stopped(failure: Failure, texts: Iterable[Evidence]) -> Diagnosis | None:
    """Diagnose a job stopped by request: only AWS Batch's own words may state another cause."""
    if not failure.stopped_by_request:
        return None
    statuses = [each for each in texts if each.source is Source.STATUS]
    for each in statuses:
        hit = catalogue.load().recognise(each.text, STATUS, _CAUSE)
        if hit and hit[0].system and hit[1] is Certainty.CERTAIN:
            return evidence.diagnosis_of(*hit, each)
    flag = Evidence(Source.FLAG, "Batch marks the job as cancelled or terminated by request")
    return evidence.diagnosis_of("terminated-by-user", Certainty.CERTAIN, flag, *statuses)


def _diagnose_by_kind(failure: Failure, texts: Sequence[Evidence]) -> Diagnosis | None:
    if failure.kind is Kind.ARRAY_PARENT:
        return evidence.diagnosis_of("array-child-failed", Certainty.LIKELY, *texts)
    if failure.kind is Kind.QUEUE_BLOCKED:
        return evidence.diagnosis_of("queue-blocked-undetermined", Certainty.GUESS, *texts)
    if failure.is_unusable:
        cause = "queue-invalid" if failure.is_queue else "ce-client-error-other"
        return evidence.diagnosis_of(cause, Certainty.LIKELY, *texts)
    return None


def _guess_termination(
    failure: Failure, texts: Sequence[Evidence], log: Sequence[str], root: RootLine | None
) -> Diagnosis | None:
    """Guess that a person stopped a killed job if AWS Batch would not write its status reason.

    No source says that events contain isTerminated, so a termination may come without it.
    """
    if any(each.source is Source.REASON and evidence.says_something(each.text) for each in texts):
        return None
    code, status = _exit_code(failure), Evidence(Source.STATUS, failure.status_reason)
    if code not in (SIGKILL, SIGTERM) or not status.text or failure.platform == "EKS":
        return None
    if evidence.first_match((status,), tuple(Specificity)) or diagnose_log(log, root, _LOG):
        return None
    shown = status, _exit_evidence(code)
    guess = evidence.diagnosis_of("terminated-by-user", Certainty.GUESS, *shown)
    return replace(guess, severity=Severity.WARNING)  # a guess must not hide a failure


def _quote_unknown(
    texts: Sequence[Evidence], code: int | None, log: Sequence[str]
) -> Diagnosis | None:
    """Quote the first reason that says something: it outranks an exit code."""
    said = [each for each in texts if evidence.says_something(each.text)]
    if not said:
        return None
    title = evidence.quote(said[0].text)
    shown = tuple(dict.fromkeys((*said, *texts)))
    return replace(_diagnose_unknown(shown, code, log), title=title)


def _diagnose_exit_code(
    code: int | None, log: Sequence[str], root: RootLine | None, source: Source = Source.LOG
) -> Diagnosis | None:
    """Diagnose an exit code, or the cause that the log states.

    A program may abort (134) or crash after any error; only a signal from outside says more than
    a log does, and then only a container runtime's message counts.
    """
    if not code:
        return diagnose_log(log, root, _LONE_LOG, source)
    cause = catalogue.load().by_exit.get(code) or catalogue.load().by_id["app-exit-nonzero"]
    shown = _exit_evidence(code)
    is_final = code in SIGNALLED or (code in OF_SHELL and _is_confirmed(cause, log))
    refined = diagnose_log(log, root, _LOG, source, runtime_only=is_final)
    if refined and refined.cause != cause.id:  # what the code itself says is surer
        return replace(refined, evidence=(*refined.evidence, shown))
    return evidence.diagnosis_of(cause, cause.exit_certainty, shown)


def _is_confirmed(cause: Cause, log: Sequence[str]) -> bool:
    """Return whether the log says the same as an exit code."""
    lines = [catalogue.normalise(line) for line in log[-LINES_READ:]]
    return any(match.position_in(line) is not None for match in cause.matches for line in lines)


def _explain_sigkill(failure: Failure, found: Diagnosis | None) -> Diagnosis | None:
    """Let the attempts explain a kill of which nothing states the cause."""
    hint = sigkill.infer_cause(failure) if found and found.cause == "sigkill-137" else None
    if hint is None:
        return found
    cause, text = hint
    shown = Evidence(Source.ATTEMPTS, text), _exit_evidence(SIGKILL)
    return evidence.diagnosis_of(cause, Certainty.LIKELY, *shown)


def _diagnose_unknown(texts: Sequence[Evidence], code: int | None, log: Sequence[str]) -> Diagnosis:
    lines = [Evidence(Source.LOG, line.strip()) for line in log if line.strip()]
    shown = [*texts[:2], *([_exit_evidence(code)] if code is not None else ()), *lines[-1:]]
    return evidence.diagnosis_of("unknown", Certainty.GUESS, *shown)


def _add_context(found: Diagnosis, failure: Failure, root: RootLine | None) -> Diagnosis:
    """Add evidence that supports the cause: children, attempts, root line, exit code.

    Of lines of the log the root line comes first, because that is what the alert quotes.
    """
    own = found.evidence if found.cause == "unknown" else found.evidence[:2]
    every = [*own, *_context(found, failure, root)]
    if found.blames_program and root and any(one.source is Source.LOG for one in own):
        every = [Evidence(Source.LOG, root.text), *every]
    nothing = Evidence(Source.STATUS, "Batch gave no reason and no exit code")
    return replace(found, evidence=tuple(dict.fromkeys(every or [nothing]))[:EVIDENCE_LIMIT])


def _context(found: Diagnosis, failure: Failure, root: RootLine | None) -> Iterator[Evidence]:
    if failure.kind is Kind.ARRAY_PARENT and failure.array_failed:
        of = f" of {failure.array_size}" if failure.array_size else ""
        yield Evidence(Source.CHILDREN, f"{failure.array_failed}{of} children failed")
    if found.class_ is Class.SPOT and len(failure.attempts) > 1:
        lost = sum(_lost_capacity(attempt.status_reason) for attempt in failure.attempts)
        text = f"{lost} of {len(failure.attempts)} attempts lost their host or capacity"
        yield Evidence(Source.ATTEMPTS, text)
    if found.blames_program and root:
        yield Evidence(Source.LOG, root.text)
    if code := _exit_code(failure):
        yield _exit_evidence(code)


def _lost_capacity(status_reason: str) -> bool:
    hit = catalogue.load().recognise(status_reason, STATUS, _CAUSE)
    return hit is not None and hit[0].class_ is Class.SPOT


def _exit_code(failure: Failure) -> int | None:
    if failure.exit_code is None and failure.attempts:
        return failure.attempts[-1].exit_code
    return failure.exit_code


def _diagnose_exit_code_in(text: str) -> Diagnosis | None:
    """Diagnose an exit code that a tool wrote into its text."""
    found = _EXIT_IN_TEXT.search(text[: catalogue.TEXT_LIMIT])
    code = int(found[1] or found[2]) if found else None
    cause = _diagnose_exit_code(code, (), None, Source.TEXT)
    return cause and replace(cause, certainty=min(cause.certainty, Certainty.LIKELY))


def _exit_evidence(code: int) -> Evidence:
    return Evidence(Source.EXIT, units.exit_code(code))
