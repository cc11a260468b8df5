"""The services of destinations on loopback, each in trouble as it would say so itself."""

from __future__ import annotations

import base64
import json
import random
import re
import threading
from collections import Counter
from dataclasses import dataclass

from tests.destinations.servers import Reply, Request, Slack

KINDS = (
    "slack", "slack-webhook", "teams", "pagerduty", "opsgenie", "incident-io", "mail", "webhook",
    "apprise",
)  # fmt: skip
TOKEN = "xoxb-1"
NAME = re.compile(rb"faulty-job-\d{3}")  # one for each alert
RETRY_AFTER_S = 40
HANG_S = 9  # longer than any sender waits
MINUTE = 60


@dataclass(frozen=True, slots=True)
class Fault:
    """What a service does to so many requests in a hundred, for so many seconds of the clock.

    `cut` takes the message, and then resets the connection instead of an answer.
    """

    name: str
    rate: int
    seconds: int = 10 * MINUTE

    @property
    def title(self) -> str:
        return f"{self.name} {self.rate} % {self.seconds // MINUTE} min"

    def reply(self, kind: str) -> Reply:
        if self.name in ("reset", "cut"):
            return Reply(is_reset=True)
        if self.name == "hang":
            return Reply(after_s=HANG_S)
        return _TROUBLE[self.name](kind)


def _busy(kind: str) -> Reply:
    return _aws(kind, 429, "TooManyRequestsException", {"Retry-After": str(RETRY_AFTER_S)})


def _broken(kind: str) -> Reply:
    return _aws(kind, 503, "InternalServiceErrorException", {})


def _bad_token(kind: str) -> Reply:
    if kind == "slack":  # whose errors are answers of status 200
        return Reply(body='{"ok": false, "error": "invalid_auth"}')
    return _aws(kind, 403, "AccessDeniedException", {})


def _aws(kind: str, status: int, code: str, headers: dict[str, str]) -> Reply:
    """Give an error, with the name that AWS gives it where the service is Amazon SES."""
    if kind == "mail":
        headers = headers | {"x-amzn-ErrorType": code}
    body = {"ok": False, "error": "ratelimited" if status == 429 else "fatal_error"}
    return Reply(status, json.dumps(body), headers)


_TROUBLE = {"429": _busy, "5xx": _broken, "bad token": _bad_token}


class Service:
    """Takes messages and counts the alerts in them, but for the fault that it has."""

    def __init__(self, kind: str, seed: int) -> None:
        self.taken: Counter[str] = Counter()
        self.faults = 0
        self.fault: Fault | None = None
        self._kind, self._random = kind, random.Random(f"{kind} {seed}")
        self._lock = threading.Lock()
        self._slack = Slack(TOKEN)

    def __call__(self, request: Request) -> Reply:
        with self._lock:
            fault = self.fault
            if fault is None or self._random.random() * 100 >= fault.rate:
                return self._take(request)
            self.faults += 1
            if fault.name == "cut":
                self._take(request)
            return fault.reply(self._kind)

    def _take(self, request: Request) -> Reply:
        reply = self._slack(request) if self._kind == "slack" else _ANSWERS.get(self._kind, Reply())
        if not request.path.endswith("chat.update"):  # an edit is no message
            self.taken.update(set(self._names(request.body)))
        return reply

    def _names(self, body: bytes) -> list[str]:
        if self._kind == "mail":
            body = base64.b64decode(json.loads(body)["Content"]["Raw"]["Data"])
        return [found.decode() for found in NAME.findall(body)]


_ANSWERS = {"mail": Reply(body='{"MessageId": "m1"}'), "pagerduty": Reply(202, "{}")}
