"""Everything else, by Apprise: its own plugins, against real servers and against their answers."""

from __future__ import annotations

import email.policy
from collections.abc import Iterator
from email import message_from_bytes
from typing import Any

import pytest
import requests
from aiosmtpd.controller import Controller
from requests.adapters import HTTPAdapter

from destinations.document import AlertDocument
from destinations.errors import NoAnswerError, RejectedError, RetryableError
from destinations.senders.apprise_url import AppriseUrl, render_body
from tests.destinations.alerts import EVERY, body, document_of
from tests.destinations.matrix import Homeserver, homeserver
from tests.destinations.servers import Recorder, Reply, free_port, serving
from tests.destinations.stack import deployed_stack

# One URL of each service that the documentation names, and of some others; all of it is invented.
URLS = {
    "Discord": "discord://1234567890/abcdefghijklmnop",
    "Telegram": f"tgram://123456789:{'abcdefg' * 5}/12315544",
    "Google Chat": "gchat://workspace/key/token",
    "Mattermost": "mmosts://mattermost.example.com/abcdefghijklmnopqrstuvwxyz123456",
    "ntfy": "ntfys://ntfy.example.com/topic",
    "Zulip": "zulip://botname@acme/abcdefghijklmnopqrstuvwxyz123456/channel",
    "Pushover": "pover://abcdefghijklmnopqrstuvwxyz1234@abcdefghijklmnopqrstuvwxyz1234",
    "Gotify": "gotifys://gotify.example.com/abcdefghijklmnop",
    "Rocket.Chat": "rockets://hook@chat.example.com/%23channel?webhook=token-a/token-b",
    "Webex": f"wxteams://{'abcdefghij' * 8}",
    "Pushbullet": "pbul://abcdefghijklmnopqrstuvwxyz123456",
    "Home Assistant": "hassios://home.example.com/abcdefghijklmnopqrstuvwxyz123456",
    "JSON": "jsons://example.com/path",
}  # fmt: skip

# So that the server runs once.
IN_ONE_WORKER = pytest.mark.xdist_group("matrix")
LONGEST = 5  # alerts, of which each takes a login
MATRIX_ROUTES = """default = ["room"]
[destinations.room]
type = "apprise"
credential = "room"
"""


def answering(
    monkeypatch: pytest.MonkeyPatch, status: int | type[Exception]
) -> list[requests.PreparedRequest]:
    """Answer every request of Apprise with a status, or fail as the network does."""
    sent: list[requests.PreparedRequest] = []

    def send(_: HTTPAdapter, request: requests.PreparedRequest, **__: Any) -> requests.Response:
        sent.append(request)
        if not isinstance(status, int):
            raise status(str(request.url))
        answer = requests.Response()
        answer.status_code, answer._content, answer.request = status, b"{}", request
        return answer

    monkeypatch.setattr(HTTPAdapter, "send", send)
    monkeypatch.setattr("time.sleep", lambda _: None)  # Apprise waits between its own tries
    return sent


@pytest.mark.parametrize("service", URLS)
@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, RejectedError),
        (403, RejectedError),
        (404, RejectedError),
        (429, RetryableError),
        (500, RetryableError),
        (503, RetryableError),
        (requests.ConnectionError, NoAnswerError),
        (requests.Timeout, NoAnswerError),
    ],
)
def test_a_bad_token_is_told_from_an_outage(
    monkeypatch: pytest.MonkeyPatch, service: str, status: int, kind: type[Exception]
) -> None:
    sent = answering(monkeypatch, status)
    with pytest.raises(kind) as raised:
        AppriseUrl(URLS[service]).send(document_of("timeout"), None)
    assert sent
    assert "abcdefgh" not in str(raised.value)  # of a token
    assert "://" not in str(raised.value)


@pytest.fixture
def mails() -> Iterator[tuple[str, list[Any]]]:
    received: list[Any] = []

    class Inbox:
        async def handle_DATA(  # noqa: N802  # aiosmtpd's name
            self, _server: Any, _session: Any, envelope: Any
        ) -> str:
            received.append(message_from_bytes(envelope.content, policy=email.policy.default))
            return "250 OK"

    port = free_port()
    controller = Controller(Inbox(), hostname="127.0.0.1", port=port)
    controller.start()
    yield f"127.0.0.1:{port}", received
    controller.stop()


def test_apprise_delivers_to_a_real_mail_server(mails: tuple[str, list[Any]]) -> None:
    server, received = mails
    AppriseUrl(f"mailto://{server}?from=a@example.com&to=b@example.com").send(
        document_of("exit-1-python-traceback"), None
    )
    (mail,) = received
    assert mail["Subject"].startswith("FAILED orders-load-2026-11-19")
    text = mail.get_body(preferencelist=("plain", "html")).get_content()
    assert "KeyError: 'currency_code'" in text
    assert "Next: Fix the error" in text


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Homeserver]:
    with homeserver(tmp_path_factory.mktemp("matrix")) as server:
        yield server


@IN_ONE_WORKER
def test_an_alert_reaches_a_real_matrix_room_by_the_routes(server: Homeserver) -> None:
    alert = document_of("exit-1-python-traceback")
    with deployed_stack() as stack:
        stack.store(MATRIX_ROUTES, {"room": server.apprise_url()})
        _, answer = stack.invoke(body("exit-1-python-traceback"))
        assert answer == {"batchItemFailures": []}
        assert stack.dead_letters() == []
    shown = server.messages()[0]["body"]
    for part in (alert.subject, "KeyError: 'currency_code'", "Next: Fix the error", alert.name):
        assert part in shown


@IN_ONE_WORKER
def test_the_longest_alerts_are_what_a_real_matrix_server_takes(server: Homeserver) -> None:
    alerts = sorted(map(document_of, EVERY), key=lambda one: len(render_body(one)))
    sender = AppriseUrl(server.apprise_url())
    for alert in alerts[-LONGEST:]:
        sender.send(alert, None)
        shown = server.messages()[0]["body"].replace("\r\n", "\n")
        assert shown.endswith(render_body(alert)), alert.name


@IN_ONE_WORKER
def test_a_real_matrix_server_refuses_a_wrong_password_and_a_wrong_token_for_good(
    server: Homeserver,
) -> None:
    before = len(server.messages())
    wrong_token = f"matrix://syt_wrong@{server.address}/%23alerts"
    for url, status in ((server.apprise_url("wrong"), 403), (wrong_token, 401)):
        with pytest.raises(RejectedError, match=f"HTTP {status}"):
            AppriseUrl(url).send(document_of("timeout"), None)
    assert len(server.messages()) == before


def test_apprise_says_what_it_does_not_know_or_reach() -> None:
    alert: AlertDocument = document_of("timeout")
    with pytest.raises(RejectedError):
        AppriseUrl("nosuchservice://x").send(alert, None)
    with serving(Recorder(then=Reply(500))) as url, pytest.raises(RetryableError):
        AppriseUrl(url.replace("http:", "json:")).send(alert, None)
