"""What the links of alerts do, and what they do not."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlencode

import pytest
from botocore.exceptions import ClientError

from actions import on_action, silencing
from actions.misuse import Misuse
from notifier.incident.silence import Silence
from tests.actions.test_rerun import MISUSES as RERUN_MISUSES
from tests.actions.world import HOUR, KEY, NOW, Logged, Stack, got, posted

LABELS = ("Acknowledge", "Silence for 4 hours", "Silence until tomorrow 09:00 UTC")


def silences(stack: Stack) -> list[Silence]:
    return list(stack.ledger.silences()[0])


@pytest.mark.parametrize("label", LABELS)
def test_following_a_link_says_what_will_happen_and_does_nothing(stack: Stack, label: str) -> None:
    for method in ("GET", "HEAD", "GET"):  # a mail scanner, a preview of a chat, and the reader
        page = stack.follow(stack.links()[label], method)
        assert page.status == 200
        assert "What will happen: no " in page.text
        assert "Nothing has been done yet" in page.text
        assert KEY in page.text
    assert silences(stack) == []
    assert stack.published() == []


def test_an_acknowledgement_holds_the_incident_and_the_thread_says_who(stack: Stack) -> None:
    page = stack.submit(stack.token(), "Ada Lovelace")
    assert page.status == 200
    assert "Acknowledged by Ada Lovelace: no more digests until it recovers" in page.text
    [one] = silences(stack)
    assert (one.incident, one.who, one.grows_to) == (KEY, "Ada Lovelace", 20)
    [update] = stack.published()
    assert update["status"] == "ACKNOWLEDGED"
    assert update["dedup_key"] == KEY
    assert update["outcome"] == "answered"
    assert update["severity"] == "info"
    assert "acknowledged by Ada Lovelace" in update["summary"]
    again = stack.follow(stack.links(NOW + 1_000)["Acknowledge"])  # of another message
    assert (again.status, Misuse.ALREADY.says in again.text) == (409, True)


@pytest.mark.parametrize(("label", "most_h"), [(LABELS[1], 4), (LABELS[2], 33)])
def test_a_silence_is_of_what_fails_alike(stack: Stack, label: str, most_h: int) -> None:
    page = stack.submit(stack.token(label))
    assert "Silenced by Ada" in page.text
    [one] = silences(stack)
    first = stack.incident.first
    assert (one.queue, one.definition, one.cause) == (
        first.queue, first.definition.partition(":")[0], "job-timeout",
    )  # fmt: skip
    assert NOW < one.until <= time.time_ns() // 1_000_000 + most_h * HOUR
    assert [each["status"] for each in stack.published()] == ["SILENCED"]


def test_a_queue_that_a_drill_calls_star_silences_nothing_else(stack: Stack) -> None:
    first = replace(stack.incident.first, queue_arn="*", definition_arn="*")
    one = silencing.silence(replace(stack.incident, first=first), "Ada", NOW + HOUR)
    assert (one.queue, one.definition) == ("[*]", "[*]")


FORM = {"who": "Ada"}
Case = Callable[[Stack], Any]


def form(token: str, who: str = "Ada", **headers: str) -> Any:
    return posted(urlencode({"t": token, "who": who}), **headers)


def changed(event: Any, **changes: Any) -> Any:
    return event | changes


def used(stack: Stack) -> Any:
    token = stack.token(LABELS[1])
    assert stack.submit(token).status == 200
    assert len(stack.published()) == 1
    return form(token)


def with_signature(token: str, signature: str) -> str:
    return f"{token.rpartition('.')[0]}.{signature}"


def other_action(stack: Stack) -> str:
    return stack.token().replace("ack.", "4h.", 1)


MISUSES: list[tuple[str, Misuse, Case]] = [
    ("no link at all", Misuse.NO_LINK, lambda s: got("")),
    ("an empty link", Misuse.NO_LINK, lambda s: got("t=")),
    ("two links", Misuse.TWO_LINKS, lambda s: got(f"t={s.token()}&t={s.token()}")),
    ("link in address and form", Misuse.TWO_LINKS,
     lambda s: form(s.token()) | {"rawQueryString": f"t={s.token()}"}),
    ("DELETE", Misuse.METHOD, lambda s: got(f"t={s.token()}", "DELETE")),
    ("PUT", Misuse.METHOD, lambda s: got(f"t={s.token()}", "PUT")),
    ("OPTIONS of another site", Misuse.METHOD, lambda s: got("", "OPTIONS")),
    ("no method", Misuse.METHOD, lambda s: {"rawPath": "/"}),
    ("a list as context", Misuse.METHOD, lambda s: {"requestContext": [], "headers": 1}),
    ("another path", Misuse.PATH, lambda s: got("") | {"rawPath": "/../admin"}),
    ("a long query", Misuse.TOO_LARGE, lambda s: got("t=" + "a" * 5_000)),
    ("a large form", Misuse.TOO_LARGE, lambda s: form(s.token(), "a" * 5_000)),
    ("a large form in Base64", Misuse.TOO_LARGE,
     lambda s: form("x") | {"body": base64.b64encode(b"a" * 3_000).decode(),
                            "isBase64Encoded": True}),
    ("a form that is no Base64", Misuse.UNREADABLE,
     lambda s: form("x") | {"body": "%%%", "isBase64Encoded": True}),
    ("a form that is no UTF-8", Misuse.UNREADABLE,
     lambda s: form("x") | {"body": base64.b64encode(b"\xff\xfe").decode(),
                            "isBase64Encoded": True}),
    ("a hundred fields", Misuse.UNREADABLE, lambda s: posted("&".join(["a=1"] * 100))),
    ("JSON", Misuse.CONTENT_TYPE, lambda s: form(s.token(), content_type="application/json")),
    ("plain text, which needs no permission of ours", Misuse.CONTENT_TYPE,
     lambda s: form(s.token(), content_type="text/plain")),
    ("no content type", Misuse.CONTENT_TYPE, lambda s: form(s.token(), content_type="")),
    ("a form of another site", Misuse.OTHER_SITE,
     lambda s: form(s.token(), origin="https://evil.example")),
    ("a form of a host that begins like ours", Misuse.OTHER_SITE,
     lambda s: form(s.token(), origin=f"https://{got('')['headers']['host']}.evil.example")),
    ("a form in a sandbox", Misuse.OTHER_SITE, lambda s: form(s.token(), origin="null")),
    ("a form without an origin", Misuse.OTHER_SITE, lambda s: form(s.token(), origin="")),
    ("a browser that says cross-site", Misuse.OTHER_SITE,
     lambda s: form(s.token(), sec_fetch_site="cross-site")),
    ("no name", Misuse.NO_NAME, lambda s: form(s.token(), "")),
    ("a name of spaces", Misuse.NO_NAME, lambda s: form(s.token(), "   ")),
    ("a name of two lines", Misuse.NO_NAME, lambda s: form(s.token(), "Ada\nFAILED")),
    ("a name with markup", Misuse.NO_NAME, lambda s: form(s.token(), "<b>Ada</b>")),
    ("a name that mentions all", Misuse.NO_NAME, lambda s: form(s.token(), "@here")),
    ("a name of 65 letters", Misuse.NO_NAME, lambda s: form(s.token(), "a" * 65)),
    ("a cut link", Misuse.MALFORMED, lambda s: got(f"t={s.token()[:-1]}")),
    ("a link with a word behind it", Misuse.MALFORMED, lambda s: form(s.token() + "x")),
    ("a link of 300 characters", Misuse.MALFORMED, lambda s: form("a" * 300)),
    ("digits of another alphabet", Misuse.MALFORMED,
     lambda s: form(s.token().replace(s.token().split(".")[2], "١٧٩٥"))),
    ("another signature", Misuse.SIGNATURE, lambda s: form(with_signature(s.token(), "A" * 22))),
    ("another action", Misuse.SIGNATURE, lambda s: form(other_action(s))),
    ("another incident", Misuse.SIGNATURE, lambda s: form(s.token().replace(KEY, "f" * 16))),
    ("a later end", Misuse.SIGNATURE,
     lambda s: form(s.token().replace(s.token().split(".")[2], "1899999999"))),
    ("an unknown action", Misuse.SIGNATURE, lambda s: form(s.token().replace("ack.", "rm.", 1))),
    ("an end with a zero before it", Misuse.MALFORMED,
     lambda s: form(s.token().replace(s.token().split(".")[2], f"0{s.token().split('.')[2]}"))),
    ("a link of yesterday", Misuse.EXPIRED, lambda s: form(s.signed("ack", expires=NOW // 1000))),
    ("a link of next year", Misuse.EXPIRED,
     lambda s: form(s.signed("ack", expires=NOW // 1000 + 31_000_000))),
    ("an incident that is gone", Misuse.NO_INCIDENT, lambda s: form(s.signed("ack", "f" * 16))),
    ("a place that is no incident", Misuse.NO_INCIDENT,
     lambda s: form(s.signed("ack", "../silences"))),
    ("a second time", Misuse.USED, used),
    ("a look at a used link", Misuse.USED, lambda s: got(urlencode({"t": token_of(used(s))}))),
]  # fmt: skip


def token_of(event: Any) -> str:
    return parse_qs(event["body"])["t"][0]


@pytest.mark.parametrize(
    ("misuse", "case"), [one[1:] for one in MISUSES], ids=[one[0] for one in MISUSES]
)
def test_misuse_gets_one_page_does_nothing_and_is_counted(
    stack: Stack, misuse: Misuse, case: Case, logged: Logged
) -> None:
    event = case(stack)
    before = silences(stack)
    logged.take()
    page = stack.send(event)
    assert (page.status, page.text.startswith("Nothing was done")) == (misuse.status, True)
    assert misuse.says in page.text
    assert silences(stack) == before
    assert stack.published() == []
    told = logged.take()
    assert json.loads(told.splitlines()[-1])["ActionsRefused"] == [1.0]
    assert "evil" not in page.html
    assert stack.token().rpartition(".")[2] not in told


def test_every_reason_to_refuse_has_a_case() -> None:
    tried = {misuse for _, misuse, _ in (*MISUSES, *RERUN_MISUSES)}
    elsewhere = {Misuse.OVER, Misuse.ALREADY, Misuse.TOO_MANY}
    assert set(Misuse) - tried == elsewhere
    assert len(MISUSES) >= 25


def test_what_is_over_cannot_be_acknowledged(stack: Stack) -> None:
    stack.save(due=0)
    page = stack.submit(stack.token())
    assert (page.status, silences(stack)) == (409, [])
    assert Misuse.OVER.says in page.text


def test_two_clicks_at_once_are_one(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second request has looked before the first had used the link up."""
    token = stack.token(LABELS[1])
    monkeypatch.setattr(on_action._ledger(), "is_link_used", lambda _: False)
    assert [stack.submit(token).status for _ in range(2)] == [200, 409]
    assert len(silences(stack)) == 1


