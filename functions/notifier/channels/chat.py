"""Slack and Microsoft Teams, by the custom-notification schema of Amazon Q Developer.

A message that does not match the schema is dropped there without a word.
https://docs.aws.amazon.com/chatbot/latest/adminguide/custom-notifs.html
"""

from __future__ import annotations

import json

from notifier.core import text
from notifier.core.advice import is_arn
from notifier.core.alert import Alert

# No limits are documented for these fields; these are cautious and far below a Slack block's.
TITLE_LIMIT = 250
DESCRIPTION_LIMIT = 6_000
LOG_LINES = 8  # a card is read at a glance; the link shows the rest
LINE_LIMIT = 240
# What would end a code span, or start a mention such as <!here>; outside of code also a link.
_MARKS = str.maketrans("`<>", "'''")
_LINK_MARKS = str.maketrans("[]", "()")
_EMOJI = {"critical": ":rotating_light:", "warning": ":warning:", "info": ":information_source:"}


def render(alert: Alert) -> str:
    """Give the JSON document of one custom notification; messages of an incident share a thread."""
    title = f"{_EMOJI[alert.severity]} {alert.status} {_code(alert.name)}: {alert.verdict}"
    document = {
        "version": "1.0",
        "source": "custom",
        "id": alert.event_id or alert.incident,
        "content": {
            "textType": "client-markdown",
            "title": text.truncate(title, TITLE_LIMIT),
            "description": text.truncate(_description(alert), DESCRIPTION_LIMIT),
            "nextSteps": [_flat(step) for step in alert.steps],
            "keywords": [word for word in (alert.diagnosis.class_, alert.severity) if word],
        },
        "metadata": {
            "threadId": alert.incident,
            "summary": text.truncate(_plain(alert.sentence), TITLE_LIMIT),
            "eventType": alert.status.lower(),
            "relatedResources": _resources(alert),
            "additionalContext": {
                "cause": alert.diagnosis.cause,
                "certainty": str(alert.diagnosis.certainty),
                "severity": str(alert.severity),
            },
        },
    }
    return json.dumps(document, ensure_ascii=False)


def _description(alert: Alert) -> str:
    evidence = [f"{one.source}: {_code(one.text)}" for one in alert.diagnosis.evidence]
    facts = [f"{label}: {_code(value)}" for label, value in alert.facts]
    links = " | ".join(f"[{label}]({url})" for label, url in alert.links)
    parts = (alert.diagnosis.meaning, "\n".join(evidence), "\n".join(facts), links, _log(alert))
    return "\n\n".join(part for part in parts if part)


def _log(alert: Alert) -> str:
    if alert.excerpt is None:
        return alert.log_note
    lines = [text.truncate(_flat(line), LINE_LIMIT) for line in alert.excerpt.lines[-LOG_LINES:]]
    return f"The last of {alert.excerpt.total:,} log lines:\n" + "\n".join(["```", *lines, "```"])


def _code(value: str) -> str:
    """Quote a text so that its markup stays text."""
    return f"`{text.truncate(_flat(value), LINE_LIMIT)}`" if value else ""


def _flat(value: str) -> str:
    return value.translate(_MARKS)


def _plain(value: str) -> str:
    return _flat(value).translate(_LINK_MARKS)


def _resources(alert: Alert) -> list[str]:
    arn = alert.failure.job_arn if alert.failure else ""
    return [arn] if is_arn(arn) else []
