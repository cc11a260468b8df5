"""The pages behind the links of alerts, in a browser: what readers see and press."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page

if TYPE_CHECKING:
    from tests.actions.world import Stack

RUN_AGAIN = "Run again"


@dataclass
class Front:
    """The function URL: it gives each request to the function as Lambda does."""

    stack: Stack
    url: str = ""
    statuses: list[int] = field(default_factory=list)

    def link(self, label: str, job: str = "") -> str:
        return f"{self.url}?{urlsplit(self.stack.links(job=job)[label]).query}"

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        from actions import on_action
        from tests.actions.world import CONTEXT

        length = int(request.headers.get("Content-Length") or 0)
        parts = urlsplit(request.path)
        event = {
            "rawPath": parts.path, "rawQueryString": parts.query,
            "headers": {name.lower(): value for name, value in request.headers.items()},
            "requestContext": {
                "domainName": request.headers["Host"], "http": {"method": request.command},
            },
            "body": request.rfile.read(length).decode(),
        }  # fmt: skip
        given = on_action.handler(event, CONTEXT)
        self.statuses.append(given["statusCode"])
        request.send_response(given["statusCode"])
        for name, value in given["headers"].items():
            request.send_header(name, value)
        request.end_headers()
        request.wfile.write(given["body"].encode())


@contextmanager
def listening(front: Front) -> Iterator[Front]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            front.answer(self)

        def do_POST(self) -> None:
            front.answer(self)

        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    front.url = f"http://127.0.0.1:{server.server_port}/"
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield front
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture(scope="module")
def front_of_module() -> Iterator[Front]:
    from tests.actions import world  # later than the settings of the suite

    with world.made() as stack, listening(Front(stack)) as front:
        yield front


@pytest.fixture
def front(front_of_module: Front) -> Front:
    front_of_module.stack.begin_anew()
    front_of_module.statuses.clear()
    return front_of_module


def test_a_reader_acknowledges(front: Front, page: Page) -> None:
    page.goto(front.link("Acknowledge"))
    page.get_by_label("Your name").fill("Ada")
    page.get_by_role("button", name="Acknowledge").click()
    page.get_by_text("Acknowledged by Ada").wait_for()
    assert [one["status"] for one in front.stack.published()] == ["ACKNOWLEDGED"]


def test_a_reader_runs_a_job_again_with_the_keyboard(front: Front, page: Page) -> None:
    job = front.stack.fail_job()
    before = front.stack.jobs.all()
    page.goto(front.link(RUN_AGAIN, job))
    assert page.get_by_text(job).is_visible()
    page.keyboard.press("Tab")
    page.keyboard.type("Ada")
    page.keyboard.press("Enter")
    page.get_by_text("Run again by Ada").wait_for()
    [new] = front.stack.jobs.all() - before
    assert page.get_by_text(new).is_visible()


def test_a_double_click_submits_one_job(front: Front, page: Page, wrong: list[str]) -> None:
    job = front.stack.fail_job()
    before = front.stack.jobs.all()
    page.goto(front.link(RUN_AGAIN, job))
    page.get_by_label("Your name").fill("Ada")
    page.get_by_role("button", name=RUN_AGAIN).dblclick()
    page.get_by_text("Your name").wait_for(state="detached")
    page.wait_for_load_state()
    assert len(front.stack.jobs.all() - before) == 1
    assert sorted(front.statuses)[:2] == [200, 200]  # the page, and one submission
    said = page.inner_text("main")
    assert "Run again by Ada" in said or "If you pressed twice, you did." in said
    wrong[:] = [one for one in wrong if "409" not in one]


def test_without_a_name_the_browser_sends_nothing(front: Front, page: Page) -> None:
    job = front.stack.fail_job()
    page.goto(front.link(RUN_AGAIN, job))
    page.get_by_role("button", name=RUN_AGAIN).click()
    assert front.statuses == [200]


def test_the_page_fits_a_phone_and_a_second_look_is_refused(
    front: Front, page: Page, wrong: list[str]
) -> None:
    job = front.stack.fail_array(4, failed=[1, 3])
    page.set_viewport_size({"width": 320, "height": 700})
    page.goto(front.link(RUN_AGAIN, job))
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.get_by_label("Your name").fill("Ada")
    page.get_by_role("button", name=RUN_AGAIN).click()
    page.get_by_text("Run again by Ada").wait_for()
    page.goto(front.link(RUN_AGAIN, job))
    page.get_by_text("Nothing was done").first.wait_for()
    assert [one for one in wrong if "409" in one] == wrong
    wrong.clear()
