"""Teams, PagerDuty, Opsgenie, incident.io, webhooks: each as its service documents it."""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from destinations.errors import NoAnswerError, RejectedError, RetryableError
from destinations.senders import http, mail, pager, slack_blocks, teams
from destinations.senders.pager import IncidentIo, Opsgenie, PagerDuty
from destinations.senders.thread import Sender
from destinations.senders.webhook import SIGNATURE_HEADER, TIMESTAMP_HEADER, Webhook
from tests.destinations import schemas
from tests.destinations.alerts import EVERY, document_of
from tests.destinations.servers import Recorder, Reply, serving

KEY = "k" * 32
TEAMS_LIMIT = 28 * 1024  # bytes of a message


def fits(document: Any, schema: dict[str, Any]) -> list[str]:
    Draft202012Validator.check_schema(schema)
    return [error.message for error in Draft202012Validator(schema).iter_errors(document)]


@pytest.mark.parametrize("name", EVERY)
def test_every_golden_is_what_the_services_document(name: str) -> None:
    alert = document_of(name)
    card = teams.render(alert)
    assert fits(card, schemas.TEAMS) == []
    assert len(json.dumps(card).encode()) <= TEAMS_LIMIT
    assert fits(pager.render_pagerduty(alert) | {"routing_key": KEY}, schemas.PAGERDUTY) == []
    ends = alert.is_recovery or alert.is_answer
    close = schemas.OPSGENIE_CLOSE if ends else schemas.OPSGENIE
    assert fits(pager.render_opsgenie(alert), close) == []
    assert fits(pager.render_incident_io(alert), schemas.INCIDENT_IO) == []


def test_the_schemas_refuse_what_is_wrong() -> None:
    card = teams.render(document_of("timeout"))
    card["attachments"][0]["content"]["body"].append({"type": "TextBlok", "text": "x"})
    assert fits(card, schemas.TEAMS)
    event = pager.render_pagerduty(document_of("timeout")) | {"routing_key": "short"}
    assert fits(event, schemas.PAGERDUTY)


def test_a_card_says_job_cause_line_step_and_hides_the_log() -> None:
    alert = document_of("exit-1-python-traceback")
    body = teams.render(alert)["attachments"][0]["content"]["body"]
    shown = json.dumps([one for one in body if one.get("isVisible", True)]).replace("\\\\", "")
    for part in (alert.name, "Application failed", "KeyError", "Fix the error"):
        assert part in shown
    assert [one for one in body if one.get("isVisible") is False]


def test_text_of_a_job_is_no_markdown_in_a_card() -> None:
    alert = document_of("timeout")
    alert.fields["job"]["name"] = "[click](https://evil.example) **now**"
    shown = teams.render(alert)["attachments"][0]["content"]["body"][0]["items"][0]["text"]
    assert "\\[click\\]\\(" in shown
    assert "\\*\\*now" in shown


def test_a_recovery_resolves_what_the_failure_triggered() -> None:
    failed, recovered = document_of("nightly-5th"), document_of("recovered")
    taken = Recorder(then=Reply(202, "{}"))
    with serving(taken) as url:
        for one in (failed, recovered):
            PagerDuty(KEY, api=url).send(one, None)
            Opsgenie("key", api=url).send(one, None)
            IncidentIo("token", "source", api=url).send(one, None)
    events = [request.document for request in taken.requests]
    assert [e.get("event_action") for e in events[::3]] == ["trigger", "resolve"]
    assert events[0]["dedup_key"] == failed.incident
    assert events[3]["dedup_key"] == recovered.incident
    assert taken.requests[4].path == f"/v2/alerts/{recovered.incident}/close?identifierType=alias"
    assert [e["status"] for e in events[2::3]] == ["firing", "resolved"]
    assert taken.requests[1].headers["Authorization"] == "GenieKey key"
    assert taken.requests[2].headers["Authorization"] == "Bearer token"


