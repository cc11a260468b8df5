"""What each destination shows of an incident: drawn from what the senders themselves make."""

from __future__ import annotations

import http.client
import json
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from destinations.senders import slack_blocks, teams
from destinations.senders.slack import SlackBot
from tests.destinations.alerts import body
from tests.destinations.servers import Slack, serving, texts_of
from tests.inbox.conftest import Inbox
from tests.inbox.sample_messages import message
from tests.inbox.test_pictures import SIZES, THEMES, TOUCHED_PX, serious, small_targets, thread_of
from workbench.inbox import destinations
from workbench.inbox.gallery import gallery
from workbench.inbox.message import MailboxMessage
from workbench.inbox.web import MAIL_POLICY

LIFE = ("nightly-5th", "acknowledged", "array-closed", "recovered", "nightly-5th", "array-closed")


def messages() -> list[MailboxMessage]:
    """A life of an incident: failed, acknowledged, grown, recovered; failed and grown again."""
    return [
        MailboxMessage(0, json.loads(body(name, dedup_key="i", time=f"2026-11-25T1{n}:00:00Z")))
        for n, name in enumerate(LIFE)
    ]


@pytest.mark.parametrize("count", range(1, len(LIFE) + 1))
def test_a_thread_is_what_the_sender_leaves_at_slack(count: int) -> None:
    slack, thread = Slack(), None
    with serving(slack) as url:
        bot = SlackBot("xoxb-1", "C1", f"{url}/api/")
        for alert in map(destinations.parse, messages()[:count]):
            assert alert is not None
            is_new = thread is None or (thread.is_over and alert.time > thread.time)
            thread = bot.send(alert, None if is_new else thread)
    sent = destinations.payloads(messages()[:count])
    assert sent is not None
    shown: dict[str, Any] = sent["slack"]
    root = slack.roots()[-1]
    assert shown["message"]["attachments"] == slack.messages[root]["attachments"]
    replies = [[*texts_of(one.get("blocks", []))] or [*texts_of(one["attachments"])]
               for one in slack.thread(root)]  # fmt: skip
    assert [[*texts_of(one)] for one in shown["replies"]] == replies


def test_what_is_no_alert_document_has_no_views() -> None:
    assert destinations.payloads([message()]) is None
    assert destinations.html_mail(replace(message(), document={})) is None


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("size", SIZES)
def test_each_view_shows_the_payload(size: str, theme: Any, page: Page, night: Inbox) -> None:
    width, height = SIZES[size]
    page.set_viewport_size({"width": width, "height": height})
    page.emulate_media(color_scheme=theme)
    page.goto(night.url + thread_of("feature-matrix-2026-11-17")(night))
    page.get_by_role("button", name="Slack").click()
    expect(page.locator("#slack-view .post")).to_have_count(3)
    assert problems(page, width) == []
    page.get_by_role("button", name="Teams").click()
    expect(page.locator("#teams-view")).to_contain_text("RECOVERED feature-matrix-2026-11-17")
    assert problems(page, width) == []
    page.get_by_role("button", name="HTML mail").click()
    mail = page.frame_locator("#html-view iframe")
    expect(mail.get_by_role("heading", name="feature-matrix-2026-11-17")).to_be_visible()
    assert mail.locator("body").evaluate("e => getComputedStyle(e).backgroundColor") == (
        "rgb(255, 255, 255)" if theme == "light" else "rgb(20, 24, 31)"
    )
    assert problems(page, width) == []


def problems(page: Page, width: int) -> list[str]:
    sideways = page.evaluate("document.documentElement.scrollWidth") - width
    found = [*serious(page), *([f"{sideways} px sideways"] if sideways else [])]
    return found + (small_targets(page) if width <= TOUCHED_PX else [])


def test_every_text_and_link_of_a_payload_is_on_the_page(page: Page, night: Inbox) -> None:
    sample = next(one for _, one in gallery().after(0) if one.sample == "access-denied-in-log")
    alert = destinations.parse(sample)
    assert alert is not None
    page.goto(f"{night.url}#gallery/access-denied-in-log")
    page.get_by_role("button", name="Slack").click()
    expect(page.locator("#slack-view .post").first).to_be_visible()
    seen = page.locator("#slack-view").inner_text()
    for part in "".join(texts_of(slack_blocks.render_card(alert))).split("\n"):
        assert " ".join(part.split()) in " ".join(seen.split())
    page.get_by_role("button", name="Teams").click()
    view = page.locator("#teams-view")
    card = teams.render(alert)["attachments"][0]["content"]
    urls = [one["url"] for one in card["actions"] if "url" in one]
    expect(view.get_by_role("link")).to_have_count(len(urls))
    assert [one.get_attribute("href") for one in view.get_by_role("link").all()] == urls
    log = view.locator("[data-id=log]")
    expect(log).to_be_hidden()
    page.get_by_role("button", name="Show the log").click()
    expect(log.locator("p")).to_have_count(len(alert.log_lines[-teams.LOG_LINES :]))


def test_a_mail_has_a_policy_of_its_own_and_no_serious_finding(page: Page, night: Inbox) -> None:
    number = night.alerts.state()["last"]
    connection = http.client.HTTPConnection(urlsplit(night.url).netloc, timeout=15)
    connection.request("GET", f"/boxes/alerts/{number}/mail")
    answer = connection.getresponse()
    html = answer.read().decode()
    connection.close()
    assert answer.headers["Content-Security-Policy"] == MAIL_POLICY
    page.set_content(html)
    assert serious(page) == []
