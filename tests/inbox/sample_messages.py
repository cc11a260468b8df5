"""Letters made to order."""

from __future__ import annotations

from typing import Any

from workbench.inbox.message import MailboxMessage

START_MS = 1_795_000_000_000  # some day in November 2026
CONSOLE = "https://eu-west-1.console.aws.amazon.com/batch/home?region=eu-west-1#jobs/detail/x"


def message(number: int = 1, **facts: Any) -> MailboxMessage:
    """Make one; the same `incident` puts it in the same thread."""
    name = facts.get("name", f"nightly-{number:04}")
    queue = facts.get("queue", "etl")
    status, severity = facts.get("status", "FAILED"), facts.get("severity", "warning")
    cause, title = facts.get("cause", "job-timeout"), facts.get("title", "Ran out of time")
    incident = facts.get("incident", f"incident-{number:04}")
    subject = f"{status} {name}: {title} ({queue})"
    document = {
        "schema": "batch-failure-alert/1",
        "status": status,
        "severity": severity,
        "incident": incident,
        "outcome": facts.get("outcome", "first"),
        "queue": queue,
        "job": {"id": "0", "name": name},
        "cause": {"id": cause, "title": title, "class": "timeout", "certainty": "certain"},
        "summary": f"Job {name} failed.",
        "text": {
            "subject": subject,
            "email": facts.get("email", f"Job {name} failed.\n\nDO NEXT\n  1. Look.\n"),
            "sms": facts.get("sms", f"{status} {name}: {title}."),
        },
    }
    chat = {
        "version": "1.0",
        "source": "custom",
        "content": {
            "title": f":warning: {status} `{name}`: {title}",
            "description": facts.get("description", f"Why: `{title}`\n\n[job]({CONSOLE})"),
            "nextSteps": ["Look at the **log**."],
        },
    }
    return MailboxMessage(START_MS + number * 60_000, document, chat)
