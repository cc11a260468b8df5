"""Plain-text mail: a subject that names job and cause, a body that reads from the top."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable

from notifier.core import text, units
from notifier.core.alert import Alert
from notifier.core.excerpt import Excerpt
from notifier.core.particulars import AttemptRow

# Amazon SNS: "less than 100 characters", no line breaks or control characters.
# https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
SUBJECT_LIMIT = 99
WIDTH = 76  # columns; mail clients that quote add two
LOG_LINE_LIMIT = 400  # characters of one log line; the link shows the rest
REASON_LIMIT = 300


def subject(alert: Alert) -> str:
    """Give 1 to 99 ASCII characters: status and job name always, then as much as fits."""
    name = text.ascii_line(alert.name) or "unnamed job"
    cause, queue = text.ascii_line(alert.diagnosis.title), text.ascii_line(alert.queue)
    for kept in ((alert.doubt, queue), (alert.doubt,), ()):
        aside = ", ".join(part for part in kept if part)
        line = f"{alert.status} {name}: {cause}" + (f" ({aside})" if aside else "")
        if len(line) <= SUBJECT_LIMIT:
            return line
    room = SUBJECT_LIMIT - len(alert.status) - len(cause) - len(" : ")
    return f"{alert.status} {text.cut_middle(name, room)}: {cause}"


def body(alert: Alert) -> str:
    """Give the mail: sentence, next step, facts, evidence, attempts, log, links, commands, ids."""
    sections = (
        _wrapped(alert.sentence),
        _section("DO NEXT", _steps(alert)),
        _section("FACTS", _pairs(alert.facts)),
        _section(_why_heading(alert), _why(alert)),
        _section("ATTEMPTS", _attempts(alert.attempts) if len(alert.attempts) > 1 else []),
        _log(alert),
        _section("LINKS", _links(alert.links)),
        _section("COMMANDS", alert.commands),
        _section("IDS", _pairs(alert.ids)),
        f"-- \n{alert.footer}",
    )
    return "\n\n".join(section for section in sections if section) + "\n"


def _wrapped(prose: str, indent: str = "", hanging: str = "") -> str:
    return textwrap.fill(
        prose, WIDTH, initial_indent=indent, subsequent_indent=indent + hanging,
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip


def _section(heading: str, body_lines: Iterable[str]) -> str:
    held = list(body_lines)
    return "\n".join([heading, *held]) if held else ""


def _steps(alert: Alert) -> list[str]:
    if len(alert.steps) == 1:
        return [_wrapped(alert.steps[0], "  ")]
    return [
        _wrapped(f"{number}. {step}", "  ", hanging="   ")
        for number, step in enumerate(alert.steps, start=1)
    ]


def _pairs(pairs: tuple[tuple[str, str], ...]) -> list[str]:
    width = max((len(label) for label, _ in pairs), default=0)
    return [f"  {label:<{width}}  {value}" for label, value in pairs]


def _why_heading(alert: Alert) -> str:
    sure = alert.doubt or alert.diagnosis.certainty
    return f"WHY ({sure})" if alert.diagnosis.evidence else "WHY"


def _why(alert: Alert) -> list[str]:
    quoted = [
        f"  {one.source}: {text.truncate(one.text, REASON_LIMIT)}"
        for one in alert.diagnosis.evidence
    ]
    return [_wrapped(alert.diagnosis.meaning, "  "), *quoted]


def _attempts(rows: tuple[AttemptRow, ...]) -> list[str]:
    head = AttemptRow("#", "started (UTC)", "ran", "exit", "reason")
    return [
        f"  {row.number:<2}  {row.started:<19}  {row.ran:<11}  {row.exit:<4}  "
        f"{text.truncate(row.reason, REASON_LIMIT)}".rstrip()
        for row in (head, *rows)
    ]


def _log(alert: Alert) -> str:
    if alert.excerpt is None:
        note = alert.log_note
        return f"LOG\n  {note}" if note else ""
    shown = [f"  {text.truncate(line, LOG_LINE_LIMIT)}".rstrip() for line in alert.excerpt.lines]
    return _section(f"LOG  {_log_range(alert.excerpt)}", shown)


def _log_range(excerpt: Excerpt) -> str:
    last = "" if excerpt.complete else "last "
    when = f"{units.clock(excerpt.first_at)}-{units.clock(excerpt.last_at)} UTC"
    return f"{excerpt.shown:,} of the {last}{excerpt.total:,} lines, {when}"


def _links(links: tuple[tuple[str, str], ...]) -> list[str]:
    return [line for label, url in links for line in (f"  {label}", url)]
