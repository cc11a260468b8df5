"""Cards for Slack and Microsoft Teams, by the custom-notification schema of Amazon Q Developer.

Amazon Q Developer silently drops a message that does not match the schema.
https://docs.aws.amazon.com/chatbot/latest/adminguide/custom-notifs.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace

from notifier.alert import wording
from notifier.alert.alert import Alert
from notifier.batch.identifiers import is_arn
from notifier.diagnosis.evidence import QUOTE
from notifier.text import untrusted
from notifier.text.links.defang import defang, inert

# The schema documents no limits; these are far below those of a Slack block.
TITLE_LIMIT = 250
NAME_LIMIT = 160  # of the name in a title: job names have 128 at most, others more
DESCRIPTION_LIMIT = 6_000
LOG_LINES = 8  # the link shows the rest
LINE_LIMIT = 240
ROWS = 12  # of the table of failed jobs
_ROW = re.compile(r" *[\d,]+  \S")  # its number and the next cell
_CUT = ", …"
# Marks that would end a code span, start a mention such as <!here>, or (outside code) a link.
_MARKS = str.maketrans("`<>", "'''")
_LINK_MARKS = str.maketrans("[]", "()")
_EMOJI = {
    "critical": ":rotating_light:",
    "warning": ":warning:",
    "info": ":information_source:",
    "recovered": ":white_check_mark:",
}


def render(alert: Alert) -> str:
    """Give one custom notification as JSON; messages of an incident share a thread."""
    emoji = _EMOJI["recovered" if alert.status.endswith("RECOVERED") else alert.severity]
    document = {
        "version": "1.0",
        "source": "custom",
        "id": alert.event_id or alert.incident,
        "content": {
            "textType": "client-markdown",
            "title": defang(_write_title(alert, emoji)),
            "description": inert(
                _write_description(alert), (url for _, url in (*alert.links, *alert.actions))
            ),
            "nextSteps": [defang(_escape_code(step)) for step in alert.steps],
            "keywords": [word for word in (alert.diagnosis.class_, alert.severity) if word],
        },
        "metadata": {
            "threadId": alert.incident,
            "summary": untrusted.truncate(_escape_all(alert.sentence), TITLE_LIMIT),
            "eventType": alert.status.lower(),
            "relatedResources": _list_resources(alert),
            "additionalContext": _build_context(alert),
        },
    }
    return json.dumps(document, ensure_ascii=False)


def _write_title(alert: Alert, emoji: str) -> str:
    """Cut a long name in the middle, and a long verdict without leaving a mark open."""
    start = f"{emoji} {alert.status} {_inline_code(untrusted.cut_middle(alert.name, NAME_LIMIT))}: "
    whole = start + _quote_verdict(alert)
    if len(whole) <= TITLE_LIMIT:
        return whole
    return start + untrusted.truncate(_escape_all(alert.verdict), TITLE_LIMIT - len(start))


def _quote_verdict(alert: Alert) -> str:
    """Give the verdict, with what the log or AWS says as code: it is untrusted text."""
    title = alert.diagnosis.title
    if title.startswith(QUOTE):
        title = f"{QUOTE}{_inline_code(title.removeprefix(QUOTE))}"
    quoted = replace(alert.diagnosis, title=title)
    return replace(alert, error=_inline_code(alert.error), diagnosis=quoted).verdict


def _build_context(alert: Alert) -> dict[str, str]:
    found = {
        "cause": alert.diagnosis.cause,
        "certainty": str(alert.diagnosis.certainty),
        "severity": str(alert.severity),
        "outcome": alert.outcome,
    }
    return {key: value for key, value in found.items() if value}


def _write_description(alert: Alert) -> str:
    """Give the parts that fit, from the top; none is cut, which could leave a mark open."""
    links = " | ".join(f"[{_label(*link)}]({link[1]})" for link in alert.links)
    actions = " | ".join(f"[{label}]({url})" for label, url in alert.actions)
    parts = (
        " ".join(_inline_code(each) for each in alert.news),
        actions,
        _show_table(alert),
        alert.diagnosis.meaning,
        "\n".join(f"{one.source}: {_inline_code(one.text)}" for one in alert.diagnosis.evidence),
        "\n".join(f"changed: {label} {_inline_code(value)}" for label, value in alert.changes),
        "\n".join(f"{label}: {_inline_code(value)}" for label, value in alert.facts),
        links,
        _show_log(alert),
    )
    description = ""
    for part in filter(None, parts):
        longer = f"{description}\n\n{part}" if description else part
        description = longer if len(longer) <= DESCRIPTION_LIMIT else description
    return description or _escape_all(alert.sentence)


def _label(label: str, url: str) -> str:
    """Show the host of a runbook: whoever submits a job chooses it, and the card hides the URL."""
    host = url.split("/")[2].replace(".", "(.)")  # brackets would end the label
    return f"{label} at {host}" if label == "runbook" else label


def _show_table(alert: Alert) -> str:
    """Give one line for each row: a chat window has no room for what the mail wraps below it."""
    rows: list[str] = []
    for line in alert.breakdown:
        if rows and line.startswith(" ") and not _ROW.match(line):
            rows[-1] = rows[-1].removesuffix(_CUT).rstrip(",") + _CUT
        else:
            rows.append(line)
    more = len(rows) - ROWS
    return _code_block([*rows[:ROWS], f"[{more:,} more rows in the mail]"] if more > 0 else rows)


def _show_log(alert: Alert) -> str:
    if alert.excerpt is not None:
        lines = alert.excerpt.lines[-LOG_LINES:]
        total = wording.pluralize(alert.excerpt.total, "line")
        return f"End of the log ({total} in total):\n{_code_block(lines)}"
    for sample in alert.samples:
        if sample.excerpt:
            lines = sample.excerpt.lines[-LOG_LINES:]
            return f"End of the log of {_inline_code(sample.title)}:\n{_code_block(lines)}"
    return alert.log_note


def _code_block(lines: Sequence[str]) -> str:
    shown = [untrusted.truncate(_escape_code(line), LINE_LIMIT) for line in lines]
    return "\n".join(["```", *shown, "```"]) if shown else ""


def _inline_code(value: str) -> str:
    """Quote a text as code, so that its markup has no effect."""
    return f"`{untrusted.truncate(_escape_code(value), LINE_LIMIT)}`" if value else ""


def _escape_code(value: str) -> str:
    return value.translate(_MARKS)


def _escape_all(value: str) -> str:
    return _escape_code(value).translate(_LINK_MARKS)


def _list_resources(alert: Alert) -> list[str]:
    arn = alert.failure.job_arn if alert.failure else ""
    return [arn] if is_arn(arn) else []
