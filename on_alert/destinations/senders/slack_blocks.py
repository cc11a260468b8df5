"""An alert in Slack's Block Kit, within its limits.

Everything stands in rich text blocks, whose text is literal: no mention, link or markup that a job
wrote has an effect. https://docs.slack.dev/reference/block-kit/blocks/rich-text-block
"""

from __future__ import annotations

from typing import Any

from destinations.document import AlertDocument
from destinations.senders import wording

FALLBACK_LIMIT = 300  # characters of the text that a notification shows
DETAIL_LIMIT = 2_900  # characters, below the 3,000 of a block
TABLE_LINES, LOG_LINES = 30, 40
_EMOJI = {"critical": "rotating_light", "warning": "warning", "info": "information_source"}
_COLOURS = {"critical": "#b3261e", "warning": "#b26a00", "info": "#52606d"}
_RECOVERED = ("white_check_mark", "#1a7f37")
_Block = dict[str, Any]


def render_card(alert: AlertDocument) -> _Block:
    """Give an alert as one coloured card of at most seven lines, and the text of a notification.

    The colour is that of the severity, green once the incident has recovered.
    """
    emoji, colour = _mark(alert)
    lines = _lines(alert, emoji)
    shown = (*wording.shown_links(alert), *wording.shown_actions(alert))
    links = _interleave([_link(label, url) for label, url in shown], " · ")
    elements = _interleave([*lines, links] if links else lines, "\n")
    return {
        "text": fallback(alert),
        "attachments": [
            {"color": colour, "fallback": fallback(alert), "blocks": [_rich(elements)]}
        ],
    }


def render_details(alert: AlertDocument) -> list[_Block]:
    """Give the table of failures and the end of the log excerpt, preformatted, for the thread."""
    table = "\n".join(alert.table[:TABLE_LINES])[:DETAIL_LIMIT]
    log = "\n".join(alert.log_lines[-LOG_LINES:])[-DETAIL_LIMIT:]
    return [
        {
            "type": "rich_text",
            "elements": [{"type": "rich_text_preformatted", "elements": [_text(text)]}],
        }
        for text in (table, log)
        if text.strip()
    ]


def fallback(alert: AlertDocument) -> str:
    """Give the subject for notifications, where Slack reads markup: its marks are escaped."""
    subject = wording.one_line(alert.subject, FALLBACK_LIMIT)
    return subject.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _mark(alert: AlertDocument) -> tuple[str, str]:
    if alert.is_recovery:
        return _RECOVERED
    return _EMOJI[alert.severity], _COLOURS[alert.severity]


def _lines(alert: AlertDocument, emoji: str) -> list[list[_Block]]:
    short = wording.short_lines(alert)
    head = [{"type": "emoji", "name": emoji}, _text(f" {short.status} ", "bold")]
    lines = [
        [*head, _text(short.name or "(no name)", "code")],
        [_text(short.cause, "bold")] if short.cause else [],
        [_text(short.root, "code" if short.is_quoted else "")] if short.root else [],
        [_text("Next: ", "bold"), _text(short.step)] if short.step else [],
        [_text(short.count)] if short.count else [],
        [_text(short.place)] if short.place else [],
    ]
    return [line for line in lines if line]


def _interleave(parts: list[Any], between: str) -> list[_Block]:
    """Join lists of elements (or single elements) with a text between them."""
    joined: list[_Block] = []
    for part in parts:
        joined += [_text(between)] if joined else []
        joined += part if isinstance(part, list) else [part]
    return joined


def _rich(elements: list[_Block]) -> _Block:
    section = {"type": "rich_text_section", "elements": elements}
    return {"type": "rich_text", "elements": [section]}


def _text(text: str, style: str = "") -> _Block:
    return {"type": "text", "text": text, **({"style": {style: True}} if style else {})}


def _link(label: str, url: str) -> _Block:
    return {"type": "link", "url": url, "text": label}
