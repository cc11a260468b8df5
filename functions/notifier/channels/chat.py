"""Slack and Microsoft Teams, by the custom-notification schema of Amazon Q Developer.

A message that does not match the schema is dropped there without a word.
https://docs.aws.amazon.com/chatbot/latest/adminguide/custom-notifs.html
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from notifier.alert.alert import Alert
from notifier.batch.identifiers import is_arn
from notifier.joblog.excerpt import Excerpt
from notifier.text import untrusted

# No limits are documented for these fields; these are cautious and far below a Slack block's.
TITLE_LIMIT = 250
NAME_LIMIT = 160  # of the name in a title: jobs have 128 at most, other things more
DESCRIPTION_LIMIT = 6_000
LOG_LINES = 8  # a card is read at a glance; the link shows the rest
LINE_LIMIT = 240
ROWS = 12  # of what failed
# What would end a code span, or start a mention such as <!here>; outside of code also a link.
_MARKS = str.maketrans("`<>", "'''")
_LINK_MARKS = str.maketrans("[]", "()")
_EMOJI = {
    "critical": ":rotating_light:",
    "warning": ":warning:",
    "info": ":information_source:",
    "recovered": ":white_check_mark:",
}


def render(alert: Alert) -> str:
    """Give the JSON document of one custom notification; messages of an incident share a thread."""
    emoji = _EMOJI["recovered" if alert.status.endswith("RECOVERED") else alert.severity]
    document = {
        "version": "1.0",
        "source": "custom",
        "id": alert.event_id or alert.incident,
        "content": {
            "textType": "client-markdown",
            "title": _write_title(alert, emoji),
            "description": _write_description(alert),
            "nextSteps": [_escape_code(step) for step in alert.steps],
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
    """Give what fits: of a long name its ends, and no mark that is left open."""
    begun = f"{emoji} {alert.status} {_inline_code(untrusted.cut_middle(alert.name, NAME_LIMIT))}: "
    whole = begun + _quote_verdict(alert)
    if len(whole) <= TITLE_LIMIT:
        return whole
    return begun + untrusted.truncate(_escape_all(alert.verdict), TITLE_LIMIT - len(begun))


def _quote_verdict(alert: Alert) -> str:
    """Give the verdict; what the log says stands in it as code, because a stranger wrote it."""
    if not alert.error:
        return alert.verdict
    told = ": ".join(filter(None, (alert.headline, _inline_code(alert.error))))
    return f"{told} ({alert.doubt})" if alert.doubt else told


def _build_context(alert: Alert) -> dict[str, str]:
    found = {
        "cause": alert.diagnosis.cause,
        "certainty": str(alert.diagnosis.certainty),
        "severity": str(alert.severity),
        "outcome": alert.outcome,
    }
    return {key: value for key, value in found.items() if value}


def _write_description(alert: Alert) -> str:
    """Give the parts that fit, from the top; one that is cut would leave its marks open."""
    evidence = [f"{one.source}: {_inline_code(one.text)}" for one in alert.diagnosis.evidence]
    facts = [f"{label}: {_inline_code(value)}" for label, value in alert.facts]
    links = " | ".join(f"[{label}]({url})" for label, url in alert.links)
    said = filter(None, (alert.kept_back or alert.novelty, alert.last_success))
    news = " ".join(_inline_code(each) for each in said)
    changes = [f"changed: {label} {_inline_code(value)}" for label, value in alert.changes]
    parts = (
        news,
        _show_table(alert),
        alert.diagnosis.meaning,
        *("\n".join(few) for few in (evidence, changes, facts)),
    )
    told = ""
    for part in (*parts, links, _show_log(alert)):
        longer = f"{told}\n\n{part}" if told and part else told or part
        told = longer if len(longer) <= DESCRIPTION_LIMIT else told
    return told or _escape_all(alert.sentence)


def _show_table(alert: Alert) -> str:
    rows = alert.breakdown[:ROWS]
    more = len(alert.breakdown) - len(rows)
    return _code_block([*rows, f"[{more:,} more lines in the mail]"] if more else rows)


def _show_log(alert: Alert) -> str:
    if alert.excerpt is not None:
        return f"The last of {alert.excerpt.total:,} log lines:\n{_quote_lines(alert.excerpt)}"
    sample = next((one for one in alert.samples if one.excerpt), None)
    if sample is None or sample.excerpt is None:
        return alert.log_note
    return f"The end of the log of {_inline_code(sample.title)}:\n{_quote_lines(sample.excerpt)}"


def _quote_lines(excerpt: Excerpt) -> str:
    return _code_block(excerpt.lines[-LOG_LINES:])


def _code_block(lines: Sequence[str]) -> str:
    shown = [untrusted.truncate(_escape_code(line), LINE_LIMIT) for line in lines]
    return "\n".join(["```", *shown, "```"]) if shown else ""


def _inline_code(value: str) -> str:
    """Quote a text so that its markup stays text."""
    return f"`{untrusted.truncate(_escape_code(value), LINE_LIMIT)}`" if value else ""


def _escape_code(value: str) -> str:
    return value.translate(_MARKS)


def _escape_all(value: str) -> str:
    return _escape_code(value).translate(_LINK_MARKS)


def _list_resources(alert: Alert) -> list[str]:
    arn = alert.failure.job_arn if alert.failure else ""
    return [arn] if is_arn(arn) else []
