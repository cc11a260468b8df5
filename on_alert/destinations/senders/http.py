"""Posting to a service, and what its answer means: taken, later, or never."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import urllib3

from destinations.errors import NoAnswerError, RejectedError, RetryableError

# A destination that hangs must not hold up the others: their sends run side by side.
CONNECT_S = 3.0
READ_S = 7.0
LONGEST_WAIT_S = 900  # what a service may ask for
ANSWER_SHOWN = 200  # characters of an answer that reach the log
_BUSY = frozenset({408, 423, 425, 429})

_pool = urllib3.PoolManager(
    timeout=urllib3.Timeout(connect=CONNECT_S, read=READ_S), retries=False, maxsize=8
)


@dataclass(frozen=True, slots=True)
class Answer:
    """The status and the text of an answer."""

    status: int
    text: str


def post(service: str, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
    """Post once, without redirects.

    Parameters
    ----------
    service
        What problems call it. The URL is not shown, because it may be a credential.

    Raises
    ------
    RetryableError
        If there was no answer, or one of 429 and 5xx.
    RejectedError
        If the answer was another one than 2xx.
    """
    sent = {"Content-Type": "application/json", "User-Agent": "batch-notifier", **headers}
    try:
        answer = _pool.request("POST", url, body=body, headers=sent, redirect=False)
    except urllib3.exceptions.LocationValueError as error:
        raise RejectedError(f"{service}: the URL is not valid") from error
    except urllib3.exceptions.HTTPError as error:
        # The text of these errors contains the URL.
        host = urlsplit(url).hostname or "the service"
        problem = f"{service}: no answer from {host} ({type(error).__name__})"
        raise NoAnswerError(problem) from error
    text = answer.data.decode("utf-8", "replace")
    check_status(service, answer.status, text, answer.headers.get("Retry-After", ""))
    return Answer(answer.status, text)


def post_json(
    service: str, url: str, document: object, headers: Mapping[str, str] | None = None
) -> Answer:
    """Post a document as JSON; otherwise as `post`."""
    body = json.dumps(document, ensure_ascii=False).encode("utf-8", "replace")
    return post(service, url, body, headers or {})


def check_status(service: str, status: int, text: str, retry_after: str = "") -> None:
    """Raise what a status means; 2xx is fine."""
    if 200 <= status < 300:
        return
    problem = f"{service}: HTTP {status}: {' '.join(text.split())[:ANSWER_SHOWN]}".rstrip(": ")
    if is_passing(status):
        raise RetryableError(problem, parse_retry_after(retry_after))
    raise RejectedError(problem)


def is_passing(status: int) -> bool:
    """Return whether the same request may be taken later: the service is busy or broken."""
    return status in _BUSY or status >= 500


def parse_retry_after(value: str) -> int:
    """Give the seconds of a `Retry-After` header, a number or a date; 0 if there is none."""
    try:
        seconds = int(float(value))
    except (ValueError, OverflowError):
        try:
            seconds = int((parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds())
        except (ValueError, TypeError):
            return 0
    return max(0, min(seconds, LONGEST_WAIT_S))