def fail(*_: object, **__: object) -> Any:
    raise ClientError({"Error": {"Code": "InternalServerError", "Message": KEY}}, "Any")


def test_where_the_table_fails_nothing_is_done_and_the_link_works_later(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    token, client = stack.token(), on_action._ledger()._table._client
    with monkeypatch.context() as patch:
        patch.setattr(client, "put_item", fail)
        page = stack.submit(token)
    assert (page.status, "Try again in a minute" in page.text) == (503, True)
    assert (silences(stack), stack.published()) == ([], [])
    assert stack.submit(token).status == 200


def test_an_update_that_is_not_published_is_said(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(on_action._topic()._client, "publish", fail)
    page = stack.submit(stack.token())
    assert page.status == 200
    assert "could not be published: tell the others yourself" in page.text
    assert len(silences(stack)) == 1


def test_a_hundred_silences_are_the_most(stack: Stack) -> None:
    many = [Silence(f"{n:08}", NOW + HOUR, "r", "ana", queue=f"q{n}") for n in range(100)]
    assert stack.ledger.save_silences(many, 0)
    token = stack.token()
    page = stack.submit(token)
    assert (page.status, Misuse.TOO_MANY.says in page.text) == (409, True)
    assert stack.ledger.save_silences(many[1:], 1)
    assert stack.submit(token).status == 200


def test_a_new_key_makes_older_links_useless(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    token = stack.token()
    monkeypatch.setattr(on_action._key(), "_until", 0)  # ten minutes later
    stack.secrets.put_secret_value(SecretId="key", SecretString="n" * 64)
    try:
        assert stack.submit(token).status == 403
    finally:
        stack.secrets.put_secret_value(SecretId="key", SecretString="k" * 64)
        on_action._key.cache_clear()


def test_pages_run_nothing_and_are_kept_by_nobody(stack: Stack) -> None:
    stack.save(first=replaced_name(stack, '<script src="//evil">'))
    page = stack.follow(stack.links()["Acknowledge"])
    assert "<script" not in page.html
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert page.headers["Cache-Control"] == "no-store"
    # Under no-referrer a browser sends the origin `null` with the form, which is refused.
    assert page.headers["Referrer-Policy"] == "same-origin"


def replaced_name(stack: Stack, name: str) -> Any:
    return replace(stack.incident.first, job_name=name)
