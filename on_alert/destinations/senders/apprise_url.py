"""Everything else, by an Apprise URL: Discord, Telegram, Google Chat, ntfy, Matrix and more.

https://github.com/caronc/apprise/wiki
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import apprise

from destinations.document import AlertDocument
from destinations.errors import DestinationError, NoAnswerError, RejectedError, RetryableError
from destinations.senders import http, wording
from destinations.senders.thread import Thread

LOG_LINES = 10
# What the plugins of Apprise log of an answer and of a connection, as almost all of them word it.
_STATUS = re.compile(r"\berror=(\d{3})\b")
_CONNECTION = "onnection error"
_TYPES = {
    "critical": apprise.NotifyType.FAILURE,
    "warning": apprise.NotifyType.WARNING,
    "info": apprise.NotifyType.INFO,
}


class AppriseUrl:
    """Notifies one URL, which is itself a credential."""

    def __init__(self, url: str) -> None:
        self._apprise = apprise.Apprise()
        self._is_valid = bool(self._apprise.add(url))

    def send(self, alert: AlertDocument, thread: Thread | None) -> None:
        """Send title and text; Apprise cuts them to what the service takes."""
        del thread
        if not self._is_valid:
            raise RejectedError("Apprise: the URL is of no service that it knows")
        kind = apprise.NotifyType.SUCCESS if alert.is_recovery else _TYPES[alert.severity]
        result = self._apprise.notify(
            title=wording.one_line(alert.subject),
            body=render_body(alert),
            notify_type=kind,
            body_format=apprise.NotifyFormat.TEXT,
        )
        if not result:
            raise meaning_of(entry.message for entry in result.logs())


def meaning_of(lines: Iterable[str]) -> DestinationError:
    """Give what the warnings of a failed call mean; they may hold more than a log should.

    Apprise returns no status of an answer. It is final if every status in its warnings is, and no
    connection failed.
    """
    said = list(lines)
    statuses = sorted({int(found) for line in said for found in _STATUS.findall(line)})
    has_lost_connection = any(_CONNECTION in line for line in said)
    if not statuses:
        kind = NoAnswerError if has_lost_connection else RetryableError
        return kind("Apprise: the service did not take the message")
    problem = f"Apprise: the service answered HTTP {', '.join(map(str, statuses))}"
    if has_lost_connection or any(map(http.is_passing, statuses)):
        return RetryableError(problem)
    return RejectedError(problem)


def render_body(alert: AlertDocument) -> str:
    """Give the short alert, the end of the log and the links as plain text."""
    lines = wording.short_lines(alert)
    short = (
        lines.cause,
        lines.root,
        lines.step and f"Next: {lines.step}",
        lines.count,
        lines.place,
    )
    links = [f"{label}: {url}" for label, url in wording.shown_links(alert)]
    log = [wording.one_line(one) for one in alert.log_lines[-LOG_LINES:]]
    parts = ("\n".join(filter(None, short)), "\n".join(log), "\n".join(links))
    return "\n\n".join(filter(None, parts))
