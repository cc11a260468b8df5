"""Mail through Amazon SES: HTML with a plain text beside it, one thread an incident.

SES replaces the Message-ID of what it sends by its own, so the thread hangs on the one that it
gave to the first mail. https://docs.aws.amazon.com/ses/latest/dg/header-fields.html
"""

from __future__ import annotations

from email.message import EmailMessage
from functools import cache
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from jinja2 import Environment, PackageLoader, Template

from destinations import clients
from destinations.document import AlertDocument
from destinations.errors import NoAnswerError, RejectedError, RetryableError
from destinations.senders import http, wording
from destinations.senders.thread import Thread

_COLOURS = {
    "critical": ("#b3261e", "#ff8a80"),
    "warning": ("#8a5300", "#ffb74d"),
    "info": ("#3a4a5d", "#a9b4c2"),
    "recovered": ("#1a7f37", "#6fdd8b"),
}
# Without the retries of botocore, whose five tries of 60 s outlast the function: the queue retries.
_CONFIG = Config(
    connect_timeout=http.CONNECT_S, read_timeout=http.READ_S, retries={"total_max_attempts": 1}
)
# Codes of SES v2 for what trying again does not change.
_FINAL = frozenset({
    "MessageRejected", "MailFromDomainNotVerifiedException", "NotFoundException",
    "BadRequestException", "AccessDeniedException", "AccountSuspendedException",
    "SendingPausedException",
})  # fmt: skip


class Mail:
    """Sends mails from an identity that the account has verified.

    Parameters
    ----------
    client
        Of SES v2.
    sender
        The address in From.
    recipients
        One address or several.
    """

    def __init__(self, client: Any, sender: str, recipients: str | list[str]) -> None:
        self._client = client
        self._from = sender
        self._to = [recipients] if isinstance(recipients, str) else list(recipients)

    def send(self, alert: AlertDocument, thread: Thread | None) -> Thread:
        """Send one mail; all but the first refer to the first."""
        mail = render(alert, self._from, self._to, thread)
        try:
            answer = self._client.send_email(
                FromEmailAddress=self._from,
                Destination={"ToAddresses": self._to},
                Content={"Raw": {"Data": mail.as_bytes()}},
            )
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "")
            kind = RejectedError if code in _FINAL else RetryableError
            raise kind(f"SES: {code}") from error
        except BotoCoreError as error:
            raise NoAnswerError(f"SES: no answer ({type(error).__name__})") from error
        first = thread or Thread(_message_id(answer["MessageId"], self._client.meta.region_name))
        return first.following(alert)


def make_mail(_secret: str, **options: Any) -> Mail:
    """Make the sender of a destination: `from` and `to` are its options."""
    return Mail(clients.client("sesv2", _CONFIG), options["from"], options["to"])


def render(
    alert: AlertDocument, sender: str, recipients: list[str], thread: Thread | None = None
) -> EmailMessage:
    """Give the mail: plain text, and HTML with links behind words."""
    mail = EmailMessage()
    mail["From"], mail["To"] = sender, ", ".join(recipients)
    mail["Subject"] = wording.one_line(alert.subject)
    mail["X-Batch-Notifier-Incident"] = wording.one_line(alert.incident)
    mail["Auto-Submitted"] = "auto-generated"  # no absence notes, please (RFC 3834)
    if thread is not None:
        mail["In-Reply-To"] = mail["References"] = thread.message
    mail.set_content(alert.email)
    mail.add_alternative(render_html(alert), subtype="html")
    return mail


def render_html(alert: AlertDocument) -> str:
    """Give the HTML; every text of the job is escaped."""
    colour, dark = _COLOURS["recovered" if alert.is_recovery else alert.severity]
    return _template().render(
        subject=alert.subject,
        lines=wording.short_lines(alert),
        colour=colour,
        dark_colour=dark,
        steps=alert.steps,
        links=wording.shown_links(alert),
        actions=wording.shown_actions(alert),
        meaning="" if alert.is_recovery else alert.cause.get("meaning", ""),
        log="\n".join(alert.log_lines),
        table="\n".join(alert.table),
        commands="\n".join(alert.fields.get("commands") or ()),
    )


@cache
def _template() -> Template:
    loader = PackageLoader("destinations.senders", "templates")
    environment = Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True)
    return environment.get_template("mail.html.j2")


def _message_id(message_id: str, region: str) -> str:
    """Give the Message-ID header that SES made of an id.

    https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html
    """
    host = "email" if region == "us-east-1" else region
    return f"<{message_id}@{host}.amazonses.com>"
