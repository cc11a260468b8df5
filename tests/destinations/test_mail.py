"""HTML mail through SES, which moto emulates."""

from __future__ import annotations

import email.policy
from collections.abc import Iterator
from email import message_from_bytes
from email.message import EmailMessage
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from moto import mock_aws

from destinations.errors import NoAnswerError, RejectedError, RetryableError
from destinations.senders import mail
from destinations.senders.mail import Mail
from tests.destinations.alerts import EVERY, document_of

FROM, TO = "alerts@example.com", ["a@example.com", "b@example.com"]


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    with mock_aws():
        client = boto3.client("sesv2", region_name="us-east-1")
        client.create_email_identity(EmailIdentity=FROM)
        yield client


def sent(client: Any, monkeypatch: pytest.MonkeyPatch) -> list[EmailMessage]:
    """Keep every mail that reaches the API."""
    mails: list[EmailMessage] = []
    real = client.send_email

    def send(**arguments: Any) -> Any:
        data = arguments["Content"]["Raw"]["Data"]
        mails.append(message_from_bytes(data, policy=email.policy.default))  # type: ignore[arg-type]
        return real(**arguments)

    monkeypatch.setattr(client, "send_email", send)
    return mails


@pytest.mark.parametrize("name", EVERY)
def test_every_golden_is_a_mail_with_both_forms(name: str) -> None:
    alert = document_of(name)
    made = mail.render(alert, FROM, TO)
    plain = made.get_body(("plain",))
    assert plain is not None
    assert plain.get_content().strip() == alert.email.strip()
    html = mail.render_html(alert)
    assert alert.cause["title"].replace("'", "&#39;") in html
    assert all(url.replace("&", "&amp;") in html for url in list(alert.links.values())[:4])


def test_text_of_a_job_is_no_html() -> None:
    alert = document_of("timeout")
    alert.fields["job"]["name"] = '<img src=x onerror="alert(1)">'
    html = mail.render_html(alert)
    assert "<img" not in html
    assert "&lt;img src=x" in html


def test_updates_are_in_the_thread_of_the_first(
    client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    mails = sent(client, monkeypatch)
    sender = Mail(client, FROM, TO)
    thread = sender.send(document_of("nightly-5th", time="2026-11-25T10:00:00Z"), None)
    assert thread.message.startswith("<")
    assert thread.message.endswith("@email.amazonses.com>")
    ended = sender.send(document_of("recovered", time="2026-11-25T11:00:00Z"), thread)
    assert ended.message == thread.message
    assert ended.is_over
    first, second = mails
    assert first["References"] is None
    assert second["References"] == second["In-Reply-To"] == thread.message
    assert second["To"] == "a@example.com, b@example.com"


def test_ses_outside_virginia_names_its_region() -> None:
    assert mail._message_id("0102", "eu-west-1") == "<0102@eu-west-1.amazonses.com>"


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("MessageRejected", RejectedError),
        ("MailFromDomainNotVerifiedException", RejectedError),
        ("AccessDeniedException", RejectedError),
        ("TooManyRequestsException", RetryableError),
        ("LimitExceededException", RetryableError),
        ("InternalFailure", RetryableError),
    ],
)
def test_what_ses_answers_decides_about_another_try(
    client: Any, monkeypatch: pytest.MonkeyPatch, code: str, kind: type[Exception]
) -> None:
    def refuse(**_: Any) -> None:
        raise ClientError({"Error": {"Code": code, "Message": FROM}}, "SendEmail")

    monkeypatch.setattr(client, "send_email", refuse)
    with pytest.raises(kind, match=f"^SES: {code}$"):
        Mail(client, FROM, TO).send(document_of("timeout"), None)


def test_ses_that_is_not_there_is_no_answer(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def vanish(**_: Any) -> None:
        raise EndpointConnectionError(endpoint_url="https://email.example.com")

    monkeypatch.setattr(client, "send_email", vanish)
    with pytest.raises(NoAnswerError):
        Mail(client, FROM, "a@example.com").send(document_of("timeout"), None)
