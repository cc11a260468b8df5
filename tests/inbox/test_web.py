"""The web application as any program may ask it."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.inbox.conftest import Inbox
from tests.inbox.sample_messages import message
from workbench.inbox.web import HEADERS, POLICY

SECONDS = 15.0


@contextmanager
def asked(url: str, path: str, **headers: str) -> Iterator[http.client.HTTPResponse]:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=SECONDS)
    with closing(connection):
        connection.request("GET", path, headers=headers)
        with closing(connection.getresponse()) as response:
            yield response


def read(url: str, path: str) -> Any:
    with asked(url, path) as response:
        assert response.status == 200
        return json.loads(response.read())


def frames(response: http.client.HTTPResponse) -> Iterator[dict[str, str]]:
    """Read server-sent events as a browser does."""
    fields: dict[str, str] = {}
    while line := response.readline().decode().rstrip("\n"):
        name, _, value = line.partition(": ")
        fields[name] = value
        if not response.peek(1).startswith(b"\n"):
            continue
        response.readline()
        yield fields
        fields = {}


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/", 200),
        ("/boxes/alerts", 200),
        ("/page/inbox.js", 200),
        ("/stream", 200),
        ("/boxes/alerts/9", 404),
        ("/boxes/alerts/-1", 404),
        ("/boxes/secrets", 404),
        ("/boxes/secrets/1", 404),
        ("/page/../web.py", 404),
        ("/page/%2e%2e/web.py", 404),
        ("/nothing", 404),
    ],
)
def test_every_answer_carries_the_headers_that_keep_text_inert(
    path: str, status: int, inbox: Inbox
) -> None:
    with asked(inbox.url, path) as response:
        assert response.status == status
        assert {name: response.headers[name] for name in HEADERS} == HEADERS


def test_the_policy_allows_nothing_inline_and_nobody_else() -> None:
    assert "unsafe" not in POLICY
    assert "http" not in POLICY
    assert "default-src 'none'" in POLICY


def test_the_page_itself_has_nothing_inline(inbox: Inbox) -> None:
    with asked(inbox.url, "/") as response:
        page = response.read().decode()
    assert "<script>" not in page
    assert "<style" not in page
    assert "style=" not in page
    assert "//" not in page


def test_a_site_whose_name_leads_here_gets_nothing(inbox: Inbox) -> None:
    inbox.alerts.put(message())
    with asked(inbox.url, "/boxes/alerts", Host="attacker.example") as response:
        assert response.status == 400
        assert b"nightly" not in response.read()


def test_a_mailbox_is_listed_newest_first(inbox: Inbox) -> None:
    inbox.alerts.put(message(1))
    inbox.alerts.put(message(2))
    state = read(inbox.url, "/boxes/alerts")
    assert [row["name"] for row in state["rows"]] == ["nightly-0002", "nightly-0001"]
    assert (state["last"], state["dropped"]) == (2, 0)


def test_a_message_is_returned_with_what_a_phone_would_show(inbox: Inbox) -> None:
    number = inbox.alerts.put(message(sms="x" * 161))
    whole = read(inbox.url, f"/boxes/alerts/{number}")
    assert whole["email"].startswith("Job nightly-0001 failed.\n")
    assert (len(whole["sms"]), whole["sms_parts"]) == (161, 2)
    assert whole["document"]["schema"] == "batch-failure-alert/1"
    assert whole["chat"]["content"]["nextSteps"]


def test_text_that_no_encoding_holds_is_given_all_the_same(inbox: Inbox) -> None:
    number = inbox.alerts.put(message(email="half \ud83d of a pair"))
    assert read(inbox.url, f"/boxes/alerts/{number}")["email"] == "half \ud83d of a pair"


def test_the_stream_tells_what_came_since_and_what_comes(inbox: Inbox) -> None:
    for number in (1, 2):
        inbox.alerts.put(message(number))
    with asked(inbox.url, f"/stream?after={inbox.alerts.generation}-1") as response:
        assert response.headers["Content-Type"].startswith("text/event-stream")
        told = frames(response)
        assert next(told) == {"retry": "1000"}
        missed = next(told)
        inbox.alerts.put(message(3, name="two\nlines"))
        fresh = next(told)
    assert (missed["event"], missed["id"]) == ("alert", f"{inbox.alerts.generation}-2")
    assert json.loads(fresh["data"])["name"] == "two\nlines"


def test_a_browser_that_comes_back_goes_on_where_it_was(inbox: Inbox) -> None:
    for number in (1, 2, 3):
        inbox.alerts.put(message(number))
    seen = {"Last-Event-ID": f"{inbox.alerts.generation}-2"}
    with asked(inbox.url, "/stream?after=old-1", **seen) as response:
        told = frames(response)
        next(told)
        assert next(told)["id"] == f"{inbox.alerts.generation}-3"


@pytest.mark.parametrize("seen", ["", "other-2", "rubbish", "-", "2"])
def test_a_browser_of_another_mailbox_is_asked_to_begin_anew(seen: str, inbox: Inbox) -> None:
    inbox.alerts.put(message())
    with asked(inbox.url, f"/stream?after={seen}") as response:
        told = frames(response)
        next(told)
        assert next(told)["event"] == "reload"


def test_the_server_ends_though_somebody_still_listens() -> None:
    inbox = Inbox()
    with inbox.served() as url:
        stream = asked(url, f"/stream?after={inbox.alerts.generation}-0")
        response = stream.__enter__()
        assert response.readline() == b"retry: 1000\n"
    assert response.read() == b"\n"
    stream.__exit__(None, None, None)
