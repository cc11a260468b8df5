"""Microsoft Teams: an Adaptive Card posted to the URL of a Workflows webhook.

A card is limited to 28 KB, and such a webhook can neither edit nor answer in a thread.
https://learn.microsoft.com/en-us/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using
"""

from __future__ import annotations

import json
from typing import Any

from destinations.document import AlertDocument
from destinations.senders import http, wording
from destinations.senders.thread import Thread

CARD_LIMIT = 25_000  # bytes of the 28 KB, which the envelope shares
LOG_LINES = 25
_STYLES = {"critical": "attention", "warning": "warning", "info": "accent"}
_Element = dict[str, Any]


class Teams:
    """Posts each alert as a card of its own."""

    def __init__(self, url: str) -> None:
        self._url = url

    def send(self, alert: AlertDocument, thread: Thread | None) -> None:
        """Post the alert; the first line says what it adds to an earlier one."""
        del thread
        http.post_json("Teams", self._url, render(alert))


def render(alert: AlertDocument) -> dict[str, Any]:
    """Give the message with its card, which has fewer log lines where it would be too large."""
    for count in (LOG_LINES, 10, 3, 0):
        message = _wrap(_card(alert, count))
        if len(json.dumps(message, ensure_ascii=False).encode()) <= CARD_LIMIT:
            break
    return message


def _wrap(card: dict[str, Any]) -> dict[str, Any]:
    content_type = "application/vnd.microsoft.card.adaptive"
    return {
        "type": "message",
        "attachments": [{"contentType": content_type, "contentUrl": None, "content": card}],
    }


def _card(alert: AlertDocument, log_lines: int) -> dict[str, Any]:
    lines = wording.short_lines(alert)
    style = "good" if alert.is_recovery else _STYLES[alert.severity]
    head = [_text(f"{lines.status} {lines.name}", weight="Bolder", size="Large")]
    head += [_text(lines.cause, weight="Bolder")] if lines.cause else []
    body: list[_Element] = [{"type": "Container", "style": style, "bleed": True, "items": head}]
    look = {"fontType": "Monospace"} if lines.is_quoted else {}
    body += [_text(lines.root, **look)] if lines.root else []
    body += [_text(f"Next: {lines.step}")] if lines.step else []
    body += [_text(one, isSubtle=True) for one in (lines.count, lines.place) if one]
    body += _log(alert, log_lines)
    if answers := [_open_url(*one) for one in wording.shown_actions(alert)]:
        body.append({"type": "ActionSet", "actions": answers})
    return {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.5",
        "fallbackText": alert.subject,
        "body": body,
        "actions": _actions(alert, has_log=bool(log_lines and alert.log_lines)),
        "msteams": {"width": "Full"},
    }


def _log(alert: AlertDocument, count: int) -> list[_Element]:
    shown = alert.log_lines[-count:] if count else []
    if not shown:
        return []
    lines = [_text(wording.one_line(one), fontType="Monospace", size="Small") for one in shown]
    return [{"type": "Container", "id": "log", "isVisible": False, "items": lines}]


def _actions(alert: AlertDocument, *, has_log: bool) -> list[_Element]:
    links = [_open_url(*one) for one in wording.shown_links(alert)]
    if has_log:
        toggle = {
            "type": "Action.ToggleVisibility",
            "title": "Show the log",
            "targetElements": ["log"],
        }
        links.append(toggle)
    return links


def _open_url(label: str, url: str) -> _Element:
    return {"type": "Action.OpenUrl", "title": label, "url": url}


def _text(text: str, **look: Any) -> _Element:
    """Give a text with its Markdown made inert: Teams reads links, lists and emphasis."""
    for mark in "\\*_[]()~`#":
        text = text.replace(mark, f"\\{mark}")
    return {"type": "TextBlock", "text": text, "wrap": True, **look}
