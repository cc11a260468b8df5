"""Every alert as Slack, Teams, PagerDuty and HTML mail show it, beside what SNS delivers.

Slack and Teams are written as text: a link is `[label](URL)`. tests/destinations holds each message
against the schema of its service.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from destinations.document import AlertDocument
from destinations.senders import mail, pager, slack_blocks, teams
from tests.destinations.alerts import EVERY, document_of

HERE = Path(__file__).parent / "destinations"


def worded(alert: AlertDocument) -> str:
    card = slack_blocks.render_card(alert)["attachments"][0]
    details = slack_blocks.render_details(alert)
    parts = {
        f"slack {card['color']}": _rich(card["blocks"]),
        "slack, in the thread": _rich(details),
        "teams": "\n".join(_card(teams.render(alert)["attachments"][0]["content"])),
        "pagerduty": json.dumps(pager.render_pagerduty(alert), indent=1, ensure_ascii=False),
        "html mail": _visible(mail.render_html(alert)),
    }
    return "".join(f"##### {name}\n{text.rstrip()}\n" for name, text in parts.items() if text)


def _rich(blocks: list[Any]) -> str:
    """Give the text of rich text blocks, one after another."""
    return "\n".join(
        "".join(map(_element, part["elements"])) for block in blocks for part in block["elements"]
    )


def _element(one: dict[str, Any]) -> str:
    if one["type"] == "emoji":
        return f":{one['name']}:"
    return f"[{one['text']}]({one['url']})" if one["type"] == "link" else str(one["text"])


def _card(card: dict[str, Any]) -> list[str]:
    shown: list[str] = []
    for part in card["body"]:
        hidden = "" if part.get("isVisible", True) else "(hidden) "
        for one in part.get("items") or part.get("actions") or [part]:
            shown.append(hidden + (one.get("text") or f"[{one['title']}]({one['url']})"))
    return [*shown, *(f"[{one['title']}]({one.get('url', '')})" for one in card["actions"])]


def _visible(html: str) -> str:
    """Give the HTML without what all mails have in common, but with its colours."""
    colours = re.findall(r"\.status \{[^}]*color: (#\w+)", html)
    body = html.partition('<div class="mail">')[2].partition("</body>")[0]
    lines = (line.strip() for line in body.splitlines())
    return "\n".join([" ".join(colours), *filter(None, lines)])


@pytest.mark.parametrize("name", EVERY)
def test_golden(name: str) -> None:
    golden = HERE / f"{name}.txt"
    made = worded(document_of(name))
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_text(made, encoding="utf-8")
    assert made == golden.read_text(encoding="utf-8")


def test_every_golden_has_its_alert() -> None:
    assert {file.stem for file in HERE.glob("*.txt")} == set(EVERY)
