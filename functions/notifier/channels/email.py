"""Plain-text mail: the subject names job and cause, the body starts with what to know first."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator

from notifier.alert import wording
from notifier.alert.alert import Alert
from notifier.alert.facts import AttemptRow
from notifier.batch.failure import Kind
from notifier.joblog.excerpt import Excerpt
from notifier.text import units, untrusted

# Amazon SNS: "less than 100 characters", no line breaks or control characters.
# https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
SUBJECT_LIMIT = 99
WIDTH = 76  # columns; mail clients add two when they quote
LOG_LINE_LIMIT = 400  # characters of one log line; the link shows the rest
REASON_LIMIT = 300
PREVIEW_LENGTH = 60  # characters of a subject that a phone shows
QUOTE_SHORTEST = 24  # characters of what the log says
CAUSE_PREVIEW_LENGTH = 16  # minimum characters of the cause among those


def render_subject(alert: Alert) -> str:
    """Give 1 to 99 ASCII characters: status, name, cause, and as much of the rest as fits."""
    status, name, cause, queue, novelty = map(
        untrusted.ascii_line,
        (alert.status, alert.name, alert.cause_or_headline, alert.other_queue, alert.novelty),
    )
    fixed = len(f"{status} : ")
    name = untrusted.cut_middle(
        name or "unnamed job", PREVIEW_LENGTH - CAUSE_PREVIEW_LENGTH - fixed
    )
    cause = wording.shorten_headline(cause, SUBJECT_LIMIT - fixed - len(name))
    line = f"{status} {name}: {cause}"
    doubt = alert.doubt
    if alert.quote and not alert.headline:
        longer = _add_quote(f"{line} ({doubt})" if doubt else line, alert.quote)
        line, doubt = (longer, "") if longer else (line, doubt)
    for kept in ((doubt, queue, novelty), (doubt, queue), (doubt,)):
        aside = ", ".join(filter(None, kept))
        longer = f"{line} ({aside})" if aside else line
        if len(longer) <= SUBJECT_LIMIT:
            return longer
    return line


def _add_quote(line: str, quote: str) -> str:
    """Add what the log says, cut to the room that is left; empty if there is too little."""
    room = SUBJECT_LIMIT - len(line) - len(": ")
    text = untrusted.ascii_line(quote)
    shown = text if len(text) <= room else f"{text[: max(0, room - 3)].rstrip()} .."
    return f"{line}: {shown}" if room >= QUOTE_SHORTEST else ""


def render_body(alert: Alert) -> str:
    """Give the text of the mail."""
    sections = (
        _wrap(alert.sentence),
        _wrap(_write_news(alert)),
        _section("DO NEXT", _list_steps(alert)),
        _section("WITH ONE CLICK (24 hours)", _list_links(alert.actions)),
        _section(_jobs_heading(alert), [f"  {row}" for row in alert.breakdown]),
        _section("CHANGED since the last success", _align_pairs(alert.changes)),
        _section("FACTS", _align_pairs(alert.facts)),
        _section(_why_heading(alert), _list_evidence(alert)),
        _section("ATTEMPTS", _list_attempts(alert.attempts) if len(alert.attempts) > 1 else []),
        *_show_logs(alert),
        _section("LINKS", _list_links(alert.links)),
        _section("COMMANDS", alert.commands),
        _section("IDS", _align_pairs(alert.ids)),
        f"-- \n{_wrap(alert.footer)}",
    )
    return "\n\n".join(section for section in sections if section) + "\n"


def _jobs_heading(alert: Alert) -> str:
    is_stuck = alert.failure is not None and alert.failure.kind is Kind.STUCK
    return "WAITING JOBS" if is_stuck else "FAILED JOBS"


def _write_news(alert: Alert) -> str:
    return " ".join(f"{each[:1].upper()}{each[1:]}." for each in alert.news)


def _wrap(prose: str, indent: str = "", hanging: str = "") -> str:
    return textwrap.fill(
        prose, WIDTH, initial_indent=indent, subsequent_indent=indent + hanging,
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip


def _section(heading: str, body_lines: Iterable[str]) -> str:
    held = list(body_lines)
    return "\n".join([heading, *held]) if held else ""


def _list_steps(alert: Alert) -> list[str]:
    if len(alert.steps) == 1:
        return [_wrap(alert.steps[0], "  ")]
    return [
        _wrap(f"{number}. {step}", "  ", hanging="   ")
        for number, step in enumerate(alert.steps, start=1)
    ]


def _align_pairs(pairs: tuple[tuple[str, str], ...]) -> list[str]:
    width = max((len(label) for label, _ in pairs), default=0)
    return [f"  {label:<{width}}  {value}" for label, value in pairs]


def _why_heading(alert: Alert) -> str:
    if len(alert.causes) > 1:
        return f"WHY ({alert.diagnosis.title})"
    sure = alert.doubt or alert.diagnosis.certainty
    return f"WHY ({sure})" if alert.diagnosis.evidence else "WHY"


def _list_evidence(alert: Alert) -> list[str]:
    meaning = alert.diagnosis.meaning
    quoted = [
        f"  {one.source}: {untrusted.truncate(one.text, REASON_LIMIT)}"
        for one in alert.diagnosis.evidence
    ]
    return [*([_wrap(meaning, "  ")] if meaning else []), *quoted]


def _list_attempts(rows: tuple[AttemptRow, ...]) -> list[str]:
    head = AttemptRow("#", "started (UTC)", "ran", "exit", "reason")
    return [
        f"  {row.number:<2}  {row.started:<19}  {row.ran:<11}  {row.exit:<4}  "
        f"{untrusted.truncate(row.reason, REASON_LIMIT)}".rstrip()
        for row in (head, *rows)
    ]


def _show_logs(alert: Alert) -> Iterator[str]:
    yield _show_log("LOG", alert.excerpt, alert.log_note)
    for sample in alert.samples:
        yield _show_log(f"LOG of {sample.title}", sample.excerpt, sample.note)


def _show_log(heading: str, excerpt: Excerpt | None, note: str) -> str:
    if excerpt is None:
        return f"{heading}\n  {note}" if note else ""
    shown = [f"  {untrusted.truncate(line, LOG_LINE_LIMIT)}".rstrip() for line in excerpt.lines]
    return _section(f"{heading}  {_log_range(excerpt)}", shown)


def _log_range(excerpt: Excerpt) -> str:
    start, end = units.clock(excerpt.first_at), units.clock(excerpt.last_at)
    when = f"{start} UTC" if start == end else f"{start}-{end} UTC"
    if excerpt.complete and excerpt.shown == excerpt.total:
        return f"all {excerpt.total:,} lines, {when}" if excerpt.total > 1 else f"1 line, {when}"
    last = "" if excerpt.complete else "the last "
    return f"{excerpt.shown:,} of {last}{excerpt.total:,} lines, {when}"


def _list_links(links: tuple[tuple[str, str], ...]) -> list[str]:
    return [line for label, url in links for line in (f"  {label}", url)]
