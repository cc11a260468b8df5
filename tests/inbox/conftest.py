from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from workbench.inbox import chromium
from workbench.inbox.gallery import gallery
from workbench.inbox.mailbox import Mailbox
from workbench.inbox.rehearsal import rehearse
from workbench.inbox.server import serve_inbox

WAIT_MS = 15_000  # on a busy machine; what is waited for takes a moment


@dataclass
class Inbox:
    """A running inbox and its mailboxes."""

    alerts: Mailbox = field(default_factory=Mailbox)
    gallery: Mailbox = field(default_factory=lambda: Mailbox(1))
    url: str = ""

    def served(self, port: int = 0) -> AbstractContextManager[str]:
        boxes = {"alerts": self.alerts, "gallery": self.gallery}
        return serve_inbox(boxes, "Alerts of a test.", port)


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    """An inbox with nothing in it."""
    inbox = Inbox()
    with inbox.served() as inbox.url:
        yield inbox


@pytest.fixture(scope="session")
def night() -> Iterator[Inbox]:
    """An inbox as `batch-notifier inbox` opens it; tests only look at it."""
    inbox = Inbox(rehearse(), gallery())
    with inbox.served() as inbox.url:
        yield inbox


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = chromium.find()
    assert path, chromium.REQUIRED
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(chromium.FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def wrong() -> list[str]:
    """What went wrong on the page; a test that provokes something takes it out."""
    return []


@pytest.fixture
def page(browser: Browser, wrong: list[str]) -> Iterator[Page]:
    """A page in a profile of its own, on which nothing may go wrong unless a test says so."""
    context = browser.new_context(
        viewport={"width": 1280, "height": 800}, permissions=["clipboard-read", "clipboard-write"]
    )
    context.set_default_timeout(WAIT_MS)
    page = context.new_page()
    page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("dialog", lambda dialog: wrong.append(f"dialog: {dialog.message}"))
    page.on(
        "request",
        lambda asked: None if "//127.0.0.1:" in asked.url else wrong.append(f"asked {asked.url}"),
    )
    yield page
    context.close()
    assert [one for one in wrong if "ERR_CONNECTION_REFUSED" not in one] == []