def test_what_a_person_did_acknowledges_and_wakes_nobody() -> None:
    taken, answer = Recorder(then=Reply(202, "{}")), document_of("acknowledged")
    with serving(taken) as url:
        PagerDuty(KEY, api=url).send(answer, None)
        Opsgenie("key", api=url).send(answer, None)
        IncidentIo("token", "source", api=url).send(answer, None)
    event, note = taken.requests
    assert event.document["event_action"] == "acknowledge"
    assert "acknowledged by Ada" in event.document["payload"]["summary"]
    assert note.path == f"/v2/alerts/{answer.incident}/acknowledge?identifierType=alias"


def test_every_destination_shows_the_signed_links() -> None:
    alert = document_of("action-links")
    assert list(alert.actions) == [
        "Acknowledge", "Silence for 4 hours", "Silence until tomorrow 09:00 UTC", "Run again",
    ]  # fmt: skip
    shown = (
        json.dumps(teams.render(alert)), json.dumps(pager.render_pagerduty(alert)),
        json.dumps(slack_blocks.render_card(alert)), mail.render_html(alert), alert.email,
    )  # fmt: skip
    assert [url in text for text in shown for url in alert.actions.values()] == [True] * 20


def test_a_webhook_is_signed_with_its_time() -> None:
    taken = Recorder()
    alert = document_of("timeout")
    with serving(taken) as url:
        Webhook("secret", url, now_s=lambda: 1_700_000_000).send(alert, None)
    (request,) = taken.requests
    signed = request.headers[TIMESTAMP_HEADER].encode() + b"." + request.body
    expected = hmac.new(b"secret", signed, "sha256").hexdigest()
    assert request.headers[SIGNATURE_HEADER] == f"v1={expected}"
    assert request.document == alert.fields
    assert request.headers[TIMESTAMP_HEADER] == "1700000000"


SENDERS: dict[str, Callable[[str], Sender]] = {
    "teams": lambda url: teams.Teams(url),
    "pagerduty": lambda url: PagerDuty(KEY, api=url),
    "opsgenie": lambda url: Opsgenie("key", api=url),
    "incident.io": lambda url: IncidentIo("token", "source", api=url),
    "webhook": lambda url: Webhook("secret", url),
}


@pytest.mark.parametrize("name", SENDERS)
@pytest.mark.parametrize(
    ("reply", "kind", "wait"),
    [
        (Reply(429, "slow down", {"Retry-After": "7"}), RetryableError, 7),
        (Reply(503, "", {"Retry-After": "Fri, 01 Jan 2027 00:00:00 GMT"}), RetryableError, 900),
        (Reply(500, "oops"), RetryableError, 0),
        (Reply(408, ""), RetryableError, 0),
        (Reply(400, "bad"), RejectedError, None),
        (Reply(401, "who?"), RejectedError, None),
        (Reply(404, ""), RejectedError, None),
        (Reply(302, "", {"Location": "http://127.0.0.1:9/"}), RejectedError, None),
    ],
)
def test_an_answer_decides_about_another_try(
    name: str, reply: Reply, kind: type[Exception], wait: int | None
) -> None:
    with serving(Recorder(then=reply)) as url, pytest.raises(kind) as raised:
        SENDERS[name](url).send(document_of("timeout"), None)
    assert getattr(raised.value, "retry_after_s", None) == wait
    assert url not in str(raised.value)


def test_a_server_that_hangs_resets_or_is_gone_is_no_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(http._pool, "connection_pool_kw", {**http._pool.connection_pool_kw,
                                                           "timeout": 0.2})  # fmt: skip
    hanging = Recorder(then=Reply(after_s=1))
    with serving(hanging) as url, pytest.raises(NoAnswerError):
        teams.Teams(url).send(document_of("timeout"), None)
    with pytest.raises(NoAnswerError) as raised:
        teams.Teams("http://127.0.0.1:9/secret-path").send(document_of("timeout"), None)
    assert "secret-path" not in str(raised.value)
